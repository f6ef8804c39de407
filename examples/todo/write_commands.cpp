#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "commands.hpp"
#include "dates.hpp"
#include "lookup.hpp"
#include "output.hpp"

namespace todo_cli {
namespace {

/// What `add` and `edit` say of a todo.
struct Fields {
    std::string title;
    std::optional<std::string> list;
    std::optional<todo::Priority> priority;
    std::vector<std::string> tags;
    std::optional<std::string> due;
};

struct Edit {
    std::string id;
    std::optional<std::string> title;
    Fields fields;
    std::vector<std::string> untags;
    std::int32_t visits = 0;
    bool no_due = false;
    bool no_list = false;
};

std::string check_title(const std::string& title) {
    return title.empty() ? "must not be empty" : "";
}

std::string check_day(const std::string& day) {
    return parse_day(day) ? "" : "\"" + day + "\" is no day like 2026-12-31";
}

void add_field_flags(CLI::App& command, Fields& fields) {
    const std::map<std::string, todo::Priority> priorities = {
        {"low", todo::Priority::low},
        {"normal", todo::Priority::normal},
        {"high", todo::Priority::high},
    };
    command.add_option("--list", fields.list, "The list it is in, by title; made if there is none")
        ->check(check_title);
    command.add_option("--priority", fields.priority, "low, normal or high")
        ->transform(CLI::CheckedTransformer(priorities));
    command.add_option("--tag", fields.tags, "A tag to add; may be given again")
        ->allow_extra_args(false);
    command.add_option("--due", fields.due, "The day it is due, like 2026-12-31")->check(check_day);
}

/// The time of a day that `check_day` accepted.
std::optional<std::int64_t> time_of(const std::optional<std::string>& day) {
    return day ? parse_day(*day) : std::nullopt;
}

void add(Session& session, const Fields& fields) {
    todo::App& app = session.app;
    std::string id;
    // The new list, if there is one, and the todo in it: both or none.
    app.transaction([&] {
        todo::TodoDraft draft{
            .title = fields.title, .tags = fields.tags, .due = time_of(fields.due)};
        draft.priority = fields.priority.value_or(draft.priority);
        if (fields.list) draft.list_id = list_titled(app, *fields.list);
        id = app.todos.create(draft).id();
    });
    std::cout << "Added " << id << "  " << fields.title << "\n";
}

void edit(Session& session, const Edit& edit) {
    todo::App& app = session.app;
    const todo::Todo item = find_todo(app, edit.id);
    // A set takes one kind of change in a patch, so tags to remove are a patch of their own.
    app.transaction([&] {
        todo::TodoPatch patch;
        if (edit.title) patch.title = *edit.title;
        if (edit.fields.priority) patch.priority = *edit.fields.priority;
        if (!edit.fields.tags.empty()) patch.tags = syncline::insert(edit.fields.tags);
        if (edit.visits != 0) patch.visits = syncline::add(edit.visits);
        if (edit.fields.due) patch.due = time_of(edit.fields.due);
        if (edit.no_due) patch.due = syncline::cleared;
        if (edit.fields.list) patch.list_id = list_titled(app, *edit.fields.list);
        if (edit.no_list) patch.list_id = syncline::cleared;
        item.update(patch);
        if (!edit.untags.empty()) item.erase_tags(edit.untags);
    });
    const todo::TodoView changed = item.get().value();
    std::cout << "Changed " << one_line(changed, list_title(app, changed)) << "\n";
}

void add_add(CLI::App& cli, Command& chosen) {
    auto* command = cli.add_subcommand("add", "Add a todo");
    const auto fields = std::make_shared<Fields>();
    command->add_option("TITLE", fields->title)->required()->check(check_title);
    add_field_flags(*command, *fields);
    command->callback([&chosen, fields] { chosen = [fields](Session& s) { add(s, *fields); }; });
}

void add_edit(CLI::App& cli, Command& chosen) {
    auto* command = cli.add_subcommand("edit", "Change fields of a todo, and no others");
    const auto flags = std::make_shared<Edit>();
    command->add_option("ID", flags->id, "Its id, or the beginning of it")->required();
    command->add_option("--title", flags->title, "A new title")->check(check_title);
    add_field_flags(*command, flags->fields);
    command->add_option("--untag", flags->untags, "A tag to remove; may be given again")
        ->allow_extra_args(false);
    command->add_option("--visits", flags->visits, "Add this to the times it was worked on");
    command->add_flag("--no-due", flags->no_due, "It is due no day")->excludes("--due");
    command->add_flag("--no-list", flags->no_list, "It is in no list")->excludes("--list");
    command->callback([&chosen, flags] { chosen = [flags](Session& s) { edit(s, *flags); }; });
}

void add_done(CLI::App& cli, Command& chosen) {
    auto* command = cli.add_subcommand("done", "Mark a todo as done");
    const auto id = std::make_shared<std::string>();
    const auto undo = std::make_shared<bool>(false);
    command->add_option("ID", *id, "Its id, or the beginning of it")->required();
    command->add_flag("--undo", *undo, "Mark it as not done");
    command->callback([&chosen, id, undo] {
        chosen = [id, undo](Session& session) {
            const todo::Todo item = find_todo(session.app, *id);
            item.set_done(!*undo);
            std::cout << (*undo ? "Not done: " : "Done: ") << item.title() << "\n";
        };
    });
}

void add_rm(CLI::App& cli, Command& chosen) {
    auto* command = cli.add_subcommand("rm", "Remove a todo");
    const auto id = std::make_shared<std::string>();
    command->add_option("ID", *id, "Its id, or the beginning of it")->required();
    command->callback([&chosen, id] {
        chosen = [id](Session& session) {
            const todo::Todo item = find_todo(session.app, *id);
            const std::string title = item.title();
            item.remove();
            std::cout << "Removed " << title << "\n";
        };
    });
}

}  // namespace

void add_write_commands(CLI::App& cli, Command& chosen) {
    add_add(cli, chosen);
    add_done(cli, chosen);
    add_edit(cli, chosen);
    add_rm(cli, chosen);
}

}  // namespace todo_cli
