"""The table of doses against the rules: every dose of the rules stands in it, and decides exactly where they say so."""

from pathlib import Path

import pandas as pd
import yaml

from mien.edits import doses

ROOT = Path(__file__).parents[1]


def ruled():
    """The doses of the rules as (set, axis or profile, edit, value as text, decides)."""
    rules = yaml.safe_load((ROOT / "data" / "verdict_rules.yaml").read_text("utf-8"))["doses"]
    found = []
    for name, rows in rules.items():
        for row in rows:
            axis = row.get("axis", row.get("profile"))
            found += [(name, axis, row.get("edit", axis), str(value), row["decides"]) for value in row["values"]]
    return found


def like(value):
    """Numbers alike however they are written."""
    number = pd.to_numeric(value, errors="coerce")
    return value if pd.isna(number) else f"{number:g}"


def test_every_dose_of_the_rules_is_listed_and_decides_where_they_say():
    table = doses.read()
    listed = {}
    for row in table.itertuples():
        listed.setdefault((row.set, row.axis, row.edit, like(row.value)), set()).add(row.decides)
    for name, axis, edit, value, decides in ruled():
        assert listed.get((name, axis, edit, like(value))) == {decides}, (name, axis, edit, value)


def test_nothing_else_decides():
    deciding = {(name, axis, edit, like(value)) for name, axis, edit, value, decides in ruled() if decides}
    table = doses.read()
    own = table[table["decides"]]
    assert {(row.set, row.axis, row.edit, like(row.value)) for row in own.itertuples()} == deciding


def test_a_dose_of_a_person_decides_only_with_a_named_source():
    table = doses.read().query("set == 'individual'")
    assert not table.loc[table["decides"], "source"].str.contains(r"\[A\]").any()
    assert table.loc[~table["decides"], "source"].str.contains(r"\[A\]").all()


def test_what_decides_about_a_recording_is_ordinary():
    table = doses.read().query("set == 'ordinary'")
    assert (table["ordinary"] == table["decides"]).all()


def test_a_diagnosis_is_never_said():
    assert "never a diagnosis" in doses.NEVER_A_DIAGNOSIS
    assert "never a diagnosis" in doses.__doc__
