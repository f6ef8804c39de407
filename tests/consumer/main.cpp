// What an application outside this repository writes; see README.md.
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "todo_app.hpp"

int main() {
    const auto database = std::filesystem::temp_directory_path() / "syncline_consumer.db";
    for (const char* suffix : {"", "-wal", "-shm", "-lock"}) {
        std::filesystem::remove(database.string() + suffix);
    }
    todo::App app({.scope = "user:demo", .database = database.string()});
    todo::Todo milk = app.todos.create({.title = "Buy milk"});
    milk.set_done(true);
    const auto open = app.todos.find([](const todo::TodoView& todo) { return !todo.done(); });
    std::cout << app.todos.count() << " todos, " << open.size() << " open\n";
    return app.todos.count() == 1 && open.empty() ? EXIT_SUCCESS : EXIT_FAILURE;
}
