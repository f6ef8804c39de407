"""How a schema file is laid out as C++ headers: what stands in which namespace, in which order."""

from __future__ import annotations

from . import naming, relations
from .cpp import integer_literal, namespace_name, qualified, struct_member_type
from .cpp_field import CppField
from .layout import comment
from .order import in_order, namespace_order
from .model import SCALAR_SIZES, Enum, File, Model, Mutator, Struct, Table, Type


class CppEnum:
    def __init__(self, enum: Enum):
        self.name = enum.name
        self.underlying = _scalar_name(enum.underlying)
        self.bit_flags = enum.bit_flags
        self.from_string = f"{naming.snake(enum.name)}_from_string"
        self.doc = comment(enum.documentation)
        self.bits = f"static_cast<{self.underlying}>"
        self.enumerators = [
            {
                "name": naming.identifier(each.name),
                "text": each.name,
                "value": integer_literal(each.value, enum.underlying),
                "doc": comment(each.documentation, "    "),
            }
            for each in enum.values
        ]


def _scalar_name(scalar: str) -> str:
    return struct_member_type(Type("scalar", scalar=scalar), ())


class CppStruct:
    def __init__(self, struct: Struct):
        self.name = struct.name
        self.size = struct.size
        self.align = struct.align
        self.doc = comment(struct.documentation)
        self.members = list(_members(struct))
        natural = max((_alignment(each.type) for each in struct.fields), default=1)
        self.alignas = f"alignas({struct.align}) " if struct.align > natural else ""


def _members(struct: Struct):
    end, gaps = 0, 0
    for field in [*struct.fields, None]:
        offset = field.offset if field else struct.size
        if offset > end:
            # Padding would have any value, but equal rows must be equal bytes.
            name = f"padding{gaps}_"
            kind = f"std::array<std::uint8_t, {offset - end}>"
            yield {"type": kind, "name": name, "default": "{}", "doc": ""}
            gaps += 1
        if field:
            end = offset + _size(field.type)
            is_number = field.type.kind == "scalar"
            yield {
                "type": struct_member_type(field.type, struct.namespace),
                "name": naming.identifier(field.name),
                "default": "0" if is_number else "{}",
                "doc": comment(field.documentation, "    "),
            }


def _size(kind: Type) -> int:
    if kind.kind == "array":
        return kind.length * _size(kind.element)
    return kind.declared.size if kind.kind == "struct" else SCALAR_SIZES[kind.scalar]


def _alignment(kind: Type) -> int:
    if kind.kind == "array":
        return _alignment(kind.element)
    return kind.declared.align if kind.kind == "struct" else SCALAR_SIZES[kind.scalar]


class CppTable:
    """A table, nested or an entity."""

    def __init__(self, table: Table, model: Model):
        self.table = table
        self.name = table.name
        self.fields = [CppField(field, table, model) for field in table.fields]
        self.written = [field for field in self.fields if field.is_written]
        self.doc = comment(table.documentation)
        self.puts = [field.put for field in self.written]
        self.put_changes = [field.put_change for field in self.written]
        calls = [each.name for file in model.files for each in file.mutators if each.arguments is table]
        self.purpose = "A value, kept within the row it belongs to."
        if calls:
            self.purpose = f"The arguments of {' and '.join(f'`{name}`' for name in sorted(calls))}."


class CppEntity(CppTable):
    def __init__(self, table: Table, model: Model, place: int, known: set[Table]):
        super().__init__(table, model)
        self.collection = table.collection
        self.place = place  # among the entities of its file's schema
        self.key = next(field for field in self.fields if field.is_key)
        self.references = [
            CppReference(each, each.target in known)
            for each in relations.references(table, model)
        ]
        self.referrers = [CppReference(each, True) for each in relations.referrers(table, model)]


class CppReference:
    """A relation, from either side. `is_known`: its target's class is complete in its source's."""

    def __init__(self, relation: relations.Reference | relations.Referrers, is_known: bool):
        source, target, field = relation.source, relation.target, relation.field
        self.accessor = naming.identifier(relation.accessor)
        self.field = naming.identifier(field.name)
        self.is_known = is_known
        self.owner = source.name
        self.source = qualified(source, source.name, target.namespace)
        self.source_fields = qualified(source, f"{source.name}Fields", target.namespace)
        self.source_many = source.collection.replace("_", " ")
        self._reference_parts(field, qualified(target, target.name, source.namespace))
        self.reference_doc = (
            f"The {target.entity_name.replace('_', ' ')} that `{self.field}` names, "
            "which may exist or not" + ("." if field.required else "; nothing if it names none.")
        )

    def _reference_parts(self, field: Field, target: str) -> None:
        if field.required:
            self.reference_type = target
            self.reference_value = f"{target}(model(), {self.field}())"
        else:
            self.reference_type = f"std::optional<{target}>"
            self.reference_value = f"follow<{target}>({self.field}())"


