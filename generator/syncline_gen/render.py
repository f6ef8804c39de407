"""From a checked model to files: `{path: text}`. Writes nothing."""

from __future__ import annotations

import re
from pathlib import Path

import jinja2

from . import VERSION, layout
from .cpp_file import CppApp, CppFile
from .model import Model

# Shape of generated code; the runtime's `kGeneratedFormat` says which one it is for.
FORMAT = 1

_LAYOUT = (
    ("assignment", "braces", "call", "comment", "condition", "constant", "constructor", "derived", "head")
    + ("initializers", "member", "method", "rule")
)

_TEMPLATES = Path(__file__).parent / "templates"

# What of the standard library generated code may name, and the header it needs for that.
_STANDARD = {
    "array": "array",
    "int8_t": "cstdint",
    "uint8_t": "cstdint",
    "int16_t": "cstdint",
    "uint16_t": "cstdint",
    "int32_t": "cstdint",
    "uint32_t": "cstdint",
    "int64_t": "cstdint",
    "uint64_t": "cstdint",
    "move": "utility",
    "nullopt": "optional",
    "numeric_limits": "limits",
    "optional": "optional",
    "string": "string",
    "string_view": "string_view",
    "vector": "vector",
}


def render(model: Model) -> dict[str, str]:
    """The headers of the model's files, and the app of its root. Paths are relative to the folder
    of the output."""
    files = {
        f"{file.stem}.hpp": _render("model.hpp.j2", file=CppFile(file, model))
        for file in model.files
        if file.declares
    }
    files[f"{model.root.stem}_app.hpp"] = _render("app.hpp.j2", app=CppApp(model.root, model))
    return files


def _render(template: str, **values) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.globals.update(version=VERSION, format=FORMAT)
    environment.globals.update((name, getattr(layout, name)) for name in _LAYOUT)
    text = environment.get_template(template).render(**values)
    return _tidy(text.replace("@STANDARD_HEADERS@\n", _standard_headers(text)))


def _tidy(text: str) -> str:
    """Templates separate what they emit by empty lines; none is left double or before an end."""
    text = re.sub(r"\n{3,}", "\n\n", text)
    text = re.sub(r"\n\n( *};?\n)", r"\n\1", text)
    return text.rstrip() + "\n"


def _standard_headers(text: str) -> str:
    names = re.findall(r"\bstd::(\w+)", text)
    headers = sorted({_STANDARD[name] for name in names if name in _STANDARD})
    return "".join(f"#include <{header}>\n" for header in headers)
