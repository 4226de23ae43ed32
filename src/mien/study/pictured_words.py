"""What a face score does when camera or face change: what the rows of ``pictured`` say, in computed sentences."""

import pandas as pd

from mien.study.answer import Answer, clear, ends, joined

LOSS = 10.0
"""The tolerance dose costs the median person so many points (AUDIT E32)."""
COVERS = ("dark glasses", "mask", "hand", "hair")


def cell(rows, axis, dose, quantity):
    """One row of the table of scores."""
    return rows.set_index(["axis", "dose", "quantity"]).loc[(axis, dose, quantity)]


def answer(rows):
    """What a face score does when camera or face change."""
    first = cell(rows, "nothing", "none", "accuracy")
    about = (
        f"Photographs of {first['n_people']:.0f} adults (London set, smiles acted) were scored 0 to 100 for smiling "
        f"by a model that never saw them; it is right in {_share(first)}."
    )
    caveat = "What changed is what was shown or seen, never what anybody felt; what covers faces is drawn."
    moved = (*_moved(rows), _women_and_men(rows))
    return Answer(_short(rows, first), (about, _camera(rows), _covers(rows), *moved, caveat))


def _short(rows, first):
    half, still = (cell(rows, "face_excursion_factor", dose, "mean_change_smiling") for dose in ("0.5", "0"))
    worst, mask = _ordinary(rows)[0], cell(rows, "occlusion", "mask", "mean_change_smiling")
    lead = (
        "It lowers it"
        if all(row["high"] < 0 for row in (half, still, mask))
        else "It is not shown to lower it each time"
    )
    return (
        f"{lead}: a posed smile of half its size scores {_points(half, ' points')}, one that never moves "
        f"{_points(still)}, one behind a drawn mask {_points(mask)}; ordinary camera conditions move 19 in 20 scores "
        f"by at most {ends(worst, 0, 1)} (London, {first['n_people']:.0f} people, acted)."
    )


def _ordinary(rows):
    """Of the conditions that decide the worst by points, the worst by crossings, and how many there are."""
    decides = rows[rows["decides"].astype(bool)]
    worst, crosses = (
        decides[decides["quantity"] == name].sort_values("value").iloc[-1] for name in ("p95_abs_change", "crossing_50")
    )
    return worst, crosses, len(decides[["axis", "dose"]].drop_duplicates())


def _camera(rows):
    worst, crosses, n = _ordinary(rows)
    return (
        f"Under {n} ordinary conditions of the camera 95 % of scores move by no more than {ends(worst, 0, 1)} points "
        f"(worst: {_named(worst)}) and {_share(crosses)} cross 50 (worst: {_named(crosses)})."
    )


def _named(row):
    return f"{row['axis'].replace('_', ' ')} {row['dose']}"


def _covers(rows):
    """What covers the face, where it was run."""
    run = set(rows.loc[rows["axis"] == "occlusion", "dose"])
    said = []
    for kind in [one for one in COVERS if one in run]:
        lost = cell(rows, "occlusion", kind, "coverage_lost")
        smiling = cell(rows, "occlusion", kind, "mean_change_smiling")
        gone = f", {100 * lost['value']:.0f} % without a score" if lost["value"] else ""
        said.append(f"{kind}: {_smiles(smiling)}{gone}")
    return f"Drawn over the face: {'; '.join(said)}." if said else ""


def _smiles(row):
    return "no smile is scored" if pd.isna(row["value"]) else f"smiles {_points(row)} points"


def _moved(rows):
    """What the face itself did less, or more."""
    half, still = (cell(rows, "face_excursion_factor", dose, "mean_change_smiling") for dose in ("0.5", "0"))
    sides = [cell(rows, "one_side_excursion_factor", f"0 {side}", "mean_change_smiling") for side in ("left", "right")]
    pasted = cell(rows, "constant_smile", "0.3", "mean_change_neutral")
    return (
        f"A smile that goes half as far from the person's own rest scores {_points(half)} points, one side still "
        f"(left, right) {joined(map(_points, sides))}, no movement {_points(still)}; {_median(rows)}.",
        f"A smile pasted on by 0.3 gives neutral faces {_points(pasted)} points.",
    )


def _median(rows):
    found = cell(rows, "face_excursion_factor", "all", "tolerance_dose")
    if pd.isna(found["value"]):
        return f"no factor costs the median person {LOSS:.0f} points"
    return f"the median person loses {LOSS:.0f} points where smiles reach {ends(found)} of their usual size"


def _women_and_men(rows):
    """For which changes women and men who smile lose differently."""
    apart = rows[(rows["quantity"] == "mean_change_smiling_female_minus_male") & (rows["axis"] != "nothing")]
    sure = [row for row in apart.to_dict("records") if clear(row)]
    if not sure:
        return f"Women and men who smile change alike under each of {len(apart)} changes, as far as can be told."
    said = "; ".join(f"{_named(row)} {_points(row)}" for row in sure)
    return f"Women less men who smile change differently under {len(sure)} of {len(apart)}, in points: {said}."


def _points(row, unit=""):
    return ends(row, 0, 1, sign=True, unit=unit)


def _share(row):
    return f"{ends(row, 0, 1, 100)} %"
