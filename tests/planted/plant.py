"""Writes copies of some sources with bugs in them, for planted_tests: each behind a switch at run time.

    plant.py SOURCE_ROOT OUTPUT_FOLDER FILE...

Each FILE, without folder and extension, is one that the test links in place of the original.

A bug is a text that must be found exactly once in its file, and what takes its place. If the source has changed,
the text is not found and the build stops: plant the bug anew, where it would be made today.
"""

import sys
from pathlib import Path

REPLICA, SYNC, SERVER = "runtime/src/replica/", "runtime/src/sync/", "server/src/"
PROTOCOL, STORE = "runtime/src/protocol/", "runtime/src/store/"

# (name, file, what is there, what takes its place)
BUGS = [
    ("push_moves_the_cursor", REPLICA + "outcomes.cpp",
     "work.state.confirmed_epoch = response.epoch;",
     "work.state.confirmed_epoch = response.epoch;\n"
     "        if (PLANTED && work.state.cursor && response.page) work.state.cursor = response.page->to;"),
    ("resync_clears_the_queue", REPLICA + "page_apply.cpp",
     "PageOutcome want_snapshot(Work& work) {",
     "PageOutcome want_snapshot(Work& work) {\n"
     "    if (PLANTED) work.queue.erase_to(work.connection, work.counts.last);"),
    ("cursor_is_stored_before_the_rows", REPLICA + "page_apply.cpp",
     "PageOutcome stage(Work& work, const Page& page) {",
     "PageOutcome stage(Work& work, const Page& page) {\n"
     "    if (PLANTED && work.state.cursor) work.state.cursor = page.to;"),
    ("predictions_do_not_see_the_snapshot", REPLICA + "page_apply.cpp",
     "    save_scope(work.connection, work.state);",
     "    if (!PLANTED) save_scope(work.connection, work.state);"),
    ("a_first_sync_ends_without_indexes", REPLICA + "page_apply.cpp",
     "while (make_row_index(work.connection, work.replica.schema)) ++work.writes;",
     "while (!PLANTED && make_row_index(work.connection, work.replica.schema)) ++work.writes;"),
    ("a_first_sync_ends_without_indexes", REPLICA + "replica.cpp",
     "lacks_indexes = make_row_index(transaction.connection(), schema);",
     "lacks_indexes = !PLANTED && make_row_index(transaction.connection(), schema);"),
    ("an_old_page_is_taken", REPLICA + "page_judge.cpp",
     "if (page.to < cursor) return Verdict::ignore;",
     "if (page.to < cursor && !PLANTED) return Verdict::ignore;"),
    ("pull_overwrites_what_is_pending", REPLICA + "replayed_rows.cpp",
     "void ReplayedRows::run(bool with_named, bool rewrite) {",
     "void ReplayedRows::run(bool with_named, bool rewrite) {\n    if (PLANTED) return;"),
    ("mutations_leave_before_their_effect_comes", REPLICA + "outcomes.cpp",
     "    Rebase rebase(work);",
     "    Rebase rebase(work);\n"
     "    if (PLANTED) {\n"
     "        const Cursor here = work.state.cursor.value_or(Cursor{});\n"
     "        rebase.departures().leave_to(processed, here, rejections);\n"
     "    }"),
    ("a_rejection_is_not_recorded", REPLICA + "rebase.cpp",
     "if (rejection != nullptr) record(entry, *rejection);",
     "if (rejection != nullptr && !PLANTED) record(entry, *rejection);"),
    ("sequences_begin_again_after_a_restart", REPLICA + "replica.cpp",
     "result.last = std::max(queue.last(connection), state.floor);",
     "result.last = std::max(queue.last(connection), state.floor);\n"
     "    if (PLANTED) result.last = queue.last(connection);"),
    ("a_lost_answer_counts_as_success", SYNC + "sync_answers.cpp",
     "    const bool push = ended.action == SyncAction::push;",
     "    const bool push = ended.action == SyncAction::push;\n"
     "    if (PLANTED && push && failure.kind == Kind::lost) {\n"
     "        PushResponse guessed;\n"
     "        guessed.epoch = replica.sync_state().epoch;\n"
     "        guessed.processed = ended.sequences.back();\n"
     "        replica.apply_outcomes(guessed);\n"
     "    }"),
    ("a_fork_sends_twice", REPLICA + "push_batch.cpp",
     "push.request.transactions.emplace_back().origin = item.entry.origin;",
     "push.request.transactions.emplace_back().origin = PLANTED ? ClientId{} : item.entry.origin;"),
    ("an_answer_of_the_former_identity_is_taken", SYNC + "sync_answers.cpp",
     "    exchange.reset();\n    replica.take_new_identity();",
     "    if (!PLANTED) exchange.reset();\n    replica.take_new_identity();"),
    ("the_server_does_not_look_for_what_copies_sent", SERVER + "former_outcomes.cpp",
     "    if (!has_origin(origin)) return std::nullopt;",
     "    if (PLANTED || !has_origin(origin)) return std::nullopt;"),
    ("the_server_forgets_whom_it_heard", SERVER + "push_run.cpp",
     "    if (first > client_.last) return 0;",
     "    if (first > client_.last || PLANTED) return 0;"),
    ("a_repeat_forgets_the_rejection", SERVER + "push_run.cpp",
     "    if (known > 0) repeat_rejections(known);",
     "    if (known > 0 && !PLANTED) repeat_rejections(known);"),
    # Two places: rows and head first, and a transaction of its own for who was heard.
    ("who_was_heard_is_noted_in_another_transaction", SERVER + "push_run.cpp",
     "    client_.last = receipts_.back().sequence;",
     "    if (PLANTED && head_moved_) {\n"
     "        tallies_.save();\n"
     "        writer_.save_head(head_);\n"
     "    }\n"
     "    client_.last = receipts_.back().sequence;"),
    ("who_was_heard_is_noted_in_another_transaction", SERVER + "sqlite_scope.cpp",
     "void SqliteScope::save_client(ClientId client, const ClientState& state) {",
     "void SqliteScope::save_client(ClientId client, const ClientState& state) {\n"
     "    if (PLANTED) {\n"
     "        flush();\n"
     "        connection_.prepare(\"COMMIT\").run();\n"
     "        connection_.prepare(\"BEGIN IMMEDIATE\").run();\n"
     "    }"),
    ("half_a_transaction_is_applied", SERVER + "push_run.cpp",
     "            return reject(transaction, i, *refusal);",
     "            if (PLANTED && plan_.changes()) {\n"
     "                ++head_.value;\n"
     "                head_moved_ = true;\n"
     "                plan_.write(head_, tallies_);\n"
     "            }\n"
     "            return reject(transaction, i, *refusal);"),
    ("a_page_splits_a_transaction", SERVER + "page_run.cpp",
     "    page.more = fill(page, at, bytes_max, true);",
     "    page.more = fill(page, at, bytes_max, true) && !PLANTED;"),
    ("a_snapshot_by_priority_forgets_what_changed_meanwhile", SERVER + "page_run.cpp",
     "    bool more = false;\n    reader_.scan(at.after,",
     "    if (PLANTED && at.order != 0) return false;\n    bool more = false;\n    reader_.scan(at.after,"),
    ("deletes_are_not_pulled", SERVER + "page_run.cpp",
     "row.data.has_value() || !at.snapshot || row.position.cursor > at.start_head;",
     "row.data.has_value() || (!PLANTED && (!at.snapshot || row.position.cursor > at.start_head));"),
    ("a_push_of_another_history_is_taken", SERVER + "engine.cpp",
     "if (request.epoch == authority.epoch()) return;",
     "if (request.epoch == authority.epoch() || PLANTED) return;"),
]