class CppMutator:
    """A named mutation, as written in namespace `inside`."""

    def __init__(self, mutator: Mutator, inside: tuple[str, ...]):
        self.name = naming.identifier(mutator.name)
        self.wire_name = mutator.name
        self.doc = mutator.documentation
        self.constant = qualified(mutator.service, f"mutators::{self.name}", inside)
        self.arguments = qualified(mutator.arguments, mutator.arguments.name, inside)


def mutator_schema(mutator: Mutator, inside: tuple[str, ...]) -> list[str]:
    """Its entry among the mutators of a schema in namespace `inside`."""
    return [f'.name = "{mutator.name}"', f".arguments = &{_table_name(mutator.arguments, inside)}"]


def _table_name(table: Table, inside: tuple[str, ...]) -> str:
    name = f"k{table.name}Table"
    return name if table.namespace == inside else qualified(table, f"detail::{name}", inside)


def entity_schema(table: Table, inside: tuple[str, ...]) -> list[str]:
    """Its entry among the entities of a schema in namespace `inside`."""
    parts = [f'.name = "{table.entity_name}"', f".table = &{_table_name(table, inside)}"]
    parts.append(f".key = {table.key.id}")
    if table.conflict == "reject":
        parts.append(".conflict = syncline::ConflictPolicy::reject")
    if table.local:
        parts.append(".local = true")
    if "priority" in table.attributes:
        parts.append(f".priority = {table.priority}")
    return parts


class CppNamespace:
    """What a file declares in one namespace."""

    def __init__(self, namespace: tuple[str, ...], file: File, model: Model):
        def mine(declared):
            return declared.namespace == namespace

        self.name = namespace_name(namespace)
        self.enums = [CppEnum(each) for each in file.enums if mine(each)]
        self.structs = [CppStruct(each) for each in in_order(file.structs) if mine(each)]
        nested = [each for each in in_order(file.tables) if mine(each) and not each.is_entity]
        self.tables = [CppTable(each, model) for each in nested]
        self._add_entities([each for each in file.entities if mine(each)], file, model)
        self._add_mutators(file, model)

    def _add_entities(self, entities: list[Table], file: File, model: Model) -> None:
        reach = model.reach(file) if entities else []
        self.schema = [entity_schema(each, entities[0].namespace) for each in reach]
        known = {entity for entity in reach if entity.file != file.path}
        self.entities = []
        for entity in entities:
            known.add(entity)
            self.entities.append(CppEntity(entity, model, reach.index(entity), known))
        self.has_relations = any(
            each.referrers or not all(reference.is_known for reference in each.references)
            for each in self.entities
        )


    def _add_mutators(self, file: File, model: Model) -> None:
        self.mutators, self.mutator_schema, self.rows = [], [], []
        if not self.entities:
            return
        inside = file.entities[0].namespace
        self.mutator_schema = [mutator_schema(each, inside) for each in model.reach_mutators(file)]
        self.mutators = [CppMutator(each, inside) for each in file.mutators]
        shared = [each for each in model.reach(file) if not each.local]
        self.rows = [
            {"entity": qualified(each, each.name, inside), "name": each.collection}
            for each in shared
        ]
        self.rows_initializers = [
            "MutatorRows(access)", *(f"{each['name']}(access)" for each in self.rows)
        ]


class CppFile:
    def __init__(self, file: File, model: Model):
        self.path = file.path
        self.name = file.path.rsplit("/", 1)[-1]
        self.stem = file.stem
        self.namespaces = [CppNamespace(each, file, model) for each in namespace_order(file)]
        self.includes_entities = len(model.reach(file)) > len(file.entities)
        own = [f"{each.stem}.hpp" for each in model.included(file) if each.declares]
        self.headers = sorted([*own, "syncline/collection/generated.hpp"])


class CppApp:
    """The client for all entities that a file declares or includes."""

    def __init__(self, file: File, model: Model):
        entities = model.reach(file)
        inside = (file.entities or entities)[0].namespace
        self.path = file.path
        self.name = file.path.rsplit("/", 1)[-1]
        self.namespace = namespace_name(inside)
        self.headers = sorted([f"{file.stem}.hpp", "syncline/client/client.hpp"])
        self.collections = [
            {"type": qualified(each, f"{each.name}Collection", inside), "name": each.collection}
            for each in entities
        ]
        self.mutators = [CppMutator(each, inside) for each in model.reach_mutators(file)]
        self.initializers = [
            f"Client({self.namespace}::schema(), std::move(options))",
            *(f"{each['name']}(model())" for each in self.collections),
        ]
