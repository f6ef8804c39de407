#include "lookup.hpp"

namespace todo_cli {

todo::Todo find_todo(todo::App& app, std::string_view prefix) {
    if (app.todos.has(prefix)) return app.todos.get(prefix);

    const auto found = app.todos.query()
                           .where(todo::TodoFields::id.starts_with(std::string(prefix)))
                           .limit(2)
                           .all();
    if (found.empty()) {
        throw examples::Failure("no todo has an id that begins with \"" + std::string(prefix) +
                                "\"");
    }
    if (found.size() > 1) {
        throw examples::Failure("more than one id begins with \"" + std::string(prefix) +
                                "\": give more of it");
    }
    return app.todos.get(found.front().id());
}

std::string list_title(todo::App& app, const todo::TodoView& todo) {
    if (!todo.list_id()) return {};
    const auto list = app.lists.get(*todo.list_id()).get();
    return list ? std::string(list->title()) : std::string();
}

std::string list_titled(todo::App& app, const std::string& title) {
    const auto found =
        app.lists.find([&](const todo::ListView& list) { return list.title() == title; });
    return found.empty() ? app.lists.create({.title = title}).id()
                         : std::string(found.front().id());
}

}  // namespace todo_cli
