"""Compiles every public header alone, twice included: it needs nothing before it, and no library of others.

    check_headers.py INCLUDE-FOLDER COMPILER [FLAG...]
"""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path


def compile_alone(header: str, command: list) -> str:
    """What the compiler says of a file that has only this header; empty if it is content."""
    source = f'#include "{header}"\n#include "{header}"\n'
    result = subprocess.run([*command, "-x", "c++", "-fsyntax-only", "-"], input=source, text=True,
                            capture_output=True)
    if result.returncode == 0 and not result.stderr:
        return ""
    return f"{header} does not compile alone:\n{result.stderr}"


def main():
    folder, command = Path(sys.argv[1]), [*sys.argv[2:], f"-I{sys.argv[1]}"]
    headers = sorted(path.relative_to(folder).as_posix() for path in folder.glob("**/*.hpp"))
    if not headers:
        sys.exit(f"no headers in {folder}")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        faults = [text for text in pool.map(lambda header: compile_alone(header, command), headers) if text]
    print("\n".join(faults) if faults else f"{len(headers)} headers compile alone.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
