"""Every command of `todo` with no server: it works, and what it wrote is there."""

import signal
import subprocess
import unittest

from programs import PATIENCE, ProgramsTest, Todo

# As in schema/todo.fbs.
FIELDS = ["id", "title", "done", "priority", "tags", "visits", "due", "list_id", "created_at", "updated_at"]


class TodoOfflineTests(ProgramsTest):
    def setUp(self):
        super().setUp()
        self.todo = Todo(self.folder / "todo.db")

    def test_a_new_todo_is_listed_with_exactly_the_fields_of_the_schema(self):
        todo_id = self.todo.add("Buy milk")
        (item,) = self.todo.json("list")
        self.assertEqual(list(item), FIELDS)
        self.assertEqual(item["id"], todo_id)
        self.assertEqual((item["title"], item["done"], item["priority"]), ("Buy milk", False, "normal"))
        self.assertEqual((item["tags"], item["visits"], item["due"], item["list_id"]), ([], 0, None, None))
        self.assertGreater(item["created_at"], 1_700_000_000_000_000)
        self.assertEqual(item["updated_at"], item["created_at"])

    def test_add_takes_every_field(self):
        self.todo.add("Pay rent", "--list", "Home", "--priority", "high", "--tag", "money", "--tag", "flat",
                      "--due", "2030-01-31")
        item = self.todo.todos()["Pay rent"]
        self.assertEqual(item["priority"], "high")
        self.assertEqual(item["tags"], ["flat", "money"])
        self.assertEqual(item["due"], 1_896_048_000_000_000)
        self.assertIsNotNone(item["list_id"])
        self.assertIn("Home", self.todo("list"))

    def test_two_todos_of_one_list_are_in_the_same_one(self):
        self.todo.add("a", "--list", "Home")
        self.todo.add("b", "--list", "Home")
        self.todo.add("c", "--list", "Work")
        todos = self.todo.todos()
        self.assertEqual(todos["a"]["list_id"], todos["b"]["list_id"])
        self.assertNotEqual(todos["a"]["list_id"], todos["c"]["list_id"])

    def test_done_marks_a_todo_and_can_be_undone(self):
        todo_id = self.todo.add("Buy milk")
        self.todo("done", todo_id)
        self.assertTrue(self.todo.todos()["Buy milk"]["done"])
        self.todo("done", todo_id, "--undo")
        self.assertFalse(self.todo.todos()["Buy milk"]["done"])

    def test_edit_changes_what_it_names_and_nothing_else(self):
        todo_id = self.todo.add("Buy milk", "--tag", "food", "--tag", "soon", "--due", "2030-01-31")
        before = self.todo.todos()["Buy milk"]
        self.todo("edit", todo_id, "--title", "Buy oat milk", "--tag", "shop", "--untag", "soon", "--visits", "2")
        after = self.todo.todos()["Buy oat milk"]
        self.assertEqual(after["tags"], ["food", "shop"])
        self.assertEqual(after["visits"], 2)
        for field in ("id", "done", "priority", "due", "list_id", "created_at"):
            self.assertEqual(after[field], before[field], field)
        self.assertGreater(after["updated_at"], before["updated_at"])

    def test_edit_can_take_the_day_and_the_list_away(self):
        todo_id = self.todo.add("Buy milk", "--list", "Home", "--due", "2030-01-31")
        self.todo("edit", todo_id, "--no-due", "--no-list")
        item = self.todo.todos()["Buy milk"]
        self.assertEqual((item["due"], item["list_id"]), (None, None))

    def test_rm_removes_a_todo(self):
        self.todo.add("stays")
        self.todo("rm", self.todo.add("goes"))
        self.assertEqual(self.todo.titles(), {"stays"})

    def test_an_id_may_be_the_beginning_of_one(self):
        todo_id = self.todo.add("Buy milk")
        self.todo("done", todo_id[:8])
        self.assertTrue(self.todo.todos()["Buy milk"]["done"])

    def test_a_beginning_of_two_ids_is_refused(self):
        first, second = self.todo.add("a"), self.todo.add("b")
        self.assert_failed(self.todo.run("rm", first[:4]), 1, "more than one")
        self.assertEqual(first[:4], second[:4])
        self.assertEqual(self.todo.titles(), {"a", "b"})

    def test_an_unknown_id_is_a_failure(self):
        for command in (["done", "zzz"], ["edit", "zzz", "--title", "x"], ["rm", "zzz"]):
            self.assert_failed(self.todo.run(*command), 1, "zzz")

    def test_status_counts_what_waits(self):
        self.todo.add("a")
        self.todo.add("b")
        status = self.todo.json("status")
        self.assertEqual((status["pending"], status["rejected"], status["todos"]), (2, 0, 2))
        self.assertIsNone(status["online"])  # it was not asked
        self.assertNotIn("phase", status)
        self.assertIn("2", self.todo("status"))

    def test_status_connects_to_a_server_that_was_given(self):
        self.assert_failed(self.todo.run("status", "--connect"), 1, "--server")

    def test_rejected_is_empty_at_first(self):
        self.assertEqual(self.todo.json("rejected"), [])
        self.assertIn("Nothing", self.todo("rejected"))

    def test_an_empty_list_is_no_failure(self):
        self.assertEqual(self.todo.json("list"), [])
        self.assertIn("No todos", self.todo("list"))

    def test_sync_with_no_server_fails_and_says_what_stays_queued(self):
        self.todo.add("a")
        self.assert_failed(self.todo.run("sync"), 1, "--server", "1 change")
        self.assertEqual(self.todo.titles(), {"a"})

    def test_flags_may_stand_after_the_command(self):
        self.todo.add("a")
        self.assertEqual(self.todo("list", "--json"), self.todo("--json", "list"))

    def test_watch_ends_well_when_interrupted(self):
        self.todo.add("Buy milk")
        for how in (signal.SIGINT, signal.SIGTERM):
            watch = self.watch(self.todo)
            watch.expect("1 todo")
            self.assertEqual(watch.stop(how), 0)

    def test_what_add_said_it_added_survives_a_kill(self):
        for number in range(20):
            process = self.todo.start("add", f"todo {number}")
            self.assertIn("Added", process.stdout.readline())
            process.kill()
            process.communicate(timeout=PATIENCE)
        self.assertEqual(self.todo.titles(), {f"todo {number}" for number in range(20)})
        self.assertEqual(self.todo.json("status")["pending"], 20)

    def test_a_bad_command_line_is_refused_before_anything_happens(self):
        for arguments in ([], ["fly"], ["add"], ["add", ""], ["add", "x", "--priority", "urgent"],
                          ["add", "x", "--due", "2030-02-30"], ["edit", "1", "--due", "2030-01-01", "--no-due"],
                          ["done"], ["list", "--colour"]):
            self.assert_failed(self.todo.run(*arguments), 2)
        self.assertFalse(self.todo.database.exists())

    def test_a_foreign_file_is_refused_and_left_alone(self):
        self.todo.database.write_bytes(b"Dear diary, today ...\n" * 100)
        before = self.todo.database.read_bytes()
        self.assert_failed(self.todo.run("list"), 1, str(self.todo.database))
        self.assertEqual(self.todo.database.read_bytes(), before)

    def test_a_second_process_on_one_file_is_refused(self):
        self.todo.add("a")
        watch = self.watch(self.todo)
        watch.expect("1 todo")
        self.assert_failed(self.todo.run("list"), 1, str(self.todo.database))
        self.assertEqual(watch.stop(), 0)
        self.assertEqual(self.todo.titles(), {"a"})

    def test_titles_of_all_scripts_come_back_as_they_were(self):
        titles = {"Milch für Jürgen 🥛", "牛乳を買う", "שלום", "quote \" and \\ and\ttab"}
        for title in titles:
            self.todo.add(title)
        self.assertEqual(self.todo.titles(), titles)

    def test_output_that_cannot_be_written_is_a_failure(self):
        self.todo.add("a")
        with open("/dev/full", "w", encoding="utf-8") as full:
            result = subprocess.run(self.todo.command("list"), stdout=full, stderr=subprocess.PIPE, check=False,
                                    timeout=PATIENCE)
        self.assertEqual(result.returncode, 1)


if __name__ == "__main__":
    unittest.main()
