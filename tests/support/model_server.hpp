#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "syncline/protocol/hash.hpp"
#include "syncline/protocol/messages.hpp"
#include "syncline/protocol/schema.hpp"

namespace syncline::test {

/// A message and what it points to.
template <class Message>
struct Owned {
    Owned() = default;
    Owned(Owned&&) = default;  // what is pointed to stays where it is; a copy's would not
    Owned& operator=(Owned&&) = default;

    Message message;
    std::deque<std::string> texts;
    std::deque<Bytes> bytes;

    std::string_view keep(std::string text) { return texts.emplace_back(std::move(text)); }
    ByteView keep(Bytes data) { return bytes.emplace_back(std::move(data)); }
};

/// One scope of an authority, in the plainest way there is: maps, no storage, no transport. Shares
/// nothing with the real server but the functions that merge a patch and hash a row. Its one named
/// mutation adds 10 visits to the note whose id is the argument.
class ModelServer {
public:
    struct Row {
        std::optional<Bytes> data;  // none: deleted
        Cursor cursor;
        std::uint64_t made = 0;  // order of change
    };
    using Key = std::pair<std::string, std::string>;

    explicit ModelServer(const Schema& schema, std::string scope = "scope")
        : schema_(schema), scope_(std::move(scope)) {
        epoch_.low = 7;
    }

    /// Mutations of rows with these ids are rejected as `not_allowed`.
    std::set<std::string> forbidden_ids;

    /// Applies what is new, repeats outcomes of what is not.
    Owned<PushResponse> push(const PushRequest& request);
    /// All changes since `from`, complete.
    Owned<Page> changes(Cursor from, ClientId client, Sequence confirmed = {});
    /// Changes or a snapshot in pages of `rows_max` rows; `continuation` as in the last page.
    Owned<Page> pull(const PullRequest& request, std::size_t rows_max);

    /// Another client's writes.
    void put(std::string_view entity, std::string_view id, Bytes row);
    void remove(std::string_view entity, std::string_view id);

    /// A new history: everything is gone, or `keep_rows`.
    void begin_epoch(bool keep_rows);

    Cursor head() const { return head_; }
    Epoch epoch() const { return epoch_; }
    const std::map<Key, Row>& rows() const { return rows_; }
    std::optional<Bytes> row(std::string_view entity, std::string_view id) const;
    /// How often the mutation was applied; rejections do not count.
    std::uint64_t times_applied(MutationId id) const;
    std::uint64_t times_rejected(MutationId id) const;
    Sequence applied(ClientId client) const;

private:
    struct Outcome {
        MutationId id;
        bool rejected = false;
        std::optional<Bytes> row;
        std::string withdrawn;  // the code
    };
    struct Client {
        Sequence applied;
        MutationId applied_id;
        std::map<Sequence, Outcome> outcomes;
    };

    bool can_apply(const Mutation& mutation, const std::map<Key, Row>& rows) const;
    void apply(const Mutation& mutation, std::map<Key, Row>& rows, Cursor cursor);
    /// Gives a transaction the outcome that it got under another client id; false: it got none.
    bool repeat(Client& client, ClientId origin, const Transaction& transaction);
    void apply_transaction(Client& client, ClientId origin, const Transaction& transaction);
    void finish(Owned<Page>& page, ClientId client, Sequence confirmed);
    void add_row(Owned<Page>& page, const Key& key, const Row& row) const;
    void touch(Row& row, Cursor cursor) {
        row.cursor = cursor;
        row.made = ++changes_;
    }

    const Schema& schema_;
    std::string scope_;
    Epoch epoch_;
    Cursor head_;
    std::uint64_t changes_ = 0;
    std::map<Key, Row> rows_;
    std::map<ClientId, Client> clients_;
    std::map<std::pair<ClientId, MutationId>, Outcome> decided_;  // by origin
    std::map<MutationId, std::uint64_t> times_applied_;
    std::map<MutationId, std::uint64_t> times_rejected_;
};

}  // namespace syncline::test
