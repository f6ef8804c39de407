"""Breaks lines as clang-format does with the project's style, so that output needs no formatter.

Only the few forms that the templates use are known here.
"""

from __future__ import annotations

import unicodedata

COLUMNS = 100
INDENT = "    "


def width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text)


def fits(text: str) -> bool:
    return width(text) <= COLUMNS


def rule(title: str) -> str:
    """The line above a section."""
    return f"// --- {title} ".ljust(COLUMNS - 1, "-")


def comment(text: str | list[str], indent: str = "") -> str:
    """A documentation comment of lines as they stand in the schema; ends with a newline unless it
    is empty."""
    out = []
    for line in [text] if isinstance(text, str) else text:
        # A backslash at the end would make the next line part of the comment.
        words = line.expandtabs(4).rstrip(" \\").removeprefix(" ")
        margin = words[: len(words) - len(words.lstrip())]
        first = f"{indent}/// {margin}"
        out += _wrap(words.split(), first) or [first.rstrip()]
    return "".join(line + "\n" for line in out)


def _wrap(words: list[str], margin: str) -> list[str]:
    lines: list[str] = []
    for word in words:
        if lines and fits(f"{lines[-1]} {word}"):
            lines[-1] += f" {word}"
        else:
            lines.append(margin + word)
    return lines


def braces(indent: str, before: str, items: list[str], after: str) -> str:
    """`before{a, b}after`: on one line, or the items in a line below, or an item a line."""
    one = f"{indent}{before}{{{', '.join(items)}}}{after}"
    if fits(one):
        return one
    margin = " " * (len(indent) + len(before) + 1)
    inner = indent + INDENT
    start, words = f"{indent}{before}{{", [each + "," for each in items[:-1]]
    words.append(f"{items[-1]}}}{after}")
    return _first_that_fits(
        _each_line(start, margin, words),
        [start, inner + " ".join(words)],
        [start, *_each_line(inner, inner, words)],
    )


def call(indent: str, before: str, arguments: list[str], after: str) -> str:
    """The statement `before(a, b)after`."""
    one = f"{indent}{before}({', '.join(arguments)}){after}"
    if fits(one):
        return one
    ended = [argument + "," for argument in arguments[:-1]] + [f"{arguments[-1]}){after}"]
    margin = " " * (len(indent) + len(before) + 1)
    start, inner = f"{indent}{before}(", indent + INDENT
    filled, below = _fill(start, margin, ended), [start, *_fill(inner, inner, ended)]
    broken = _at_operator(start, margin, ended)
    ways = [broken, below] if broken and len(ended) == 1 else [filled, broken, below]
    return _first_that_fits(*filter(None, ways))


def head(indent: str, before: str, arguments: list[str], after: str = " {") -> str:
    """The head of a function, `before(a, b)after`; `before` ends with a type and a name."""
    one = f"{indent}{before}({', '.join(arguments)}){after}"
    if fits(one):
        return one
    kind, _, name = before.rpartition(" ")
    ended = [argument + "," for argument in arguments[:-1]]
    ended += [f"{arguments[-1] if arguments else ''}){after}"]
    margin = " " * (len(indent) + len(before) + 1)
    ways = [
        _fill(f"{indent}{before}(", margin, ended),
        [f"{indent}{before}(", *_fill(indent + INDENT, indent + INDENT, ended)],
        [indent + kind, f"{indent}{name}({', '.join(arguments)}){after}"],
    ]
    if not arguments:
        qualifier = after.removesuffix(" {").strip()
        rest = after.partition(qualifier)[2]
        ways[:2] = [[f"{indent}{before}()", f"{indent}{INDENT}{qualifier}{rest}"]]
    return _first_that_fits(*ways)


def method(signature: str, statements: list[str], indent: str = INDENT) -> str:
    """A function within a class, on one line if it fits."""
    if not statements:
        return f"{indent}{signature} {{}}"
    one = f"{indent}{signature} {{ {statements[0]} }}"
    if len(statements) == 1 and fits(one):
        return one
    before, _, rest = signature.partition("(")
    arguments, _, after = rest.rpartition(")")
    lines = [head(indent, before, [arguments] if arguments else [], after + " {")]
    lines += [line(indent + INDENT, statement) for statement in statements]
    return "\n".join([*lines, indent + "}"])


def member(indent: str, kind: str, name: str, initializer: str) -> str:
    ways = [[f"{indent}{kind} {name}{initializer};"]]
    if initializer:
        value = initializer.removeprefix(" = ")
        ways.append([f"{indent}{kind} {name} =", f"{indent}{INDENT}{value};"])
    ways.append([indent + kind, f"{indent}{INDENT}{name}{initializer};"])
    return _first_that_fits(*ways)


def constant(
    indent: str, before: str, arguments: list, name: str, value: str | None = ""
) -> str:
    """A constant of type `before<a, b>`; None: a member that is set elsewhere."""
    words = [f"{argument}," for argument in arguments[:-1]] + [f"{arguments[-1]}>"]
    margin = " " * (len(indent) + len(before) + 1)
    named = f"{name};" if value is None else f"{name}{{{value}}};"
    below = indent + INDENT + named
    return _first_that_fits(
        [f"{indent}{before}<{' '.join(words)} {named}"],
        [f"{indent}{before}<{' '.join(words)}", below],
        [*_fill(f"{indent}{before}<", margin, words), below],
    )


