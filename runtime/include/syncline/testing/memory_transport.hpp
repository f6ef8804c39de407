#pragma once

#include <memory>

#include "syncline/base/executor.hpp"
#include "syncline/protocol/transport.hpp"
#include "syncline/testing/server_endpoint.hpp"

namespace syncline::testing {

/// A transport to a server in the same process: no socket, no thread. Requests, answers and frames
/// travel as tasks of `executor`, in order.
///
/// Thread-safety: any thread.
class MemoryTransport final : public Transport {
public:
    /// Both must outlive it.
    MemoryTransport(ServerEndpoint& server, Executor& executor);
    ~MemoryTransport() override;

    void send(TransportRequest request, ResponseHandler handler) override;
    std::unique_ptr<LiveStream> open_live(LiveRequest request, LiveHandler handler) override;
    void cancel_all() override;

    /// Takes the server away (or back): exchanges end as `unreachable`, streams are cut.
    void set_reachable(bool reachable);

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace syncline::testing
