#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "../common/text.hpp"
#include "commands.hpp"
#include "dates.hpp"
#include "lookup.hpp"
#include "output.hpp"

namespace todo_cli {
namespace {

using examples::counted;
using examples::grouped;
using examples::Table;

/// Open ones first, then by day, the important ones of a day first, then the older ones.
void sort_for_reading(std::vector<todo::TodoView>& todos) {
    const auto rank = [](const todo::TodoView& todo) {
        return std::tuple(todo.done(), !todo.due(), todo.due().value_or(0),
                          -static_cast<int>(todo.priority()), todo.created_at(), todo.id());
    };
    std::ranges::sort(todos, {}, rank);
}

/// The length that tells these ids apart, but at least 8.
std::size_t telling_length(const std::vector<todo::TodoView>& todos) {
    std::vector<std::string_view> ids;
    for (const auto& todo : todos) ids.push_back(todo.id());
    std::ranges::sort(ids);

    std::size_t length = 8;
    for (std::size_t i = 1; i < ids.size(); ++i) {
        const auto differ = std::ranges::mismatch(ids[i - 1], ids[i]).in1 - ids[i - 1].begin();
        length = std::max(length, static_cast<std::size_t>(differ) + 1);
    }
    return length;
}

std::string joined(const syncline::VectorView<std::string>& words) {
    std::string text;
    for (const auto word : words) text += (text.empty() ? "" : ", ") + std::string(word);
    return text;
}

void print_table(todo::App& app, const std::vector<todo::TodoView>& todos) {
    Table table({{""}, {"ID"}, {"Title"}, {"Priority"}, {"Due"}, {"List"}, {"Visits"}, {"Tags"}});
    const auto id_length = telling_length(todos);
    for (const auto& todo : todos) {
        const bool normal = todo.priority() == todo::Priority::normal;
        const bool pending = app.todos.get(todo.id()).pending();
        table.add({todo.done() ? "[x]" : "[ ]", std::string(todo.id().substr(0, id_length)),
                   std::string(todo.title()) + (pending ? " *" : ""),
                   normal ? "" : std::string(to_string(todo.priority())),
                   todo.due() ? format_day(*todo.due()) : "", list_title(app, todo),
                   todo.visits() == 0 ? "" : std::to_string(todo.visits()), joined(todo.tags())});
    }
    std::cout << table.text();
}

void list(Session& session, bool open_only) {
    todo::App& app = session.app;
    auto todos =
        app.todos.find([&](const todo::TodoView& todo) { return !open_only || !todo.done(); });
    sort_for_reading(todos);

    if (session.flags.json) {
        auto array = nlohmann::ordered_json::array();
        for (const auto& todo : todos) array.push_back(to_json(todo));
        std::cout << array.dump(2) << "\n";
        return;
    }
    if (todos.empty()) {
        std::cout << (open_only ? "Nothing to do.\n" : "No todos yet.\n");
        return;
    }
    print_table(app, todos);
    const auto done = static_cast<std::uint64_t>(
        std::ranges::count_if(todos, [](const todo::TodoView& todo) { return todo.done(); }));
    std::cout << "\n" << counted(todos.size(), "todo", "todos") << ", " << done << " done";
    if (const auto pending = app.pending(); pending != 0) {
        std::cout << "; " << counted(pending, "change waits", "changes wait")
                  << " for the server (*)";
    }
    std::cout << "\n";
}

constexpr std::chrono::seconds kConnectPatience{5};

/// What the server said when it was asked just now; nothing if it was not asked.
using Asked = std::optional<syncline::SyncResult>;

nlohmann::ordered_json status_json(const todo::App& app, const Flags& flags, const Asked& asked) {
    const syncline::SyncStatus status = app.status();
    nlohmann::ordered_json json = {{"server", flags.client.server}, {"scope", flags.client.scope},
                                   {"todos", app.todos.count()},    {"pending", status.pending},
                                   {"rejected", status.rejected},   {"cursor", status.cursor.value},
                                   {"resyncs", status.resyncs},     {"online", nullptr}};
    if (!asked) return json;
    json["online"] = app.online();
    json["phase"] = asked->ok ? "idle" : to_string(asked->phase);
    json["error"] = nullptr;
    if (!asked->ok) json["error"] = {{"code", asked->error.code}, {"text", asked->error.text}};
    return json;
}

std::string server_text(const Session& session, const Asked& asked) {
    const std::string& server = session.flags.client.server;
    if (server.empty()) return "none given";
    if (!asked) return server + ", not asked (--connect asks it)";
    if (asked->ok) return server + ", in step";
    return server + (session.app.online() ? ", answers: " : ", offline: ") + asked->error.text;
}

void status(Session& session, bool connect) {
    Asked asked;
    if (connect && session.flags.client.server.empty()) {
        throw examples::Failure("no server to connect to: give its address with --server URL");
    }
    if (connect) asked = session.app.sync(kConnectPatience);
    const auto status = status_json(session.app, session.flags, asked);
    if (session.flags.json) {
        std::cout << status.dump(2) << "\n";
        return;
    }
    const std::uint64_t pending = status["pending"];
    const std::uint64_t rejected = status["rejected"];
    const std::uint64_t cursor = status["cursor"];
    std::cout << "Todos     " << grouped(status["todos"]) << " in scope "
              << session.flags.client.scope << "\n"
              << "Waiting   " << counted(pending, "change", "changes") << " for the server\n"
              << "Rejected  " << counted(rejected, "change", "changes")
              << (rejected == 0 ? "" : ": see `rejected`") << "\n"
              << "Synced    " << (cursor == 0 ? "never" : "up to cursor " + grouped(cursor)) << "\n"
              << "Server    " << server_text(session, asked) << "\n";
}

void print_rejected(const std::vector<syncline::RejectedMutation>& all) {
    Table table({{"ID"}, {"What"}, {"Row"}, {"Code"}, {"Reason"}});
    for (const auto& one : all) {
        table.add({std::to_string(one.id.value), verb(one.kind) + " " + one.entity,
                   one.key.substr(0, 8), one.code, one.reason});
    }
    std::cout << table.text();
}

void rejected(Session& session) {
    const auto all = session.app.rejected();
    if (session.flags.json) {
        auto array = nlohmann::ordered_json::array();
        for (const auto& one : all) array.push_back(to_json(one));
        std::cout << array.dump(2) << "\n";
    } else if (all.empty()) {
        std::cout << "Nothing was rejected.\n";
    } else {
        print_rejected(all);
    }
}

/// Does what was asked with a rejection: it may be made again, or forgotten.
void settle(Session& session, std::uint64_t id, bool retry) {
    if (retry) {
        session.app.retry(syncline::MutationId{id});
    } else if (!session.app.discard(syncline::MutationId{id})) {
        throw examples::Failure("no rejected change has the id " + std::to_string(id));
    }
    std::cout << (retry ? "Queued again.\n" : "Discarded.\n");
}

void add_rejected(CLI::App& cli, Command& chosen) {
    auto* command = cli.add_subcommand("rejected", "Show what the server did not accept, and why");
    const auto retry = std::make_shared<std::uint64_t>();
    const auto discard = std::make_shared<std::uint64_t>();
    auto* retry_flag = command->add_option("--retry", *retry, "Make the change of this id again");
    auto* discard_flag = command->add_option("--discard", *discard, "Forget the change of this id");
    retry_flag->excludes(discard_flag);
    command->callback([=, &chosen] {
        if (*retry_flag) {
            chosen = [retry](Session& session) { settle(session, *retry, true); };
        } else if (*discard_flag) {
            chosen = [discard](Session& session) { settle(session, *discard, false); };
        } else {
            chosen = rejected;
        }
    });
}

}  // namespace

void add_read_commands(CLI::App& cli, Command& chosen) {
    auto* command = cli.add_subcommand("list", "Show all todos");
    const auto open_only = std::make_shared<bool>(false);
    command->add_flag("--open", *open_only, "Only those that are not done");
    command->callback([&chosen, open_only] {
        chosen = [open_only](Session& session) { list(session, *open_only); };
    });
    command = cli.add_subcommand("status", "Show what waits for the server");
    const auto connect = std::make_shared<bool>(false);
    command->add_flag("--connect", *connect,
                      "Sync now, for 5 seconds at most, and tell whether the server answers");
    command->callback([&chosen, connect] {
        chosen = [connect](Session& session) { status(session, *connect); };
    });
    add_rejected(cli, chosen);
}

}  // namespace todo_cli
