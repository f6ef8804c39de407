#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <unordered_set>

#include "syncline/server/http_server.hpp"
#include "syncline/server/service.hpp"

namespace syncline::server {

/// A connection, as the server sees it when it stops. The connection thread only.
class Connection {
public:
    virtual ~Connection() = default;
    /// Ends as soon as what it is doing is done.
    virtual void stop() = 0;
    /// Ends now.
    virtual void abort() = 0;
};

/// What all connections share. All of it, and every connection, belongs to the one thread that runs
/// `io`; the pools' tasks come back to it by posting.
struct HttpContext {
    Service& service;
    boost::asio::thread_pool& reads;
    boost::asio::thread_pool& writes;
    const HttpOptions& options;

    bool stopping = false;
    std::unordered_set<Connection*> connections;
    std::function<void()> on_last_connection;  // when stopping
    // Last, and so first to go: the connections that it still holds take leave of the set.
    boost::asio::io_context io{1};

    void add(Connection* connection) { connections.insert(connection); }
    void remove(Connection* connection) {
        connections.erase(connection);
        if (stopping && connections.empty() && on_last_connection) on_last_connection();
    }
};

}  // namespace syncline::server
