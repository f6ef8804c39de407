#!/usr/bin/env python3
"""Runs syncline-gen over the folders in cases/, and over the schemas of the project.

A case is a folder with schema.fbs and either expected/, the files that come out, or error.txt, what
is printed and nothing comes out. It may have arguments.txt, further arguments of the command, one a
line. `generator_tests.py --update` writes expected/ and error.txt anew; review the difference.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
CASES = HERE / "cases"
GENERATOR = PROJECT / "generator" / "syncline-gen"
SCHEMAS = ["schema/places.fbs", "schema/seats.fbs", "schema/todo.fbs"]
SKIPPED = 77  # for CTest


def generate(*arguments: str, cwd: Path, seed: int = 0) -> subprocess.CompletedProcess:
    # Another seed is another order of Python's sets, which must not show.
    environment = os.environ | {"PYTHONHASHSEED": str(seed)}
    command = [sys.executable, str(GENERATOR), *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)


def run_case(case: Path, out: Path, seed: int = 0) -> subprocess.CompletedProcess:
    further = case / "arguments.txt"
    arguments = further.read_text().splitlines() if further.exists() else []
    return generate("--out", str(out), *arguments, "schema.fbs", cwd=case, seed=seed)


def tree(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_text() for path in files}


def cases(kind: str) -> list[Path]:
    return sorted(path.parent for path in CASES.glob(f"*/{kind}"))


def run_cases(kind: str, seed: int = 0) -> Iterator[tuple]:
    """Runs some at a time; gives each with its outcome and the files that came out."""

    def run(case: Path) -> tuple:
        with tempfile.TemporaryDirectory() as out:
            return case, run_case(case, Path(out), seed), tree(Path(out))

    with ThreadPoolExecutor() as pool:
        yield from pool.map(run, cases(kind))


class Cases(unittest.TestCase):
    maxDiff = None

    def test_every_folder_is_a_case(self):
        for case in CASES.iterdir():
            with self.subTest(case=case.name):
                kinds = [(case / kind).exists() for kind in ("expected", "error.txt")]
                self.assertEqual(kinds.count(True), 1, "expected/ or error.txt, and not both")

    def test_good_schemas_give_the_expected_files_every_time(self):
        for seed in (1, 2):
            for case, done, files in run_cases("expected", seed):
                with self.subTest(case=case.name):
                    self.assertEqual((done.returncode, done.stderr), (0, ""))
                    self.assertEqual(files, tree(case / "expected"))

    def test_bad_schemas_are_refused_with_the_message_and_nothing_is_written(self):
        for case, done, files in run_cases("error.txt"):
            with self.subTest(case=case.name):
                self.assertEqual(done.stderr, (case / "error.txt").read_text())
                self.assertEqual(done.returncode, 1)
                self.assertEqual(files, {})

    def test_a_message_has_the_file_and_the_way_out(self):
        for case in cases("error.txt"):
            for line in (case / "error.txt").read_text().splitlines():
                with self.subTest(case=case.name, line=line):
                    self.assertRegex(line, r"^(schema\.fbs|\(compared with |[a-z_/]+\.fbs)")
                    if not line.startswith("(") and not line.split(":")[1].isdigit():
                        self.assertIn("; ", line)


class Command(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.out = Path(folder.name)

    def run_it(self, *arguments: str) -> subprocess.CompletedProcess:
        return generate(*arguments, cwd=PROJECT)

    def test_usage_errors_exit_with_2(self):
        self.assertEqual(self.run_it().returncode, 2)
        self.assertEqual(self.run_it("--nonsense", "schema/todo.fbs").returncode, 2)
        done = self.run_it("schema/missing.fbs")
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stderr, "syncline-gen: no such schema: schema/missing.fbs\n")

    def test_a_missing_flatc_is_named(self):
        done = self.run_it("--out", str(self.out), "--flatc", "no-flatc", "schema/todo.fbs")
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot run no-flatc", done.stderr)

    def test_check_names_stale_files_and_writes_nothing(self):
        self.run_it("--out", str(self.out), "schema/todo.fbs")
        self.assertEqual(self.run_it("--check", "--out", str(self.out), "schema/todo.fbs").returncode, 0)
        stale = self.out / "todo.hpp"
        stale.write_text("// changed by hand\n")
        done = self.run_it("--check", "--out", str(self.out), "schema/todo.fbs")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr, f"{stale}: not current; generate it again\n")
        self.assertEqual(stale.read_text(), "// changed by hand\n")

    def test_current_files_are_left_alone(self):
        self.run_it("--out", str(self.out), "schema/todo.fbs")
        for path in self.out.iterdir():
            os.utime(path, ns=(1, 1))
        self.run_it("--out", str(self.out), "schema/todo.fbs")
        self.assertEqual({path.stat().st_mtime_ns for path in self.out.iterdir()}, {1})

    def test_outputs_are_listed_without_being_written(self):
        done = self.run_it("--out", str(self.out / "x"), "--list-outputs", "schema/todo.fbs")
        expected = [str(self.out / "x" / name) for name in ("todo.hpp", "todo_app.hpp")]
        self.assertEqual(done.stdout.split(), expected)
        self.assertFalse((self.out / "x").exists())

    def test_the_depfile_names_the_schemas_and_the_generator(self):
        depfile = self.out / "todo.stamp.d"
        self.run_it("--out", str(self.out), "--depfile", str(depfile), "schema/todo.fbs")
        target, _, sources = depfile.read_text().replace("\\\n", "").partition(": ")
        self.assertEqual(target, str(self.out / "todo.stamp"))
        for name in ("schema/todo.fbs", "schema/syncline.fbs", "generator/syncline_gen/cli.py"):
            self.assertIn(str(PROJECT / name), sources.split())

    def test_a_compiled_schema_gives_the_same_files(self):
        flatc = ["flatc", "-b", "--schema", "--bfbs-comments", "--bfbs-builtins"]
        flatc += ["--bfbs-filenames", "schema", "-I", "schema", "-o", str(self.out / "schema")]
        subprocess.run([*flatc, "schema/todo.fbs"], cwd=PROJECT, check=True)
        done = generate("schema/todo.bfbs", cwd=self.out)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for name in ("todo.hpp", "todo_app.hpp"):
            generated = (PROJECT / "generated" / name).read_text()
            self.assertEqual((self.out / name).read_text(), generated)

    def test_bytes_that_are_no_compiled_schema_are_refused(self):
        compiled = self.out / "bad.bfbs"
        for data in (b"", b"not a schema", b"\x10\0\0\0BFBS" + b"\xff" * 64):
            compiled.write_bytes(data)
            done = self.run_it("--out", str(self.out), str(compiled))
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr, r"bad\.bfbs: (not|a damaged) ")


class Generated(unittest.TestCase):
    """What is checked in for the schemas of the project."""

    def test_is_current(self):
        done = generate("--check", "--out", "generated", *SCHEMAS, cwd=PROJECT)
        self.assertEqual(done.returncode, 0, done.stderr + "build the target syncline_generate")


class Documentation(unittest.TestCase):
    text = (PROJECT / "docs" / "schema.md").read_text()

    def blocks(self, language: str) -> list[str]:
        return re.findall(f"^```{language}\n(.*?)^```", self.text, re.MULTILINE | re.DOTALL)

    def test_schemas_shown_are_good(self):
        for schema in self.blocks("fbs"):
            with tempfile.TemporaryDirectory() as out:
                (Path(out) / "shown.fbs").write_text(schema)
                done = generate("shown.fbs", cwd=Path(out))
                self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_messages_shown_are_those_of_cases(self):
        known = "".join((case / "error.txt").read_text() for case in cases("error.txt"))
        shown = re.findall(r"^schema\.fbs:.*$", self.text, re.MULTILINE)
        self.assertTrue(shown)
        for line in shown:
            self.assertIn(line + "\n", known)

    def test_every_attribute_is_explained(self):
        attributes = (PROJECT / "schema" / "syncline.fbs").read_text()
        for name in re.findall(r'attribute "(\w+)"', attributes):
            self.assertRegex(self.text, rf"`{name}[:`]", name)


class Format(unittest.TestCase):
    def test_output_comes_out_of_clang_format_unchanged(self):
        files = [*PROJECT.glob("generated/*.hpp"), *CASES.glob("*/expected/*.hpp")]
        self.assertTrue(files)
        command = [clang_format(), "--dry-run", "--Werror", f"--style=file:{PROJECT}/.clang-format"]
        done = subprocess.run([*command, *files], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)


def clang_format() -> str:
    """The version that the project's style was written for; others break lines elsewhere."""
    for name in ("clang-format-14", "clang-format"):
        if path := shutil.which(name):
            version = subprocess.run([path, "--version"], capture_output=True, text=True).stdout
            if "version 14." in version:
                return path
    print("SKIPPED: there is no clang-format 14 here")
    sys.exit(SKIPPED)


def update() -> None:
    for case in cases("expected"):
        shutil.rmtree(case / "expected")
        run_case(case, case / "expected").check_returncode()
    for case in cases("error.txt"):
        with tempfile.TemporaryDirectory() as out:
            (case / "error.txt").write_text(run_case(case, Path(out)).stderr)


if __name__ == "__main__":
    if sys.argv[1:] == ["--update"]:
        update()
    else:
        unittest.main()
