"""`places` with 25,000 real places: imported offline, pushed, pulled by a second client, and asked."""

import re
import unittest

from programs import SOURCE, Client, ProgramsTest

FILE = SOURCE / "examples/places/places-25000.tsv"
HEADER = "geonameid\tname\tcountry\tadmin\tfeature\tpopulation\tlat\tlon\n"
BERLIN = "2950159\tBerlin\tDE\t16\tPPLC\t3426354\t52.52437\t13.41053\n"


def file_rows() -> list:
    lines = FILE.read_text(encoding="utf-8").splitlines()[1:]
    return [line.split("\t") for line in lines]


class PlacesTests(ProgramsTest):
    def setUp(self):
        super().setUp()
        self.places = Client("places", self.folder / "a.db")

    def import_text(self, text, encoding="utf-8"):
        file = self.folder / "places.tsv"
        file.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return self.places.run("import", file)

    def names(self, *arguments) -> list:
        """The first column of what `top` and `search` print, below the titles."""
        return [re.split(r"  +", line)[0] for line in self.places(*arguments).splitlines()[1:]]

    def test_25000_places_go_from_one_client_to_the_other_and_answer_queries(self):
        server = self.start_server("places.fbs")
        self.places.server_url = server.url
        self.assertIn("25,000", self.places("import", FILE))
        self.assertRegex(self.places("push"), r"25,000 .*rows/s")
        second = Client("places", self.folder / "b.db", server.url)
        self.assertRegex(second("pull"), r"25,000 .*rows/s")
        self.assertEqual(second("count"), self.places("count"))

        rows = file_rows()
        japan = [row[1] for row in sorted(rows, key=lambda row: -int(row[5])) if row[2] == "JP"][:5]
        prefix = sorted(row[1] for row in rows if row[1].startswith("San J"))
        for self.places in (self.places, second):
            self.assertEqual(self.names("top", "JP", "-n", "5"), japan)
            self.assertEqual(sorted(self.names("search", "San J", "-n", "100")), prefix)

    def test_the_same_file_again_changes_nothing(self):
        self.places("import", FILE)
        self.assertIn("25,000 unchanged", self.places("import", FILE))
        self.assertIn("25,000", self.places("count"))

    def test_a_changed_row_is_updated(self):
        self.import_text(HEADER + BERLIN)
        result = self.import_text(HEADER + BERLIN.replace("3426354", "3700000"))
        self.assertIn("1 updated", result.stdout)
        self.assertIn("3,700,000", self.places("top", "DE"))

    def test_a_bad_row_is_refused_with_its_line_and_nothing_is_imported(self):
        bad = {
            "columns": "1\tx\tDE\n",
            "empty line": "\n",
            "population": "1\tx\tDE\t\t\tmany\t1\t2\n",
            "negative": "1\tx\tDE\t\t\t-1\t1\t2\n",
            "latitude": "1\tx\tDE\t\t\t1\t91\t2\n",
            "not a number": "1\tx\tDE\t\t\t1\tnan\t2\n",
            "name": "1\t\tDE\t\t\t1\t1\t2\n",
            "twice": BERLIN,
            "utf8": "1\tx\udcff\tDE\t\t\t1\t1\t2\n",
        }
        for what, line in bad.items():
            with self.subTest(what):
                text = (HEADER + BERLIN + line).encode("utf-8", "surrogateescape")
                self.assert_failed(self.import_text(text), 1, "places.tsv:3: ")
                self.assertTrue(self.places("count").startswith("0 "))

    def test_another_kind_of_file_is_refused(self):
        for text in (b"", b"a,b\n1,2\n", b"\x1f\x8b\x08\x00"):
            self.assert_failed(self.import_text(text), 1, "places.tsv:1: ")
        self.assert_failed(self.places.run("import", self.folder / "none.tsv"), 1, "none.tsv")

    def test_push_with_no_server_says_what_waits(self):
        self.import_text(HEADER + BERLIN)
        self.assert_failed(self.places.run("push"), 1, "--server", "1 change")

    def test_a_country_or_prefix_without_places_is_no_failure(self):
        self.import_text(HEADER + BERLIN)
        self.assertIn("No place", self.places("top", "XX"))
        self.assertIn("No place", self.places("search", "Zzz"))

    def test_a_bad_command_line_is_refused(self):
        for arguments in ([], ["import"], ["top"], ["top", "DE", "-n", "0"], ["search"], ["fly"]):
            self.assert_failed(self.places.run(*arguments), 2)


if __name__ == "__main__":
    unittest.main()
