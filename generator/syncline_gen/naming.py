"""How names of the schema become names of C++."""

from __future__ import annotations

import re

# Keywords of C++20 with the alternative tokens, and macros of the standard headers.
RESERVED_WORDS = frozenset(
    """
    alignas alignof and and_eq asm atomic_cancel atomic_commit atomic_noexcept auto bitand bitor
    bool break case catch char char8_t char16_t char32_t class compl concept const consteval
    constexpr constinit const_cast continue co_await co_return co_yield decltype default delete do
    double dynamic_cast else enum explicit export extern false float for friend goto if inline int
    long mutable namespace new noexcept not not_eq nullptr operator or or_eq private protected
    public reflexpr register reinterpret_cast requires return short signed sizeof static
    static_assert static_cast struct switch synchronized template this thread_local throw true try
    typedef typeid typename union unsigned using virtual void volatile wchar_t while xor xor_eq
    assert errno offsetof stderr stdin stdout EOF NULL
    """.split()
)

WIRE_NAME = re.compile(r"[a-z][a-z0-9_]*")


def identifier(name: str) -> str:
    """`class` becomes `class_`; what is legal stays."""
    return name + "_" if name in RESERVED_WORDS else name


def is_reserved_identifier(name: str) -> bool:
    """Names that C++ keeps for its implementation."""
    return "__" in name or bool(re.match("_[A-Z]", name))


def pascal(name: str) -> str:
    """`created_at` becomes `CreatedAt`, for a constant `kCreatedAt`; `listId` becomes `ListId`."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def snake(name: str) -> str:
    """`TaskList` becomes `task_list`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def plural(name: str) -> str:
    """Of an entity's name, for its collection: todos, entries, boxes."""
    if name.endswith(("s", "x", "z", "ch", "sh")):
        return name + "es"
    if name.endswith("y") and name[-2:-1] not in "aeiou":
        return name[:-1] + "ies"
    return name + "s"
