"""The members of generated classes, as far as names can clash."""

from __future__ import annotations

from .model import Field

# Members of generated classes, and of the runtime's classes they derive from.
VIEW = {"row", "row_", "optional_string", "schema", "Fields", "EntityView"}
DRAFT = {"key", "write", "Fields"}
ENTITY = {
    *("id", "get", "exists", "pending", "update", "set", "remove", "schema"),
    *("model", "at", "assign", "clear", "add", "insert", "erase", "follow"),
    *("View", "Draft", "Patch", "Fields", "Entity", "patch"),
}
TABLE = {"read", "write", "table", "Fields"}
CLIENT = {
    *("start", "stop", "sync", "sync_async", "pause", "resume", "network_available", "set_token"),
    *("transaction", "mutate", "set_mutator", "new_id", "rejected", "retry", "discard"),
    *("write", "last_write", "find_write", "flush", "flush_async", "resyncs"),
    *("online", "pending", "rejected_count", "last_error", "cursor", "phase", "progress", "status"),
    *("on_sync", "on_online", "on_offline", "on_error", "on_rejected", "scope", "model", "impl_"),
}
# Of the generated files' namespaces, and those that generated code names.
NAMESPACE = {"App", "detail", "schema", "to_string", "std", "syncline"}
# Further ones where there are mutators, and the members of `Rows`.
MUTATOR_NAMESPACE = {"Rows", "mutators"}
ROWS = {"made_at", "access", "MutatorRows"}
ENTITY_TYPES = ("Fields", "View", "Draft", "Patch", "Collection")


def setters(field: Field) -> list[str]:
    """The names of the members that write `field`."""
    if field.key or field.stamp != "none":
        return []
    kinds = ["set"]
    if field.optional or (field.type.kind in ("string", "struct", "table") and not field.required):
        kinds.append("clear")
    kinds += {"counter": ["add"], "set": ["insert", "erase"]}.get(field.merge, [])
    return [f"{kind}_{field.name}" for kind in kinds]
