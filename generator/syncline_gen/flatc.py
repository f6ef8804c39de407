"""Runs the FlatBuffers compiler."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from pathlib import Path

# The attributes of the schema language, syncline.fbs: beside the generator in the source tree and
# when installed.
SCHEMA_FOLDER = Path(__file__).resolve().parents[2] / "schema"

_ERROR = re.compile(r"^(?P<file>.*?):(?P<line>\d+):\s*(?P<column>\d+):\s*error:\s*(?P<text>.*)$")


class FlatcError(Exception):
    """flatc refused a schema, or could not be run. The text has a line for each error."""


def compile_schema(flatc: str, schema: Path, includes: list[Path]) -> bytes:
    """The .bfbs of `schema`. Raises FlatcError."""
    with tempfile.TemporaryDirectory(prefix="syncline-gen-") as folder:
        options = ["--binary", "--schema", "--bfbs-comments", "--bfbs-builtins"]
        options += ["--bfbs-filenames", str(schema.parent), "-o", folder]
        _run([flatc, *options, *_include_options(includes), str(schema)])
        return (Path(folder) / f"{schema.stem}.bfbs").read_bytes()


def check_conform(flatc: str, schema: Path, older: Path, includes: list[Path]) -> None:
    """Raises FlatcError unless `schema` reads what was written with `older`."""
    options = [*_include_options(includes), "--conform", str(older)]
    for folder in [older.parent, *includes, SCHEMA_FOLDER]:
        options += ["--conform-includes", str(folder)]
    _run([flatc, *options, str(schema)])


def _include_options(includes: list[Path]) -> list[str]:
    return [word for folder in [*includes, SCHEMA_FOLDER] for word in ("-I", str(folder))]


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise FlatcError(
            f"cannot run {command[0]}: {error.strerror}; "
            "install flatbuffers-compiler, or name flatc with --flatc"
        ) from error
    if done.returncode != 0:
        raise FlatcError(_tidy(done.stdout + done.stderr) or f"{command[0]} failed")


def _tidy(output: str) -> str:
    """flatc's errors, one a line, with paths as short as they can be."""
    lines = []
    for line in output.splitlines():
        found = _ERROR.match(line.strip())
        if found:
            where = f"{_short(found['file'])}:{found['line']}:{found['column']}"
            lines.append(f"{where}: {found['text']}")
    return "\n".join(lines) or " ".join(output.split("error:")[-1].split())


def _short(path: str) -> str:
    relative = os.path.relpath(path)
    return path if relative.startswith("..") else relative
