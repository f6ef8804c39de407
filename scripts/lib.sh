# shellcheck shell=bash
# What the scripts share; to be sourced. Sets `root`, and goes there.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit

jobs=${SYNCLINE_JOBS:-$(nproc)}

# heading TEXT: starts a step.
heading() {
    printf '\n== %s\n' "$*"
}

# The configure step's options: a Python that has Jinja2, and ccache where there is one.
configure_options() {
    local python
    for python in python3 /usr/bin/python3; do
        if "$python" -c 'import jinja2' 2>/dev/null; then
            echo "-DPython3_EXECUTABLE=$("$python" -c 'import sys; print(sys.executable)')"
            break
        fi
    done
    if command -v ccache >/dev/null; then echo "-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"; fi
}

# configure PRESET [OPTION...]
configure() {
    local preset=$1 options
    shift
    mapfile -t options < <(configure_options)
    cmake --preset "$preset" "${options[@]}" "$@"
}

# build PRESET [--target NAME...]
build() {
    local preset=$1
    shift
    cmake --build --preset "$preset" -j "$jobs" "$@"
}
