"""The programs under test as Python objects: a server that can be killed, and clients with files of their own."""

import json
import os
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

BIN = Path(os.environ["SYNCLINE_BIN"])
SOURCE = Path(os.environ["SYNCLINE_SOURCE"])
PATIENCE = 60  # seconds, for anything to happen at all


class Server:
    """A syncline-server with a database of its own, on a free port that it keeps when it is started again."""

    def __init__(self, folder: Path, schema: str):
        self.folder = folder
        self.schema = SOURCE / "schema" / schema
        self.address = "127.0.0.1:0"
        self.process = None

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    def start(self):
        """Returns when it listens."""
        log = self.folder / "server.log"
        with open(log, "a", encoding="utf-8") as log_file:
            self.process = subprocess.Popen(
                [BIN / "syncline-server", "--schema", self.schema, "--database", self.folder / "server.db",
                 "--listen", self.address],
                stdout=subprocess.PIPE, stderr=log_file, text=True)
        line = self.process.stdout.readline()
        if not line.startswith("listening on "):
            raise AssertionError(f"the server did not start: {line}{log.read_text(encoding='utf-8')}")
        self.address = line.split()[-1]
        return self

    def kill(self):
        """As a power cut for the process: SIGKILL."""
        self.process.kill()
        self.process.communicate(timeout=PATIENCE)

    def stop(self) -> int:
        """As an administrator does: SIGTERM. Returns the exit status."""
        self.process.terminate()
        self.process.communicate(timeout=PATIENCE)
        return self.process.returncode


class Client:
    """A program with its database file, and with a server or none."""

    def __init__(self, program: str, database: Path, server_url: str = None):
        self.database = database
        self.server_url = server_url
        self.program = program

    def command(self, *arguments) -> list:
        flags = ["--db", self.database]
        if self.server_url:
            flags += ["--server", self.server_url]
        return [str(word) for word in [BIN / self.program, *flags, *arguments]]

    def run(self, *arguments) -> subprocess.CompletedProcess:
        return subprocess.run(self.command(*arguments), capture_output=True, text=True, timeout=PATIENCE)

    def __call__(self, *arguments) -> str:
        """Runs a command that must succeed; returns what it printed."""
        result = self.run(*arguments)
        if result.returncode != 0:
            raise AssertionError(f"{arguments} ended with {result.returncode}: {result.stderr}")
        return result.stdout

    def json(self, *arguments):
        return json.loads(self("--json", *arguments))

    def start(self, *arguments) -> subprocess.Popen:
        return subprocess.Popen(self.command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


class Todo(Client):
    def __init__(self, database: Path, server_url: str = None):
        super().__init__("todo", database, server_url)

    def add(self, title: str, *flags) -> str:
        """Returns the new id."""
        return self("add", title, *flags).split()[1]

    def todos(self) -> dict:
        """All todos by title."""
        return {todo["title"]: todo for todo in self.json("list")}

    def titles(self) -> set:
        return set(self.todos())


class Watch:
    """`todo watch`, read line by line; a line that never comes is ctest's time-out."""

    def __init__(self, client: Client):
        self.process = client.start("watch")

    def expect(self, *words) -> str:
        """Reads on until a line has all of `words`."""
        seen = []
        for line in self.process.stdout:
            seen.append(line)
            if all(word in line for word in words):
                return line
        raise AssertionError(f"watch ended; no line with {words} in {seen}: {self.process.stderr.read()}")

    def stop(self, how=signal.SIGINT) -> int:
        self.process.send_signal(how)
        status = self.process.wait(PATIENCE)
        self.process.stdout.close()
        self.process.stderr.close()
        return status


class ProgramsTest(unittest.TestCase):
    """A test with a folder of its own, in which no process is left behind."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="syncline-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def start_server(self, schema: str) -> Server:
        server = Server(self.folder, schema).start()
        self.addCleanup(lambda: server.process.poll() is None and server.kill())
        return server

    def watch(self, client: Client) -> Watch:
        watch = Watch(client)
        self.addCleanup(lambda: watch.process.poll() is None and watch.stop(signal.SIGKILL))
        return watch

    def assert_failed(self, result: subprocess.CompletedProcess, status: int, *words):
        """It failed with one clear line, and no more, that has all of `words`."""
        self.assertEqual(result.returncode, status, result.stderr)
        if status == 1:
            self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
        for word in words:
            self.assertIn(word, result.stderr)
