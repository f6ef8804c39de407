# shellcheck shell=bash
# What the scripts share; to be sourced. Sets `root`, and goes there.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit

jobs=${SYNCLINE_JOBS:-$(nproc)}

# heading TEXT: starts a step.
heading() {
    printf '\n== %s\n' "$*"
}

# configure PRESET [OPTION...]: with ccache where there is one.
configure() {
    local preset=$1 options=()
    shift
    if command -v ccache >/dev/null; then options+=("-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"); fi
    cmake --preset "$preset" "${options[@]}" "$@"
}

# build PRESET [--target NAME...]
build() {
    local preset=$1
    shift
    cmake --build --preset "$preset" -j "$jobs" "$@"
}
