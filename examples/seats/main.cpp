// seats: books seats in a hall, offline too. A booking is a named mutation: predicted here at once,
// decided by seats-server, which is the one that knows all bookings.

#include <functional>
#include <iostream>
#include <optional>
#include <string>

#include "../common/sync.hpp"
#include "mutators.hpp"
#include "seats_app.hpp"

namespace {

void list(const seats::App& app) {
    for (const auto& seat : app.seats.all()) {
        const bool waits = app.seats.get(seat.id()).pending();
        std::cout << seat.id() << "  " << seat.guest() << (waits ? "  (not confirmed)" : "")
                  << '\n';
    }
    for (const auto& rejected : app.rejected()) {
        const auto wanted = seats::mutators::book.decode(rejected.payload);
        if (wanted) std::cout << "--  " << wanted->guest << ": " << rejected.reason << '\n';
    }
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App cli("Books seats in a hall, with a network and without.", "seats");
    examples::ClientFlags flags;
    flags.scope = "hall";
    examples::add_client_flags(cli, flags);
    cli.require_subcommand(1);
    cli.fallthrough();
    std::string guest;
    std::optional<std::string> seat;
    std::function<void(seats::App&)> command;

    auto* book = cli.add_subcommand("book", "Book a seat: the one named, or the best that is free");
    book->add_option("GUEST", guest)->required();
    book->add_option("SEAT", seat, "A1 to C4");
    book->callback([&] { command = [&](auto& app) { app.book({guest, seat}); }; });

    auto* give_back = cli.add_subcommand("give-back", "Give a seat back");
    give_back->add_option("GUEST", guest)->required();
    give_back->add_option("SEAT", seat)->required();
    give_back->callback([&] { command = [&](auto& app) { app.give_back({guest, *seat}); }; });

    cli.add_subcommand("list", "Show who sits where, and what was refused")->callback([&] {
        command = list;
    });
    cli.add_subcommand("sync", "Send what waits and fetch what is new")->callback([&] {
        command = [&](auto& app) { examples::sync_now(app, flags); };
    });

    return examples::run(cli, argc, argv, [&] {
        seats::App app(examples::client_options(flags));
        seats::set_mutators(app);
        command(app);
    });
}
