// The whole server behind HTTP: a request of any bytes, with a checksum that matches, to every
// endpoint of a server that has rows. It must answer, and go on serving a client that is honest.

#include <memory>
#include <stdexcept>

#include "checksum.hpp"
#include "fuzz.hpp"
#include "support/test_schema.hpp"
#include "syncline/protocol/messages.hpp"
#include "syncline/server/service.hpp"
#include "unit/server/engine_fixture.hpp"

using namespace syncline;
using syncline::server::Service;

namespace {

struct Server : test::EngineFixture {
    Server() { apply(anna, anna.create_note("n", "Milk")); }
    Service service{engine};
};

// A server of its own for every so many inputs, so that it does not fill up.
Server& current_server() {
    constexpr int kInputs = 500;
    static std::unique_ptr<Server> current;
    static int used = 0;
    if (!current || ++used == kInputs) {
        current = std::make_unique<Server>();
        used = 0;
    }
    return *current;
}

PullRequest honest_pull() {
    PullRequest request;
    request.scope = "scope";
    request.client = {9, 9};
    return request;
}

Bytes unsealed(const Bytes& message) {
    return to_bytes(ByteView(message).first(message.size() - detail::kChecksumBytes));
}

}  // namespace

void fuzz_one(ByteView bytes) {
    Bytes body = to_bytes(bytes);
    detail::append_checksum(body);
    Server& at = current_server();
    for (const Endpoint endpoint : {Endpoint::push, Endpoint::pull, Endpoint::snapshot}) {
        const auto answer = at.service.handle(endpoint, "", body);
        if (answer.status >= 500) throw std::logic_error("the server calls itself faulty");
        if (answer.status != 200) decode_error(answer.body);
    }
    const auto answer = at.service.handle(Endpoint::pull, "", encode(honest_pull()));
    if (answer.status != 200) throw std::logic_error("an honest client is refused");
    decode_page(answer.body);
}

std::vector<Bytes> fuzz_seeds() {
    test::TestClient ben{2};
    test::TestClient cara{3};
    std::vector<Bytes> seeds;
    const auto add = [&](const PushRequest& request) {
        seeds.push_back(unsealed(encode(request)));
    };
    add(ben.request(ben.create_note("m", "Bread")));
    add(ben.request(ben.update("note", "n", test::patch_title("Oat milk"), Cursor{1})));
    add(ben.request(ben.update("note", "n", test::add_tag("vegan"))));
    add(ben.request(ben.remove("note", "n")));
    add(cara.request(cara.create("folder", "f", test::folder_row("f", "Food"))));
    seeds.push_back(unsealed(encode(honest_pull())));
    return seeds;
}
