"""What is wrong with the methods of services: named mutations, their names and their arguments."""

from __future__ import annotations

from collections.abc import Iterator

from . import members, naming
from .model import Declaration, File, Model, Mutator

# What is declared, the method or nothing, what is wrong, and the way out.
_Problem = tuple[Declaration, str, str, str]


def mutator_problems(file: File, model: Model) -> Iterator[_Problem]:
    yield from _service_problems(file)
    for mutator in file.mutators:
        for problem in _signature_problems(mutator):
            yield mutator.service, mutator.name, *problem
        for problem in _name_problems(mutator, file, model):
            yield mutator.service, mutator.name, *problem
    if file is model.root:
        yield from _twins(model)
        yield from _row_problems(model)


def _service_problems(file: File) -> Iterator[_Problem]:
    spaces = {entity.namespace for entity in file.entities}
    for service in file.services:
        if not spaces:
            text = "an rpc_service in a file without entities, so that it has no rows to change"
            yield service, "", text, "move it to the file of the entities"
        elif service.namespace not in spaces:
            text = "an rpc_service in another namespace than the entities of the file"
            yield service, "", text, "move it into theirs"
        if "mutators" in service.namespace:
            text = "namespace mutators is a name of the code generated for an rpc_service"
            yield service, "", text, "choose another namespace"
        if not service.mutators:
            yield service, "", "an rpc_service without methods", "add one, or remove it"


def _signature_problems(mutator: Mutator) -> Iterator[tuple[str, str]]:
    for name in mutator.attributes:
        yield f"({name}) on a method of an rpc_service means nothing here", "remove it"
    arguments, response = mutator.arguments, mutator.response
    if arguments.is_entity:
        text = f"its arguments are an entity, {arguments.name}"
        way_out = f"declare a table of what it needs, with {arguments.entity_name}_id:string"
        yield text, way_out
    if response.is_entity or response.fields or response.deprecated:
        text = f"answers {response.name}, but a mutation has no answer: the rows it leaves are"
        yield text, f"write {mutator.name}({arguments.name}):Nothing"


def _name_problems(mutator: Mutator, file: File, model: Model) -> Iterator[tuple[str, str]]:
    if not naming.WIRE_NAME.fullmatch(mutator.name):
        yield "the name is not [a-z][a-z0-9_]*", f"name it like {naming.snake(mutator.name)}"
        return
    name = naming.identifier(mutator.name)
    if naming.is_reserved_identifier(mutator.name):
        yield "C++ reserves names like this one", "rename the method"
    elif name in members.CLIENT:
        yield f"App::{name} is a member of every App", "rename the method"
    for entity in model.entities:
        if entity.collection == name:
            yield f"App::{name} is the collection of {entity.name}", "rename one of the two"
    for declared in [*file.enums, *file.structs, *file.tables]:
        if declared.name == name and declared.namespace == mutator.service.namespace:
            yield f"{name} is a type in the schema", "rename one of the two"


def _twins(model: Model) -> Iterator[_Problem]:
    """The name alone says on the wire which one is meant, and each is a member of the App."""
    seen: dict[str, Mutator] = {}
    for file in model.files:
        for mutator in file.mutators:
            other = seen.setdefault(naming.identifier(mutator.name), mutator)
            if other is mutator:
                continue
            text = f"{other.service.full_name}.{other.name} has the same name in C++"
            if other.name == mutator.name:
                text = f"{other.service.full_name} has a method of that name"
            yield mutator.service, mutator.name, text, "give each its own"


def _row_problems(model: Model) -> Iterator[_Problem]:
    if not any(file.mutators for file in model.files):
        return
    for entity in model.entities:
        if entity.collection in members.ROWS:
            text = f"its collection would be Rows::{entity.collection}, which is not free"
            yield entity, "", text, 'name it with (collection: "...")'
