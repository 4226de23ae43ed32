"""The judge judged: worlds of known truth are drawn, judged, kept and counted as they should be."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mien import evidence, synthetic, verdict
from mien.study import worlds

SMALL = evidence.EvidenceSettings(n_repeats=1, n_permutations=19, n_gap_worlds=19, n_bootstrap=200)


def test_a_barren_world_does_not_hold_and_a_stopped_run_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(worlds, "BATCH", 2)
    cell = worlds.Cell("barren, small", 30, 0.0, 0.8, n_windows=6)
    found = worlds.judged(cell, 3, tmp_path, SMALL)
    assert set(found["gates_off"]) <= {"does_not_hold", "inconclusive"}
    assert found["p_permuted"].notna().all()
    told = []
    monkeypatch.setattr(worlds, "world", lambda *_: pytest.fail("judged again"))
    assert worlds.judged(cell, 3, tmp_path, SMALL, progress=lambda *said: told.append(said)).equals(found)
    assert told == [("barren, small", 2, 3), ("barren, small", 3, 3)]


def test_more_processes_change_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(worlds, "BATCH", 2)
    cell = worlds.Cell("barren, few", 30, 0.0, 0.8, n_windows=4)
    one = worlds.judged(cell, 4, tmp_path / "one", SMALL)
    assert worlds.judged(cell, 4, tmp_path / "two", SMALL, workers=2).equals(one)


def test_worlds_of_a_cell_are_as_the_cell_says():
    for cell in worlds.CELLS:
        table = cell.table("asked")
        assert table["person_id"].nunique() == cell.n_people
        assert table["group_id"].nunique() == cell.n_people / cell.people_per_group
        assert cell.table("asked", 40)["person_id"].nunique() == 40
        assert not cell.table("another").equals(table)


def test_skipped_permutations_change_no_verdict():
    for cell in (worlds.Cell("a", 30, 0.0, 0.8, n_windows=6), worlds.Cell("b", 30, 0.9, n_windows=6)):
        lazy = worlds.world(cell, 0, worlds.SETTINGS, 0.1)
        name = f"{cell.name} 0"
        table = synthetic.label_table(30, 6, cell.effect, target_kind="window", name=name).assign(is_synthetic=False)
        row = verdict.primary_rows(
            evidence.evaluate(table, worlds.TARGET, worlds.SIGNALS, settings=worlds.SETTINGS, corpus="worlds").rows
        ).iloc[0]
        ceiling = worlds.omniscient(cell.effect) if np.isnan(cell.ceiling) else cell.ceiling
        full = worlds._verdicts(row, ceiling, row["p_permuted"], 0.1)
        assert {name: lazy[name] for name in full} == full


def test_the_readme_says_what_the_committed_worlds_say():
    root = Path(__file__).parents[1]
    table = worlds.read(root / "data")
    assert table["is_synthetic"].all()
    assert set(table["cell"]) == {cell.name for cell in worlds.CELLS}
    assert worlds.answer(table) in " ".join((root / "README.md").read_text(encoding="utf-8").split())


def test_characteristics_are_counts_of_verdicts():
    n = 50
    part = pd.DataFrame({"cell": "planted", "value": np.linspace(0.5, 0.7, n), "gap": 0.1})
    part = part.assign(minimum_detectable_gap=0.1, new_people=np.linspace(0.55, 0.65, n))
    part["low"], part["high"] = part["value"] - 0.05, part["value"] + 0.05
    part["gap_low"], part["gap_high"] = part["low"] - 0.5, part["high"] - 0.5
    part["gap_low90"], part["gap_high90"] = part["gap_low"] + 0.02, part["gap_high"] - 0.02
    part["gates_off"] = ["holds"] * 40 + ["partly"] * 10
    part["gates_on"] = ["not_assessable"] * n
    part["p_permuted"] = [0.05] * 3 + [0.075] * 47
    row = worlds.characteristics(part).iloc[0]
    assert (row["holds"], row["partly"], row["not_assessable_gates_on"]) == (0.8, 0.2, 1)
    assert (row["holds_low"], row["holds_high"]) == pytest.approx((0.6628, 0.8997), abs=1e-4)  # Clopper and Pearson
    assert row["truth"] == pytest.approx(0.6)
    near = np.abs(part["value"] - 0.6)
    assert row["coverage_score"] == row["coverage_gap"] == pytest.approx(np.mean(near <= 0.05))
    assert row["coverage_gap90"] == pytest.approx(np.mean(near <= 0.03))
    assert "holds 80.0% [66.3%, 90.0%]" in worlds.sentences(worlds.characteristics(part))[0]
    barren = worlds.characteristics(part.assign(cell="barren")).iloc[0]
    assert barren["truth"] == 0.5
    assert barren["coverage_score"] == pytest.approx(np.mean(np.abs(part["value"] - 0.5) <= 0.05))
    assert (barren["size"], round(barren["size_high"], 4)) == (0.06, 0.1655)
    assert (
        "p at most .05 in 6.0% [1.3%, 16.5%]" in worlds.sentences(worlds.characteristics(part.assign(cell="barren")))[0]
    )
    assert "size" not in row
