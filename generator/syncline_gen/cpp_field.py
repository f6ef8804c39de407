"""What each member that is generated for a field is made of."""

from __future__ import annotations

from . import members, naming
from .cpp import default_bits, default_literal, field_type, qualified, value_type
from .layout import comment, condition, line
from .model import Field, Model, Struct, Table


class CppField:
    """A field of an entity or of a nested table, as the templates see it."""

    def __init__(self, field: Field, table: Table, model: Model):
        self.field = field
        self.table = table
        self.model = model
        self.inside = table.namespace
        self.name = naming.identifier(field.name)
        self.schema_name = field.name
        self.doc = comment(field.documentation, "    ")
        self.kind = field.type.kind
        self.id = field.id
        self.value = value_type(field.type, self.inside)
        self.is_key = field.key
        self.is_stamp = field.stamp != "none"
        self.is_written = not field.key and not self.is_stamp
        self.indexed = field.key or "index" in field or "unique" in field

    @property
    def may_be_absent(self) -> bool:
        """Whether absence is a state of its own; an absent vector is an empty one."""
        if self.kind in ("scalar", "enum"):
            return self.field.optional
        return self.kind != "vector" and not self.field.required

    @property
    def type(self) -> str:
        """The type of its values."""
        return f"std::optional<{self.value}>" if self.may_be_absent else self.value

    @property
    def is_blob(self) -> bool:
        return (
            self.kind == "vector"
            and self.field.type.element.scalar == "uint8"
            and self.field.type.element.kind == "scalar"
            and self.field.merge != "set"
        )

    @property
    def element(self) -> str:
        return value_type(self.field.type.element, self.inside)

    @property
    def default(self) -> str:
        return default_literal(self.field, self.inside)

    # What the view's accessor gives, and how.

    @property
    def view_type(self) -> str:
        if self.kind == "string":
            text = "std::string_view"
            return f"std::optional<{text}>" if self.may_be_absent else text
        if self.is_blob:
            return "syncline::ByteView"
        if self.kind == "vector":
            return f"syncline::VectorView<{self.element}>"
        return self.type

    @property
    def view_statements(self) -> list[str]:
        at = f"Fields::{self.name}.id"
        if self.kind == "string" and self.may_be_absent:
            return [f"return optional_string({at});"]
        if self.is_blob:
            return [f"return row_.vector_bytes({at}, 1);"]
        if self.kind == "vector":
            return [f"return {{row_, {at}}};"]
        if self.kind == "table" and self.may_be_absent:
            return [
                f"const syncline::RowView table = row_.table({at});",
                "if (!table) return std::nullopt;",
                f"return {self.value}::read(table);",
            ]
        return [f"return {self._read('row_')};"]

    def _read(self, row: str) -> str:
        """The value in a `RowView`, if it cannot be absent or the runtime's reader says so."""
        at = f"Fields::{self.name}.id"
        if self.kind in ("scalar", "enum"):
            if self.field.optional:
                return f"{row}.optional_scalar<{self.value}>({at})"
            return f"{row}.scalar<{self.value}>({at}, {self.default})"
        if self.kind == "struct":
            return f"{'*' if self.field.required else ''}{row}.structure<{self.value}>({at})"
        if self.kind == "table":
            return f"{self.value}::read({row}.table({at}))"
        if self.kind == "string":
            return f"{row}.string({at})"
        if self.element == "std::string":
            return f"{row}.string_elements({at})"
        return f"{row}.elements<{self.element}>({at})"

    @property
    def read_member(self) -> str:
        """The statement that reads it into a nested table's value."""
        indent = "        "
        statement = f"value.{self.name} = {self._read('row')};"
        if self.kind in ("string", "table") and self.may_be_absent:
            return condition(indent, f"row.has(Fields::{self.name}.id)", statement)
        return line(indent, statement)

    # What the handle's accessor gives: a copy, as the view is gone when it returns.

    @property
    def own_value(self) -> str:
        at = f"at(Fields::{self.name})"
        viewed = f"{at}.{self.name}()"
        if self.kind == "string":
            owner = "syncline::owned" if self.may_be_absent else "std::string"
            return f"{owner}({viewed})"
        if self.is_blob:
            return f"{at}.row().elements<{self.element}>(Fields::{self.name}.id)"
        return f"{viewed}.to_vector()" if self.kind == "vector" else viewed

    # How it is written.

    @property
    def initializer(self) -> str:
        """Of a member that may be left out; empty if it may not."""
        if self.kind in ("scalar", "enum") and not self.field.optional:
            return f" = {self.default}"
        return "" if self.field.required and not self.is_key else " = {}"

    @property
    def change(self) -> str:
        """The type of the patch's member."""
        if self.field.merge == "counter":
            return f"syncline::CounterChange<{self.value}>"
        if self.field.merge == "set":
            return f"syncline::SetChange<{self.element}>"
        return f"syncline::Change<{self.type}>"

    @property
    def put(self) -> str:
        return self._put("row", self._is_required_vector)

    @property
    def put_change(self) -> str:
        return self._put("patch", self._is_required_vector and self.field.merge != "set")

    def _put(self, builder: str, is_required_vector: bool) -> str:
        function = "put_required" if is_required_vector else "put"
        return f"syncline::{function}({builder}, Fields::{self.name}, {self.name});"

    @property
    def _is_required_vector(self) -> bool:
        return self.kind == "vector" and self.field.required

    @property
    def set_statement(self) -> str:
        # `assign` takes an empty vector for an absent one.
        if self._is_required_vector:
            return f"update({{.{self.name} = value}});"
        return f"assign(Fields::{self.name}, value);"

    @property
    def parameter(self) -> str:
        if self.kind == "string":
            return "std::string_view"
        return self.value if self.kind in ("scalar", "enum") else f"const {self.value}&"

    def has_setter(self, kind: str) -> bool:
        return f"{kind}_{self.field.name}" in members.setters(self.field)

    # How the runtime's schema describes it.

    @property
    def schema(self) -> list[str]:
        field, kind = self.field, self.field.type
        parts = [f'.name = "{field.name}"', f".id = {field.id}", f".type = {field_type(kind)}"]
        if kind.kind == "vector":
            parts.append(f".element = {field_type(kind.element)}")
        shape = (kind.element or kind).declared
        if isinstance(shape, Struct):
            parts += [f".struct_size = {shape.size}", f".struct_align = {shape.align}"]
        if isinstance(shape, Table):
            parts.append(f".table = &{self._table_schema(shape)}")
        if kind.kind in ("scalar", "enum") and not field.optional and default_bits(field):
            parts.append(f".default_bits = {default_bits(field):#x}")
        parts += self._schema_attributes()
        return parts

    def _table_schema(self, table: Table) -> str:
        name = f"k{table.name}Table"
        inside_detail = table.namespace == self.inside
        return name if inside_detail else qualified(table, f"detail::{name}", self.inside)

    def _schema_attributes(self) -> list[str]:
        field = self.field
        flags = {
            "required": field.required,
            "optional": field.optional,
            "key": field.key,
            "indexed": self.indexed and not field.key,
            "unique": "unique" in field,
        }
        parts = [f".{name} = true" for name, is_set in flags.items() if is_set]
        if field.merge != "lww":
            parts.append(f".merge = syncline::MergePolicy::{field.merge}")
        if field.stamp != "none":
            parts.append(f".stamp = syncline::Stamp::{field.stamp}")
        if field.references:
            target = self.model.referenced(self.table, field.references)
            parts.append(f'.references = "{target.entity_name}"')
        return parts
