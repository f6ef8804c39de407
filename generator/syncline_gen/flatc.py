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

# What to do about the errors that a schema's author is likely to meet.
_WAYS_OUT = {
    "may be set as 'key'": "an entity has one key: remove (key) from the other field",
    "attributes must be declared": 'correct the name, or include "syncline.fbs"',
    "unable to load include file": "correct the path, or name its folder with --include",
    "type referenced but not defined": "declare it, or include the file that does",
    "nested vector types not supported": "use a vector of structs, or an entity for the inner one",
    "must be wrapped in struct": "put it into a struct",
    "same as table/struct name": "rename the field",
    "field already exists": "rename one field",
    "Default values for strings and vectors": "remove it, and set the value where rows are made",
}


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
    """flatc's errors, one a line, with table and field, and with paths as short as they can be."""
    lines = []
    for line in output.splitlines():
        if found := _ERROR.match(line.strip()):
            file = _short(found["file"])
            text = found["text"].replace(found["file"], file)
            place = f"{file}:{found['line']}:{found['column']}"
            where = _where(found)
            way_out = _way_out(text) or _method_way_out(text, where)
            lines.append(f"{place}: {where}{text}{way_out}")
    return "\n".join(lines) or " ".join(output.split("error:")[-1].split())


def _where(error: re.Match) -> str:
    """The table and field that flatc had come to."""
    original = re.search(r"originally at: .*:(\d+)$", error["text"])
    line, column = int(error["line"]), int(error["column"])
    if original:
        line, column = int(original[1]), None
    try:
        lines = Path(error["file"]).read_text(encoding="utf-8").splitlines()[:line]
    except (OSError, UnicodeError):
        return ""
    text = "\n".join([*lines[:-1], *(each[:column] for each in lines[-1:])])
    kinds = "table|struct|enum|union|rpc_service"
    tables = list(re.finditer(rf"^\s*({kinds})\s+(\w+)", text, re.MULTILINE))
    if not tables:
        return ""
    kind, name = tables[-1].groups()
    body = text[tables[-1].end() :].partition("{")[2]
    opens = r"\(" if kind == "rpc_service" else ":"
    fields = re.findall(rf"(?:^|;)\s*(\w+)\s*{opens}", re.sub(r"//.*", "", body))
    method = "()" if fields and kind == "rpc_service" else ""
    return ".".join([name, *fields[-1:]]) + f"{method}: "


def _way_out(text: str) -> str:
    for part, way_out in _WAYS_OUT.items():
        if part in text:
            return f"; {way_out}"
    return ""


def _method_way_out(text: str, where: str) -> str:
    if where.endswith("(): ") and "expecting: : instead" in text:
        return "; write the answer, too: method(Arguments):Nothing"
    return ""


def _short(path: str) -> str:
    relative = os.path.relpath(path)
    return path if relative.startswith("..") else relative
