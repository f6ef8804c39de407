"""What syncline cannot map, or should not: every problem of a model, each with the way out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from . import naming, relations
from .model import Declaration, Enum, Field, File, Model, Struct, Table, Type

_MERGE = ("lww", "counter", "set", "max", "min")
_CONFLICT = ("merge", "reject")
_ON_DELETE = ("restrict", "cascade", "none")

_TABLE_ATTRIBUTES = ("collection", "conflict", "local")
_FIELD_ATTRIBUTES = (
    ("index", "unique", "merge", "references", "on_delete")
    + ("created_at", "updated_at", "search", "key")
)

# Members of generated classes, and of the runtime's classes they derive from.
_VIEW_MEMBERS = {"row", "row_", "optional_string", "schema", "Fields", "EntityView"}
_DRAFT_MEMBERS = {"key", "write", "Fields"}
_ENTITY_MEMBERS = {
    *("id", "get", "exists", "pending", "update", "set", "remove", "schema"),
    *("model", "at", "assign", "clear", "add", "insert", "erase", "follow"),
    *("View", "Draft", "Patch", "Fields", "Entity", "patch"),
}
_TABLE_MEMBERS = {"read", "write", "table", "Fields"}
_CLIENT_MEMBERS = {
    *("start", "stop", "sync", "mutate", "status", "transaction", "model", "options", "client"),
    *("online", "pending", "pending_count", "last_error", "cursor", "phase", "live", "database"),
    *("scope", "rejected", "flush", "close", "snapshot", "follow", "leave", "scopes", "replica"),
    *("on_sync", "on_online", "on_offline", "on_error", "on_rejected", "set_token", "wait"),
}
# Of the generated files' namespaces, and those that generated code names.
_NAMESPACE_MEMBERS = {"App", "detail", "schema", "to_string", "std", "syncline"}
_ENTITY_TYPES = ("Fields", "View", "Draft", "Patch", "Collection")


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
    yield from _twins(
        ((e.collection, e) for e in model.entities),
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
    for service in file.services:
        yield _at(
            service,
            "",
            "rpc_service is not supported by this version",
            "remove it, and call named mutators with Client::mutate",
        )
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
        if declared.name in naming.RESERVED_WORDS or declared.name in _NAMESPACE_MEMBERS:
            text = f"{declared.name} is a name of C++ or of generated code"
            yield _at(declared, "", text, "rename the type; its name is not stored or sent")
        elif naming.is_reserved_identifier(declared.name):
            yield _at(declared, "", "C++ reserves names like this one", "rename the type")
        for name in _names_made_by(declared):
            other = taken.setdefault((declared.namespace, name), declared)
            if other is not declared:
                text = f"the generated name {name} is taken by {other.name}"
                yield _at(declared, "", text, "rename the type; its name is not stored or sent")


def _names_made_by(declared: Declaration) -> list[str]:
    if isinstance(declared, Table):
        suffixes = _ENTITY_TYPES if declared.is_entity else ("Fields",)
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
        yield from _field_problems(table, field, model)


def _nested_table_problems(table: Table) -> Iterator[Problem]:
    for name in _TABLE_ATTRIBUTES:
        if name in table.attributes:
            text = f"({name}) on a table that is no entity"
            yield _at(table, "", text, 'remove it, or add (entity: "name")')
    for field in table.fields:
        for name in _FIELD_ATTRIBUTES:
            if name in field:
                text = f"({name}) in a table that is no entity"
                yield _at(table, field.name, text, "remove it, or move the field to the entity")
    names = [field.name for field in table.fields]
    yield from _name_problems(table, names, _TABLE_MEMBERS | {table.name})
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
            yield _at(declared, name, text, f"rename the {what}; its name is not stored")
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
    """Clashes among the members that the entity's classes have, made from fields or always there."""
    taken = _VIEW_MEMBERS | _DRAFT_MEMBERS | _ENTITY_MEMBERS | {table.name}
    if table.key is not None:
        # The handle's own `id()` is the key's accessor.
        taken -= {"id"} if table.key.name == "id" else set()
    yield from _name_problems(table, [field.name for field in table.fields], taken)

    owners = {naming.identifier(field.name): field.name for field in table.fields}
    for field in table.fields:
        for name in setters(field):
            if name in owners:
                text = f"the generated member {name} is a field's name, too"
                yield _at(table, field.name, text, "rename one field; its name is not stored")
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


def setters(field: Field) -> list[str]:
    """The names of the members that write `field`."""
    if field.key or field.stamp != "none":
        return []
    kinds = ["set"]
    if field.optional or (field.type.kind in ("string", "struct", "table") and not field.required):
        kinds.append("clear")
    kinds += {"counter": ["add"], "set": ["insert", "erase"]}.get(field.merge, [])
    return [f"{kind}_{field.name}" for kind in kinds]


