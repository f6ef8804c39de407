#include "fault_proxy.hpp"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <utility>

namespace syncline::test {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// Two sockets, and what is to happen to them. Lives as long as a handler waits for it.
class FaultProxy::Link : public std::enable_shared_from_this<Link> {
public:
    Link(FaultProxy& proxy, tcp::socket client, Plan plan)
        : proxy_(proxy), client_(std::move(client)), server_(proxy.context_), plan_(plan) {}

    void start() {
        const tcp::endpoint target(asio::ip::address_v4::loopback(), proxy_.target_);
        server_.async_connect(target, [self = shared_from_this()](const error_code& error) {
            if (error) return self->end();
            self->carry(self->client_, self->server_, self->up_);
            self->carry(self->server_, self->client_, self->down_);
        });
    }

    void end() {
        error_code ignored;
        // An abortive close, as when a machine or a network goes away.
        client_.set_option(asio::socket_base::linger(true, 0), ignored);
        client_.close(ignored);
        server_.close(ignored);
    }

private:
    struct Direction {
        std::array<char, 16 << 10> bytes;
        std::uint64_t carried = 0;
    };

    void carry(tcp::socket& from, tcp::socket& to, Direction& way) {
        from.async_read_some(asio::buffer(way.bytes),
                             [this, self = shared_from_this(), &from, &to, &way](
                                 const error_code& error, std::size_t size) {
                                 if (error) return end();
                                 pass_on(from, to, way, size);
                             });
    }

    void pass_on(tcp::socket& from, tcp::socket& to, Direction& way, std::size_t size) {
        const bool concerned = plan_.fate != Fate::none && (&way == &up_) == plan_.upwards &&
                               way.carried + size > plan_.after;
        std::size_t passed = size;
        if (concerned) {
            const auto at = static_cast<std::size_t>(plan_.after - way.carried);
            if (plan_.fate == Fate::flip) {
                way.bytes[at] = static_cast<char>(way.bytes[at] ^ 1 << (plan_.after & 7));
                plan_.fate = Fate::none;
            } else {
                passed = at;
            }
        }
        way.carried += passed;
        proxy_.carried_ += passed;
        asio::async_write(to, asio::buffer(way.bytes.data(), passed),
                          [this, self = shared_from_this(), &from, &to, &way,
                           whole = passed == size](const error_code& error, std::size_t) {
                              if (error) return end();
                              if (whole) return carry(from, to, way);
                              if (plan_.fate == Fate::stall) return stall();
                              end();
                          });
    }

    // Nothing more is read of either side; both believe that the other one is busy.
    void stall() { self_ = shared_from_this(); }

    friend class FaultProxy;

    FaultProxy& proxy_;
    tcp::socket client_;
    tcp::socket server_;
    Plan plan_;
    Direction up_;
    Direction down_;
    std::shared_ptr<Link> self_;  // while stalled
};

FaultProxy::FaultProxy(asio::io_context& context, std::uint64_t seed)
    : context_(context),
      acceptor_(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
      random_(seed) {
    accept();
}

FaultProxy::~FaultProxy() {
    heal();
}

std::uint16_t FaultProxy::port() const {
    return acceptor_.local_endpoint().port();
}

void FaultProxy::heal() {
    faults_ = false;
    for (const auto& weak : std::exchange(links_, {})) {
        const auto link = weak.lock();
        if (!link) continue;
        link->end();
        link->self_.reset();
    }
}

void FaultProxy::accept() {
    acceptor_.async_accept([this](const error_code& error, tcp::socket client) {
        if (error) return;
        std::erase_if(links_, [](const auto& link) { return link.expired(); });
        const auto link = std::make_shared<Link>(*this, std::move(client), draw());
        links_.push_back(link);
        link->start();
        accept();
    });
}

FaultProxy::Plan FaultProxy::draw() {
    Plan plan;
    if (!faults_) return plan;
    static constexpr std::array<std::pair<Fate, const char*>, 8> kFates{
        {{Fate::none, "whole"},
         {Fate::none, "whole"},
         {Fate::cut, "cut"},
         {Fate::cut, "cut"},
         {Fate::cut, "cut"},
         {Fate::stall, "stalled"},
         {Fate::flip, "one bit changed"},
         {Fate::flip, "one bit changed"}}};
    const auto& [fate, name] = kFates[random_.below(kFates.size())];
    ++fates_[name];
    plan.fate = fate;
    plan.upwards = random_.below(2) == 0;
    // As likely within the first hundred bytes as within the next ten thousand.
    plan.after = random_.below(std::uint64_t{1} << (4 + random_.below(12)));
    return plan;
}

}  // namespace syncline::test
