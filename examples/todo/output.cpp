#include "output.hpp"

#include <sstream>
#include <vector>

#include "dates.hpp"

namespace todo_cli {
namespace {

nlohmann::ordered_json name_of(todo::Priority priority) {
    const auto name = to_string(priority);
    if (name.empty()) return static_cast<int>(priority);  // from a newer schema
    return name;
}

template <class T>
nlohmann::ordered_json or_null(const std::optional<T>& value) {
    return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
}

std::vector<std::string> remarks(const todo::TodoView& todo, const std::string& list_title) {
    std::vector<std::string> texts;
    if (!list_title.empty()) texts.push_back("in " + list_title);
    if (todo.priority() != todo::Priority::normal) {
        texts.emplace_back(to_string(todo.priority()));
    }
    if (todo.due()) texts.push_back("due " + format_day(*todo.due()));
    if (todo.visits() != 0) texts.push_back("visits " + std::to_string(todo.visits()));
    for (const auto tag : todo.tags()) texts.push_back("#" + std::string(tag));
    return texts;
}

}  // namespace

nlohmann::ordered_json to_json(const todo::TodoView& todo) {
    return {{"id", todo.id()},
            {"title", todo.title()},
            {"done", todo.done()},
            {"priority", name_of(todo.priority())},
            {"tags", todo.tags().to_vector()},
            {"visits", todo.visits()},
            {"due", or_null(todo.due())},
            {"list_id", or_null(todo.list_id())},
            {"created_at", todo.created_at()},
            {"updated_at", todo.updated_at()}};
}

std::string verb(syncline::MutationKind kind) {
    switch (kind) {
        case syncline::MutationKind::create:
            return "create";
        case syncline::MutationKind::update:
            return "update";
        case syncline::MutationKind::remove:
            return "remove";
        case syncline::MutationKind::named:
            break;
    }
    return "mutate";
}

nlohmann::ordered_json to_json(const syncline::RejectedMutation& rejected) {
    // The id as a text: it may be larger than what JSON readers keep exact.
    return {{"id", std::to_string(rejected.id.value)},
            {"kind", verb(rejected.kind)},
            {"entity", rejected.entity},
            {"key", rejected.key},
            {"code", rejected.code},
            {"reason", rejected.reason},
            {"made_at", rejected.made_at.time_since_epoch().count()}};
}

std::string one_line(const todo::TodoView& todo, const std::string& list_title) {
    std::ostringstream line;
    line << (todo.done() ? "[x] " : "[ ] ") << todo.title();
    const char* separator = "  (";
    for (const auto& remark : remarks(todo, list_title)) {
        line << separator << remark;
        separator = ", ";
    }
    if (separator[0] == ',') line << ")";
    return line.str();
}

}  // namespace todo_cli
