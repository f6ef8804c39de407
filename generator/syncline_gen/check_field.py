"""What is wrong with a field by itself: its type and its attributes."""

from __future__ import annotations

from collections.abc import Iterator

from .model import Field, Model, Table

_MERGE = ("lww", "counter", "set", "max", "min")
_ON_DELETE = ("restrict", "cascade", "none")

_ATTRIBUTES = ("index", "unique", "merge", "references", "on_delete", "created_at", "updated_at")

def field_problems(table: Table, field: Field, model: Model) -> Iterator[tuple[str, str]]:
    """What is wrong, and the way out."""
    if problem := _type_problem(field):
        yield problem
    elif table.is_entity:
        yield from _attribute_problems(table, field, model)
    else:
        for name in (*_ATTRIBUTES, "search", "key"):
            if name in field:
                text = f"({name}) in a table that is no entity"
                yield text, "remove it, or move the field to the entity"


def unknown_value(attribute: str, value: str, known: tuple[str, ...]) -> tuple[str, str]:
    shown = "" if value == "0" else f' "{value}"'  # what flatc makes of no value
    choices = ", ".join(f'"{each}"' for each in known)
    return f"unknown value{shown} of {attribute}", f"use one of {choices}"


def _type_problem(field: Field) -> tuple[str, str] | None:
    kind, element = field.type, field.type.element
    if kind.kind == "unsupported":
        return f"{kind.unsupported} is not supported", "use a table with an optional field for each"
    if kind.kind == "table" and kind.declared.is_entity:
        name = kind.declared.name
        way_out = f'store its id: {field.name}_id:string (references: "{name}", index)'
        return f"an entity, {name}, inside a row", way_out
    if kind.kind == "vector" and element.kind == "table":
        way_out = "use a vector of structs or strings, or an entity that refers to this one"
        return f"a vector of tables, of {element.declared.name}, is not supported", way_out
    if kind.kind == "vector" and element.kind == "unsupported":
        return f"a vector of {element.unsupported[2:]}s is not supported", "use an entity for them"
    return None


def _attribute_problems(table: Table, field: Field, model: Model) -> Iterator[tuple[str, str]]:
    if "search" in field:
        yield "(search) is not supported by this version", "remove it"
    for name in ("index", "unique"):
        if name in field and field.type.kind not in ("scalar", "enum", "string"):
            text = f"({name}) on {field.type.described}"
            yield text, "index scalars, enums and strings only"
    if "merge" in field:
        yield from _merge_problems(field)
    yield from _stamp_problems(field)
    yield from _reference_problems(table, field, model)


def _merge_problems(field: Field) -> Iterator[tuple[str, str]]:
    if field.merge not in _MERGE:
        yield unknown_value("merge", field.merge, _MERGE)
    elif field.key:
        yield "(merge) on the key, which never changes", "remove it"
    elif field.merge == "counter" and not field.type.is_number:
        yield f'merge: "counter" on {field.type.described}', "use it on a number"
    elif field.merge in ("max", "min") and not (field.type.is_number or field.type.is_number_enum):
        yield f'merge: "{field.merge}" on {field.type.described}', "use it on a number or an enum"
    elif field.merge == "set" and field.type.kind != "vector":
        way_out = f"use it on a vector: {field.name}:[string]"
        yield f'merge: "set" on {field.type.described}', way_out


def _stamp_problems(field: Field) -> Iterator[tuple[str, str]]:
    if "created_at" in field and "updated_at" in field:
        yield "both created_at and updated_at", "use two fields"
    if field.stamp == "none":
        return
    if field.type.kind != "scalar" or field.type.scalar != "int64" or field.optional:
        way_out = f"write {field.name}:long ({field.stamp})"
        what = "an optional long" if field.optional else field.type.described
        yield f"({field.stamp}) on {what}", way_out
    if "merge" in field:
        yield f"(merge) on a field that the runtime sets as {field.stamp}", "remove one of the two"


def _reference_problems(table: Table, field: Field, model: Model) -> Iterator[tuple[str, str]]:
    if field.references is None:
        if "on_delete" in field:
            yield "(on_delete) without references", 'add references: "Entity", or remove it'
        return
    if field.type.kind != "string" or field.key:
        what = "the key" if field.key else field.type.described
        yield f"(references) on {what}", f"use a field of its own: {field.name}:string"
    if model.referenced(table, field.references) is None:
        known = ", ".join(entity.name for entity in model.reach(model.file(table.file)))
        yield f'references "{field.references}", which is no entity here', f"entities are {known}"
    if "index" not in field:
        yield "a reference without an index cannot be followed back", "add index to its attributes"
    if field.on_delete not in _ON_DELETE:
        yield unknown_value("on_delete", field.on_delete, _ON_DELETE)
    elif field.on_delete != "none":
        text = f'on_delete: "{field.on_delete}" is not supported by this version'
        yield text, "remove it, and delete in a transaction what refers to the row"
