"""What a schema says, in syncline's words: the input of `check` and `render`. Immutable once loaded."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath

from . import naming

# Bytes of each scalar type, by the names that syncline/protocol/schema.hpp gives them.
SCALAR_SIZES = {
    "boolean": 1,
    "int8": 1,
    "uint8": 1,
    "int16": 2,
    "uint16": 2,
    "int32": 4,
    "uint32": 4,
    "int64": 8,
    "uint64": 8,
    "float32": 4,
    "float64": 8,
}

# What the schema calls them.
SCALAR_NAMES = {
    "boolean": "bool",
    "int8": "byte",
    "uint8": "ubyte",
    "int16": "short",
    "uint16": "ushort",
    "int32": "int",
    "uint32": "uint",
    "int64": "long",
    "uint64": "ulong",
    "float32": "float",
    "float64": "double",
}


@dataclass(eq=False)
class Type:
    """`kind` is scalar, enum, string, struct, table, vector, array (in a struct) or unsupported."""

    kind: str
    scalar: str = ""  # of a scalar and of an enum: one of SCALAR_SIZES
    declared: Declaration | None = None  # of an enum, struct or table
    element: Type | None = None  # of a vector or array
    length: int = 0  # of an array
    unsupported: str = ""  # what it is instead

    @property
    def described(self) -> str:
        """In the words of the schema: an int, the enum Priority, a vector of strings."""
        if self.kind == "scalar":
            name = SCALAR_NAMES[self.scalar]
            return f"an {name}" if name == "int" else f"a {name}"
        if self.kind in ("enum", "struct", "table"):
            return f"the {self.kind} {self.declared.name}"
        if self.kind == "vector":
            return f"a vector of {self.element.described.partition(' ')[2]}s"
        return self.unsupported or f"a {self.kind}"

    @property
    def is_number(self) -> bool:
        return self.kind == "scalar" and self.scalar != "boolean"

    @property
    def is_number_enum(self) -> bool:
        return self.kind == "enum" and self.scalar != "boolean"


@dataclass(eq=False)
class Field:
    name: str
    id: int
    type: Type
    documentation: list[str]
    attributes: dict[str, str]
    default: int | float = 0
    required: bool = False
    optional: bool = False  # a scalar that may be absent
    key: bool = False

    def __contains__(self, attribute: str) -> bool:
        return attribute in self.attributes

    @property
    def merge(self) -> str:
        return self.attributes.get("merge", "lww")

    @property
    def on_delete(self) -> str:
        return self.attributes.get("on_delete", "none")

    @property
    def references(self) -> str | None:
        return self.attributes.get("references")

    @property
    def stamp(self) -> str:
        return next((each for each in ("created_at", "updated_at") if each in self), "none")


@dataclass(eq=False)
class Declaration:
    namespace: tuple[str, ...]
    name: str
    documentation: list[str]
    file: str  # as given to the command, or next to that

    @property
    def full_name(self) -> str:
        return ".".join((*self.namespace, self.name))


@dataclass(frozen=True)
class EnumValue:
    name: str
    value: int
    documentation: list[str]


@dataclass(eq=False)
class Enum(Declaration):
    underlying: str
    bit_flags: bool
    values: list[EnumValue]


@dataclass(eq=False)
class StructField:
    name: str
    type: Type
    offset: int
    documentation: list[str]


@dataclass(eq=False)
class Struct(Declaration):
    size: int
    align: int
    fields: list[StructField] = field(default_factory=list)


@dataclass(eq=False)
class Table(Declaration):
    attributes: dict[str, str]
    fields: list[Field] = field(default_factory=list)  # by id, without deprecated ones
    deprecated: set[int] = field(default_factory=set)  # their ids

    @property
    def is_entity(self) -> bool:
        return "entity" in self.attributes

    @property
    def entity_name(self) -> str:
        return self.attributes["entity"]

    @property
    def collection(self) -> str:
        return self.attributes.get("collection") or naming.plural(self.entity_name)

    @property
    def conflict(self) -> str:
        return self.attributes.get("conflict", "merge")

    @property
    def priority(self) -> str:
        return self.attributes.get("priority", "5")

    @property
    def local(self) -> bool:
        return "local" in self.attributes

    @property
    def key(self) -> Field | None:
        return next((each for each in self.fields if each.key), None)


@dataclass(eq=False)
class Mutator:
    """A method of a service: a named mutation."""

    name: str
    arguments: Table
    response: Table
    attributes: dict[str, str]
    documentation: list[str]
    service: Service


@dataclass(eq=False)
class Service(Declaration):
    mutators: list[Mutator] = field(default_factory=list)


@dataclass(eq=False)
class File:
    path: str
    includes: list[str]
    enums: list[Enum] = field(default_factory=list)
    structs: list[Struct] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    services: list[Service] = field(default_factory=list)

    @property
    def stem(self) -> str:
        return PurePosixPath(self.path).stem

    @property
    def declares(self) -> bool:
        return bool(self.enums or self.structs or self.tables)

    @property
    def entities(self) -> list[Table]:
        return [table for table in self.tables if table.is_entity]

    @property
    def mutators(self) -> list[Mutator]:
        """By name."""
        found = [each for service in self.services for each in service.mutators]
        return sorted(found, key=lambda mutator: mutator.name)


@dataclass(eq=False)
class Model:
    root: File  # the schema asked for
    files: list[File]  # it and all that it includes, by path

    @property
    def entities(self) -> list[Table]:
        """Of all files, by name."""
        return self._entities(self.files)

    def file(self, path: str) -> File:
        return next(file for file in self.files if file.path == path)

    def included(self, file: File) -> list[File]:
        """By `file` itself."""
        return [self.file(path) for path in file.includes]

    def reach(self, file: File) -> list[Table]:
        """The entities of `file` and of all that it includes, by name."""
        return self._entities(self._reach_files(file))

    def reach_mutators(self, file: File) -> list[Mutator]:
        """The mutators of `file` and of all that it includes, by name."""
        found = [each for reached in self._reach_files(file) for each in reached.mutators]
        return sorted(found, key=lambda mutator: mutator.name)

    def _reach_files(self, file: File) -> list[File]:
        found, waiting = [], [file]
        while waiting:
            each = waiting.pop()
            if each not in found:
                found.append(each)
                waiting += self.included(each)
        return found

    def referenced(self, table: Table, name: str) -> Table | None:
        """The entity that `references: "name"` in `table` means: a table's name, or an entity's."""
        known = self.reach(self.file(table.file))
        for matches in (
            lambda entity: entity.namespace == table.namespace and entity.name == name,
            lambda entity: entity.full_name == name,
            lambda entity: entity.entity_name == name,
            lambda entity: entity.name == name,
        ):
            for entity in filter(matches, known):
                return entity
        return None

    @staticmethod
    def _entities(files: list[File]) -> list[Table]:
        found = [table for file in files for table in file.entities]
        return sorted(found, key=lambda table: table.full_name)
