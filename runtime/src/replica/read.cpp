#include "work.hpp"

namespace syncline {
namespace {

// Within a transaction, what is visited may be written by the visitor.
void visit_copies(const RowTable& table, Connection& connection, std::int64_t scope,
                  const StoreQuery& query, const std::function<bool(Row)>& visit) {
    std::vector<Row> rows;
    table.select(connection, scope, query, 0, [&](ByteView row) {
        rows.emplace_back(to_bytes(row));
        return true;
    });
    for (Row& row : rows) {
        if (!visit(std::move(row))) return;
    }
}

// The work of this thread, if it replays mutations on rows of `table` in memory.
detail::Work* overlaid_work(const Replica::Impl& replica, const RowTable& table) {
    detail::Work* work = replica.current_work();
    return work != nullptr && work->is_overlaid(table) ? work : nullptr;
}

// Makes what is replayed in memory visible to a query.
void write_through(const Replica::Impl& replica, const RowTable& table) {
    if (detail::Work* work = overlaid_work(replica, table)) work->overlay->write_through();
}

struct Deeper {
    explicit Deeper(int& depth_of_read) : depth(depth_of_read) { ++depth; }
    ~Deeper() { --depth; }
    int& depth;
};

}  // namespace

std::optional<Row> Replica::get(const EntitySchema& entity, std::string_view id) const {
    const RowTable& table = impl_->table(entity);
    if (detail::Work* work = overlaid_work(*impl_, table)) {
        auto row = work->find(table, id);
        if (!row || !row->data) return std::nullopt;
        return Row(std::move(*row->data));
    }
    return impl_->read([&](Connection& connection, std::uint64_t) -> std::optional<Row> {
        auto bytes = table.view(connection, impl_->scope_key(), id);
        if (!bytes) return std::nullopt;
        return Row(std::move(*bytes));
    });
}

bool Replica::exists(const EntitySchema& entity, std::string_view id) const {
    const RowTable& table = impl_->table(entity);
    if (detail::Work* work = overlaid_work(*impl_, table)) {
        const auto row = work->find(table, id);
        return row && row->data;
    }
    return impl_->read([&](Connection& connection, std::uint64_t) {
        return table.in_view(connection, impl_->scope_key(), id);
    });
}

bool Replica::is_pending(const EntitySchema& entity, std::string_view id) const {
    const RowTable& table = impl_->table(entity);
    if (detail::Work* work = overlaid_work(*impl_, table)) {
        const auto row = work->find(table, id);
        return row && row->pending > 0;
    }
    return impl_->read([&](Connection& connection, std::uint64_t) {
        return table.is_pending(connection, impl_->scope_key(), id);
    });
}

Replica::Count Replica::count(const EntitySchema& entity) const {
    const RowTable& table = impl_->table(entity);
    write_through(*impl_, table);
    return impl_->read([&](Connection& connection, std::uint64_t version) {
        return Count{table.count(connection, impl_->scope_key()), version};
    });
}

std::uint64_t Replica::select(const EntitySchema& entity, const StoreQuery& query,
                              const std::function<bool(Row)>& visit) const {
    const RowTable& table = impl_->table(entity);
    write_through(*impl_, table);
    if (impl_->current_work() != nullptr) {
        return impl_->read([&](Connection& connection, std::uint64_t version) {
            visit_copies(table, connection, impl_->scope_key(), query, visit);
            return version;
        });
    }
    int alone = 0;
    detail::PinnedRead* pinned = impl_->current_read();
    int& depth = pinned != nullptr ? pinned->depth : alone;
    return impl_->read([&](Connection& connection, std::uint64_t version) {
        const int level = depth;
        const Deeper deeper(depth);
        table.select(connection, impl_->scope_key(), query, level,
                     [&](ByteView row) { return visit(Row(to_bytes(row))); });
        return version;
    });
}

std::uint64_t Replica::version() const {
    return impl_->db.version();
}

void Replica::read(const std::function<void()>& body) const {
    if (impl_->current_work() != nullptr || impl_->current_read() != nullptr) return body();
    const detail::PinRead pinned(*impl_);
    body();
}

}  // namespace syncline
