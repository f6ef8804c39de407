"""In which order things must stand in C++, the same for the same schema."""

from __future__ import annotations

from graphlib import TopologicalSorter

from .model import File


def in_order(declared: list) -> list:
    """Structs or tables by name, but each after those it holds."""
    graph = {each: [] for each in sorted(declared, key=lambda one: one.full_name)}
    for each in graph:
        for field in each.fields:
            inner = (field.type.element or field.type).declared
            if inner in graph and inner is not each:
                graph[each].append(inner)
    return list(TopologicalSorter(graph).static_order())


def namespace_order(file: File) -> list[tuple[str, ...]]:
    """The file's namespaces by name, but each after those it uses. Raises `graphlib.CycleError`."""
    declarations = [*file.enums, *file.structs, *file.tables]
    graph = {each: set() for each in sorted({declared.namespace for declared in declarations})}
    for declared in [*file.structs, *file.tables]:
        for field in declared.fields:
            used = (field.type.element or field.type).declared
            if used is not None and used.file == file.path:
                graph[declared.namespace].add(used.namespace)
    ordered = {each: sorted(used - {each}) for each, used in graph.items()}
    return list(TopologicalSorter(ordered).static_order())
