"""The people of GAP in one table: what they said of their meeting, the open score of each, and what else explains it.

Each person in turn is B and all others of the meeting are A (``sides``); norms are those of the other 27 meetings.
Labels, and what annotators marked, come from the committed tables of GAP; nobody was asked how engaged they were.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from mien import corpora, scores, tables
from mien.corpora import gap
from mien.study.score import sides

PRIMARY = "label_satisfaction"
"""Named before any result of this question: it is the mean of five ratings, so the one self-rating whose reliability
can be known, and of all that was asked the closest to a consumer who is content. Question 07 had put it first too."""
ITEMS = ("label_time_expectation", "label_worked_well", "label_time_management", "label_efficiency", "label_quality")
CRITERIA = {
    PRIMARY: "satisfaction",
    "label_worked_well": "worked well together",
    "label_quality": "quality of work",
    "label_time_management": "time management",
    "label_efficiency": "efficiency",
    "label_time_expectation": "time expectation",
    "label_leadership": "leadership",
    "label_individual_influence": "influence on the result",
    "label_group_score": "result of the group",
}
"""What the score is asked to follow: seven ratings of one's own meeting (self) and two outcomes."""
LESS_IS_BETTER = ("label_individual_influence", "label_group_score")
"""Sums of distances between lists: they are turned round, so that more is better in every criterion."""
MEASURES = {
    "norm_referenced": "open score, norm-referenced",
    "fixed_curve": "open score, fixed curves",
    "share": "its part: share near one half",
    "lag": "its part: quick answers",
    "changes": "its part: changes of floor",
    "talk_share": "talk share (talkativeness)",
    "talk_time": "talk time over duration",
    "annotated_sentiment": "sentiment marked by annotators",
    "words_per_min": "speech rate",
}
"""What is held against each criterion; the parts as the score turns them (more is what is called more engaged)."""
PARTS = ("share", "lag", "changes")
NUISANCES = ("talk_share", "usual_lag_s", "words_per_min", "english_first")
"""E23: talkativeness, usual latency (people met once, so it is that of this meeting), speech rate, language status."""
SIZE = ("n_people", "duration_min")
"""What the meeting was: the fewer people, the nearer every share lies to one half, whoever talks."""
BLOCK_S = 30.0
POLARITY = {"positive": 1.0, "negative": -1.0, "mixed": 0.0, "none": 0.0}


def people(every, folder, data):
    """A row per person of GAP (84): ids, labels, confounds, the measures, and the score of each half of the meeting.

    ``every`` the sides of the corpora (:func:`mien.study.score.sides.of_corpus`), ``folder`` of GAP, for its words,
    ``data`` the folder of the committed tables. Raises :class:`mien.corpora.CorpusError` where people of the two
    differ.
    """
    one = every["gap"]["each"]
    norms, _ = sides.norms_without(one, every)
    table = one.about[["recording_id", "person_id"]].assign(**sides.points(one.default, one, norms))
    table[list(PARTS)] = scores.oriented(one.default)
    table["talk_share"], table["usual_lag_s"] = one.default[:, 0], one.default[:, 1]
    table["duration_min"] = [one.lines[name].duration_ms / 60_000 for name in table["recording_id"]]
    table["talk_time"] = [_talk_ms(one, row) for row in one.about.itertuples()] / table["duration_min"] / 60_000
    table["n_people"] = table.groupby("recording_id")["person_id"].transform("size").astype(float)
    for half, found in zip((1, 2), halves(one, norms), strict=True):
        table = table.assign(**{f"{profile}_{half}": values for profile, values in found.items()})
    table = table.merge(_spoken(folder), how="left", on=["recording_id", "person_id"])
    rated = tables.read(Path(data) / "gap_windows.csv", tables.WINDOWS)
    whole = rated.merge(table, on=["recording_id", "person_id"], how="inner", validate="one_to_one")
    if len(whole) != len(rated) or len(whole) != len(table):
        raise corpora.CorpusError(
            f"gap: {len(table)} people in {folder}, {len(rated)} in gap_windows.csv; expected the same people in both"
        )
    whole[list(LESS_IS_BETTER)] *= -1
    whole["english_first"] = (whole["confound_english"] == "first language").astype(float)
    return whole.merge(_sentiment(data), how="left", on="person_id")


def _talk_ms(one, row):
    line = one.lines[row.recording_id]
    return line.talk_ms[line.side(row.b), -1].sum()


def halves(one, norms, block_s=BLOCK_S):
    """The score of every other block of 30 s, and of the rest (E21): two dictionaries {profile: (sides,)}.

    No floor of transfers applies: half a short meeting has few, and its lag is the less sure.
    """
    found = np.array([_halves(one.lines[row.recording_id], row.b, block_s) for row in one.about.itertuples()])
    return [sides.points(found[:, half], one, norms) for half in (0, 1)]


def _halves(line, b, block_s):
    starts = np.arange(0, line.duration_ms, block_s * 1000)
    lengths = np.minimum(block_s * 1000, line.duration_ms - starts)
    odd = np.arange(len(starts)) % 2
    return scores.drawn(line, line.side(b), np.stack([starts, starts]), np.stack([lengths * (1 - odd), lengths * odd]))


def _spoken(folder):
    """Words a minute of one's own speech, from the transcripts: recording_id, person_id, words_per_min."""
    rows = []
    for meeting in gap.recordings(folder).itertuples():
        said = gap.segments(meeting.path).assign(recording_id=meeting.recording_id)
        rows.append(said.assign(n=said["words"].str.split().str.len(), length=said["end_s"] - said["start_s"]))
    sums = pd.concat(rows).groupby(["recording_id", "person_id"])[["n", "length"]].sum()
    return (60 * sums["n"] / sums["length"]).rename("words_per_min").reset_index()


def _sentiment(data):
    """What annotators marked in one's sentences as O7 does it: 50 + 50 sum(duration x polarity) / sum(duration)."""
    said = pd.read_csv(Path(data) / "gap_sentences.csv", usecols=["person_id", "start_s", "end_s", "label_sentiment"])
    lasts = said["end_s"] - said["start_s"]
    parts = pd.DataFrame({"p": lasts * said["label_sentiment"].map(POLARITY), "s": lasts})
    sums = parts.groupby(said["person_id"]).sum()
    return (50 + 50 * sums["p"] / sums["s"]).rename("annotated_sentiment").reset_index()
