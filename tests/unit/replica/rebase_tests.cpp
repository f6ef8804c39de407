// Named mutations that read and change any rows, among ordinary ones, over changing bases: after
// each step the view must be what a plain replay of the whole queue makes of the base.

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>

#include "replica_fixture.hpp"
#include "syncline/protocol/patch.hpp"

using namespace syncline;
using namespace syncline::test;

namespace {

constexpr std::uint64_t kIds = 8;

using Rows = std::map<std::string, Bytes>;

std::string id_of(std::uint8_t number) {
    return "n" + std::to_string(number % kIds);
}

/// What a script may do, on a replica and on plain maps.
class ReplicaRows {
public:
    explicit ReplicaRows(Replica& replica) : replica_(replica) {}
    std::optional<Row> get(const std::string& id) { return replica_.get(kNote, id); }
    bool has(const std::string& id) { return replica_.exists(kNote, id); }
    void create(const Bytes& row) { replica_.create(kNote, row); }
    void update(const std::string& id, const Bytes& patch) { replica_.update(kNote, id, patch); }
    void remove(const std::string& id) { replica_.remove(kNote, id); }
    std::size_t done() {
        std::size_t count = 0;
        replica_.select(kNote, {}, [&](const Row& row) {
            count += row.scalar<bool>(note::kDone, false) ? 1 : 100;
            return true;
        });
        return count + replica_.count(kNote).rows;
    }

private:
    Replica& replica_;
};

class PlainRows {
public:
    PlainRows(Rows& rows, WallTime time) : rows_(rows), time_(time) {}
    std::optional<Row> get(const std::string& id) {
        const auto found = rows_.find(id);
        return found != rows_.end() ? std::optional<Row>(Row(found->second)) : std::nullopt;
    }
    bool has(const std::string& id) { return rows_.count(id) != 0; }
    void create(const Bytes& row) {
        const std::string id(RowView(row).string(note::kId));
        if (has(id)) throw InvalidArgument("there is one");
        rows_[id] = confirm_stamps(kNote, RowView(row), time_).value_or(row);
        touched.insert(id);
    }
    void update(const std::string& id, const Bytes& patch) {
        if (!has(id)) throw NotFound("there is none");
        rows_[id] = apply_patch(kNote, RowView(rows_[id]), patch, time_);
        touched.insert(id);
    }
    void remove(const std::string& id) {
        if (rows_.erase(id) != 0) touched.insert(id);
    }
    std::size_t done() {
        std::size_t count = 0;
        for (const auto& [id, row] : rows_) {
            count += RowView(row).scalar<bool>(note::kDone, false) ? 1 : 100;
        }
        return count + rows_.size();
    }

    std::set<std::string> touched;

private:
    Rows& rows_;
    WallTime time_;
};

/// The one named mutator: its arguments are what it does, three bytes for each step.
template <class AnyRows>
void run_script(AnyRows rows, ByteView script) {
    for (std::size_t at = 0; at + 2 < script.size(); at += 3) {
        const std::string id = id_of(script[at + 1]);
        const std::string other = id_of(script[at + 2]);
        switch (script[at] % 8) {
            case 0:
                rows.update(id, patch_title("by a script " + other));
                break;
            case 1:
                rows.create(note_row(id, "made by a script"));
                break;
            case 2:
                rows.remove(id);
                break;
            case 3:
                if (const auto row = rows.get(id); row && rows.has(other)) {
                    rows.update(other, patch_title(row->string(note::kTitle)));
                }
                break;
            case 4:
                if (rows.has(id)) throw InvalidArgument("not while there is " + id);
                break;
            case 5:
                if (rows.has(id)) {
                    rows.update(id, add_visits(static_cast<std::int32_t>(rows.done())));
                }
                break;
            case 6:
                try {
                    rows.update(id, add_visits(1));
                } catch (const NotFound&) {
                }
                break;
            case 7:
                if (rows.has(id)) rows.update(id, add_tag(other));
                break;
        }
    }
}

struct Made {
    MutationTicket ticket;
    MutationKind kind = MutationKind::create;
    std::string key;
    Bytes payload;
    WallTime time;
};

class RandomSteps {
public:
    RandomSteps(std::uint64_t seed, bool queries) : random_(seed), queries_(queries) {
        register_mutator();
        Page page = empty_page();
        page.snapshot = true;
        BOOST_REQUIRE(f_.replica->apply_page(page).outcome == PageOutcome::applied);
    }

