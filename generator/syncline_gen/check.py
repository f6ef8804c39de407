"""What syncline cannot map, or should not: every problem of a model, each with the way out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from graphlib import CycleError

from . import members, naming, relations
from .check_field import field_problems, unknown_value
from .check_mutator import mutator_problems
from .model import Declaration, Enum, File, Model, Struct, Table
from .order import namespace_order

_CONFLICT = ("merge", "reject")
_PRIORITIES = tuple("123456789")


@dataclass(frozen=True)
class Problem:
    file: str
    where: str  # table and field; may be empty
    what: str
    way_out: str

    def __str__(self) -> str:
        where = f"{self.where}: " if self.where else ""
        return f"{self.file}: {where}{self.what}; {self.way_out}"


def check(model: Model) -> list[Problem]:
    """Nothing if the model can be rendered."""
    problems = list(_model_problems(model))
    for file in model.files:
        problems += _file_problems(file, model)
    return problems


def _model_problems(model: Model) -> Iterator[Problem]:
    if not model.entities:
        yield Problem(
            model.root.path,
            "",
            "no entity in this schema",
            'mark a table as one: table Todo (entity: "todo") { id:string (key); }',
        )
    if len({entity.namespace for entity in model.root.entities}) > 1:
        yield Problem(
            model.root.path,
            "",
            "entities of several namespaces in one file, so that its App has no place",
            "put each namespace into a file of its own, and include them here",
        )
    yield from _twins(
        ((e.entity_name, e) for e in model.entities), "entity name", "give each its own"
    )
    for file in model.files:
        yield from _namespace_order_problems(file)
    by_name = {entity.entity_name: entity for entity in model.entities}
    yield from _twins(
        ((e.collection, e) for e in by_name.values()),
        "collection",
        'name one with (collection: "...")',
    )
    by_stem: dict[str, File] = {}
    for file in model.files:
        if not file.declares:
            continue
        other = by_stem.setdefault(file.stem, file)
        if other is not file:
            yield Problem(
                file.path,
                "",
                f"{file.stem}.hpp is generated from {other.path} too",
                "rename one of the files",
            )


def _namespace_order_problems(file: File) -> Iterator[Problem]:
    try:
        namespace_order(file)
    except CycleError as error:
        names = " and ".join(sorted({".".join(part) for part in error.args[1]}))
        text = f"namespaces {names} use each other's types"
        yield Problem(file.path, "", text, "put the shared types into a file of their own")


def _twins(named: Iterable[tuple[str, Table]], what: str, way_out: str) -> Iterator[Problem]:
    seen: dict[str, Table] = {}
    for name, table in named:
        other = seen.setdefault(name, table)
        if other is not table:
            text = f'{what} "{name}" is taken by {other.full_name}'
            yield _at(table, "", text, way_out)


def _at(declared: Declaration, field: str, what: str, way_out: str) -> Problem:
    where = f"{declared.name}.{field}" if field else declared.name
    return Problem(declared.file, where, what, way_out)


def _file_problems(file: File, model: Model) -> Iterator[Problem]:
    declarations = [*file.enums, *file.structs, *file.tables]
    yield from _namespace_problems(declarations)
    if file.mutators:
        yield from _mutator_name_problems(declarations)
    for declared, name, *problem in mutator_problems(file, model):
        yield _at(declared, name, *problem)
    for enum in file.enums:
        yield from _enum_problems(enum)
    for struct in file.structs:
        yield from _struct_problems(struct)
    for table in file.tables:
        yield from _table_problems(table, model)


def _namespace_problems(declarations: list[Declaration]) -> Iterator[Problem]:
    taken: dict[tuple[tuple[str, ...], str], Declaration] = {}
    for declared in declarations:
        for part in declared.namespace:
            if part in ("std", "syncline", "detail"):
                text = f"namespace {part} is not free for schemas"
                yield _at(declared, "", text, "choose another namespace")
        if declared.name in naming.RESERVED_WORDS or declared.name in members.NAMESPACE:
            text = f"{declared.name} is a name of C++ or of generated code"
            yield _at(declared, "", text, "rename the type; its name is not stored or sent")
        elif naming.is_reserved_identifier(declared.name):
            yield _at(declared, "", "C++ reserves names like this one", "rename the type")
        for name in _names_made_by(declared):
            other = taken.setdefault((declared.namespace, name), declared)
            if other is not declared:
                text = f"the generated name {name} is taken by {other.name}"
                yield _at(declared, "", text, "rename the type; its name is not stored or sent")


def _mutator_name_problems(declarations: list[Declaration]) -> Iterator[Problem]:
    for declared in declarations:
        if declared.name in members.MUTATOR_NAMESPACE:
            text = f"{declared.name} is a name of the code generated for an rpc_service"
            yield _at(declared, "", text, "rename the type; its name is not stored or sent")


def _names_made_by(declared: Declaration) -> list[str]:
    if isinstance(declared, Table):
        suffixes = members.ENTITY_TYPES if declared.is_entity else ("Fields",)
        return [declared.name, *(declared.name + suffix for suffix in suffixes)]
    return [declared.name]


def _enum_problems(enum: Enum) -> Iterator[Problem]:
    yield from _name_problems(enum, [value.name for value in enum.values], set(), "value")


def _struct_problems(struct: Struct) -> Iterator[Problem]:
    yield from _name_problems(struct, [field.name for field in struct.fields], {struct.name})


def _table_problems(table: Table, model: Model) -> Iterator[Problem]:
    if table.is_entity:
        yield from _entity_problems(table)
        yield from _member_problems(table, model)
    else:
        yield from _nested_table_problems(table)
    for field in table.fields:
        for problem in field_problems(table, field, model):
            yield _at(table, field.name, *problem)


def _nested_table_problems(table: Table) -> Iterator[Problem]:
    for name in ("collection", "conflict", "local", "priority"):
        if name in table.attributes:
            text = f"({name}) on a table that is no entity"
            yield _at(table, "", text, 'remove it, or add (entity: "name")')
    names = [field.name for field in table.fields]
    yield from _name_problems(table, names, members.TABLE | {table.name})
    if _contains(table, table, set()):
        text = "a table that contains itself cannot be a value"
        yield _at(table, "", text, "make it an entity, and refer to it by its id")


def _name_problems(
    declared: Declaration, names: list[str], taken: set[str], what: str = "field"
) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for name in names:
        generated = naming.identifier(name)
        if generated in taken:
            text = f"{generated} is a member of every generated class of its kind"
            way_out = f"rename the {what}"
            if name == "id":
                text = "id is what the key is called in every class"
                way_out = "make it the key, or rename it"
            yield _at(declared, name, text, way_out)
        elif naming.is_reserved_identifier(name):
            yield _at(declared, name, "C++ reserves names like this one", f"rename the {what}")
        other = seen.setdefault(generated, name)
        if other != name:
            text = f"{other} has the same name in C++, {generated}"
            yield _at(declared, name, text, f"rename one {what}")


def _contains(table: Table, wanted: Table, seen: set[Table]) -> bool:
    for field in table.fields:
        inner = field.type.declared
        if field.type.kind != "table" or inner in seen:
            continue
        seen.add(inner)
        if inner is wanted or _contains(inner, wanted, seen):
            return True
    return False


def _member_problems(table: Table, model: Model) -> Iterator[Problem]:
    """Clashes among the members of the entity's classes, made from fields or always there."""
    taken = members.VIEW | members.DRAFT | members.ENTITY | {table.name}
    if table.key is None or table.key.name == "id":
        taken.discard("id")  # the handle's own `id()` is the key's accessor
    yield from _name_problems(table, [field.name for field in table.fields], taken)

    owners = {naming.identifier(field.name): field.name for field in table.fields}
    for field in table.fields:
        for name in members.setters(field):
            if name in owners:
                text = f"the generated member {name} is a field's name, too"
                yield _at(table, field.name, text, "rename one field")
    for each in relations.references(table, model):
        if each.accessor in owners or each.accessor in taken:
            text = f"the relation's accessor {each.accessor} is taken"
            way_out = "rename the field: user_id makes the accessor user()"
            yield _at(table, each.field.name, text, way_out)
        owners.setdefault(each.accessor, each.field.name)
    for each in relations.referrers(table, model):
        if each.accessor in owners or each.accessor in taken:
            text = f"its relation would be {table.name}::{each.accessor}, which is taken"
            way_out = f'name the collection of {each.source.name} with (collection: "...")'
            yield _at(each.source, each.field.name, text, way_out)
        owners.setdefault(each.accessor, each.field.name)


