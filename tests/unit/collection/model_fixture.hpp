#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "syncline/collection/model.hpp"
#include "syncline/protocol/messages.hpp"
#include "syncline/replica/replica.hpp"
#include "syncline/storage/database.hpp"
#include "syncline/testing/manual_clock.hpp"
#include "syncline/testing/manual_executor.hpp"
#include "todo.hpp"

/// What another client did, as the server tells it: one page.
class RemotePage {
public:
    RemotePage& put(const todo::TodoDraft& draft) {
        syncline::RowBuilder row(*todo::Todo::schema().table);
        draft.write(row);
        row.string(todo::TodoFields::id.id, draft.id);
        rows_.push_back({draft.id, row.finish()});
        return *this;
    }
    RemotePage& remove(std::string id) {
        rows_.push_back({std::move(id), std::nullopt});
        return *this;
    }

    /// The page that leads from `from` to the next cursor. Valid as long as this object.
    syncline::Page page(syncline::Epoch epoch, std::string_view scope, syncline::Cursor from,
                        syncline::Sequence applied, syncline::MutationId applied_id) const {
        syncline::Page page;
        page.scope = scope;
        page.epoch = epoch;
        page.from = from;
        page.to = syncline::Cursor{from.value + 1};
        page.snapshot = from.value == 0;
        page.applied = applied;
        page.applied_id = applied_id;
        for (const auto& [id, bytes] : rows_) {
            syncline::RowChange change{"todo", id, page.to, std::nullopt};
            if (bytes) change.data = syncline::ByteView(*bytes);
            page.rows.push_back(change);
        }
        return page;
    }

private:
    std::vector<std::pair<std::string, std::optional<syncline::Bytes>>> rows_;
};

/// A todo database in memory, the typed layer over it, and the pages of a server.
struct ModelFixture {
    explicit ModelFixture(bool with_executor = true)
        : model(replica, clock, syncline::Random(7), with_executor ? &executor : nullptr) {}

    /// Takes the changes into the replica; they are told when the executor runs.
    void receive(const RemotePage& remote) {
        replica.apply_page(remote.page(epoch, replica.scope(), cursor, syncline::Sequence{}, {}));
        cursor.value += 1;
    }

    syncline::testing::ManualClock clock;
    syncline::testing::ManualExecutor executor{clock};
    syncline::Database database{
        syncline::Replica::database_options({}, syncline::Durability::normal)};
    syncline::Replica replica{database, todo::schema(), "user:demo", clock, syncline::Random(1)};
    syncline::Model model;
    todo::ListCollection lists{model};
    todo::TodoCollection todos{model};
    syncline::Epoch epoch{{1, 2}};
    syncline::Cursor cursor;
};

/// Titles in order, for comparing: "milk bread".
inline std::string titles(const std::vector<todo::TodoView>& rows) {
    std::string text;
    for (const todo::TodoView& row : rows) {
        if (!text.empty()) text += ' ';
        text += row.title();
    }
    return text;
}