    void run(int steps) {
        for (int i = 0; i < steps; ++i) {
            f_.clock.wall += std::chrono::seconds(1);
            step();
            check();
        }
        take_page(queue_.size(), 100);
        check();
        BOOST_REQUIRE(f_.state().pending == 0U);
    }

private:
    std::uint64_t below(std::uint64_t bound) { return random_.below(bound); }
    std::string some_id() { return id_of(static_cast<std::uint8_t>(below(kIds))); }

    void register_mutator() {
        f_.replica->set_mutator("script", [](Replica& replica, ByteView script) {
            run_script(ReplicaRows(replica), script);
        });
    }

    void step() {
        switch (below(10)) {
            case 0:
                return take_page(below(queue_.size() + 1), 30);
            case 1:
                return take_page(0, 0);
            case 2:
                return reject_one();
            case 3:
                return below(4) == 0 ? reopen() : take_page(0, 0);
            case 4:
            case 5:
            case 6:
                return call();
            default:
                return write();
        }
    }

    void reopen() {
        f_.replica.reset();
        f_.open_replica(kSchema);
        register_mutator();
    }

    // In a transaction of its own, so that it does not become a part of the one before it.
    void write() {
        const std::string id = some_id();
        Made made{{}, MutationKind::update, id, {}, f_.clock.wall};
        f_.replica->transaction([&] {
            if (!f_.replica->exists(kNote, id)) {
                made.kind = MutationKind::create;
                made.ticket = f_.create(id, "made here");
                made.payload = to_bytes(f_.replica->get(kNote, id)->bytes());
            } else if (below(4) == 0) {
                made.kind = MutationKind::remove;
                made.ticket = *f_.remove(id);
            } else {
                made.payload = below(2) == 0 ? patch_done(below(2) == 0) : add_visits(1);
                made.ticket = f_.replica->update(kNote, id, made.payload);
            }
        });
        queue_.push_back(std::move(made));
    }

    void call() {
        Bytes script;
        for (std::uint64_t i = 0; i < 3 * (1 + below(4)); ++i) {
            auto byte = static_cast<std::uint8_t>(below(256));
            if (!queries_ && i % 3 == 0 && byte % 8 == 5) ++byte;
            script.push_back(byte);
        }
        try {
            const MutationTicket ticket = f_.replica->mutate("script", script);
            queue_.push_back({ticket, MutationKind::named, "", script, f_.clock.wall});
        } catch (const Error&) {
        }
    }

    Page empty_page() const {
        Page page;
        page.scope = "scope";
        page.epoch.low = 7;
        page.from = cursor_;
        page.to = cursor_;
        page.applied = applied_;
        page.applied_id = applied_id_;
        return page;
    }

    // Rows change as others want, and the first `leaving` mutations are in it; what the server made
    // of them may be anything.
    void take_page(std::size_t leaving, std::uint64_t rejected_percent) {
        std::map<std::string, std::optional<Bytes>> changes;
        for (std::uint64_t i = below(4); i > 0; --i) {
            const std::string id = some_id();
            changes[id] = std::nullopt;
            if (below(3) != 0) changes[id] = note_row(id, "theirs " + std::to_string(below(9)));
        }
        std::vector<Rejection> rejections;
        for (std::size_t i = 0; i < leaving; ++i) {
            applied_ = queue_[i].ticket.sequence;
            applied_id_ = queue_[i].ticket.id;
            if (below(100) < rejected_percent) rejections.push_back({applied_, "no", "no", {}});
        }
        queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(leaving));
        Page page = empty_page();
        ++cursor_.value;
        page.to = cursor_;
        page.rejections = rejections;
        for (const auto& [id, row] : changes) {
            RowChange change{"note", id, cursor_, {}};
            if (row) change.data = ByteView(*row);
            page.rows.push_back(change);
            if (row) base_[id] = *row;
            if (!row) base_.erase(id);
        }
        BOOST_REQUIRE(f_.replica->apply_page(page).outcome == PageOutcome::applied);
    }

