#include "select_sql.hpp"

#include <limits>

#include "syncline/base/error.hpp"
#include "syncline/store/columns.hpp"

namespace syncline::detail {
namespace {

std::string_view comparison(Condition::Op op) {
    switch (op) {
        case Condition::Op::less:
            return " < ";
        case Condition::Op::less_equal:
            return " <= ";
        case Condition::Op::greater:
            return " > ";
        case Condition::Op::greater_equal:
            return " >= ";
        default:
            return " = ";
    }
}

// The first text after all that begin with `prefix`; empty: there is none.
std::string after_prefix(std::string prefix) {
    while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xff) prefix.pop_back();
    if (!prefix.empty()) prefix.back() = static_cast<char>(prefix.back() + 1);
    return prefix;
}

}  // namespace

SelectSql::SelectSql(const EntitySchema& entity, const StoreQuery& query)
    : entity_(entity), query_(query) {
    for (const Condition& condition : query.where) add_condition(condition);
    add_order();
    if (!query.limit && query.offset == 0) return;
    const auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    const std::uint64_t limit = std::min(query.limit.value_or(most), most);
    text_ += " LIMIT " + parameter(static_cast<std::int64_t>(limit));
    text_ += " OFFSET " + parameter(static_cast<std::int64_t>(std::min(query.offset, most)));
}

void SelectSql::bind(Statement& statement, int first) const {
    for (const QueryValue& value : values_) {
        std::visit(
            [&](const auto& held) {
                if constexpr (std::is_same_v<std::decay_t<decltype(held)>, std::string>) {
                    statement.bind(first, std::string_view(held));
                } else {
                    statement.bind(first, held);
                }
            },
            value);
        ++first;
    }
}

std::string SelectSql::parameter(QueryValue value) {
    values_.push_back(std::move(value));
    return "?" + std::to_string(values_.size() + 1);
}

std::string SelectSql::column(FieldId field) const {
    if (field == entity_.key) return "id";
    const FieldSchema* found = entity_.table->find(field);
    if (found == nullptr || !(found->indexed || found->unique)) {
        throw InvalidArgument(
            std::string(entity_.name) + ": field " +
            (found != nullptr ? std::string(found->name) : std::to_string(field)) +
            " is not indexed; give it the attribute `index` to query by it");
    }
    return column_name(field);
}

void SelectSql::check_value(const Condition& condition) const {
    const FieldSchema* field = entity_.table->find(condition.field);
    const bool text = field->type == FieldType::string;
    const bool prefix = condition.op == Condition::Op::starts_with;
    if (text == std::holds_alternative<std::string>(condition.value) && (text || !prefix)) return;
    throw InvalidArgument(std::string(entity_.name) + "." + std::string(field->name) +
                          ": is compared with a value of another type");
}

void SelectSql::add_condition(const Condition& condition) {
    const std::string name = column(condition.field);
    check_value(condition);
    if (condition.op == Condition::Op::starts_with) {
        return add_prefix(name, std::get<std::string>(condition.value));
    }
    text_ += " AND " + name;
    text_ += comparison(condition.op);
    text_ += parameter(condition.value);
}

void SelectSql::add_prefix(const std::string& column, const std::string& prefix) {
    text_ += " AND " + column + " >= " + parameter(prefix);
    const std::string end = after_prefix(prefix);
    if (!end.empty()) text_ += " AND " + column + " < " + parameter(end);
}

void SelectSql::add_order() {
    const std::string direction = query_.descending ? " DESC" : "";
    if (!query_.order_by || *query_.order_by == entity_.key) {
        text_ += " ORDER BY id" + direction;
        return;
    }
    text_ += " ORDER BY " + column(*query_.order_by) + direction + ", id";
}

}  // namespace syncline::detail