def _entity_problems(table: Table) -> Iterator[Problem]:
    if not naming.WIRE_NAME.fullmatch(table.entity_name):
        text = f'entity name "{table.entity_name}" is not [a-z][a-z0-9_]*'
        yield _at(table, "", text, f'name it like (entity: "{naming.snake(table.name)}")')
    if table.key is None:
        text = "no key: an entity needs one string field as its id"
        yield _at(table, "", text, "add id:string (key)")
    elif table.key.type.kind != "string":
        text = f"the key is {table.key.type.described}, not a string"
        yield _at(table, table.key.name, text, "make it a string; ids are made by the client")
    if "conflict" in table.attributes and table.conflict not in _CONFLICT:
        yield _at(table, "", *unknown_value("conflict", table.conflict, _CONFLICT))
    if table.priority not in _PRIORITIES:
        yield _at(table, "", f"priority {table.priority} is not 1 to 9", "1 arrives first; the default is 5")
    if table.local and "priority" in table.attributes:
        yield _at(table, "", "(priority) on a local entity", "remove it: it is never synchronized")
    if "collection" in table.attributes and not naming.WIRE_NAME.fullmatch(table.collection):
        text = f'collection "{table.collection}" is not [a-z][a-z0-9_]*'
        yield _at(table, "", text, 'name it like (collection: "entries")')
    elif table.collection in naming.RESERVED_WORDS or table.collection in members.CLIENT:
        text = f"its collection would be App::{table.collection}, which is not free"
        yield _at(table, "", text, 'name it with (collection: "...")')
