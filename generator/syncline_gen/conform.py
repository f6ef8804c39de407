"""Whether rows written under an older schema can be read, and merged, under a newer one.

flatc's own check covers types, defaults and places of fields; here is what it cannot know.
"""

from __future__ import annotations

from collections.abc import Iterator

from .check import Problem
from .model import Field, Model, Struct, Table, Type


def conform(model: Model, older: Model) -> list[Problem]:
    """Nothing if the newer `model` takes over from the `older` one."""
    tables = {_identity(each): each for file in model.files for each in file.tables}
    problems: list[Problem] = []
    for file in older.files:
        for old in file.tables:
            if new := tables.get(_identity(old)):
                problems += _table_problems(new, old)
    structs = {each.full_name: each for file in model.files for each in file.structs}
    for file in older.files:
        for old in file.structs:
            new = structs.get(old.full_name)
            if new is not None and _layout(new) != _layout(old):
                text = "a struct cannot change: rows hold its bytes"
                problems.append(Problem(new.file, new.name, text, "add a struct of another name"))
    for old in older.entities:
        if all(new.entity_name != old.entity_name for new in model.entities):
            text = f'entity "{old.entity_name}" is gone, and its rows could not be reached'
            way_out = f'keep its table, with (entity: "{old.entity_name}")'
            problems.append(Problem(model.root.path, old.name, text, way_out))
    problems += _mutator_problems(model, older)
    return problems


def _mutator_problems(model: Model, older: Model) -> Iterator[Problem]:
    mutators = {each.name: each for file in model.files for each in file.mutators}
    for old in (each for file in older.files for each in file.mutators):
        new = mutators.get(old.name)
        where = f"{old.service.name}.{old.name}"
        if new is None:
            text = "the method is gone, but calls of it may be queued on devices"
            yield Problem(model.root.path, where, text, "keep it")
        elif _identity(new.arguments) != _identity(old.arguments):
            yield from _table_problems(new.arguments, old.arguments)  # the others were compared


def _identity(table: Table) -> tuple[str, str]:
    """What a table is known by: an entity by its name in rows, another by its name in the schema."""
    return ("entity", table.entity_name) if table.is_entity else ("table", table.full_name)


def _table_problems(new: Table, old: Table) -> Iterator[Problem]:
    def problem(field: str, what: str, way_out: str) -> Problem:
        return Problem(new.file, f"{new.name}.{field}", what, way_out)

    fields = {field.id: field for field in new.fields}
    for before in old.fields:
        now = fields.get(before.id)
        if now is not None:
            for what, way_out in _field_problems(now, before):
                yield problem(now.name, what, way_out)
        elif before.key:
            yield problem(before.name, "the key cannot go", "keep it")
        elif before.id not in new.deprecated:
            text = "the field is gone, and its place would be given to another"
            yield problem(before.name, text, "keep it, marked (deprecated)")
    known = {field.id for field in old.fields}
    for field in new.fields:
        if field.required and field.id not in known:
            text = "a new field cannot be required: rows written before lack it"
            yield problem(field.name, text, "remove (required)")


def _field_problems(now: Field, before: Field) -> Iterator[tuple[str, str]]:
    if now.required and not before.required:
        yield "(required) is new: rows written before may lack it", "remove (required)"
    if now.key != before.key:
        yield "the key is another field than before", "keep the old one"
    if _stored(now.type) != _stored(before.type):
        text = f"was {before.type.described} and is {now.type.described}"
        yield text, "keep it, marked (deprecated), and add a field of the new type"
    elif (now.default, now.optional) != (before.default, before.optional):
        text = f"the default was {_default(before)} and is {_default(now)}: rows leave defaults out"
        yield text, "keep the old one"
    if now.merge != before.merge and {now.merge, before.merge} & {"set", "counter"}:
        text = f'merge was "{before.merge}" and is "{now.merge}": queued changes mean the old one'
        yield text, "keep it, and add a field with the new policy"


def _layout(struct: Struct) -> tuple:
    members = ((each.offset, each.type.length, _stored(each.type)) for each in struct.fields)
    return (struct.size, struct.align, *members)


def _stored(kind: Type) -> tuple:
    """What decides the bytes; an enum is its integer, and flatc looks into structs and tables."""
    element = _stored(kind.element) if kind.element else ()
    return (kind.scalar or kind.kind, element)


def _default(field: Field) -> str:
    return "null" if field.optional else str(field.default)
