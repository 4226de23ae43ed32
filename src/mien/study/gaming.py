"""Can empty tricks raise the open score, and do machines that engage with nobody score?

After AUDIT E29, E30 and C8. Real meetings of three corpora with one trick played on their timelines, each person in
turn against the others, and the machines of ``machines``. What is gained is held against what the score tells apart:
the difference between the top and the bottom quarter of people by what they said themselves of their meeting (GAP).
Where that difference is not shown to be above 0, the ratio has no upper limit (Fieller 1954): it is then missing,
with the reason, and the least it can be is told instead.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from mien import corpora, scores, tables
from mien.corpora import gap
from mien.edits import EditError, tricks
from mien.edits import floor as edited
from mien.study import gaming_words, machines, sides
from mien.study.gains import GAMING, REAL, Book
from mien.study.gaming_words import CRITERIA
from mien.turns import anchors

NOTEBOOKS = ("12b_gaming",)
FILES = {"gaming": "gaming.csv", "gaming_quantities": "gaming_quantities.csv"}
SWEEPS = {
    "g1_filler_first": (0.1, 0.2),
    "g2_split_turns": (0.5, 1.0),
    "g7_shorter_host_turns": (20.0, 5.0),
}
"""Other doses at which a trick is played, to be shown beside the one of ``tricks.POLICIES``."""


def remake(folders, out, tick=lambda *_: None, every=None, only=corpora.TIMED):
    """Make both tables from the corpora, which stay with their makers; return their paths.

    ``folders``: the folder of each of :data:`mien.corpora.TIMED`, by name. ``every``: what ``sides.of_corpus`` gives,
    where it is already made. Raises as ``conversations.remake`` does.
    """
    every = every or {name: sides.of_corpus(name, folders[name], tick) for name in corpora.TIMED}
    parts = [of(every[name]["each"], every, folders[name], tick) for name in only]
    found = GAMING.check(pd.concat(parts, ignore_index=True))
    Path(out).mkdir(parents=True, exist_ok=True)
    made = {"gaming": found, "gaming_quantities": quantities(found)}
    return [tables.write(table, Path(out) / FILES[name]) for name, table in made.items()]


def of(one, every, folder, tick=lambda *_: None):
    """The rows of one corpus."""
    talks = talks_of(one, folder)
    norms, reference = sides.norms_without(one, every)
    book = Book(one, reference)
    real = sides.points(one.default, one, norms)
    book.machine(REAL, one.default[None], {name: own[None] for name, own in real.items()}, machines.inside(talks, one))
    tricked = {}
    for number, (name, policy) in enumerate(every_policy(), 1):
        after = played(policy, one, talks)
        points = sides.points(after, one, norms)
        tricked.setdefault(name, points)
        book.gains(name, policy.dose, after - one.default, points, real)
        tick(f"tricks: {one.corpus}", number, len(every_policy()))
    for name in machines.ALONE:
        found, inside = machines.alone(name, talks, one, tick=tick)
        parts = [sides.points(draw, one, norms) for draw in found]
        points = {profile: np.array([part[profile] for part in parts]) for profile in scores.PROFILES}
        book.machine(name, found, points, inside, real)
    for name in machines.PAIRS:
        found = machines.pairs(name, one.corpus, talks, tick=tick)
        for how in ("halves", "each"):
            book.radios(name, found, *machines.points(found, every[one.corpus][how], every), how)
    if one.corpus == "gap":
        book.quarters(_labels(one, folder), real, tricked)
    return pd.DataFrame(book.rows)


def _labels(one, folder):
    """What the people who are judged said of their meeting, {criterion: (sides,)}."""
    said = gap.people(folder).set_index(["recording_id", "person_id"])
    rows = said.reindex(pd.MultiIndex.from_frame(one.about[["recording_id", "person_id"]]))
    return {name: rows[name].to_numpy(float) for name in CRITERIA}


def every_policy():
    """(name, policy) of every trick at its own dose, then at the others of :data:`SWEEPS`."""
    swept = [(name, tricks.POLICIES[name].at(dose)) for name, doses in SWEEPS.items() for dose in doses]
    return [*tricks.POLICIES.items(), *swept]


def talks_of(one, folder):
    """The meetings of a corpus as :class:`machines.Talk`, on the clock of their first word."""
    corpus, found = corpora.named(one.corpus), {}
    group = dict(zip(one.about["recording_id"], one.about["group_id"], strict=True))
    for meeting in corpus.recordings(folder).itertuples():
        segments = anchors.from_first_word(corpus.segments(meeting.path))
        name = meeting.recording_id
        found[name] = machines.Talk(name, group[name], edited.joined(segments), segments["end_s"].max())
    return found


def played(policy, one, talks):
    """Components (sides, 3) after a trick; NaN where it cannot be played."""
    found = np.full((len(one.about), 3), np.nan)
    for at, row in enumerate(one.about.itertuples()):
        talk = talks[row.recording_id]
        try:
            segments, duration_s = tricks.played(policy, talk.segments, row.b, talk.duration_s)
        except EditError:
            continue  # B is never heard alone: no more talk can be made; the side counts as without a score
        found[at] = edited.components(segments, row.b, duration_s, None, talk.segments["person_id"].unique())[0]
    return found


# --- for the verdict --------------------------------------------------------------------------------------------------

ASKED = {
    "gain_pts": ("gain", "each"),
    "two_radio_score": ("score", "halves"),
    "random_talker_score": ("score", "each"),
}
"""What the rules ask for: the quantity of the table, and how sides were made; two radios are two people."""
OF = {"two_radio_score": "two_radios", "random_talker_score": "random_talker"}


def quantities(found):
    """What the rules ask for C8 (:data:`mien.tables.QUANTITIES`), from the table of what was found."""
    found = found.assign(part=found["policy"].where(found["policy"].isin(tricks.POLICIES), ""))
    own = found["dose"].isna()
    for name, policy in tricks.POLICIES.items():
        own |= (found["policy"] == name) & (found["dose"] == policy.dose)
    own &= found["profile"] != ""
    parts = []
    for quantity, (name, how) in ASKED.items():
        chosen = own & (found["quantity"] == name) & (found["sides"] == how)
        chosen &= found["policy"].isin([OF[quantity]] if quantity in OF else tricks.POLICIES)
        parts.append(found[chosen].assign(quantity=quantity))
    parts.append(found[found["quantity"] == "gain_over_quarters"].assign(quantity="gain_over_quartile_difference"))
    rows = pd.concat(parts, ignore_index=True)
    source = rows["made"] + "; sides: " + rows["sides"] + "; norms: " + rows["reference"].replace("", "none")
    rows = rows.assign(signals="turn", metric="", claim="", source=source, n_windows=rows["n_sides"])
    return tables.QUANTITIES.check(rows[tables.QUANTITIES.names])


def read(data, names):
    """Those of the tables that are among ``names``, by name."""
    promised = {"gaming": GAMING, "gaming_quantities": tables.QUANTITIES}
    found = {}
    for name in [name for name in FILES if name in names]:
        table = tables.read(Path(data) / FILES[name], promised[name])
        texts = [column.name for column in promised[name].columns if column.kind == "text"]
        found[name] = table.assign(**{column: table[column].fillna("") for column in texts})
    return found


# --- what was found, in words -----------------------------------------------------------------------------------------


def answers(read):
    """What was found about tricks and machines, by name."""
    return {"gaming": answer(read["gaming"])} if "gaming" in read else {}


def answer(rows):
    """What each trick adds under each profile, whether machines pass 50, and what that is of a difference of people."""
    return gaming_words.answer(rows, quantities(rows))
