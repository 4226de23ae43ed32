"""Which of face, voice and turns adds what? Ablation on the committed tables, and what the rules say of it.

MIT Interview has voice, and a face table that is a mean of 75 pictures at most; GAP has turns and their three
components that a vendor names (lag, share, changes); no committed table has face, voice and turns of the same people,
so whether face and voice add to turns cannot be assessed here, and the answer says what would change that.
"""

import pandas as pd

from mien import tables, verdict
from mien.corpora import gap, mit
from mien.evidence import ablation
from mien.study.engagement import CORPORA, METRIC, MODEL, POPULATION, fewer

NOTEBOOKS = ("08_fusion",)
FILES = {"fusion": "fusion.csv"}
"""The table, by name: rows of :mod:`mien.evidence.ablation`, with where the label comes from."""
INPUTS = ("mit_windows.csv", "gap_windows.csv")
ROOMS = ("tables", "models", "evidence", "corpora", "study/engagement")

INTERVIEWS = ("label_presumed_engaged", "label_excited")
MEETINGS = ("label_satisfaction", "label_leadership")
COMPONENTS = {"lag": ["turn_response_lag_s"], "share": ["turn_talk_share"], "changes": ["turn_changes_per_min"]}
"""What a vendor names as the parts of its score, as the windows of turns have them."""
SOURCES = mit.LABELS | gap.LABELS


def make(data, settings, workers=1, tick=lambda *_: None):
    """The table from the committed windows in ``data``."""
    few = fewer(settings)
    interviews = tables.read(data / "mit_windows.csv", tables.WINDOWS)
    meetings = tables.read(data / "gap_windows.csv", tables.WINDOWS)
    parts = []
    for number, target in enumerate((*INTERVIEWS, *MEETINGS)):
        tick("ablation", number, len(INTERVIEWS) + len(MEETINGS))
        if target in INTERVIEWS:
            found = ablation.ablate(
                interviews, target, ("voice", "face"), few, CORPORA["mit"], ratings=True, base=("voice",)
            )
        else:
            found = ablation.drop_one(meetings, target, COMPONENTS, few, CORPORA["gap"], ratings=True)
        parts.append(found.assign(label_source=SOURCES[target]))
    return {"fusion": pd.concat(parts, ignore_index=True)}


def read(data, names):
    """The table, if it is among ``names``, by name."""
    return {name: pd.read_csv(data / file) for name, file in FILES.items() if name in names}


# --- what was found, in words -----------------------------------------------------------------------------------------


def verdicts(rows):
    """What the rules say of V3 (each component adds) and V4 (face and voice add) in each corpus, by target."""
    rules, parts = verdict.load(), []
    for (corpus, target), mine in rows.groupby(["corpus", "target"], sort=False):
        seen = verdict.added.of_ablation(rows, corpus, target, METRIC)
        first = mine.iloc[0]
        known = {
            "n_groups": float(first["n_groups"]),
            "n_leakage_failures": 0.0,
            "share_synthetic": 0.0,
            "coverage": 1.0,
        }
        scope = verdict.Scope(corpus, "+".join(_signals(mine)), target, first["label_source"], POPULATION[corpus])
        parts.append(
            verdict.judge(seen.numbers | known, rules, scope, METRIC, missing=seen.missing, rests_on=seen.rests_on)
        )
    return pd.concat(parts, ignore_index=True)


def _signals(rows):
    """The single signals of a table of ablation, in its order."""
    return list(
        dict.fromkeys(part for words in rows.loc[rows["what"] == "set", "signals"] for part in words.split("+"))
    )


def row(rows, target, what, signals=None, model=MODEL, metric=METRIC):
    """One row of the table by its key."""
    found = rows[(rows["target"] == target) & (rows["what"] == what) & (rows["metric"] == metric)]
    found = found[found["model"] == model]
    return (found if signals is None else found[found["signals"] == signals]).iloc[0]


def said(found, form="{:.2f}"):
    """A number with its interval, or that there is none."""
    if pd.isna(found["value"]):
        return "not to be told"
    return f"{form.format(found['value'])} [{form.format(found['low'])}, {form.format(found['high'])}]"


def answers(read):
    """What was found, in computed sentences, by name."""
    rows = read["fusion"]
    one, two = row(rows, INTERVIEWS[0], "set", "voice"), row(rows, MEETINGS[0], "drop_one", "lag")
    voices = "; ".join(_interviews(rows, target) for target in INTERVIEWS)
    turns = "; ".join(_meetings(rows, target) for target in MEETINGS)
    found = (
        f"MIT Interview ({one['n_people']:.0f} people, {one['n_windows']:.0f} interviews; observers' labels): {voices}."
        " The face table is a mean of at most 75 pictures: that it adds nothing says nothing of faces. GAP "
        f"({two['n_people']:.0f} people, {two['n_groups']:.0f} meetings; self-ratings; lag, share, changes): {turns}. "
        f"{_verdict(rows)}"
    )
    return {"fusion": found}


def _interviews(rows, target):
    """What voice and face reach, alone, together, by other fusions, and with more people."""
    alone, both = row(rows, target, "set", "voice"), row(rows, target, "set", "voice+face")
    share, gain = row(rows, target, "share", "voice"), row(rows, target, "added", "voice + face")
    joins = [(name, row(rows, target, "fusion_gain", model=f"{name}_ratings")) for name in ("late", "stacked")]
    more = row(rows, target, "doubled")
    fused = ", ".join(f"{name} {said(one, '{:+.2f}')}" for name, one in joins)
    return (
        f"{_plain(target)}: CCC {said(alone)} from the voice, {said(both)} with the face table (added "
        f"{said(gain, '{:+.2f}')}, p = {gain['p_permuted']:.2f}; the voice's share {said(share)}); against one model "
        f"of all columns fusions differ by {fused}; twice as many people would bring {said(more, '{:+.2f}')}"
    )


def _meetings(rows, target):
    whole = row(rows, target, "set")
    parts = ", ".join(f"{name} {said(row(rows, target, 'drop_one', name), '{:+.2f}')}" for name in COMPONENTS)
    return f"{_plain(target)} CCC {said(whole)}, lost without {parts}"


def _verdict(rows):
    found = verdicts(rows)
    parts = []
    for claim, words in (("V3", "lag, share and changes each add"), ("V4", "face and voice add")):
        mine = found[found["claim"].str.startswith(claim)]
        wording = " / ".join(mine["wording"].unique())
        why = " / ".join(dict.fromkeys(mine["why"]))
        parts.append(f"{claim} ({words}): {wording} ({why})")
    return (
        f"By the rules, {'; '.join(parts)}. No committed table has face, voice and turns of the same people; "
        "recordings of at least 30 groups of connected people with all three, and enough of them to detect a gap of "
        "0.15, would change that."
    )


def _plain(target):
    return target.removeprefix("label_").replace("presumed_engaged", "engaged (presumed)").replace("_", " ")
