"""check_includes.py finds what it is there to find: each case is a small tree with one fault, or none."""

import tempfile
import unittest
from pathlib import Path

from check_includes import Checker

ARCHITECTURE = """# x
<!-- layers -->
| modules | what |
|---|---|
| `base` | b |
| `protocol` `storage` | p, s |
| `store` `queue` | s, q |

More text with `unrelated` words.
"""


class CheckIncludesTests(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.write("docs/architecture.md", ARCHITECTURE)
        self.module("base", "")
        self.module("storage", "PUBLIC syncline::base PRIVATE SQLiteCpp")
        self.module("protocol", "PRIVATE syncline::base")
        self.module("store", "PUBLIC syncline::storage PRIVATE syncline::protocol")
        self.module("queue", "PUBLIC syncline::storage")

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def module(self, name, links):
        self.write(f"runtime/src/{name}/CMakeLists.txt", f"syncline_module({name}\n  SOURCES a.cpp\n  {links})\n")

    def faults(self):
        return Checker(self.root).run()

    def assert_fault(self, *words):
        faults = self.faults()
        self.assertEqual(len(faults), 1, faults)
        for word in words:
            self.assertIn(word, faults[0])

    def test_a_module_may_include_what_it_links_from_above(self):
        self.write("runtime/src/store/rows.cpp",
                   '#include "syncline/store/rows.hpp"\n#include "syncline/protocol/row.hpp"\n#include <vector>\n')
        self.write("runtime/include/syncline/store/rows.hpp", '#include "syncline/storage/database.hpp"\n')
        self.assertEqual(self.faults(), [])

    def test_what_a_link_links_publicly_may_be_included(self):
        self.write("runtime/include/syncline/store/rows.hpp", '#include "syncline/base/ids.hpp"\n')
        self.assertEqual(self.faults(), [])

    def test_an_include_of_a_neighbour_is_a_fault(self):
        self.write("runtime/src/store/rows.cpp", '#include "syncline/queue/queue.hpp"\n')
        self.assert_fault("runtime/src/store/rows.cpp", "queue is not in a row above")

    def test_an_include_from_below_is_a_fault(self):
        self.write("runtime/include/syncline/base/ids.hpp", '#include "syncline/store/rows.hpp"\n')
        self.assert_fault("runtime/include/syncline/base/ids.hpp", "store is not in a row above")

    def test_an_include_without_a_link_is_a_fault(self):
        self.write("runtime/src/queue/queue.cpp", '#include "syncline/protocol/row.hpp"\n')
        self.assert_fault("queue does not link syncline::protocol")

    def test_a_public_header_that_shows_a_private_link_is_a_fault(self):
        self.write("runtime/include/syncline/store/rows.hpp", '#include "syncline/protocol/row.hpp"\n')
        self.assert_fault("store does not link syncline::protocol publicly")

    def test_a_link_to_a_neighbour_is_a_fault(self):
        self.module("queue", "PUBLIC syncline::storage PRIVATE syncline::store")
        self.assert_fault("runtime/src/queue/CMakeLists.txt", "links store")

    def test_a_module_that_no_row_names_is_a_fault(self):
        self.module("extra", "PUBLIC syncline::base")
        self.assert_fault("extra is in no row")

    def test_a_library_in_its_place_is_none(self):
        self.write("runtime/src/storage/database.cpp", "#include <SQLiteCpp/SQLiteCpp.h>\n")
        self.assertEqual(self.faults(), [])

    def test_a_library_elsewhere_is_a_fault(self):
        self.write("runtime/src/store/rows.cpp", "#include <SQLiteCpp/SQLiteCpp.h>\n")
        self.assert_fault("SQLiteCpp", "runtime/src/storage/ only")

    def test_a_library_in_a_public_header_is_a_fault(self):
        self.write("runtime/include/syncline/storage/database.hpp", "#include <sqlite3.h>\n")
        self.assert_fault("runtime/include/syncline/storage/database.hpp", "sqlite3.h")

    def test_a_library_that_nobody_has_placed_is_a_fault(self):
        self.write("examples/todo/main.cpp", "#include <curl/curl.h>\n")
        self.assert_fault("curl/curl.h", "say in check_includes.py")

    def test_the_server_may_not_use_the_clients_modules(self):
        self.write("server/src/engine.cpp", '#include "syncline/base/ids.hpp"\n#include "syncline/queue/queue.hpp"\n')
        self.assert_fault("server/src/engine.cpp", "may use only base, protocol, storage")

    def test_generated_code_may_not_reach_below_the_collections(self):
        self.write("generated/todo.hpp", '#include "syncline/storage/database.hpp"\n')
        self.assert_fault("generated/todo.hpp", "may use only client, collection")


if __name__ == "__main__":
    unittest.main()
