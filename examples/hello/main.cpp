#include <iostream>
#include <string>

#include "syncline/reactive/effect.hpp"
#include "todo_app.hpp"

int main() {
    todo::App app({.server = "http://127.0.0.1:8080", .scope = "user:demo", .database = "todo.db"});
    syncline::Effect watch([&] { std::cout << app.todos.count() << " todos\n"; });

    // Durable when it returns; needs no network. Then a patch of one field.
    todo::Todo milk = app.todos.create({.title = "Buy milk"});
    milk.set_done(true);

    // Several writes, all or nothing, here and on the server; effects run once.
    app.transaction([&] {
        app.todos.create({.title = "Call mum", .priority = todo::Priority::high});
        milk.update({.tags = syncline::insert<std::string>({"food"}), .visits = syncline::add(1)});
    });

    for (const auto& todo : app.todos.find([](const todo::TodoView& t) { return !t.done(); })) {
        std::cout << "to do: " << todo.title() << "\n";
    }

    // From here on in the background, and never waited for; or now, with an outcome to wait for.
    app.start();
    if (const auto outcome = app.sync(); !outcome) std::cout << outcome.error.text << "\n";
}
