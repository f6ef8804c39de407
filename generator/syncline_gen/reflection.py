"""Reads flatc's compiled schema (`.bfbs`) into plain objects.

A .bfbs is itself a FlatBuffer, described by flatbuffers' reflection.fbs. It is read here directly:
Debian's python3-flatbuffers comes without the reflection classes, and the other way, `flatc --json`,
prints a double with twelve decimals, so that a default of 1e-15 would become 0.
"""

from __future__ import annotations

import enum
import struct
from dataclasses import dataclass


class BaseType(enum.IntEnum):
    none = 0
    utype = 1
    bool = 2
    byte = 3
    ubyte = 4
    short = 5
    ushort = 6
    int = 7
    uint = 8
    long = 9
    ulong = 10
    float = 11
    double = 12
    string = 13
    vector = 14
    obj = 15
    union = 16
    array = 17


class BadSchema(Exception):
    """The bytes are not a compiled schema."""


@dataclass(frozen=True)
class Type:
    base: BaseType
    element: BaseType
    index: int  # into objects or enums; -1: neither
    length: int  # of a fixed array


@dataclass(frozen=True)
class Field:
    name: str
    type: Type
    id: int
    offset: int  # in bytes, of a struct's field
    default_integer: int
    default_real: float
    deprecated: bool
    required: bool
    key: bool
    optional: bool
    attributes: dict[str, str]
    documentation: list[str]


@dataclass(frozen=True)
class Object:
    name: str  # with its namespace
    fields: list[Field]  # by id
    is_struct: bool
    align: int
    size: int
    attributes: dict[str, str]
    documentation: list[str]
    file: str


@dataclass(frozen=True)
class EnumValue:
    name: str
    value: int
    documentation: list[str]


@dataclass(frozen=True)
class Enum:
    name: str
    values: list[EnumValue]
    is_union: bool
    underlying: BaseType
    attributes: dict[str, str]
    documentation: list[str]
    file: str


@dataclass(frozen=True)
class Call:
    name: str
    request: str  # tables, with their namespaces
    response: str
    attributes: dict[str, str]
    documentation: list[str]


@dataclass(frozen=True)
class Service:
    name: str
    calls: list[Call]
    file: str


@dataclass(frozen=True)
class Schema:
    objects: list[Object]
    enums: list[Enum]
    services: list[Service]
    files: dict[str, list[str]]  # every .fbs file, and what it includes


def read(data: bytes) -> Schema:
    """Raises BadSchema if `data` is not a compiled schema, or one without file names."""
    if data[4:8] != b"BFBS":
        raise BadSchema("not a compiled FlatBuffers schema (.bfbs)")
    try:
        schema = _schema(_Table(data, _unpack("<I", data, 0)))
    except (struct.error, ValueError, IndexError, RecursionError) as error:
        raise BadSchema(f"a damaged compiled schema ({error})") from error
    if not schema.files:
        raise BadSchema("compiled without file names; compile it with flatc --bfbs-filenames DIR")
    return schema


def _unpack(layout: str, data: bytes, at: int):
    return struct.unpack_from(layout, data, at)[0]


class _Table:
    """A table within `data`, its fields found by their place in the vtable."""

    def __init__(self, data: bytes, at: int):
        self.data = data
        self.at = at
        self.vtable = at - _unpack("<i", data, at)
        self.vtable_size = _unpack("<H", data, self.vtable)

    def scalar(self, field: int, layout: str, default):
        at = self._field(field)
        return _unpack(layout, self.data, at) if at else default

    def flag(self, field: int) -> bool:
        return self.scalar(field, "<B", 0) != 0

    def string(self, field: int) -> str:
        at = self._field(field)
        return self._string(self._follow(at)) if at else ""

    def table(self, field: int) -> _Table | None:
        at = self._field(field)
        return _Table(self.data, self._follow(at)) if at else None

    def tables(self, field: int) -> list[_Table]:
        return [_Table(self.data, at) for at in self._elements(field)]

    def strings(self, field: int) -> list[str]:
        return [self._string(at) for at in self._elements(field)]

    def _field(self, field: int) -> int:
        entry = 4 + 2 * field
        if entry >= self.vtable_size:
            return 0
        offset = _unpack("<H", self.data, self.vtable + entry)
        return self.at + offset if offset else 0

    def _follow(self, at: int) -> int:
        return at + _unpack("<I", self.data, at)

    def _string(self, at: int) -> str:
        size = _unpack("<I", self.data, at)
        return self.data[at + 4 : at + 4 + size].decode("utf-8")

    def _elements(self, field: int) -> list[int]:
        at = self._field(field)
        if not at:
            return []
        vector = self._follow(at)
        count = _unpack("<I", self.data, vector)
        return [self._follow(vector + 4 + 4 * i) for i in range(count)]


def _schema(table: _Table) -> Schema:
    return Schema(
        objects=[_object(each) for each in table.tables(0)],
        enums=[_enum(each) for each in table.tables(1)],
        services=[_service(each) for each in table.tables(5)],
        files={
            _file(each.string(0)): [_file(name) for name in each.strings(1)]
            for each in table.tables(7)
        },
    )


def _service(table: _Table) -> Service:
    calls = [_call(each) for each in table.tables(1)]
    return Service(table.string(0), calls, _file(table.string(4)))


def _call(table: _Table) -> Call:
    request, response = table.table(1), table.table(2)
    if request is None or response is None:
        raise ValueError("a method without a type")
    return Call(
        name=table.string(0),
        request=request.string(0),
        response=response.string(0),
        attributes=_attributes(table.tables(3)),
        documentation=table.strings(4),
    )


def _object(table: _Table) -> Object:
    return Object(
        name=table.string(0),
        fields=sorted((_field(each) for each in table.tables(1)), key=lambda field: field.id),
        is_struct=table.flag(2),
        align=table.scalar(3, "<i", 0),
        size=table.scalar(4, "<i", 0),
        attributes=_attributes(table.tables(5)),
        documentation=table.strings(6),
        file=_file(table.string(7)),
    )


def _field(table: _Table) -> Field:
    return Field(
        name=table.string(0),
        type=_type(table.table(1)),
        id=table.scalar(2, "<H", 0),
        offset=table.scalar(3, "<H", 0),
        default_integer=table.scalar(4, "<q", 0),
        default_real=table.scalar(5, "<d", 0.0),
        deprecated=table.flag(6),
        required=table.flag(7),
        key=table.flag(8),
        attributes=_attributes(table.tables(9)),
        documentation=table.strings(10),
        optional=table.flag(11),
    )


def _enum(table: _Table) -> Enum:
    return Enum(
        name=table.string(0),
        values=[
            EnumValue(each.string(0), each.scalar(1, "<q", 0), each.strings(4))
            for each in table.tables(1)
        ],
        is_union=table.flag(2),
        underlying=_type(table.table(3)).base,
        attributes=_attributes(table.tables(4)),
        documentation=table.strings(5),
        file=_file(table.string(6)),
    )


def _type(table: _Table | None) -> Type:
    if table is None:
        raise ValueError("a field without a type")
    return Type(
        base=BaseType(table.scalar(0, "<b", 0)),
        element=BaseType(table.scalar(1, "<b", 0)),
        index=table.scalar(2, "<i", -1),
        length=table.scalar(3, "<H", 0),
    )


def _attributes(tables: list[_Table]) -> dict[str, str]:
    return {each.string(0): each.string(1) for each in tables}


def _file(name: str) -> str:
    """flatc writes file names relative to the schema's folder, after `//`."""
    return name.removeprefix("//")
