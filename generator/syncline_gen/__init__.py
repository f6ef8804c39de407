"""syncline-gen: entity schemas in, C++ out.

`load(.bfbs) -> Model -> check -> render -> {path: text}`; only the command line writes files.
"""

VERSION = "0.1"