# Those that the built-in schema cannot show, each with one that can; otherwise as above.
SCHEMA_BUGS = [
    ("the_smaller_float_does_not_win", PROTOCOL + "patch.cpp",
     "const bool takes = field.merge == MergePolicy::max ? after > before : after < before;",
     "const bool takes = field.merge == MergePolicy::max || PLANTED ? after > before : after < before;",
     "tests/generated/cases/every_type/schema.fbs"),
    ("a_new_field_does_not_show_in_what_is_pending", STORE + "row_schema.cpp",
     "    bool learnt = is_other_schema(connection, schema);",
     "    bool learnt = is_other_schema(connection, schema) && !PLANTED;",
     "schema/places.fbs"),
]

HEAD = "bool syncline_planted(const char* name);\n"


def main() -> None:
    root, output = Path(sys.argv[1]), Path(sys.argv[2])
    texts = {}
    for name, file, there, instead in BUGS + [bug[:4] for bug in SCHEMA_BUGS]:
        text = texts.setdefault(file, (root / file).read_text())
        if text.count(there) != 1:
            sys.exit(f"{file}: the text that {name} replaces is there {text.count(there)} times, not once:\n{there}")
        texts[file] = text.replace(there, instead.replace("PLANTED", f'::syncline_planted("{name}")'))
    linked, changed = set(sys.argv[3:]), {Path(file).stem for file in texts}
    if linked != changed:
        sys.exit(f"these have bugs, and these are linked, and not both: {', '.join(sorted(linked ^ changed))}")
    output.mkdir(parents=True, exist_ok=True)
    for file, text in texts.items():
        (output / Path(file).name).write_text(HEAD + text)
    names = "".join(f'    "{name}",\n' for name in dict.fromkeys(bug[0] for bug in BUGS))
    pairs = "".join(f'    {{"{bug[0]}", "{bug[4]}"}},\n' for bug in SCHEMA_BUGS)
    (output / "bugs.hpp").write_text(
        f"#pragma once\n\ninline constexpr const char* kBugs[] = {{\n{names}}};\n\n"
        "struct SchemaBug {\n    const char* name;\n    const char* schema;\n};\n"
        f"inline constexpr SchemaBug kSchemaBugs[] = {{\n{pairs}}};\n")


main()
