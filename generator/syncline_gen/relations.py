"""Typed relations: what `references` becomes, on both sides."""

from __future__ import annotations

from dataclasses import dataclass

from .model import Field, Model, Table


@dataclass(frozen=True)
class Reference:
    """`todo.list()`: from a field to the entity it names."""

    source: Table
    field: Field
    target: Table
    accessor: str


@dataclass(frozen=True)
class Referrers:
    """`list.todos()`: back from an entity to those whose field names it."""

    source: Table
    field: Field
    target: Table
    accessor: str


def references(table: Table, model: Model) -> list[Reference]:
    found = []
    for field in table.fields:
        target = model.referenced(table, field.references) if field.references else None
        if target is not None:
            found.append(Reference(table, field, target, _accessor(field, target)))
    return found


def referrers(table: Table, model: Model) -> list[Referrers]:
    """Those declared in the same file: another file's header is not known to this one's."""
    found = []
    for source in model.entities:
        if source.file != table.file:
            continue
        fields = [each.field for each in references(source, model) if each.target is table]
        for field in fields:
            name = source.collection
            if len(fields) > 1:
                name = f"{name}_by_{_without_id(field.name)}"
            found.append(Referrers(source, field, table, name))
    return found


def _without_id(name: str) -> str:
    return name.removesuffix("_id")


def _accessor(field: Field, target: Table) -> str:
    """`list_id` is followed by `list()`; `owner` by `owner_user()`, as `owner()` is the id."""
    short = _without_id(field.name)
    return short if short not in ("", field.name) else f"{field.name}_{target.entity_name}"
