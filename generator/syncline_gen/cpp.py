"""How types and values of the schema are written in C++."""

from __future__ import annotations

import math
import struct

from . import naming
from .model import SCALAR_SIZES, Declaration, Enum, Field, Type

_SCALARS = {
    "boolean": "bool",
    "int8": "std::int8_t",
    "uint8": "std::uint8_t",
    "int16": "std::int16_t",
    "uint16": "std::uint16_t",
    "int32": "std::int32_t",
    "uint32": "std::uint32_t",
    "int64": "std::int64_t",
    "uint64": "std::uint64_t",
    "float32": "float",
    "float64": "double",
}


def namespace_name(namespace: tuple[str, ...]) -> str:
    return "::".join(map(naming.identifier, namespace))


def qualified(declared: Declaration, name: str, inside: tuple[str, ...]) -> str:
    """`name`, which generated code for `declared` declares, as written in namespace `inside`."""
    if declared.namespace == inside:
        return name
    if not declared.namespace:
        return f"::{name}"
    # A part of `inside` of the same name would hide the outermost namespace.
    leading = "::" if declared.namespace[0] in inside[1:] else ""
    return f"{leading}{namespace_name(declared.namespace)}::{name}"


def value_type(kind: Type, inside: tuple[str, ...]) -> str:
    """The type of a value that is there."""
    if kind.kind == "scalar":
        return _SCALARS[kind.scalar]
    if kind.kind == "string":
        return "std::string"
    if kind.kind == "vector":
        return f"std::vector<{value_type(kind.element, inside)}>"
    if kind.kind == "array":
        return f"std::array<{struct_member_type(kind.element, inside)}, {kind.length}>"
    return qualified(kind.declared, kind.declared.name, inside)


def struct_member_type(kind: Type, inside: tuple[str, ...]) -> str:
    # Any byte may come in, and a bool of 2 is undefined behaviour; structs are not looked into.
    if kind.kind == "scalar" and kind.scalar == "boolean":
        return "std::uint8_t"
    return value_type(kind, inside)


def default_bits(field: Field) -> int:
    """The bit pattern of a scalar's default."""
    size = SCALAR_SIZES[field.type.scalar]
    if field.type.scalar.startswith("float"):
        layout = "<f" if size == 4 else "<d"
        return int.from_bytes(struct.pack(layout, field.default), "little")
    return field.default & ((1 << 8 * size) - 1)


def default_literal(field: Field, inside: tuple[str, ...]) -> str:
    """The default of a scalar or enum."""
    kind = field.type
    if kind.kind == "enum":
        return _enum_literal(kind.declared, field.default, inside)
    if kind.scalar == "boolean":
        return "true" if field.default else "false"
    if kind.scalar.startswith("float"):
        return _real_literal(field.default, kind.scalar)
    return integer_literal(field.default, kind.scalar)


def integer_literal(value: int, scalar: str) -> str:
    if scalar == "uint64":
        value &= (1 << 64) - 1
        return f"{value}U" if value >= 1 << 63 else str(value)
    if value == -(1 << 63):
        return "-9223372036854775807 - 1"
    return str(value)


def _real_literal(value: float, scalar: str) -> str:
    kind = _SCALARS[scalar]
    if math.isnan(value):
        return f"std::numeric_limits<{kind}>::quiet_NaN()"
    if math.isinf(value):
        return f"{'-' if value < 0 else ''}std::numeric_limits<{kind}>::infinity()"
    if value == 0 and math.copysign(1, value) > 0:
        return "0"
    return f"{_shortest_float(value)}F" if scalar == "float32" else repr(value)


def _shortest_float(value: float) -> str:
    """The shortest text that is read back as the same 32-bit float."""
    exact = struct.pack("<f", value)
    for digits in range(1, 10):
        text = f"{value:.{digits}g}"
        if struct.pack("<f", float(text)) == exact:
            break
    return text if any(each in text for each in ".e") else text + ".0"


def _enum_literal(enum: Enum, value: int, inside: tuple[str, ...]) -> str:
    name = qualified(enum, enum.name, inside)
    for each in enum.values:
        if each.value == value:
            return f"{name}::{naming.identifier(each.name)}"
    return f"{name}{{{integer_literal(value, enum.underlying)}}}" if value else f"{name}{{}}"


def field_type(kind: Type) -> str:
    """The enumerator of the runtime's `FieldType`."""
    names = {"string": "string", "struct": "structure", "table": "table", "vector": "vector"}
    return f"syncline::FieldType::{names.get(kind.kind, kind.scalar)}"