def _entity_problems(table: Table) -> Iterator[Problem]:
    if not naming.WIRE_NAME.fullmatch(table.entity_name):
        text = f'entity name "{table.entity_name}" is not [a-z][a-z0-9_]*'
        yield _at(table, "", text, f'name it like (entity: "{naming.snake(table.name)}")')
    if table.key is None:
        text = "no key: an entity needs one string field as its id"
        yield _at(table, "", text, "add id:string (key)")
    elif table.key.type.kind != "string":
        text = f"the key is {describe(table.key.type)}, not a string"
        yield _at(table, table.key.name, text, "make it a string; ids are made by the client")
    if "conflict" in table.attributes and table.conflict not in _CONFLICT:
        yield _at(table, "", *_unknown_value("conflict", table.conflict, _CONFLICT))
    if "collection" in table.attributes and not naming.WIRE_NAME.fullmatch(table.collection):
        text = f'collection "{table.collection}" is not [a-z][a-z0-9_]*'
        yield _at(table, "", text, 'name it like (collection: "entries")')
    elif table.collection in naming.RESERVED_WORDS or table.collection in _CLIENT_MEMBERS:
        text = f"its collection would be App::{table.collection}, which is not free"
        yield _at(table, "", text, 'name it with (collection: "...")')


def _field_problems(table: Table, field: Field, model: Model) -> Iterator[Problem]:
    if problem := _type_problem(field.type):
        yield _at(table, field.name, *problem)
        return
    if field.type.kind == "table" and field.type.declared.is_entity:
        text = f"an entity, {field.type.declared.name}, inside a row"
        way_out = f'store its id: {field.name}_id:string (references: "{field.type.declared.name}", index)'
        yield _at(table, field.name, text, way_out)
    if table.is_entity:
        for problem in _attribute_problems(table, field, model):
            yield _at(table, field.name, *problem)


def _type_problem(kind: Type) -> tuple[str, str] | None:
    element = kind.element
    if kind.kind == "unsupported":
        return f"{kind.unsupported} is not supported", "use a table with an optional field for each"
    if kind.kind == "vector" and element.kind == "table":
        way_out = "use a vector of structs or strings, or an entity that refers to this one"
        return f"a vector of tables, of {element.declared.name}, is not supported", way_out
    if kind.kind == "vector" and element.kind == "unsupported":
        return f"a vector of {element.unsupported[2:]}s is not supported", "use an entity for them"
    return None


def _attribute_problems(
    table: Table, field: Field, model: Model
) -> Iterator[tuple[str, str]]:
    if "search" in field:
        yield "(search) is not supported by this version", "remove it"
    for name in ("index", "unique"):
        if name in field and field.type.kind not in ("scalar", "enum", "string"):
            text = f"({name}) on {describe(field.type)}"
            yield text, "index scalars, enums and strings only"
    if "merge" in field:
        yield from _merge_problems(field)
    yield from _stamp_problems(field)
    yield from _reference_problems(table, field, model)


def _merge_problems(field: Field) -> Iterator[tuple[str, str]]:
    if field.merge not in _MERGE:
        yield _unknown_value("merge", field.merge, _MERGE)
    elif field.key:
        yield "(merge) on the key, which never changes", "remove it"
    elif field.merge == "counter" and not field.type.is_number:
        yield f'merge: "counter" on {describe(field.type)}', "use it on a number"
    elif field.merge in ("max", "min") and not (field.type.is_number or field.type.kind == "enum"):
        yield f'merge: "{field.merge}" on {describe(field.type)}', "use it on a number or an enum"
    elif field.merge == "set" and field.type.kind != "vector":
        yield f'merge: "set" on {describe(field.type)}', f"use it on a vector: {field.name}:[string]"


def _stamp_problems(field: Field) -> Iterator[tuple[str, str]]:
    if "created_at" in field and "updated_at" in field:
        yield "both created_at and updated_at", "use two fields"
    if field.stamp == "none":
        return
    if field.type.kind != "scalar" or field.type.scalar != "int64" or field.optional:
        way_out = f"write {field.name}:long ({field.stamp})"
        what = "an optional int64" if field.optional else describe(field.type)
        yield f"({field.stamp}) on {what}", way_out
    if "merge" in field:
        yield f"(merge) on a field that the runtime sets as {field.stamp}", "remove one of the two"


def _reference_problems(
    table: Table, field: Field, model: Model
) -> Iterator[tuple[str, str]]:
    if field.references is None:
        if "on_delete" in field:
            yield "(on_delete) without references", 'add references: "Entity", or remove it'
        return
    if field.type.kind != "string" or field.key:
        what = "the key" if field.key else describe(field.type)
        yield f"(references) on {what}", f"use a field of its own: {field.name}:string"
    if model.referenced(table, field.references) is None:
        known = ", ".join(entity.name for entity in model.reach(model.file(table.file)))
        yield f'references "{field.references}", which is no entity here', f"entities are {known}"
    if "index" not in field:
        yield "a reference without an index cannot be followed back", "add index to its attributes"
    if field.on_delete not in _ON_DELETE:
        yield _unknown_value("on_delete", field.on_delete, _ON_DELETE)
    elif field.on_delete != "none":
        text = f'on_delete: "{field.on_delete}" is not supported by this version'
        yield text, "remove it, and delete in a transaction what refers to the row"


def _unknown_value(attribute: str, value: str, known: tuple[str, ...]) -> tuple[str, str]:
    shown = "" if value == "0" else f' "{value}"'
    choices = ", ".join(f'"{each}"' for each in known)
    return f"unknown value{shown} of {attribute}", f"use one of {choices}"


def describe(kind: Type) -> str:
    if kind.kind == "scalar":
        return f"a {kind.scalar}"
    if kind.kind in ("enum", "struct", "table"):
        return f"the {kind.kind} {kind.declared.name}"
    if kind.kind == "vector":
        return f"a vector of {describe(kind.element).split(' ', 1)[1]}s"
    return kind.unsupported or f"a {kind.kind}"