    // One of them leaves from the middle of the queue.
    void reject_one() {
        if (queue_.empty()) return;
        const Sequence confirmed = f_.state().confirmed;
        const auto place = queue_.begin() + static_cast<std::ptrdiff_t>(below(queue_.size()));
        if (place->ticket.sequence <= confirmed) return;
        PushResponse response;
        response.epoch.low = 7;
        response.processed = place->ticket.sequence;
        response.rejections.push_back({place->ticket.sequence, "no", "no", {}});
        f_.replica->apply_outcomes(response);
        queue_.erase(place);
    }

    void check() {
        Rows rows = base_;
        std::set<std::string> pending;
        for (const Made& made : queue_) replay(made, rows, pending);
        std::size_t there = 0;
        for (std::uint8_t i = 0; i < kIds; ++i) {
            const std::string id = id_of(i);
            const auto row = f_.replica->get(kNote, id);
            BOOST_REQUIRE_MESSAGE(row.has_value() == (rows.count(id) != 0), id);
            BOOST_REQUIRE(!row || std::ranges::equal(row->bytes(), rows[id]));
            BOOST_REQUIRE_MESSAGE(f_.pending(id) == (pending.count(id) != 0), id << " pending");
            there += row ? 1 : 0;
        }
        BOOST_REQUIRE(f_.replica->count(kNote).rows == there);
        BOOST_REQUIRE(f_.state().pending == queue_.size());
    }

    static void replay(const Made& made, Rows& rows, std::set<std::string>& pending) {
        if (made.kind != MutationKind::named) pending.insert(made.key);
        const auto found = rows.find(made.key);
        switch (made.kind) {
            case MutationKind::create:
                rows.try_emplace(made.key, made.payload);
                break;
            case MutationKind::update:
                if (found == rows.end()) break;
                found->second = apply_patch(kNote, RowView(found->second), made.payload, made.time);
                break;
            case MutationKind::remove:
                rows.erase(made.key);
                break;
            case MutationKind::named: {
                Rows after = rows;
                PlainRows script(after, made.time);
                try {
                    run_script<PlainRows&>(script, made.payload);
                } catch (const Error&) {
                    break;
                }
                rows = std::move(after);
                pending.insert(script.touched.begin(), script.touched.end());
                break;
            }
        }
    }

    ReplicaFixture f_;
    Random random_;
    bool queries_;
    Rows base_;
    Cursor cursor_{1};
    Sequence applied_;
    MutationId applied_id_;
    std::vector<Made> queue_;
};

void many(std::uint64_t first, std::uint64_t seeds, int steps, bool queries) {
    if (const char* only = std::getenv("SEED")) {
        first = std::strtoull(only, nullptr, 10);
        seeds = 1;
    }
    for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
        BOOST_TEST_CONTEXT("SEED=" << seed) {
            RandomSteps(seed, queries).run(steps);
        }
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rebase_tests)

BOOST_AUTO_TEST_CASE(named_mutations_are_replayed_as_if_the_whole_queue_was) {
    many(1, 500, 60, false);
}

BOOST_AUTO_TEST_CASE(also_if_they_ask_for_all_rows) {
    many(2'001, 500, 60, true);
}

BOOST_AUTO_TEST_CASE(also_in_long_queues) {
    many(4'001, 5, 600, true);
}

BOOST_AUTO_TEST_SUITE_END()
