#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "syncline/base/clock.hpp"
#include "syncline/base/random.hpp"

namespace syncline {

/// Position in one scope's history; grows by one for every transaction the server commits.
struct Cursor {
    std::uint64_t value = 0;
    friend auto operator<=>(Cursor, Cursor) = default;
};

/// Number that a client gives its mutations in one scope: 1, 2, 3, … and never twice.
struct Sequence {
    std::uint64_t value = 0;
    friend auto operator<=>(Sequence, Sequence) = default;
};

/// Random identity of one mutation; tells two mutations with one sequence (a copied database) apart.
struct MutationId {
    std::uint64_t value = 0;
    friend auto operator<=>(MutationId, MutationId) = default;
};

/// 128 random bits: the identity of a client database or of one server history.
struct Id128 {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    friend auto operator<=>(Id128, Id128) = default;
    explicit operator bool() const { return high != 0 || low != 0; }
};

/// Identity of one client database. A copied database gets a new one when the server sees the fork.
struct ClientId : Id128 {};

/// Identity of one server history; changes when a server database is recreated or restored.
struct Epoch : Id128 {};

/// 32 hexadecimal digits.
std::string to_string(Id128 id);

/// Makes ids. Any thread may use one if it has it for itself; see `Random`.
class IdGenerator {
public:
    IdGenerator(const Clock& clock, Random& random) : clock_(clock), random_(random) {}

    /// A UUID of version 7, 36 characters. Those of one generator sort in the order they were made,
    /// also when the wall clock stands still or goes back.
    std::string row_id();

    Id128 id128();
    MutationId mutation_id();

private:
    const Clock& clock_;
    Random& random_;
    std::uint64_t last_milliseconds_ = 0;
    std::uint32_t counter_ = 0;
};

}  // namespace syncline
