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
from mien.study.answer import Answer, above, ends, joined
from mien.study.engagement import CORPORA, METRIC, MODEL, fewer, ruled

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


def answers(read):
    """What was found, by name; ``read`` holds the verdicts of the study too."""
    rows, found = read["fusion"], added(read["verdicts"])
    details = (*_interviews(rows), *_meetings(rows), *_verdict(found), WOULD_CHANGE)
    return {"fusion": Answer(_short(rows, found), details)}


WOULD_CHANGE = (
    "No committed table has face, voice and turns of the same people; recordings of at least 30 groups of connected "
    "people with all three, and enough of them to detect a gap of 0.15, would change that."
)


def _short(rows, found):
    """Whether any set of signals is shown to add to another."""
    said, leads = ruled(found), MEETINGS[1]
    voice_, gain = row(rows, INTERVIEWS[0], "set", "voice"), row(rows, INTERVIEWS[0], "added", "voice + face")
    parts = [name for name in COMPONENTS if above(row(rows, leads, "drop_one", name))]
    n = row(rows, leads, "drop_one", "share")["n_people"]
    does = "adds" if above(gain) else "is not shown to add"
    adds = f"only {parts[0]} adds" if len(parts) == 1 else f"{joined(parts)} add" if parts else "none is shown to add"
    return (
        f"{said[0].upper()}{said[1:]}, and no table has all three: a face table {does} to the voice "
        f"({ends(gain, sign=True)} on {voice_['value']:.2f} of 1 for seeming engaged; MIT Interview, "
        f"{voice_['n_people']:.0f} people, observers), of lag, share and changes {adds} for {_plain(leads)} (GAP, "
        f"{n:.0f} students, self)."
    )


def _interviews(rows):
    """What voice and face reach, alone, together, by other fusions, and with more people."""
    one = row(rows, INTERVIEWS[0], "set", "voice")
    about = f"MIT Interview ({one['n_people']:.0f} people, {one['n_windows']:.0f} interviews; observers' labels)"
    for target in INTERVIEWS:
        alone, both = row(rows, target, "set", "voice"), row(rows, target, "set", "voice+face")
        share, gain = row(rows, target, "share", "voice"), row(rows, target, "added", "voice + face")
        yield (
            f"{about}, {_plain(target)}: CCC {ends(alone)} from the voice, {ends(both)} with the face table (added "
            f"{ends(gain, sign=True)}, p = {gain['p_permuted']:.2f}; the voice's share {ends(share)})."
        )
        joins = [(name, row(rows, target, "fusion_gain", model=f"{name}_ratings")) for name in ("late", "stacked")]
        fused = ", ".join(f"{name} {ends(one, sign=True)}" for name, one in joins)
        more = ends(row(rows, target, "doubled"), sign=True)
        yield (
            f"{_plain(target)[0].upper()}{_plain(target)[1:]}: against one model of all columns fusions differ by "
            f"{fused}; twice as many people would bring {more}."
        )
    yield "The face table is a mean of at most 75 pictures: what it adds, or does not, says nothing of faces."


def _meetings(rows):
    """What each part that a vendor names adds to the others."""
    for target in MEETINGS:
        whole, one = row(rows, target, "set"), row(rows, target, "drop_one", "lag")
        about = f"GAP ({one['n_people']:.0f} people, {one['n_groups']:.0f} meetings; self-ratings), {_plain(target)}"
        parts = ", ".join(f"{name} {ends(row(rows, target, 'drop_one', name), sign=True)}" for name in COMPONENTS)
        yield f"{about}: CCC {ends(whole)} from lag, share and changes; lost without {parts}."


def _verdict(found):
    for claim, words in (("V3", "lag, share and changes each add"), ("V4", "face and voice add")):
        mine = found[found["claim"].str.startswith(claim)]
        wording = " / ".join(mine["wording"].unique())
        why = " / ".join(dict.fromkeys(mine["why"]))
        yield f"By the rules, {claim} ({words}): {wording} ({why})."


def _plain(target):
    return target.removeprefix("label_").replace("presumed_engaged", "engaged (presumed)").replace("_", " ")
