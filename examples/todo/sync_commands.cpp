#include <iostream>
#include <map>
#include <string>

#include "../common/interrupt.hpp"
#include "../common/sync.hpp"
#include "../common/text.hpp"
#include "commands.hpp"
#include "lookup.hpp"
#include "output.hpp"
#include "syncline/reactive/effect.hpp"

namespace todo_cli {
namespace {

using examples::counted;

void sync(Session& session) {
    const syncline::SyncResult result = examples::sync_now(session.app, session.flags.client);
    std::cout << "Synced with " << session.flags.client.server << ": "
              << counted(result.pushed, "change", "changes") << " sent, "
              << counted(result.pulled, "row", "rows") << " received";
    if (result.rejected != 0) std::cout << ", " << result.rejected << " rejected: see `rejected`";
    std::cout << "\n";
}

/// Prints what became of the todos since it was last told of them.
class ChangePrinter {
public:
    explicit ChangePrinter(todo::App& app) : app_(app), known_(lines()) {}

    void show_changes() {
        Lines now = lines();
        for (const auto& [id, line] : known_) {
            if (!now.contains(id)) std::cout << "- " << line << "\n";
        }
        for (const auto& [id, line] : now) {
            const auto before = known_.find(id);
            if (before == known_.end()) {
                std::cout << "+ " << line << "\n";
            } else if (before->second != line) {
                std::cout << "~ " << line << "\n";
            }
        }
        std::cout << std::flush;
        known_ = std::move(now);
    }

private:
    using Lines = std::map<std::string, std::string>;

    Lines lines() const {
        Lines by_id;
        for (const auto& todo : app_.todos.all()) {
            by_id.emplace(todo.id(), one_line(todo, list_title(app_, todo)));
        }
        return by_id;
    }

    todo::App& app_;
    Lines known_;
};

void watch(Session& session) {
    const examples::Interrupt interrupt;
    todo::App& app = session.app;
    std::cout << "Watching " << counted(app.todos.count(), "todo", "todos") << "; end with Ctrl-C\n"
              << std::flush;

    ChangePrinter printer(app);
    syncline::Effect print([&] { printer.show_changes(); });
    syncline::Effect say_whether_online([&] {
        if (app.online()) {
            std::cerr << "online\n";
        } else if (const auto error = app.last_error()) {
            std::cerr << "offline: " << error->text << "\n";
        }
    });
    app.start();
    interrupt.wait();
    // They use what is ours, perhaps on the sync thread right now.
    print.stop_and_wait();
    say_whether_online.stop_and_wait();
}

}  // namespace

void add_sync_commands(CLI::App& cli, Command& chosen) {
    cli.add_subcommand("sync", "Send what waits and fetch what is new, now")->callback([&chosen] {
        chosen = sync;
    });
    cli.add_subcommand("watch", "Stay in sync, and print each change as it arrives")
        ->callback([&chosen] { chosen = watch; });
}

}  // namespace todo_cli
