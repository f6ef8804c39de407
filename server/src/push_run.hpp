#pragma once

#include <map>
#include <memory>
#include <string>

#include <utility>
#include <vector>

#include "catalog.hpp"
#include "former_outcomes.hpp"
#include "row_rules.hpp"
#include "syncline/server/arena.hpp"
#include "syncline/server/authority.hpp"
#include "syncline/server/engine.hpp"
#include "syncline/server/mutator.hpp"
#include "transaction_plan.hpp"

namespace syncline::server {

using Mutators = std::map<std::string, Mutator, std::less<>>;

/// One push, inside one write transaction of the storage.
class PushRun {
public:
    /// All must outlive it; `arena` keeps what the outcome points to.
    PushRun(const Catalog& catalog, const Mutators& mutators, const EngineOptions& options,
            const PushRequest& request, WallTime now, ScopeWriter& writer, Arena& arena);

    /// Does all there is to do, except to commit. True: there is something to commit.
    bool run();

    Sequence processed() const { return processed_; }
    std::vector<Rejection> take_rejections() { return std::move(rejections_); }

private:
    /// Recognizes what was looked at before and repeats its outcome; returns the number of
    /// transactions that are known. `forked_`: the next one bears a number of another one.
    std::size_t repeat_known();
    bool is_known(const Transaction& transaction, const std::vector<Receipt>& receipts) const;
    void repeat_rejections(std::size_t known);

    /// Repeats the outcome that a transaction got under another client id. False: it got none.
    bool repeat_former(const Transaction& transaction);
    std::optional<Rejection> rejection_of(const DecidedAs& former, Sequence now);
    void note_receipts(const Transaction& transaction);
    void run_transaction(const Transaction& transaction);
    std::optional<Refusal> apply(const Mutation& mutation);
    std::optional<Refusal> apply_named(const Mutation& mutation);
    void reject(const Transaction& transaction, std::size_t culprit, const Refusal& refusal);
    ByteView row_before(const Mutation& mutation);
    void save();

    const Catalog& catalog_;
    const Mutators& mutators_;
    const EngineOptions& options_;
    const PushRequest& request_;
    ScopeWriter& writer_;
    Arena& arena_;
    TransactionPlan plan_;
    Tallies tallies_;
    RowRules rules_;
    FormerOutcomes former_;
    WallTime now_;

    ClientState client_;
    Cursor head_;
    bool head_moved_ = false;
    bool forked_ = false;
    Sequence processed_;
    std::vector<Receipt> receipts_;                      // of what is new
    std::vector<std::pair<ClientId, Receipt>> origins_;  // of these, where it is another client id
    std::vector<Rejection> rejections_;                  // of all that the request holds
    std::size_t rejections_repeated_ = 0;  // the first so many are in the storage already
};

}  // namespace syncline::server
