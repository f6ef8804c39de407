"""Checks that the folders of syncline use each other only as docs/architecture.md says.

- A runtime module includes modules in the rows above its own, and none beside it.
- It links what it includes: publicly what its public headers show, and nothing of its own row or below.
- A third-party library is included in the one place that is there for it, never in a public header.
"""

import argparse
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

# Third-party headers, and the folders that may include them.
LIBRARIES = [
    (r"SQLiteCpp/", ["runtime/src/storage/"]),
    (r"sqlite3\.h", ["runtime/src/storage/", "runtime/src/testing/memory_disk.cpp"]),
    (r"httplib\.h", ["runtime/src/http/"]),
    (r"flatbuffers/|.*_generated\.h", ["runtime/src/protocol/", "server/"]),
    (r"xxhash\.h", ["runtime/src/protocol/"]),
    (r"boost/(beast|asio|system)", ["server/src/http/"]),
    (r"spdlog/", ["server/", "tests/"]),
    (r"CLI/|nlohmann/", ["server/", "examples/", "tests/"]),
]

# Operating system headers: the few places that are not portable C++.
PLATFORM = r"(linux/.*|windows|winsock2|sys/.*|unistd|fcntl|signal|pthread|poll|arpa/.*|netinet/.*)\.h"
PLATFORM_PLACES = ["runtime/src/base/", "runtime/src/storage/", "runtime/src/http/", "runtime/src/reactive/lock.cpp",
                   "runtime/src/reactive/stack_limit.cpp", "server/", "examples/"]

# Folders that are no runtime module, and the modules that they may include.
OUTSIDE = {"server/": {"base", "protocol", "storage"}, "generated/": {"collection", "client"}}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


@dataclass
class Module:
    name: str
    public_links: set = field(default_factory=set)
    private_links: set = field(default_factory=set)


def read_layers(document: str) -> dict:
    """Row number of every module, from the table after `<!-- layers -->` in docs/architecture.md."""
    table = document.split("<!-- layers -->", 1)[1].strip().split("\n\n", 1)[0]
    rows = [line.split("|")[1] for line in table.splitlines()[2:]]
    return {name: row for row, cell in enumerate(rows) for name in re.findall(r"`(\w+)`", cell)}


def read_module(cmake: str):
    """The `syncline_module` call of a CMakeLists.txt: its name and the modules it links."""
    call = re.search(r"syncline_module\(\s*(\w+)(.*?)\)", re.sub(r"#.*", "", cmake), re.DOTALL)
    if call is None:
        return None
    module = Module(call.group(1))
    section = None
    for word in call.group(2).split():
        if word in ("SOURCES", "PUBLIC", "PRIVATE"):
            section = word
        elif word.startswith("syncline::") and section in ("PUBLIC", "PRIVATE"):
            links = module.public_links if section == "PUBLIC" else module.private_links
            links.add(word.removeprefix("syncline::"))
    return module


def reachable(modules: dict, names: set) -> set:
    """`names` and all they link publicly."""
    found, todo = set(), list(names)
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo.extend(modules[name].public_links if name in modules else ())
    return found


def included_module(header: str):
    parts = header.split("/")
    return parts[1] if parts[0] == "syncline" and len(parts) > 2 else None


class Checker:
    def __init__(self, root: Path):
        self.root = root
        self.layers = read_layers((root / "docs/architecture.md").read_text(encoding="utf-8"))
        found = (read_module(path.read_text(encoding="utf-8"))
                 for path in sorted(root.glob("runtime/src/*/CMakeLists.txt")))
        self.modules = {module.name: module for module in found if module}
        self.faults = []

    def run(self):
        for module in self.modules.values():
            self.check_links(module)
        for pattern in ("runtime/include/syncline/*/**/*.hpp", "runtime/src/**/*.[ch]pp"):
            for path in sorted(self.root.glob(pattern)):
                self.check_module_file(path)
        for folder in ("runtime", "server", "generated", "examples"):
            for path in sorted((self.root / folder).glob("**/*.[ch]pp")):
                self.check_libraries(path)
        for folder, allowed in OUTSIDE.items():
            for path in sorted((self.root / folder).glob("**/*.[ch]pp")):
                self.check_outside(path, allowed)
        return self.faults

    def fault(self, path: Path, text: str):
        self.faults.append(f"{path.relative_to(self.root)}: {text}")

    def includes(self, path: Path):
        return INCLUDE.findall(path.read_text(encoding="utf-8"))

    def is_above(self, used: str, user: str) -> bool:
        return self.layers[used] < self.layers[user]

    def check_links(self, module: Module):
        path = self.root / "runtime/src" / module.name / "CMakeLists.txt"
        if module.name not in self.layers:
            self.fault(path, f"module {module.name} is in no row of docs/architecture.md")
            return
        for used in sorted(module.public_links | module.private_links):
            if used not in self.layers or not self.is_above(used, module.name):
                self.fault(path, f"{module.name} links {used}, which is not in a row above it")

    def check_module_file(self, path: Path):
        parts = path.relative_to(self.root).parts
        is_public = parts[1] == "include"
        name = parts[3] if is_public else parts[2]
        module = self.modules.get(name)
        if module is None:
            # A header that is written before its module is checked when that comes.
            return
        links = module.public_links if is_public else module.public_links | module.private_links
        visible = reachable(self.modules, links) | {name}
        for _, header in self.includes(path):
            used = included_module(header)
            if used is None or used == name:
                continue
            if used not in self.layers or not self.is_above(used, name):
                self.fault(path, f"{name} includes {header}, but {used} is not in a row above it")
            elif used not in visible:
                how = "publicly " if is_public else ""
                self.fault(path, f"includes {header}, but {name} does not link syncline::{used} {how}".rstrip())

    def check_libraries(self, path: Path):
        place = path.relative_to(self.root).as_posix()
        for bracket, header in self.includes(path):
            allowed = self.places_of(header)
            if allowed is not None and not any(place.startswith(folder) for folder in allowed):
                self.fault(path, f"includes <{header}>, which belongs into {' or '.join(allowed)} only")
            if allowed is None and bracket == "<" and re.search(r"[./]", header):
                self.fault(path, f"includes <{header}>: say in check_includes.py where that may be used")

    def places_of(self, header: str):
        for pattern, places in LIBRARIES:
            if re.match(pattern, header):
                return places
        return PLATFORM_PLACES if re.fullmatch(PLATFORM, header) else None

    def check_outside(self, path: Path, allowed: set):
        for _, header in self.includes(path):
            used = included_module(header)
            if used in self.layers and used not in allowed:
                self.fault(path, f"includes {header}, but may use only {', '.join(sorted(allowed))}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[2])
    faults = Checker(parser.parse_args().root).run()
    print("\n".join(faults) if faults else "Every include and link goes the way docs/architecture.md says.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
