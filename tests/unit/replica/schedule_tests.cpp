// Random schedules of local writes, pushes, pulls, other clients, lost, repeated and late messages,
// new epochs and restarts, each step held against a model that keeps plain lists and maps.

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <map>
#include <set>

#include "replica_fixture.hpp"

using namespace syncline;
using namespace syncline::test;

namespace {

using Rows = std::map<std::string, Bytes>;

struct Made {
    MutationTicket ticket;
    MutationKind kind;
    std::string key;
    Bytes payload;
    WallTime time;
    MutationId sent_as{};
};

class Schedule {
public:
    Schedule(std::uint64_t seed, bool in_memory)
        : f_(in_memory), random_(seed), seed_(seed), shown_(seed % 2 == 0) {
        prepare();
        note_history();
        for (int i = 0; shown_ && i < 20; ++i) other_client();
    }

    void run(int steps) {
        BOOST_TEST_CONTEXT("seed " << seed_) {
            for (int i = 0; i < steps; ++i) {
                step();
                check();
            }
            settle();
        }
    }
    /// Patches that became parts of another one.
    std::uint64_t joined() const { return joined_; }
    /// Rows that were read before a first sync was complete.
    std::uint64_t rows_shown() const { return rows_shown_; }

private:
    std::uint64_t below(std::uint64_t bound) { return random_.below(bound); }
    bool chance(std::uint64_t percent) { return below(100) < percent; }
    // Often the same row again, as people do.
    std::string some_id() {
        if (chance(60)) id_ = below(12);
        return "n" + std::to_string(id_);
    }
    std::string some_title() { return "t" + std::to_string(below(1'000)); }

    void prepare() {
        f_.replica->show_first_sync(shown_);
        f_.replica->set_mutator("bump", [](Replica& replica, ByteView id) {
            replica.update(kNote, as_text(id), add_visits(10));
        });
    }

    void note_history() {
        Rows rows;
        for (const auto& [key, row] : f_.server.rows()) {
            if (row.data && key.first == "note") rows[key.second] = *row.data;
        }
        history_[f_.server.epoch()][f_.server.head()] = rows;
    }

    // --- Steps ------------------------------------------------------------------------------

    void step() {
        f_.clock.wall += std::chrono::milliseconds(below(2'000)) - std::chrono::milliseconds(300);
        const std::uint64_t kind = below(100);
        if (kind < 40) return write();
        if (kind < 50) return transaction();
        if (kind < 62) return push();
        if (kind < 80) return pull();
        if (kind < 88) return other_client();
        if (kind < 91) return late_message();
        if (kind < 93) return handle_rejection();
        if (kind < 95) return forbid();
        if (kind < 96) return f_.replica->request_snapshot();
        if (kind < 97) return new_epoch();
        if (kind < 98) return new_identity();
        if (!f_.in_memory_) reopen();
    }

    void reopen() {
        f_.reopen();
        prepare();
    }

    void write() {
        const std::size_t before = made_.size();
        try {
            write_one();
        } catch (const InvalidArgument&) {
            BOOST_REQUIRE(made_.size() == before);
        } catch (const NotFound&) {
            BOOST_REQUIRE(made_.size() == before);
        }
    }

    void write_one() {
        const std::string id = some_id();
        switch (below(10)) {
            case 0:
            case 1:
            case 2: {
                const Bytes row = note_row({.id = id,
                                            .title = some_title(),
                                            .created_at = micros(),
                                            .updated_at = micros()});
                return made(f_.replica->create(kNote, row), MutationKind::create, id, row);
            }
            case 3: {
                const auto ticket = f_.replica->remove(kNote, id);
                if (ticket) made(*ticket, MutationKind::remove, id, {});
                return;
            }
            case 4: {
                const Bytes id_bytes = to_bytes(as_bytes(id));
                return made(f_.replica->mutate("bump", id_bytes), MutationKind::named, id,
                            id_bytes);
            }
            case 5:
            case 6: {
                const Bytes patch = add_visits(1);
                return made(f_.replica->update(kNote, id, patch), MutationKind::update, id, patch);
            }
            case 7: {
                const Bytes patch = add_tag("g" + std::to_string(below(5)));
                return made(f_.replica->update(kNote, id, patch), MutationKind::update, id, patch);
            }
            default: {
                const Bytes patch = patch_title(some_title());
                return made(f_.replica->update(kNote, id, patch), MutationKind::update, id, patch);
            }
        }
    }

    std::int64_t micros() const { return f_.clock.wall.time_since_epoch().count(); }

    void made(MutationTicket ticket, MutationKind kind, const std::string& key, Bytes payload) {
        if (kind == MutationKind::update && joins(ticket, key)) {
            Made& whole = made_.back();
            whole.payload = *join_patches(kNote, whole.payload, payload);
            whole.time = std::max(whole.time, f_.clock.wall);
            ++joined_;
            return;
        }
        made_.push_back({ticket, kind, key, std::move(payload), f_.clock.wall});
        ++made_count_;
        BOOST_REQUIRE(numbers_.insert(ticket.sequence).second);
    }

    // A patch may be a part of nothing but the last mutation, an update of its row never sent.
    bool joins(MutationTicket ticket, const std::string& key) const {
        if (made_.empty() || made_.back().ticket.id != ticket.id) return false;
        const Made& whole = made_.back();
        BOOST_REQUIRE(whole.ticket.sequence == ticket.sequence);
        BOOST_REQUIRE((whole.kind == MutationKind::update && whole.key == key));
        BOOST_REQUIRE(whole.ticket.sequence > handed_out_);
        return true;
    }

    void transaction() {
        const std::vector<Made> before = made_;
        const std::set<Sequence> numbers = numbers_;
        const std::uint64_t count = made_count_;
        struct Stop {};
        try {
            f_.replica->transaction([&] {
                const std::uint64_t writes = 1 + below(4);
                for (std::uint64_t i = 0; i < writes; ++i) {
                    try {
                        write_one();
                    } catch (const InvalidArgument&) {
                    } catch (const NotFound&) {
                        // A mutation that failed in its prediction has been queued already.
                        throw Stop();
                    }
                }
                if (chance(25)) throw Stop();
            });
        } catch (const Stop&) {
            made_ = before;
            numbers_ = numbers;
            made_count_ = count;
        }
    }

    void push() {
        Limits limits;
        limits.batch_mutations_max = static_cast<std::uint32_t>(1 + below(6));
        const auto batch = f_.replica->next_push(limits);
        if (!made_.empty()) handed_out_ = made_.back().ticket.sequence;
        if (!batch) return;
        if (chance(10)) return;  // lost on its way
        const SyncState state = f_.state();
        if (batch->request.epoch && batch->request.epoch != f_.server.epoch()) return;
        check_payloads(*batch);
        auto answer = f_.server.push(batch->request);
        note_history();
        if (chance(20)) return late_answers_.push_back(std::move(answer));
        take_answer(answer.message);
        if (chance(20)) late_answers_.push_back(std::move(answer));
    }

    void check_payloads(const PendingPush& batch) {
        for (const Transaction& transaction : batch.request.transactions) {
            for (const Mutation& mutation : transaction.mutations) {
                const auto found = std::find_if(made_.begin(), made_.end(), [&](const Made& made) {
                    return made.ticket.sequence == mutation.sequence;
                });
                BOOST_REQUIRE(found != made_.end());
                BOOST_REQUIRE((to_bytes(mutation.payload) == found->payload));
                // What was sent once is always the same.
                BOOST_REQUIRE((!found->sent_as.value || found->sent_as == mutation.id));
                found->sent_as = mutation.id;
            }
        }
    }

    void take_answer(const PushResponse& answer) {
        for (const RejectedMutation& rejected : f_.replica->apply_outcomes(answer)) {
            note_rejected(rejected);
        }
    }

    void note_rejected(const RejectedMutation& rejected) {
        const auto found = std::find_if(made_.begin(), made_.end(), [&](const Made& made) {
            return made.ticket.id == rejected.id;
        });
        BOOST_REQUIRE(found != made_.end());
        BOOST_REQUIRE((rejected.payload == found->payload));
        BOOST_REQUIRE(f_.server.times_rejected(found->sent_as) > 0U);
        made_.erase(found);
        ++recorded_;
    }

    void pull() {
        const SyncState state = f_.state();
        const bool other = (state.epoch && state.epoch != f_.server.epoch()) ||
                           (state.staging && staging_epoch_ != f_.server.epoch());
        if (other && state.cursor) return f_.replica->request_snapshot();  // as a 410 would
        if (other && state.staging) f_.replica->request_snapshot();
        staging_epoch_ = f_.server.epoch();
        auto page = f_.next_page(chance(50) ? 1 + below(4) : 1'000);
        if (chance(10)) return;  // lost on its way back
        take_page(page.message);
        const bool alone = !page.message.more && !page.message.snapshot && !state.staging;
        if (alone && chance(40)) late_pages_.push_back(std::move(page));
    }

    void take_page(const Page& page) {
        const bool begins = !f_.state().staging;
        const auto result = f_.replica->apply_page(page);
        for (const RejectedMutation& rejected : result.rejected) note_rejected(rejected);
        BOOST_REQUIRE(result.outcome != PageOutcome::diverged);
        BOOST_REQUIRE(result.outcome != PageOutcome::forked);
        if (result.outcome == PageOutcome::staged && page.snapshot) note_shown(page, begins);
        if (result.outcome != PageOutcome::applied) return;
        const bool same_history = base_epoch_ == page.epoch;
        BOOST_REQUIRE((!same_history || page.to >= base_cursor_));
        base_epoch_ = page.epoch;
        base_cursor_ = page.to;
        std::erase_if(made_, [&](const Made& made) {
            if (made.ticket.sequence > page.applied) return false;
            ++left_applied_;
            return true;
        });
    }

    // The base of a first sync that is shown: what has come so far. One that begins on such rows
    // is not shown, and replaces them at its end.
    void note_shown(const Page& page, bool begins) {
        if (begins) showing_ = shown_ && !base_epoch_ && first_rows_.empty();
        if (!showing_) return;
        for (const RowChange& change : page.rows) {
            const std::string id(change.key);
            if (!change.data) {
                first_rows_.erase(id);
            } else {
                first_rows_[id] = to_bytes(*change.data);
                ++rows_shown_;
            }
        }
    }

    void other_client() {
        const std::string id = some_id();
        if (chance(25) && f_.server.row("note", id)) {
            f_.server.remove("note", id);
        } else {
            f_.server.put("note", id,
                          note_row({.id = id,
                                    .title = some_title(),
                                    .visits = static_cast<std::int32_t>(below(9))}));
        }
        note_history();
    }

    void late_message() {
        if (!late_answers_.empty() && chance(50)) {
            take_answer(late_answers_[below(late_answers_.size())].message);
        } else if (!late_pages_.empty()) {
            take_page(late_pages_[below(late_pages_.size())].message);
        }
    }

    void handle_rejection() {
        const auto rejected = f_.replica->rejected();
        if (rejected.empty()) return;
        const RejectedMutation& one = rejected[below(rejected.size())];
        if (chance(50)) {
            BOOST_REQUIRE(f_.replica->discard_rejected(one.id));
            --recorded_;
            ++discarded_;
            return;
        }
        try {
            const MutationTicket ticket = f_.replica->retry_rejected(one.id);
            --recorded_;
            ++discarded_;
            made(ticket, one.kind, one.key, again(one));
        } catch (const InvalidArgument&) {
        } catch (const NotFound&) {
        }
    }

    // The payload of a mutation that is made again: no stamp is later than the clock.
    Bytes again(const RejectedMutation& rejected) const {
        if (rejected.kind != MutationKind::create) return rejected.payload;
        const auto stamped = confirm_stamps(kNote, RowView(rejected.payload), f_.clock.wall);
        return stamped.value_or(rejected.payload);
    }

    void forbid() {
        const std::string id = some_id();
        if (f_.server.forbidden_ids.erase(id) == 0) f_.server.forbidden_ids.insert(id);
    }

    void new_epoch() {
        if (chance(50)) return;
        f_.server.begin_epoch(chance(50));
        note_history();
    }

    void new_identity() {
        const SyncState state = f_.state();
        f_.replica->take_new_identity();
        BOOST_REQUIRE((f_.state().client != state.client));
        late_answers_.clear();
        late_pages_.clear();
        numbers_.clear();
        handed_out_ = Sequence{};
        std::uint64_t number = 0;
        for (Made& made : made_) {
            made.ticket.sequence = Sequence{++number};
            numbers_.insert(made.ticket.sequence);
        }
    }

    // --- Checks -----------------------------------------------------------------------------

    const Rows& base() { return base_epoch_ ? history_[base_epoch_][base_cursor_] : first_rows_; }

    void apply(Rows& rows, const Made& made, std::set<std::string>& pending) const {
        const auto found = rows.find(made.key);
        const bool there = found != rows.end();
        if (made.kind != MutationKind::named) pending.insert(made.key);
        if (made.kind == MutationKind::create && !there) rows[made.key] = made.payload;
        if (made.kind == MutationKind::remove && there) rows.erase(found);
        if (made.kind == MutationKind::update && there) {
            found->second = apply_patch(kNote, RowView(found->second), made.payload, made.time);
        }
    }

    void check() {
        const SyncState state = f_.state();
        BOOST_REQUIRE(state.pending == made_.size());
        BOOST_REQUIRE(state.rejected == recorded_);
        BOOST_REQUIRE(made_count_ == left_applied_ + recorded_ + discarded_ + made_.size());
        if (state.cursor) BOOST_REQUIRE(*state.cursor == base_cursor_);
        check_view();
    }

    // The steps of an explanation lead from the base to what is read.
    void check_explanation() {
        const std::string id = "n" + std::to_string(made_count_ % 12);
        const Explanation explained = f_.replica->explain(kNote, id);
        const auto found = base().find(id);
        BOOST_REQUIRE(static_cast<bool>(explained.base) == (found != base().end()));
        if (explained.base) {
            BOOST_REQUIRE((to_bytes(explained.base.bytes()) == found->second));
        }
        if (explained.pending.empty()) return;
        const Explanation::Step& last = explained.pending.back();
        BOOST_REQUIRE(last.after_known);
        BOOST_REQUIRE(static_cast<bool>(last.after) == static_cast<bool>(explained.view));
        if (last.after) {
            BOOST_REQUIRE((to_bytes(last.after.bytes()) == to_bytes(explained.view.bytes())));
        }
    }

    void check_view() {
        Rows expected = base();
        std::set<std::string> pending;
        for (const Made& made : made_) {
            if (made.kind == MutationKind::named) {
                const auto found = expected.find(std::string(as_text(made.payload)));
                if (found == expected.end()) continue;
                found->second =
                    apply_patch(kNote, RowView(found->second), add_visits(10), made.time);
                pending.insert(found->first);
            } else {
                apply(expected, made, pending);
            }
        }
        std::size_t seen = 0;
        f_.replica->select(kNote, {}, [&](Row row) {
            ++seen;
            const auto found = expected.find(std::string(row.string(note::kId)));
            BOOST_REQUIRE(found != expected.end());
            BOOST_REQUIRE((to_bytes(row.bytes()) == found->second));
            return true;
        });
        BOOST_REQUIRE(seen == expected.size());
        check_explanation();
        BOOST_REQUIRE(f_.replica->count(kNote).rows == expected.size());
        for (int i = 0; i < 12; ++i) {
            const std::string id = "n" + std::to_string(i);
            BOOST_REQUIRE(f_.pending(id) == (pending.count(id) != 0));
        }
    }

    // When faults end, both sides agree and the queue is empty.
    void settle() {
        for (int i = 0; i < 500 && (f_.state().pending != 0 || !f_.state().cursor ||
                                    f_.state().epoch != f_.server.epoch() ||
                                    *f_.state().cursor != f_.server.head());
             ++i) {
            push();
            pull();
            check();
        }
        BOOST_REQUIRE(f_.state().pending == 0U);
        BOOST_REQUIRE(*f_.state().cursor == f_.server.head());
    }

    ReplicaFixture f_;
    Random random_;
    std::uint64_t seed_;
    std::map<Epoch, std::map<Cursor, Rows>> history_;
    const bool shown_;  // as a first sync arrives
    bool showing_ = false;
    Rows first_rows_;
    std::uint64_t rows_shown_ = 0;
    Epoch base_epoch_;
    Cursor base_cursor_;
    Epoch staging_epoch_;
    std::vector<Made> made_;  // and still in the queue
    std::set<Sequence> numbers_;
    std::uint64_t id_ = 0;
    Sequence handed_out_;
    std::uint64_t joined_ = 0;
    std::uint64_t made_count_ = 0;
    std::uint64_t left_applied_ = 0;
    std::uint64_t recorded_ = 0;
    std::uint64_t discarded_ = 0;
    std::vector<Owned<PushResponse>> late_answers_;
    std::vector<Owned<Page>> late_pages_;
};

std::uint64_t first_seed() {
    const char* given = std::getenv("SYNCLINE_TEST_SEED");
    return given != nullptr ? std::stoull(given) : 1;
}

std::uint64_t seeds(std::uint64_t usual) {
    const char* given = std::getenv("SYNCLINE_TEST_SEEDS");
    return given != nullptr ? std::stoull(given) : usual;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(schedule_tests)

BOOST_AUTO_TEST_CASE(the_view_is_base_plus_pending_and_nothing_is_lost_whatever_happens) {
    std::uint64_t joined = 0;
    std::uint64_t rows_shown = 0;
    for (std::uint64_t seed = first_seed(); seed < first_seed() + seeds(100); ++seed) {
        Schedule schedule(seed, true);
        schedule.run(120);
        joined += schedule.joined();
        rows_shown += schedule.rows_shown();
    }
    if (seeds(100) < 100) return;
    BOOST_TEST(joined > 100U);
    BOOST_TEST(rows_shown > 30U);
}

BOOST_AUTO_TEST_CASE(so_it_is_when_the_file_is_closed_and_opened_at_any_step) {
    for (std::uint64_t seed = first_seed(); seed < first_seed() + seeds(15); ++seed) {
        Schedule(seed + 100'000, false).run(120);
    }
}

BOOST_AUTO_TEST_SUITE_END()
