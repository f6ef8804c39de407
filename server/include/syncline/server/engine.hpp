#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "syncline/base/clock.hpp"
#include "syncline/protocol/messages.hpp"
#include "syncline/protocol/named_mutator.hpp"
#include "syncline/protocol/schema.hpp"
#include "syncline/protocol/transport.hpp"
#include "syncline/server/arena.hpp"
#include "syncline/server/authority.hpp"
#include "syncline/server/mutator.hpp"
#include "syncline/server/refusal.hpp"

namespace syncline::server {

struct EngineOptions {
    /// Announced to clients and enforced.
    Limits limits{
        .batch_mutations_max = 1000, .batch_bytes_max = 1 << 20, .transaction_bytes_max = 64 << 20};
    std::uint32_t row_bytes_max = 16 << 20;
    std::uint32_t key_bytes_max = 512;
    std::uint32_t rejected_row_bytes_max = 64 << 10;  ///< a rejection bears no longer row
    std::uint32_t scope_bytes_max = 256;
    std::uint32_t page_bytes_default = 1 << 20;
    std::uint32_t page_bytes_min = 4 << 10;  ///< smaller wishes are raised to this
    std::uint32_t page_bytes_max = 8 << 20;
    /// Outcomes of this many last mutations are kept even when the client confirmed them, so that a
    /// copy of its file that comes later knows them again. They take 10 to 50 bytes each.
    std::uint32_t receipts_kept = 20'000;
};

/// Where a live client stands.
struct FrameQuery {
    ClientId client;
    Cursor cursor;  ///< the frame follows on this
    Sequence confirmed;
    Sequence told;  ///< last `applied` that it was sent
};

/// The rules of the authority: what a push does and what a pull brings. Knows no transport, has no
/// thread and no clock of its own.
///
/// Every method throws `RequestRefused` for a request that has to be answered by a typed error, and
/// `StorageError` when the storage fails; nothing of the request was done in either case.
/// Thread-safety: any thread; `set_mutator`, `on_commit` and `on_difference` before the first
/// request only.
class Engine {
public:
    /// All must outlive it.
    Engine(Authority& authority, const Schema& schema, const Clock& clock,
           EngineOptions options = {});
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    /// Registers, or replaces, the code of a named mutation of the schema: `body(Rows&, const
    /// Arguments&)`, or with `MutatorContext&` as a third argument. See `Mutator`.
    /// Throws: `InvalidArgument` if the engine's schema has no such mutation with such arguments:
    /// give the engine the `schema()` of the generated code.
    template <class Rows, class Arguments, class Body>
    void set_mutator(const NamedMutator<Rows, Arguments>& mutator, Body body) {
        check_declared({mutator.name, &Arguments::table()});
        set_mutator(std::string(mutator.name),
                    [body = std::move(body)](MutatorContext& context, ByteView bytes) {
                        Rows rows(context);
                        const Arguments arguments = Arguments::read(RowView(bytes));
                        if constexpr (std::is_invocable_v<const Body&, Rows&, const Arguments&,
                                                          MutatorContext&>) {
                            body(rows, arguments, context);
                        } else {
                            body(rows, arguments);
                        }
                    });
    }

    /// The same without types, also for a mutation that is not in the schema.
    void set_mutator(std::string name, Mutator mutator);

    /// `listener` hears of every commit, after it, on the thread that committed.
    void on_commit(std::function<void(std::string_view scope)> listener);

    /// `listener` hears of an entity in a scope whose rows are not those that their hash says: they
    /// were changed behind the engine's back. A snapshot that is sent shows it, if nothing is
    /// committed meanwhile; it is sent all the same, and clients tell their users. On the thread
    /// that read.
    void on_difference(std::function<void(std::string_view scope, std::string_view entity)> told);

    /// Applies what is new and repeats the outcome of what is not. Blocks while others write.
    Owned<PushResponse> push(const PushRequest& request);

    /// One page of changes, or of a snapshot. Does not block.
    Owned<Page> pull(const PullRequest& request);

    /// Checks that frames can follow on what `request` says. Throws: `RequestRefused`.
    void check_live(const LiveRequest& request);

    /// For each query a complete page, a page without rows and with `more` if it would be larger
    /// than `bytes_max`, or nothing if there is nothing new; all from one state. A query that is
    /// too old gets an error in its page's place.
    struct Frame {
        std::optional<Page> page;
        bool too_old = false;
    };
    Owned<std::vector<Frame>> frames(std::string_view scope, std::span<const FrameQuery> queries,
                                     std::size_t bytes_max);

    /// Deletes tombstones of `scope` below `below` (limited to the head). Clients with an older
    /// cursor will have to resync.
    void purge(std::string_view scope, Cursor below);

    /// `purge` for all scopes, of what was deleted more than about `age` ago.
    void purge_older_than(std::chrono::microseconds age);

    /// Takes the rows of all scopes as they are, and makes their hashes anew: after rows were
    /// changed behind the engine's back, and what could be mended was. Clients find that their rows
    /// differ, or do not any more. Returns for how many entities of a scope that changed anything.
    /// Blocks writers; cost: all rows.
    std::size_t recount();

    Epoch epoch() const;
    const Limits& limits() const;
    std::uint64_t fingerprint() const;
    const Schema& schema() const;

private:
    void check_declared(const MutatorSchema& mutator) const;
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace syncline::server
