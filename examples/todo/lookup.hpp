#pragma once

#include <string>
#include <string_view>

#include "session.hpp"

namespace todo_cli {

/// The todo whose id is, or begins with, `prefix`. Throws: `Failure` if none or several do.
todo::Todo find_todo(todo::App& app, std::string_view prefix);

/// Title of the list that `todo` is in; empty if it is in none, or in one that is gone.
std::string list_title(todo::App& app, const todo::TodoView& todo);

/// Id of the list titled `title`, which is made if there is none.
std::string list_titled(todo::App& app, const std::string& title);

}  // namespace todo_cli