def assignment(indent: str, left: str, right: str) -> str:
    one = f"{indent}{left} = {right}"
    return _first_that_fits([one], [f"{indent}{left} =", f"{indent}{INDENT}{right}"])


def condition(indent: str, test: str, statement: str) -> str:
    one = f"{indent}if ({test}) {statement}"
    return one if fits(one) else f"{indent}if ({test})\n{line(indent + INDENT, statement)}"


def derived(name: str, base: str, arguments: list[str]) -> str:
    """A class `name : base<a, b> {`."""
    words = [f"{argument}," for argument in arguments[:-1]] + [f"{arguments[-1]}> {{"]
    same, below = f"{name} : {base}<", f"{INDENT}: {base}<"
    filled = _fill(same, " " * len(same), words)
    return _first_that_fits(
        [same + " ".join(words)],
        [name, below + " ".join(words)],
        filled if len(filled) == 2 else [name, *_fill(below, " " * len(below), words)],
        [name, *_fill(below, " " * len(below), words)],
    )


def initializers(items: list[str]) -> str:
    """Of a constructor, below its head."""
    margin = INDENT * 2
    one = f"{margin}: {', '.join(items)} {{}}"
    if fits(one):
        return one
    lines = []
    for item, end in zip(items, [*("," for _ in items[1:]), " {}"]):
        before, _, arguments = item.removesuffix(")").partition("(")
        lines.append(call(f"{margin}  ", before, _split(arguments), end))
    return f"{margin}: " + "\n".join(lines).lstrip()


def constructor(signature: str, items: list[str]) -> str:
    """A constructor within a class that does nothing but initialize."""
    one = f"{INDENT}{signature} : {', '.join(items)} {{}}"
    return one if fits(one) else f"{INDENT}{signature}\n{initializers(items)}"


def line(indent: str, text: str) -> str:
    """A statement: an assignment, a call, or a chain of calls."""
    if fits(indent + text):
        return indent + text
    left, assigns, right = text.partition(" = ")
    if assigns and "(" not in left:
        below = indent + INDENT + right
        before, opens, rest = right.partition("(")
        first = f"{indent}{left} = {before}("
        if fits(below) or not opens or not fits(first):
            return f"{indent}{left} =\n{line(indent + INDENT, right)}"
        arguments, _, after = rest.rpartition(")")
        same_line = call(indent, f"{left} = {before}", _split(arguments), after)
        if same_line.count("\n") == 1:
            return same_line
        return f"{indent}{left} =\n{line(indent + INDENT, right)}"
    calls = _chain(text)
    if len(calls) > 1:
        return _first_that_fits(
            [indent + calls[0], indent + INDENT + "".join(calls[1:])]
            if len(calls) == 2
            else [indent + calls[0], *(indent + INDENT + each for each in calls[1:])],
        )
    before, _, rest = text.partition("(")
    arguments, _, after = rest.rpartition(")")
    inner_chain = _chain(arguments)
    below = f"{indent}{INDENT}{arguments}){after}"
    if len(inner_chain) == 2 and len(_split(arguments)) == 1 and not fits(below):
        margin = " " * (len(indent) + len(before) + 1)
        first = f"{indent}{before}({inner_chain[0]}"
        return f"{first}\n{margin}{INDENT}{inner_chain[1]}){after}"
    return call(indent, before, _split(arguments), after)


def _chain(text: str) -> list[str]:
    """`return a(b).c().d();` as its first call and the `.calls` on it."""
    parts, depth, start = [], 0, 0
    for at, each in enumerate(text):
        depth += {"(": 1, "<": 1, ")": -1, ">": -1}.get(each, 0)
        if each == "." and depth == 0 and text[at - 1] == ")":
            parts.append(text[start:at])
            start = at
    return [*parts, text[start:]]


def _split(arguments: str) -> list[str]:
    """At commas that are not within brackets."""
    parts, depth, start = [], 0, 0
    for at, each in enumerate(arguments):
        depth += {"(": 1, "{": 1, "<": 1, ")": -1, "}": -1, ">": -1}.get(each, 0)
        if each == "," and depth == 0:
            parts.append(arguments[start:at])
            start = at + 2
    return [*parts, arguments[start:]]


def _fill(first: str, margin: str, words: list[str]) -> list[str]:
    lines = [first + words[0]]
    for word in words[1:]:
        if fits(f"{lines[-1]} {word}"):
            lines[-1] += f" {word}"
        else:
            lines.append(margin + word)
    return lines


def _each_line(first: str, margin: str, words: list[str]) -> list[str]:
    return [first + words[0], *(margin + word for word in words[1:])]


def _at_operator(first: str, margin: str, words: list[str]) -> list[str]:
    """Arguments a line each, the first broken after its operator; nothing if it has none."""
    for operator in (" && ", " | ", " & ", " ^ ", " == "):
        left, found, right = words[0].partition(operator)
        if found:
            inner = margin + (INDENT if len(words) > 1 else "")
            rest = (margin + word for word in words[1:])
            return [f"{first}{left}{operator.rstrip()}", inner + right, *rest]
    return []


def _first_that_fits(*ways: list[str]) -> str:
    for way in ways:
        if all(map(fits, way)):
            return "\n".join(way)
    return "\n".join(ways[-1])
