"""Whoever reads "AUDIT E9" finds in ``data/specification.csv`` what it asks, where it is kept and what departs."""

import importlib
import json
import re
from pathlib import Path

import pytest

from mien import tables
from mien.study import specification

ROOT = Path(__file__).parents[1]
IDS = r"(?:[A-Zg]\d{1,2}[a-c]?|\d(?:\.\d{1,2})?)(?![\w.]*\w)"
LIST = rf"{IDS}(?:(?:,? and |, | to |[-–]|: | (?=g\d)){IDS})*"
AFTER = re.compile(rf"AUDIT(?:\.md)?,? (?:sections? )?({LIST})")
BEFORE = re.compile(rf"(?:[\[(]|[Ss]ections? |rules )({LIST}(?:; {LIST})*)(?: and ({LIST}))? of AUDIT")
ALONE = re.compile(rf"[(\[]({LIST})(?:, claim \w+)?[)\]]")
FAMILIES = "BDEFJOPRSTWZg"
PROTOCOL = {f"E{n}" for n in range(1, 38)} | {f"J{n}" for n in range(1, 7)} | {f"R{n}" for n in range(1, 11)}


def cited(text, own=True):
    """The ids of the specification that a text cites; those without the word AUDIT only in texts of our ``own``."""
    lists = [group for found in (AFTER, BEFORE) for match in found.finditer(text) for group in match.groups() if group]
    lists += [m for m in ALONE.findall(text) if m[0] in FAMILIES] if own else []
    return {one for each in lists for one in spelt_out(each)}


def spelt_out(words):
    """Every id of a list, those between the ends of a range among them: "O3 to O5" is O3, O4 and O5."""
    found = re.findall(IDS, words)
    for first, last in re.findall(rf"({IDS})(?: to |[-–])({IDS})", words):
        if first[0] == last[0] and first[1:].isdigit() and last[1:].isdigit():
            found += [f"{first[0]}{n}" for n in range(int(first[1:]), int(last[1:]))]
        elif first[0].isdigit():
            whole, _, part = first.partition(".")
            found += [f"{whole}.{n}" for n in range(int(part), int(last.partition(".")[2]))]
    return found


def texts():
    """What is written of the code: sources, tests, the cells of notebooks, README; a text by its place."""
    places = [path for end in ("py", "csv", "yaml") for path in (ROOT / "src").rglob(f"*.{end}")]
    places += [*(ROOT / "tests").glob("*.py"), *(ROOT / "tests").rglob("*.json"), *(ROOT / "data").glob("*.yaml")]
    places += [ROOT / "README.md", ROOT / "data" / "README.md"]
    found = {path: path.read_text("utf-8") for path in places if path != Path(__file__)}
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        cells = json.loads(path.read_text("utf-8"))["cells"]
        found[path] = "\n".join("".join(cell["source"]) for cell in cells)
    return found


def there(name):
    """What a dotted name stands for: a module, or what is found in the longest module of it."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for part in parts[end:]:
            found = getattr(found, part)
        return found
    raise ModuleNotFoundError(name)


@pytest.fixture(scope="module")
def table():
    return specification.read(ROOT / "data")


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("a (AUDIT E28).", {"E28"}),
        ("(AUDIT 6.7 and 6.9)", {"6.7", "6.9"}),
        ("(AUDIT 6.7 to 6.9)", {"6.7", "6.8", "6.9"}),
        ("(AUDIT O3 to O6)", {"O3", "O4", "O5", "O6"}),
        ("(AUDIT E36, claim C12)", {"E36"}),
        ("AUDIT E29, E30 and C8.", {"E29", "E30", "C8"}),
        ("(AUDIT 6.2: B6, B7 and E7)", {"6.2", "B6", "B7", "E7"}),
        ("(AUDIT 6.8 g4 and g5, 6.9)", {"6.8", "g4", "g5", "6.9"}),
        ("AUDIT, section 8;", {"8"}),
        ("and AUDIT sections 2 and 4.", {"2", "4"}),
        ("Schema: section 7 of AUDIT.md.", {"7"}),
        ("[Z1, Z2; P1, P3 to P5 of AUDIT section 2]", {"Z1", "Z2", "P1", "P3", "P4", "P5", "2"}),
        ("the rules T1-T3 and O1-O2 of AUDIT.md", {"T1", "T2", "T3", "O1", "O2"}),
        ("one error (T2).", {"T2"}),
        ("their starts (T8, T9).", {"T8", "T9"}),
        ("blink by AUDIT F8", {"F8"}),
        ("AUDIT 6.7 [A]", {"6.7"}),
        ("names that neither the rules nor AUDIT know", set()),
        ("(Fisher 1935; C12), CIE L* (D65x), version 0.10.30", set()),
    ],
)
def test_every_form_of_citing_is_understood(text, ids):
    assert cited(text) == ids


def test_every_id_that_is_cited_is_in_the_table(table):
    known = set(table["id"]) | {f"C{n}" for n in range(1, 13)}  # claims stand in verdict_rules.yaml
    strange = {}
    for path, text in texts().items():
        own = path.suffix == ".py" and "src" in path.parts
        for one in cited(text, own) - known:
            strange.setdefault(one, []).append(path.name)
    assert strange == {}


def test_the_citations_are_found_where_they_are():
    assert sum(bool(cited(text, own=False)) for text in texts().values()) >= 60


def test_the_whole_protocol_is_in_the_table(table):
    assert set(table["id"]) >= PROTOCOL


def test_every_place_exists(table):
    for name in table.loc[table["where"] != "", "where"]:
        assert there(name) is not None, name


def test_only_what_is_not_done_has_no_place(table):
    assert table.loc[table["where"] == "", "kept"].eq("not done").all()


def test_a_place_that_is_not_there_is_seen():
    with pytest.raises(AttributeError):
        there("mien.evidence.splits.bare_kfold")
    with pytest.raises(ModuleNotFoundError):
        there("nobody.knows")


def test_kept_is_one_of_three_words(table, tmp_path):
    assert set(table["kept"]) == set(specification.KEPT)
    tables.write(table.assign(kept="nearly"), tmp_path / specification.FILE)
    with pytest.raises(tables.TableError, match="'nearly'; expected as asked, otherwise, not done"):
        specification.read(tmp_path)


def test_a_departure_is_told_exactly_where_there_is_one(table):
    assert ((table["departure"] != "") == (table["kept"] != "as asked")).all()


def test_an_id_stands_there_once(table, tmp_path):
    tables.write(table.iloc[[0, 0]], tmp_path / specification.FILE)
    with pytest.raises(tables.TableError, match="two rows for id=2"):
        specification.read(tmp_path)
    assert table["id"].is_unique


def test_what_is_asked_is_one_short_sentence(table):
    assert table["asks"].str.len().between(20, 200).all()
