"""README.md is true of the tree: its program is examples/hello, and what it links to is there."""

import re
import subprocess
import tempfile
import unittest

from programs import BIN, PATIENCE, SOURCE

README = (SOURCE / "README.md").read_text(encoding="utf-8")


class ReadmeTests(unittest.TestCase):
    def test_its_program_is_the_one_that_is_built(self):
        program = (SOURCE / "examples/hello/main.cpp").read_text(encoding="utf-8")
        self.assertIn(f"```cpp\n{program}```\n", README)

    def test_its_program_runs_without_a_server(self):
        with tempfile.TemporaryDirectory() as folder:
            result = subprocess.run([BIN / "hello"], cwd=folder, capture_output=True, text=True, timeout=PATIENCE,
                                    check=True)
        lines = result.stdout.splitlines()
        self.assertEqual(lines[:4], ["0 todos", "1 todos", "2 todos", "to do: Call mum"])

    def test_what_it_and_the_other_pages_link_to_is_there(self):
        for page in [SOURCE / "README.md", SOURCE / "CONTRIBUTING.md", *sorted(SOURCE.glob("docs/*.md"))]:
            text = re.sub(r"```.*?```|`[^`\n]+`", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
            for target in re.findall(r"\]\((?!https?:)([^)#\s]+)", text):
                with self.subTest(page=page.name, target=target):
                    self.assertTrue((page.parent / target).exists())


if __name__ == "__main__":
    unittest.main()
