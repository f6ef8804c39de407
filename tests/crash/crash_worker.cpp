// One life of a client that is going to be killed:
//
//     crash_worker live DATABASE URL NAME WRITES     writes, syncs in the background, waits to be
//     killed crash_worker sync DATABASE URL NAME 0          syncs, and prints all that it has
//
// Each write is one transaction of two parts: a todo of its own, and one more visit to a todo that
// all share. A line is printed after a write has returned, and not before.

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <string>
#include <vector>

#include "todo_app.hpp"

namespace {

using namespace std::chrono_literals;

constexpr const char* kShared = "shared";

syncline::ClientOptions options(const std::string& database, const std::string& url) {
    return {.server = url,
            .scope = "crash",
            .database = database,
            .push_interval = 100ms,
            .pull_interval = 500ms};
}

void tell(const std::string& line) {
    const std::string text = line + "\n";
    if (::write(STDOUT_FILENO, text.data(), text.size()) < 0) std::exit(3);
}

std::size_t own_rows(const todo::App& app, const std::string& name) {
    return app.todos.find([&](const todo::TodoView& t) { return t.title() == name; }).size();
}

std::string own_id(const std::string& name, std::size_t number) {
    return name + "-" + std::to_string(number);
}

void live(const std::string& database, const std::string& url, const std::string& name,
          std::size_t writes) {
    todo::App app(options(database, url));
    std::size_t made = own_rows(app, name);
    tell("has " + std::to_string(made));
    app.start();
    for (std::size_t i = 0; i < writes; ++i, ++made) {
        app.transaction([&] {
            app.todos.create({.id = own_id(name, made), .title = name});
            app.todos.get(kShared).update({.visits = syncline::add(1)});
        });
        tell("made " + std::to_string(made));
    }
    for (;;) ::pause();
}

// Prints `rejected N`, `visits N`, and `row ID` for every row but the shared one.
void sync(const std::string& database, const std::string& url) {
    todo::App app(options(database, url));
    syncline::SyncResult result;
    for (int i = 0; i < 5 && !result.ok; ++i) result = app.sync(20s);
    if (!result.ok) throw std::runtime_error("no sync: " + result.error.text);
    tell("rejected " + std::to_string(app.rejected().size()));
    std::vector<std::string> rows;
    for (const auto& todo : app.todos.all()) rows.emplace_back(todo.id());
    std::ranges::sort(rows);
    for (const std::string& row : rows) {
        tell(row == kShared ? "visits " + std::to_string(app.todos.get(row).visits())
                            : "row " + row);
    }
}

void begin(const std::string& database, const std::string& url) {
    todo::App app(options(database, url));
    app.todos.create({.id = kShared, .title = "Count"});
    const auto result = app.sync(20s);
    if (!result.ok) throw std::runtime_error("no sync: " + result.error.text);
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> words(argv + 1, argv + argc);
    if (words.size() != 5) return 2;
    try {
        if (words[0] == "begin") begin(words[1], words[2]);
        if (words[0] == "sync") sync(words[1], words[2]);
        if (words[0] == "live") live(words[1], words[2], words[3], std::stoull(words[4]));
    } catch (const std::exception& error) {
        std::cerr << "crash_worker: " << error.what() << "\n";
        return 1;
    }
}
