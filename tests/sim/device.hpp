#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sim/model.hpp"
#include "sim/observers.hpp"
#include "sim/server.hpp"
#include "sim/steps.hpp"
#include "syncline/replica/replica.hpp"
#include "syncline/sync/sync_loop.hpp"
#include "syncline/testing/fault_transport.hpp"
#include "syncline/testing/manual_executor.hpp"
#include "syncline/testing/memory_disk.hpp"
#include "syncline/testing/memory_transport.hpp"

namespace syncline::sim {

/// A mutation that the application made, as it was meant.
struct Made {
    MutationId id;    // its ticket; 0: its write failed, so that nothing is known of it
    MutationId sent;  // the id that the server knows; another one while patches are joined
    Meaning meaning;  // of all patches that were joined
    WallTime time;
};

/// What must be true of one device's mutations: each is in exactly one of these.
struct Ledger {
    std::vector<Made> queued;
    std::map<MutationId, Made> rejected;  // and recorded
    std::set<MutationId> applied;         // and seen to leave the queue
    std::set<MutationId> dismissed;       // a record that the application discarded or retried
    std::set<MutationId> lost_power;      // made with Durability::normal, lost by a power failure
    std::map<MutationId, Made> all;

    /// Of writes that failed since the last that did not; one of them may be found after a death
    /// all the same, whole.
    std::vector<std::vector<Made>> uncertain;
    std::set<MutationId> dismissals;  // tried
};

/// One device: the real database, replica and sync loop, its disk, its network and its clock, and
/// what the application on it has done.
class Device {
public:
    Device(std::uint32_t number, Server& server, testing::ManualExecutor& executor,
           const testing::ManualClock& clock, std::uint64_t seed);
    ~Device();

    // --- Life -------------------------------------------------------------------------------
    /// False: it cannot be opened now (its disk).
    bool open();
    /// Ends in order, or has died already.
    void close();
    bool is_open() const { return loop != nullptr; }
    bool dead() const { return is_open() && disk.stopped(); }
    /// Becomes what `other` is: its files and what its application knows.
    void copy_from(Device& other);

    // --- What people do -----------------------------------------------------------------------
    void write(Dice& dice);
    /// Until so many mutations are queued.
    void write_many(std::size_t queued, std::uint64_t seed);
    void transaction(Dice& dice);
    void twins(Dice& dice);
    void named(Dice& dice);
    void huge(Dice& dice);
    void retry(Dice& dice);
    void discard(Dice& dice);

    // --- What must hold ------------------------------------------------------------------------
    /// Throws: `Violation`.
    void check();
    bool changed() const;
    /// When no task waits. Throws: `Violation`.
    void check_quiet() const;
    bool settled() const;
    /// At the end: every mutation has come to an end.
    void check_end() const;
    std::string describe() const;
    /// What the application gives when it has a good token.
    std::string good_token();

    std::uint32_t number() const { return number_; }

private:
    class Way;

    void after_death();
    void read_stored();
    void name_indexes();
    void check_queue();
    void check_records();
    void adopt(std::size_t first);
    void check_left(const Made& made);
    void check_rows();
    void check_shown() const;
    bool is_in(const History& history) const;
    void check_progress();
    void relearn();
    struct Predicted {
        std::optional<Value> view;
        bool any_time = false;  // a named mutation's, predicted anew at the time of each rebase
    };
    std::map<Key, Predicted> predicted() const;
    const Scene& scene() const { return server_.scene(); }
    const Schema& schema() const { return old_app ? *scene().older_app : *scene().schema; }
    const EntitySchema& entity_of(const Key& key) const { return *schema().find(key.entity); }
    Value known_part(const Value& should, const Value& seen) const;
    std::map<Key, std::string> view() const;

    template <class Body>
    void attempt(Body body);
    void make(Dice& dice, bool big);
    Key some_key(Dice& dice) const;
    Bytes some_row(const Key& key, Dice& dice, bool big) const;
    Bytes some_patch(const Key& key, Dice& dice) const;
    void note(Meaning meaning);
    void take_made(Made made);
    Made stored_meaning(Made made);
    void check_sent(const PushRequest& request) const;

    std::uint32_t number_;
    Server& server_;
    testing::ManualExecutor& executor_;
    Dice dice_;
    bool observed_ = false;

public:
    SkewedClock clock;
    testing::MemoryDisk disk;
    std::unique_ptr<Way> way;
    testing::MemoryTransport memory;
    testing::FaultTransport faults;
    std::unique_ptr<Database> db;
    std::unique_ptr<Replica> replica;
    std::unique_ptr<Observers> observers;  // on a third of the devices
    bool old_app = false;                  // has an older schema
    bool shown = false;                    // reads rows of its first sync as they arrive
    bool installed = true;                 // else it comes later, when there are rows to fetch
    std::uint64_t shown_states = 0;        // checked, of a first sync that was there in part
    std::unique_ptr<SyncLoop> loop;
    bool live = true;
    bool paused = false;
    bool fresh_token = true;  // the application gives a good one when asked
    std::uint64_t token = 0;
    Durability durability = Durability::full;
    Ledger ledger;
    std::deque<TransportResponse> refusals;
    std::uint64_t resyncs_expected = 0;
    bool went_back = false;  // by a power failure or a copy: what was seen may be unseen
    std::map<std::string, std::uint64_t> refused;

private:
    struct StoredEntry {
        Sequence sequence;
        MutationId sent;
        std::string entity;
        std::string key;
        MutationId id;
        MutationKind kind = MutationKind::create;
    };
    struct StoredRow {
        Cursor cursor;
        bool pending = false;
        bool in_view = false;
        bool has_base = false;
        std::string view;
        std::string base;
    };
    // As read last.
    std::uint64_t version_ = ~std::uint64_t{0};
    std::vector<StoredEntry> queue_;
    std::set<MutationId> rejected_;
    std::map<Key, StoredRow> rows_;
    SyncState state_;
    Epoch base_epoch_;
    std::optional<Cursor> base_cursor_;
    bool has_indexes_ = true;
    std::vector<std::string> index_names_;  // that it should have
    Epoch seen_epoch_;
    std::optional<Cursor> seen_cursor_;
    bool replaced_ = false;  // reopened: the queue may hold what was uncertain
    std::vector<Made>* collecting_ = nullptr;
};

}  // namespace syncline::sim
