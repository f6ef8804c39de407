"""The command line: the only part that reads options, writes files and prints."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from . import VERSION, flatc
from .model import Model

_OK, _BAD_SCHEMA, _BAD_USAGE = 0, 1, 2


class _Failure(Exception):
    """Ends the command with one line for each thing that is wrong."""

    def __init__(self, lines: str, status: int = _BAD_SCHEMA):
        super().__init__(lines)
        self.status = status


def main(arguments: list[str] | None = None) -> int:
    options = _parse(arguments)
    try:
        return _run(options)
    except _Failure as failure:
        print(failure, file=sys.stderr)
        return failure.status


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="syncline-gen",
        description="Generates C++ from entity schemas: NAME.hpp and NAME_app.hpp for each.",
        epilog="Exit status: 0 done; 1 a bad schema, or stale files with --check; 2 bad usage.",
    )
    parser.add_argument("schemas", nargs="+", metavar="SCHEMA", help="a .fbs, or a .bfbs of flatc")
    parser.add_argument("--out", type=Path, default=Path(), metavar="DIR", help="default: .")
    parser.add_argument(
        *("-I", "--include"),
        action="append",
        default=[],
        type=Path,
        metavar="DIR",
        help="where included schemas are looked for, besides the schema's own folder",
    )
    parser.add_argument(
        *("--conform",),
        action="append",
        default=[],
        metavar="OLD",
        help="an older version of the schema, whose rows must stay readable",
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 and name the files not current"
    )
    parser.add_argument(
        "--list-outputs", action="store_true", help="write nothing; print what would be written"
    )
    parser.add_argument(
        *("--depfile",),
        type=Path,
        metavar="FILE.d",
        help="write a make rule that says what FILE depends on",
    )
    parser.add_argument("--flatc", default="flatc", metavar="PATH", help="default: flatc")
    parser.add_argument("--version", action="version", version=f"syncline-gen {VERSION}")
    options = parser.parse_args(arguments)
    if options.conform and len(options.schemas) > 1:
        parser.error("--conform compares with one schema; run it for each")
    return options


def _run(options: argparse.Namespace) -> int:
    files: dict[str, str] = {}
    sources: set[Path] = set()
    for schema in options.schemas:
        model = _load(options, schema)
        _check(model)
        for old in options.conform:
            _conform(options, model, schema, old)
        for name, text in _render(model).items():
            if files.setdefault(name, text) != text:
                raise _Failure(f"{schema}: {name} is generated from another schema, too; rename it")
        folder = Path(schema).parent if os.path.isabs(schema) else Path()
        sources.update(folder / file.path for file in model.files)

    outputs = {options.out / name: text for name, text in sorted(files.items())}
    if options.list_outputs:
        print("\n".join(map(str, outputs)))
        return _OK
    if options.check:
        return _report_stale(outputs)
    for path, text in outputs.items():
        _write(path, text)
    if options.depfile:
        _write(options.depfile, _make_rule(options.depfile, sources))
    return _OK


def _load(options: argparse.Namespace, schema: str) -> Model:
    from . import load, reflection

    path = Path(schema)
    if not path.is_file():
        raise _Failure(f"syncline-gen: no such schema: {schema}", _BAD_USAGE)
    try:
        if path.suffix == ".bfbs":
            return load.load(path.read_bytes(), str(path.with_suffix(".fbs")))
        data = flatc.compile_schema(options.flatc, path, options.include)
        return load.load(data, os.path.basename(schema) if path.is_absolute() else schema)
    except reflection.BadSchema as error:
        raise _Failure(f"{schema}: {error}") from error
    except flatc.FlatcError as error:
        raise _Failure(str(error)) from error


def _check(model: Model) -> None:
    from . import check

    if problems := check.check(model):
        raise _Failure("\n".join(map(str, problems)))


def _render(model: Model) -> dict[str, str]:
    try:
        from . import render  # not above: a schema can be checked, and this be said, without Jinja2
    except ModuleNotFoundError as error:
        text = f"syncline-gen needs the Python module {error.name} for {sys.executable}; "
        raise _Failure(text + "install python3-jinja2", _BAD_USAGE) from error
    return render.render(model)


def _conform(options: argparse.Namespace, model: Model, schema: str, old: str) -> None:
    from . import conform

    older = _load(options, old)
    problems = "\n".join(map(str, conform.conform(model, older)))
    if not problems and schema.endswith(".fbs"):
        try:
            flatc.check_conform(options.flatc, Path(schema), Path(old), options.include)
        except flatc.FlatcError as error:
            problems = f"{schema}: {error}"
    if problems:
        raise _Failure(f"{problems}\n(compared with {old}, whose rows must stay readable)")


def _report_stale(outputs: dict[Path, str]) -> int:
    stale = [path for path, text in outputs.items() if _read(path) != text]
    for path in stale:
        print(f"{path}: not current; generate it again", file=sys.stderr)
    return _BAD_SCHEMA if stale else _OK


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def _write(path: Path, text: str) -> None:
    """Leaves a file alone that is current, so that nothing is built again for it."""
    try:
        if _read(path) == text:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise _Failure(f"cannot write {path}: {error.strerror}", _BAD_USAGE) from error


def _make_rule(depfile: Path, sources: set[Path]) -> str:
    own = Path(__file__).parent
    files = [*sources, *own.glob("*.py"), *own.glob("templates/*.j2")]
    paths = sorted({str(file.resolve()) for file in files})
    escaped = [path.replace("$", "$$").replace(" ", "\\ ").replace("#", "\\#") for path in paths]
    return f"{depfile.with_suffix('')}: " + " \\\n  ".join(escaped) + "\n"
