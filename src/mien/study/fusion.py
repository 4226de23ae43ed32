"""Which of face, voice and turns adds what? Ablation on the committed tables, and what the rules say of it.

MIT Interview has voice, and a face table that is a mean of 75 pictures at most; GAP has turns and their three
components that a vendor names (lag, share, changes); no committed table has face, voice and turns of the same people,
so whether face and voice add to turns cannot be assessed here, and the answer says what would change that.
"""

from dataclasses import replace

import pandas as pd

from mien import tables, verdict
from mien.corpora import gap, mit
from mien.evidence import ablation
from mien.study.engagement import CORPORA, METRIC, MODEL, fewer

NOTEBOOKS = ("08_fusion",)
FILES = {"fusion": "fusion.csv", "fusion_quantities": "fusion_quantities.csv"}
"""The tables, by name: rows of :mod:`mien.evidence.ablation`, with where the label comes from; and what of these the
rules ask for."""
INPUTS = ("mit_windows.csv", "gap_windows.csv")
ROOMS = ("tables", "models", "evidence", "corpora", "verdict", "study/engagement")

INTERVIEWS = ("label_presumed_engaged", "label_excited")
INTERVIEWS_FROM = "voice"
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
    rows = pd.concat(parts, ignore_index=True)
    return {"fusion": rows, "fusion_quantities": asked_of(rows)}


def asked_of(rows):
    """What the rules ask for: whether each component adds (V3), and face and voice to turns (V4); quantities.

    They stand beside the claims of question 07 on the same label, from the voice or from turns.
    """
    found = []
    for (corpus, target), mine in rows.groupby(["corpus", "target"], sort=False):
        seen = verdict.added.of_ablation(rows, corpus, target, METRIC)
        signals = "turn" if target in MEETINGS else INTERVIEWS_FROM
        about = {"corpus": corpus, "target": target, "signals": signals, "profile": "none", "metric": METRIC}
        counts = {name: mine[name].iloc[0] for name in ("n_people", "n_groups", "n_windows")}
        rested = {name: tuple(f"{FILES['fusion']}: {way}" for way in ways) for name, ways in seen.rests_on.items()}
        found += verdict.quantities.rows_of(replace(seen, rests_on=rested), about, counts)
    return tables.QUANTITIES.check(pd.DataFrame(found, columns=tables.QUANTITIES.names), FILES["fusion_quantities"])


def read(data, names):
    """Those of the tables that are among ``names``, by name."""
    found = {name: pd.read_csv(data / file) for name, file in FILES.items() if name in names}
    if "fusion_quantities" in found:
        tables.QUANTITIES.check(found["fusion_quantities"], FILES["fusion_quantities"])
    return found


# --- what was found, in words -----------------------------------------------------------------------------------------


def added(found):
    """Of all verdicts of the study those on this question: V3 and V4 of each label that is asked here."""
    asked = [*((CORPORA["mit"], target) for target in INTERVIEWS), *((CORPORA["gap"], target) for target in MEETINGS)]
    mine = found[[scope in asked for scope in zip(found["corpus"], found["target"], strict=True)]]
    mine = mine[(mine["metric"] == METRIC) & (mine["profile"] == "none")]
    return mine[mine["claim"].str.startswith(("V3", "V4"))]


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
    """What was found, in computed sentences, by name; ``read`` holds the verdicts of the study too."""
    rows = read["fusion"]
    one, two = row(rows, INTERVIEWS[0], "set", "voice"), row(rows, MEETINGS[0], "drop_one", "lag")
    voices = "; ".join(_interviews(rows, target) for target in INTERVIEWS)
    turns = "; ".join(_meetings(rows, target) for target in MEETINGS)
    found = (
        f"MIT Interview ({one['n_people']:.0f} people, {one['n_windows']:.0f} interviews; observers' labels): {voices}."
        " The face table is a mean of at most 75 pictures: that it adds nothing says nothing of faces. GAP "
        f"({two['n_people']:.0f} people, {two['n_groups']:.0f} meetings; self-ratings; lag, share, changes): {turns}. "
        f"{_verdict(read['verdicts'])}"
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


def _verdict(found):
    parts = []
    for claim, words in (("V3", "lag, share and changes each add"), ("V4", "face and voice add")):
        mine = added(found)
        mine = mine[mine["claim"].str.startswith(claim)]
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
