"""`seats` and its own server: named mutations predicted offline, decided by the server, found again."""

import subprocess
import unittest

from programs import BIN, Client, ProgramsTest, Server


class SeatsServer(Server):
    def start(self):
        port = self.address.rsplit(":", 1)[1]
        with open(self.folder / "server.log", "a", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [BIN / "seats-server", "--database", self.folder / "server.db", "--port", port],
                stdout=subprocess.PIPE, stderr=log, text=True)
        self.address = self.process.stdout.readline().split()[-1]
        return self


class SeatsTests(ProgramsTest):
    def setUp(self):
        super().setUp()
        self.server = SeatsServer(self.folder, "seats.fbs").start()
        self.addCleanup(lambda: self.server.process.poll() is None and self.server.kill())
        self.anna = self.client("anna")
        self.ben = self.client("ben")

    def client(self, name: str) -> Client:
        return Client("seats", self.folder / f"{name}.db", self.server.url)

    def test_the_server_decides_what_was_predicted_offline(self):
        self.anna("book", "Anna")
        self.anna("book", "Dora", "B2")
        self.ben("book", "Ben")
        self.ben("book", "Carl", "B2")
        self.assertEqual(self.anna("list"), "A1  Anna  (not confirmed)\nB2  Dora  (not confirmed)\n")
        self.ben("sync")
        self.anna("sync")
        seats = "A1  Ben\nA2  Anna\nB2  Carl\n"
        self.assertEqual(self.anna("list"), seats + "--  Dora: Seat B2 is taken.\n")
        self.ben("sync")
        self.assertEqual(self.ben("list"), seats)

    def test_what_was_decided_is_there_after_the_server_was_killed(self):
        self.anna("book", "Anna")
        self.anna("sync")
        self.server.kill()
        self.anna("book", "Anna's friend")
        self.assert_failed(self.anna.run("sync"), 1)
        self.server.start()
        self.anna("sync")
        self.ben("sync")
        self.assertEqual(self.ben("list"), "A1  Anna\nA2  Anna's friend\n")
        self.assertEqual(self.server.stop(), 0)

    def test_what_cannot_be_is_refused_at_once_and_not_queued(self):
        self.anna("book", "Anna", "C4")
        self.assert_failed(self.anna.run("book", "Ben", "C4"), 1, "Seat C4 is taken.")
        self.assert_failed(self.anna.run("book", "Ben", "Z1"), 1, "There is no seat Z1.")
        self.assert_failed(self.anna.run("give-back", "Ben", "C4"), 1, "Ben does not have seat C4.")
        self.anna("give-back", "Anna", "C4")
        self.assertEqual(self.anna("list"), "")

    def test_a_server_without_the_code_rejects_and_says_why(self):
        plain = self.start_server("seats.fbs")
        carl = Client("seats", self.folder / "carl.db", plain.url)
        carl("book", "Carl")
        carl("sync")
        self.assertIn("Carl: the schema has the mutator \"book\", but this server was built without", carl("list"))

    def start_server(self, schema: str) -> Server:
        other = self.folder / "plain"
        other.mkdir()
        server = Server(other, schema).start()
        self.addCleanup(lambda: server.process.poll() is None and server.kill())
        return server


if __name__ == "__main__":
    unittest.main()
