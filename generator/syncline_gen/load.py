"""From a compiled schema to the model."""

from __future__ import annotations

import posixpath

from . import reflection
from .model import (
    Declaration,
    Enum,
    EnumValue,
    Field,
    File,
    Model,
    Mutator,
    Service,
    Struct,
    StructField,
    Table,
    Type,
)
from .reflection import BaseType

_SCALARS = {
    BaseType.bool: "boolean",
    BaseType.byte: "int8",
    BaseType.ubyte: "uint8",
    BaseType.short: "int16",
    BaseType.ushort: "uint16",
    BaseType.int: "int32",
    BaseType.uint: "uint32",
    BaseType.long: "int64",
    BaseType.ulong: "uint64",
    BaseType.float: "float32",
    BaseType.double: "float64",
}


def load(data: bytes, path: str) -> Model:
    """The model of a `.bfbs`. `path` is that of its schema as messages and headers shall show it;
    included files get theirs from it. Raises `reflection.BadSchema`."""
    return _Loader(reflection.read(data), path).model()


class _Loader:
    def __init__(self, schema: reflection.Schema, path: str):
        self.schema = schema
        self.folder, self.name = posixpath.split(path)
        self.files = {
            self._path(name): File(self._path(name), sorted(map(self._path, includes)))
            for name, includes in schema.files.items()
        }
        # Fields refer to these by index, also before they are filled.
        self.enums = [self._enum(each) for each in schema.enums]
        self.objects = [self._object(each) for each in schema.objects]

    def model(self) -> Model:
        for raw, declared in zip(self.schema.objects, self.objects):
            if isinstance(declared, Struct):
                declared.fields = [self._struct_field(field) for field in raw.fields]
                self.files[declared.file].structs.append(declared)
            else:
                declared.fields = [self._field(f) for f in raw.fields if self._is_kept(f)]
                declared.deprecated = {field.id for field in raw.fields if field.deprecated}
                if not _is_builtin(declared):
                    self.files[declared.file].tables.append(declared)
        for raw, declared in zip(self.schema.enums, self.enums):
            if not raw.is_union:
                self.files[declared.file].enums.append(declared)
        for service in self.schema.services:
            self.files[self._path(service.file)].services.append(self._service(service))
        return Model(self._root(), sorted(self.files.values(), key=lambda file: file.path))

    def _path(self, name: str) -> str:
        return posixpath.normpath(posixpath.join(self.folder, name))

    def _root(self) -> File:
        root = self.files.get(posixpath.normpath(posixpath.join(self.folder, self.name)))
        if root is None:
            raise reflection.BadSchema(f"compiled from another schema than {self.name}")
        return root

    def _is_kept(self, field: reflection.Field) -> bool:
        # flatc adds the discriminator of a union as a field of its own; the union is reported.
        kinds = (field.type.base, field.type.element)
        return not field.deprecated and BaseType.utype not in kinds

    def _enum(self, raw: reflection.Enum) -> Enum:
        return Enum(
            *_split(raw.name),
            raw.documentation,
            self._path(raw.file),
            underlying=_SCALARS.get(raw.underlying, ""),
            bit_flags="bit_flags" in raw.attributes,
            values=[EnumValue(each.name, each.value, each.documentation) for each in raw.values],
        )

    def _object(self, raw: reflection.Object) -> Struct | Table:
        common = (*_split(raw.name), raw.documentation, self._path(raw.file))
        if raw.is_struct:
            return Struct(*common, size=raw.size, align=raw.align)
        return Table(*common, attributes=raw.attributes)

    def _service(self, raw: reflection.Service) -> Service:
        service = Service(*_split(raw.name), [], self._path(raw.file))
        tables = {each.name: declared for each, declared in zip(self.schema.objects, self.objects)}
        for call in raw.calls:
            if call.request not in tables or call.response not in tables:
                raise reflection.BadSchema(f"{raw.name}.{call.name} uses a type that is not there")
            types = (tables[call.request], tables[call.response])
            rest = (call.attributes, call.documentation, service)
            service.mutators.append(Mutator(call.name, *types, *rest))
        return service

    def _struct_field(self, raw: reflection.Field) -> StructField:
        return StructField(raw.name, self._type(raw.type), raw.offset, raw.documentation)

    def _field(self, raw: reflection.Field) -> Field:
        kind = self._type(raw.type)
        is_real = kind.scalar in ("float32", "float64")
        return Field(
            name=raw.name,
            id=raw.id,
            type=kind,
            documentation=raw.documentation,
            attributes=raw.attributes,
            default=raw.default_real if is_real else raw.default_integer,
            required=raw.required,
            optional=raw.optional and kind.kind in ("scalar", "enum"),
            key=raw.key,
        )

    def _type(self, raw: reflection.Type) -> Type:
        if raw.base in (BaseType.vector, BaseType.array):
            kind = "vector" if raw.base == BaseType.vector else "array"
            element = self._simple_type(raw.element, raw.index)
            return Type(kind, element=element, length=raw.length)
        return self._simple_type(raw.base, raw.index)

    def _simple_type(self, base: BaseType, index: int) -> Type:
        if base in _SCALARS:
            if index >= 0:
                return Type("enum", scalar=_SCALARS[base], declared=self.enums[index])
            return Type("scalar", scalar=_SCALARS[base])
        if base == BaseType.string:
            return Type("string")
        if base == BaseType.obj:
            declared: Declaration = self.objects[index]
            return Type("struct" if isinstance(declared, Struct) else "table", declared=declared)
        return Type("unsupported", unsupported=f"a {base.name}")


def _is_builtin(table: Table) -> bool:
    """`Nothing`, which no code needs."""
    return table.full_name == "Nothing" and posixpath.basename(table.file) == "syncline.fbs"


def _split(full_name: str) -> tuple[tuple[str, ...], str]:
    *namespace, name = full_name.split(".")
    return tuple(namespace), name
