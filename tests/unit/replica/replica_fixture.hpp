#pragma once

#include <boost/test/unit_test.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/model_server.hpp"
#include "support/temporary_folder.hpp"
#include "support/test_schema.hpp"
#include "syncline/base/error.hpp"
#include "syncline/replica/replica.hpp"

namespace syncline {
inline std::ostream& operator<<(std::ostream& out, PageOutcome outcome) {
    return out << static_cast<int>(outcome);
}
inline std::ostream& operator<<(std::ostream& out, Sequence sequence) {
    return out << sequence.value;
}
inline std::ostream& operator<<(std::ostream& out, Cursor cursor) {
    return out << cursor.value;
}
}  // namespace syncline

namespace syncline::test {

class SettableClock final : public Clock {
public:
    SteadyTime now() const override { return {}; }
    WallTime wall_now() const override { return wall; }
    WallTime wall{std::chrono::seconds(1'700'000'000)};
};

/// A replica of the test schema in a file or in memory, and a model of its server.
struct ReplicaFixture {
    explicit ReplicaFixture(bool in_memory = true) : in_memory_(in_memory) { open(); }

    void open() {
        const auto path = in_memory_ ? std::filesystem::path() : folder / "client.db";
        db = std::make_unique<Database>(Replica::database_options(path, Durability::normal));
        open_replica(kSchema);
    }
    void open_replica(const Schema& schema) {
        replica = std::make_unique<Replica>(*db, schema, "scope", clock, Random(++seed));
    }
    void close() {
        replica.reset();
        db.reset();
    }
    void reopen() {
        close();
        open();
    }

    MutationTicket create(std::string_view id, std::string_view title) {
        return replica->create(kNote, note_row(id, title));
    }
    MutationTicket rename(std::string_view id, std::string_view title) {
        return replica->update(kNote, id, patch_title(title));
    }
    std::optional<MutationTicket> remove(std::string_view id) { return replica->remove(kNote, id); }

    /// The note's title in the view, or "-" if it is not there.
    std::string title(std::string_view id) const {
        const auto row = replica->get(kNote, id);
        return row ? std::string(row->string(note::kTitle)) : "-";
    }
    std::string server_title(std::string_view id) const {
        const auto row = server.row("note", id);
        return row ? std::string(RowView(*row).string(note::kTitle)) : "-";
    }
    bool pending(std::string_view id) const { return replica->is_pending(kNote, id); }
    SyncState state() const { return replica->sync_state(); }

    /// Sends what is unsent. The answer is lost if `lose_answer`.
    void push(bool lose_answer = false) {
        while (const auto batch = replica->next_push({})) {
            const auto answer = server.push(batch->request);
            if (lose_answer) return;
            replica->apply_outcomes(answer.message);
        }
    }
    Owned<Page> next_page(std::size_t rows_max = 1'000'000) {
        const SyncState now = state();
        PullRequest request;
        request.client = now.client;
        request.epoch = now.epoch;
        request.cursor = now.cursor.value_or(Cursor{});
        request.snapshot = now.staging ? now.staging_snapshot : !now.cursor;
        request.continuation = now.continuation;
        request.confirmed = now.confirmed;
        return server.pull(request, rows_max);
    }
    PageOutcome pull(std::size_t rows_max = 1'000'000) {
        for (;;) {
            const PageOutcome outcome = replica->apply_page(next_page(rows_max).message).outcome;
            if (outcome != PageOutcome::staged) return outcome;
        }
    }
    void sync() {
        push();
        BOOST_REQUIRE(pull() == PageOutcome::applied);
    }
    void server_note(std::string_view id, std::string_view title) {
        server.put("note", id, note_row(id, title));
    }

    TemporaryFolder folder;
    SettableClock clock;
    std::uint64_t seed = 0;
    bool in_memory_;
    ModelServer server{kSchema};
    std::unique_ptr<Database> db;
    std::unique_ptr<Replica> replica;
};

}  // namespace syncline::test
