"""Checks that a source compiles as it is, and that each misuse in it is refused.

    #ifdef QUERY_BY_A_FIELD_WITHOUT_INDEX  // error: words that the compiler must say
        the line that must not compile
    #else
        the line beside it that must
    #endif
"""

import os
import re
import subprocess
import sys
from pathlib import Path

MISUSE = re.compile(r"^#ifdef (\w+)  // error: (.+)$", re.MULTILINE)


def compile_source(command: list, source: Path, defines: list):
    run = subprocess.run([*command, "-fsyntax-only", *defines, str(source)], capture_output=True,
                         text=True, check=False, env=os.environ | {"LC_ALL": "C"})
    return run.returncode == 0, run.stderr


def main() -> int:
    source, command = Path(sys.argv[1]), sys.argv[2:]
    faults = []
    fine, output = compile_source(command, source, [])
    if not fine:
        faults.append(f"does not compile without misuse:\n{output}")
    misuses = MISUSE.findall(source.read_text(encoding="utf-8"))
    if not misuses:
        faults.append("has no misuse to check")
    for name, words in misuses:
        fine, output = compile_source(command, source, [f"-D{name}"])
        if fine:
            faults.append(f"{name}: compiles, but must not")
        elif words not in output:
            faults.append(f"{name}: the compiler does not say '{words}':\n{output}")
    for fault in faults:
        print(f"{source.name}: {fault}")
    print(f"{len(misuses)} misuses checked, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
