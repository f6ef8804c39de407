// A client as a process of its own, which tests kill. It says a byte on its standard output for
// each thing done, and goes on until it is killed:
//
//   sync_child visit SERVER DATABASE ID    starts, and adds a visit to a todo again and again: a
//                                          byte for each write that has returned
//   sync_child staged SERVER DATABASE      starts, and stops for ever, on its sync thread, when
//                                          todos are staged and the lists are there: one byte
//   sync_child shown SERVER DATABASE       the same when the first todos are shown

#include <unistd.h>

#include <functional>
#include <string>

#include "syncline/reactive/effect.hpp"
#include "todo_app.hpp"

using namespace syncline;

namespace {

void say() {
    if (::write(STDOUT_FILENO, "1", 1) != 1) ::_exit(1);
}

[[noreturn]] void visit(todo::App& app, const std::string& id) {
    app.start();
    for (;;) {
        app.todos.get(id).add_visits(1);
        say();
    }
}

[[noreturn]] void stop_when(todo::App& app, const std::function<bool()>& reached) {
    const Effect watch([&] {
        if (!reached()) return;
        say();
        for (;;) ::pause();
    });
    app.start();
    for (;;) ::pause();
}

bool has_staged_todos(const todo::App& app) {
    const SyncProgress progress = app.progress();
    return progress.rows_done > 0 && progress.priority > 1;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 4) return 2;
    const std::string what = argv[1];
    todo::App app(ClientOptions{.server = argv[2],
                                .scope = "user:demo",
                                .database = argv[3],
                                .show_first_sync = what == "shown"});
    if (what == "visit" && argc == 5) visit(app, argv[4]);
    if (what == "staged") stop_when(app, [&] { return has_staged_todos(app); });
    if (what == "shown") stop_when(app, [&] { return app.todos.count() > 0; });
    return 2;
}
