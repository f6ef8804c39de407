#pragma once

#include <string>

#include "seats.hpp"

// What the mutations of schema/seats.fbs do. The client predicts with this code, and the server
// decides with it: usually they agree, and what was predicted stays.

namespace seats {

/// The hall: rows A to C of four seats, the best ones first.
inline constexpr const char* kHall[] = {"A1", "A2", "A3", "A4", "B1", "B2",
                                        "B3", "B4", "C1", "C2", "C3", "C4"};

inline std::string best_free_seat(const Rows& rows) {
    for (const char* seat : kHall) {
        if (!rows.seats.has(seat)) return seat;
    }
    throw syncline::Reject("full", "All seats are taken.");
}

inline void require_in_hall(const std::string& wanted) {
    for (const char* seat : kHall) {
        if (wanted == seat) return;
    }
    throw syncline::Reject("no_such_seat", "There is no seat " + wanted + ".");
}

inline void book(Rows& rows, const Booking& wanted) {
    if (wanted.seat_id) require_in_hall(*wanted.seat_id);
    const std::string seat = wanted.seat_id ? *wanted.seat_id : best_free_seat(rows);
    if (rows.seats.has(seat)) throw syncline::Reject("taken", "Seat " + seat + " is taken.");
    rows.seats.create({.id = seat, .guest = wanted.guest});
}

inline void give_back(Rows& rows, const Return& seat) {
    const auto booked = rows.seats.find(seat.seat_id);
    if (!booked || booked->guest() != seat.guest) {
        throw syncline::Reject("not_yours",
                               seat.guest + " does not have seat " + seat.seat_id + ".");
    }
    rows.seats.remove(seat.seat_id);
}

/// `Target` is the client's `App`, or the server's engine.
template <class Target>
void set_mutators(Target& target) {
    target.set_mutator(mutators::book, book);
    target.set_mutator(mutators::give_back, give_back);
}

}  // namespace seats
