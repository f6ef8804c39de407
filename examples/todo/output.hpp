#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "syncline/queue/rejected.hpp"
#include "todo.hpp"

namespace todo_cli {

/// A todo as an object with the schema's field names, in the schema's order; absent: null.
nlohmann::ordered_json to_json(const todo::TodoView& todo);
nlohmann::ordered_json to_json(const syncline::RejectedMutation& rejected);

/// "create", "update", …
std::string verb(syncline::MutationKind kind);

/// "[ ] Buy milk  (in Groceries, high, due 2026-12-31, #food)"; an empty title: in no list.
std::string one_line(const todo::TodoView& todo, const std::string& list_title);

}  // namespace todo_cli
