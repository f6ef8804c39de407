"""`todo` against a real server that is killed and restarted: two clients end up with the same todos."""

import signal
import unittest

from programs import ProgramsTest, Todo


class TodoSyncTests(ProgramsTest):
    def setUp(self):
        super().setUp()
        self.server = self.start_server("todo.fbs")
        self.ann = Todo(self.folder / "ann.db", self.server.url)
        self.bob = Todo(self.folder / "bob.db", self.server.url)

    def assert_converged(self):
        """Both clients sync until neither has anything for the other; then they hold the same."""
        self.ann("sync")
        self.bob("sync")
        self.ann("sync")
        self.assertEqual(self.ann.json("list"), self.bob.json("list"))
        for client in (self.ann, self.bob):
            self.assertEqual(client.json("status")["pending"], 0)

    def share(self, title: str, *flags) -> str:
        """Adds a todo that both clients have and know to be synced."""
        todo_id = self.ann.add(title, *flags)
        self.assert_converged()
        return todo_id

    def test_what_one_adds_the_other_gets(self):
        self.ann.add("Buy milk", "--list", "Home", "--tag", "food")
        self.assert_converged()
        self.assertEqual(self.bob.titles(), {"Buy milk"})
        self.assertIn("Home", self.bob("list"))

    def test_status_tells_whether_the_server_answers_if_it_is_asked(self):
        self.ann.add("Buy milk")
        self.assertIsNone(self.ann.json("status")["online"])
        self.assertIn("not asked", self.ann("status"))
        status = self.ann.json("status", "--connect")
        self.assertEqual((status["online"], status["phase"], status["error"]), (True, "idle", None))
        self.assertEqual((status["pending"], status["cursor"]), (0, 1))
        self.ann.add("Buy bread")
        self.server.kill()
        status = self.ann.json("status", "--connect")
        self.assertEqual((status["online"], status["error"]["code"]), (False, "unreachable"))
        self.assertEqual(status["pending"], 1)
        self.assertIn("offline: ", self.ann("status", "--connect"))

    def test_offline_edits_of_different_fields_both_stay(self):
        todo_id = self.share("Buy milk")
        self.ann("edit", todo_id, "--priority", "high")
        self.bob("edit", todo_id, "--title", "Buy oat milk")
        self.assert_converged()
        item = self.ann.todos()["Buy oat milk"]
        self.assertEqual(item["priority"], "high")

    def test_counters_add_up_and_tags_come_together(self):
        todo_id = self.share("Run", "--tag", "sport")
        self.ann("edit", todo_id, "--visits", "2", "--tag", "park")
        self.bob("edit", todo_id, "--visits", "3", "--tag", "rain", "--untag", "sport")
        self.assert_converged()
        item = self.ann.todos()["Run"]
        self.assertEqual((item["visits"], item["tags"]), (5, ["park", "rain"]))

    def test_a_removed_todo_is_gone_everywhere(self):
        self.ann("rm", self.share("Buy milk"))
        self.assert_converged()
        self.assertEqual(self.bob.titles(), set())

    def test_an_edit_of_a_todo_that_is_gone_is_recorded_as_rejected(self):
        todo_id = self.share("Buy milk")
        self.ann("rm", todo_id)
        self.ann("sync")
        self.bob("edit", todo_id, "--title", "Buy oat milk")
        self.bob.add("behind it")
        self.bob("sync")
        (rejected,) = self.bob.json("rejected")
        self.assertEqual((rejected["entity"], rejected["key"]), ("todo", todo_id))
        self.assertTrue(rejected["code"] and rejected["reason"])
        self.assertIn(rejected["reason"], self.bob("rejected"))
        self.assertEqual(self.bob.titles(), {"behind it"})
        self.assert_converged()
        self.bob("rejected", "--discard", rejected["id"])
        self.assertEqual(self.bob.json("rejected"), [])

    def test_scopes_do_not_see_each_other(self):
        self.ann("--scope", "user:ann", "add", "mine")
        self.ann("--scope", "user:ann", "sync")
        self.assert_converged()
        self.assertEqual(self.bob.titles(), set())
        self.bob("--scope", "user:ann", "sync")
        self.assertEqual([todo["title"] for todo in self.bob.json("--scope", "user:ann", "list")], ["mine"])

    def test_sync_fails_while_the_server_is_down_and_loses_nothing(self):
        self.ann.add("before")
        self.server.kill()
        self.ann.add("meanwhile")
        self.assert_failed(self.ann.run("sync"), 1, self.server.url, "2 changes")
        self.assertEqual(self.ann.json("status")["pending"], 2)
        self.server.start()
        self.assert_converged()
        self.assertEqual(self.bob.titles(), {"before", "meanwhile"})

    def test_every_other_command_works_with_a_server_that_is_down(self):
        self.server.kill()
        todo_id = self.ann.add("Buy milk")
        for command in (["list"], ["edit", todo_id, "--title", "Buy bread"], ["done", todo_id], ["status"],
                        ["rejected"], ["rm", todo_id]):
            self.ann(*command)

    def test_a_server_that_is_killed_in_between_keeps_what_it_took(self):
        self.share("Buy milk")
        for round_number in range(5):
            self.ann.add(f"ann {round_number}")
            self.bob.add(f"bob {round_number}")
            self.ann("sync")
            self.server.kill()
            self.server.start()
        self.assert_converged()
        self.assertEqual(len(self.ann.titles()), 11)

    def test_a_kill_right_after_add_returned_loses_nothing_on_the_way(self):
        for number in range(5):
            process = self.ann.start("add", f"todo {number}")
            self.assertIn("Added", process.stdout.readline())
            process.kill()
            process.communicate()
        self.assert_converged()
        self.assertEqual(self.bob.titles(), {f"todo {number}" for number in range(5)})

    def test_watch_prints_what_arrives_as_it_arrives(self):
        todo_id = self.share("Buy milk")
        watch = self.watch(self.bob)
        watch.expect("1 todo")
        self.ann.add("Call mum")
        self.ann("sync")
        watch.expect("+", "Call mum")
        self.ann("done", todo_id)
        self.ann("sync")
        watch.expect("~", "Buy milk")
        self.ann("rm", todo_id)
        self.ann("sync")
        watch.expect("-", "Buy milk")
        self.assertEqual(watch.stop(), 0)
        self.assert_converged()

    def test_watch_outlives_a_restart_of_the_server(self):
        self.share("Buy milk")
        watch = self.watch(self.bob)
        watch.expect("1 todo")
        self.server.kill()
        self.ann.add("Call mum")
        self.server.start()
        self.ann("sync")
        watch.expect("+", "Call mum")
        self.assertEqual(watch.stop(signal.SIGTERM), 0)

    def test_the_server_ends_well_when_asked_to(self):
        watch = self.watch(self.bob)
        watch.expect("0 todos")
        self.assertEqual(self.server.stop(), 0)
        self.server.start()
        self.assertEqual(watch.stop(), 0)

    def test_an_answer_that_is_none_is_a_failure_that_loses_nothing(self):
        self.ann.add("Buy milk")
        self.ann.server_url = self.server.url + "/nowhere"
        self.assertEqual(self.ann.run("sync").returncode, 1)
        self.ann.server_url = "not a url"
        self.assertEqual(self.ann.run("sync").returncode, 1)
        self.ann.server_url = self.server.url
        self.assert_converged()
        self.assertEqual(self.bob.titles(), {"Buy milk"})


if __name__ == "__main__":
    unittest.main()
