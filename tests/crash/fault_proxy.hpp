#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "syncline/base/random.hpp"

namespace syncline::test {

/// A TCP proxy on the loopback that does to connections what networks do: cuts them at any byte, in
/// either direction, stops carrying anything without saying so, or changes a byte.
///
/// Thread-safety: none; all happens in the context's `run`.
class FaultProxy {
public:
    FaultProxy(boost::asio::io_context& context, std::uint64_t seed);
    ~FaultProxy();

    std::uint16_t port() const;

    /// Where connections lead from now on; those that there are stay as they are.
    void lead_to(std::uint16_t port) { target_ = port; }

    /// No more faults; connections that there are end.
    void heal();

    /// Faults for the connections to come, as at first.
    void harm() { faults_ = true; }

    /// Bytes carried so far, both ways.
    std::uint64_t carried() const { return carried_; }

    /// How many connections met which fate, by its name.
    const std::map<std::string, std::uint64_t>& fates() const { return fates_; }

private:
    class Link;
    enum class Fate { none, cut, stall, flip };
    struct Plan {
        Fate fate = Fate::none;
        bool upwards = false;     // which direction it concerns
        std::uint64_t after = 0;  // bytes of that direction
    };

    void accept();
    Plan draw();

    boost::asio::io_context& context_;
    boost::asio::ip::tcp::acceptor acceptor_;
    Random random_;
    bool faults_ = true;
    std::uint16_t target_ = 0;
    std::uint64_t carried_ = 0;
    std::map<std::string, std::uint64_t> fates_;
    std::vector<std::weak_ptr<Link>> links_;
};

}  // namespace syncline::test
