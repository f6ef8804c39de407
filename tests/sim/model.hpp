#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/scene.hpp"
#include "sim/value.hpp"
#include "syncline/base/clock.hpp"
#include "syncline/base/ids.hpp"
#include "syncline/protocol/messages.hpp"

// What syncline's semantics are, in the plainest words there are: values, maps, and no bytes but
// for comparing. Shares no rule with the client or the server; it reads rows and patches by field,
// and builds rows, with the functions of `protocol`. It knows any schema, by its descriptors.

namespace syncline::sim {

/// A promise that was broken. `kind` is the same for the same cause in other traces.
class Violation : public std::runtime_error {
public:
    Violation(std::string what_kind, const std::string& details)
        : std::runtime_error(what_kind + ": " + details), kind(std::move(what_kind)) {}
    std::string kind;
};

/// Which row: entity and id.
struct Key {
    std::string entity;
    std::string id;
    friend auto operator<=>(const Key&, const Key&) = default;
};
std::string to_string(const Key& key);

/// What one mutation means.
struct Meaning {
    MutationKind kind = MutationKind::create;
    Key key;                           // of a named mutation: the (first) note it visits
    std::string mutator = {};          // of a named one
    Key second = {};                   // "share": the other note
    Value row;                         // create
    std::vector<FieldChange> changes;  // update
};
/// The mutators of the built-in scene: "bump" adds 10 visits to a note; "share" 1 to each of two;
/// "quiet" is bump without a prediction; "unheard" is one that the server does not have.
inline constexpr std::string_view kMutators[] = {"bump", "share", "quiet", "unheard"};
Meaning decode_mutation(const Scene& scene, MutationKind kind, std::string_view entity,
                        std::string_view id, ByteView payload);

/// A row as a client's base or the server has it.
struct RowState {
    Value value;
    std::string bytes;
    Cursor cursor;
};
using Rows = std::map<Key, std::shared_ptr<const RowState>>;

/// What became of the mutations in one history of the server.
struct Fate {
    bool applied = false;
    bool rejected = false;
    bool effect = false;  // it changed something
    Cursor at;            // from this cursor on its effect is there
};

/// One history: what it was at each cursor, and what became of each mutation.
struct History {
    std::map<Cursor, std::shared_ptr<const Rows>> states;
    std::map<MutationId, Fate> fates;
};

/// The authority. A copy is a backup.
class Model {
public:
    explicit Model(const Scene& scene) : scene_(&scene) { note_state(); }

    struct Result {
        Sequence processed;
        std::vector<std::pair<Sequence, std::string>> rejections;  // with their codes
    };
    /// Throws `Violation` if a mutation is applied twice, or applied and rejected.
    Result push(const PushRequest& request, WallTime now);

    /// Whether the server is right to call the client a fork of another.
    bool is_forked(const PushRequest& request) const;

    void purge(Cursor below);

    Cursor head() const { return head_; }
    const Rows& rows() const { return rows_; }
    const History& history() const { return history_; }
    Sequence last(ClientId client) const;
    /// Forgets the states of another epoch, but for the present one.
    void begin_epoch();

private:
    struct Known {
        MutationId id;
        std::string rejected;  // the code; empty: applied
    };
    struct Client {
        Sequence last;
        std::map<Sequence, Known> known;
    };
    struct Draft {
        Rows rows;
        std::set<Key> touched;
    };

    std::string apply(const Mutation& mutation, ClientId client, WallTime now, Draft& draft) const;
    std::string run_named(const Meaning& meaning, const Mutation& mutation, ClientId client,
                          WallTime now, Draft& draft) const;
    std::string update(const Meaning& meaning, const Mutation& mutation, ClientId client,
                       WallTime now, Draft& draft) const;
    void run(Client& state, ClientId client, const Transaction& transaction, WallTime now);
    bool repeat(Client& state, ClientId client, const Transaction& transaction);
    static ClientId origin_of(const Transaction& transaction, ClientId client);
    void commit(const Draft& draft, ClientId client);
    Cursor changed_by_others(const Key& key, ClientId client) const;
    void note_state() { history_.states[head_] = std::make_shared<const Rows>(rows_); }

    const Scene* scene_;
    Cursor head_;
    Rows rows_;
    std::map<Key, std::map<ClientId, Cursor>> last_change_;
    std::map<Key, Cursor> tombstones_;
    std::map<ClientId, Client> clients_;
    // By the client id under which it was made; the code, empty: applied.
    std::map<std::pair<ClientId, MutationId>, std::string> decided_;
    History history_;
};

}  // namespace syncline::sim
