"""Every side of every meeting of three corpora: the floor once under each specification, and the components of B.

The meetings have no host and no guest. Sides are made of who is there, in the two ways of ``scores.SIDES``: each person
in turn against all others, or each half of the people, in the order of their ids round a circle, against the other.
Neither is how the people saw themselves: what is found holds for sides so made.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from mien import corpora, scores, windows
from mien.turns import anchors

NAMES = {"ami": "AMI", "gap": "GAP", "mrda": "ICSI"}
VERSION = 1
BORROWED = {"mrda": "ami"}
"""Whose reference stands in where all meetings hang together by their people: none is free of the one tested."""


@dataclass(frozen=True)
class Sides:
    """All sides of a corpus, made one way: ``about`` (a row per side), their components, and the timelines.

    ``about``: corpus, recording_id, person_id (who is B; several joined by +), group_id, b (tuple). ``components``
    (sides, 144, 3). ``lines`` {recording_id: timeline under the default specification}.
    """

    corpus: str
    how: str
    about: pd.DataFrame
    components: np.ndarray
    lines: dict

    @property
    def id(self):
        """The id of the reference that these sides make."""
        return f"{self.corpus}_{self.how}_v{VERSION}"

    @property
    def default(self):
        """The components under the default specification, (sides, 3)."""
        return self.components[:, default_place()]


def default_place():
    """Where the default specification stands among the 144."""
    axes = scores.AXES
    at = [axes[name].index(value) for name, value in scores.DEFAULT.items()]
    return int(np.ravel_multi_index(at, [len(values) for values in axes.values()]))


def of_corpus(name, folder, tick=lambda *_: None):
    """The :class:`Sides` of a corpus, made in each of the two ways: {how: sides}."""
    corpus, told = corpora.named(name), {}
    meetings = corpus.recordings(folder)
    rows, found, lines = {how: [] for how in scores.SIDES}, {how: [] for how in scores.SIDES}, {}
    people = []
    for number, meeting in enumerate(meetings.itertuples(), 1):
        segments = anchors.from_first_word(corpus.segments(meeting.path, told)).drop(columns="words", errors="ignore")
        every = scores.lines(segments, segments["end_s"].max())
        line = lines[meeting.recording_id] = every[scores.DEFAULT["min_pause_s"], scores.DEFAULT["bc_max_s"]]
        people += [(meeting.recording_id, person) for person in line.people]
        for how in scores.SIDES:
            for b in scores.sides(line.people, how):
                rows[how].append((name, meeting.recording_id, "+".join(b), b))
                found[how].append(scores.measured(every, b))
        tick(f"sides of {name}", number, len(meetings))
    if told["unread"]:
        raise corpora.CorpusError(f"{len(told['unread'])} lines can't be read; the first is {told['unread'][0]}")
    people = pd.DataFrame(people, columns=["recording_id", "person_id"])
    group = dict(zip(people["recording_id"], windows.group_id(people), strict=True))
    made = {}
    for how in scores.SIDES:
        about = pd.DataFrame(rows[how], columns=["corpus", "recording_id", "person_id", "b"])
        about["group_id"] = about["recording_id"].map(group)
        made[how] = Sides(name, how, about, np.array(found[how]), lines)
    return made


def references(every):
    """The table of references of all corpora, pinned: 144 rows per corpus and way of making sides."""
    rows = [
        scores.table_of(scores.oriented(one.components), one.about, one.how, one.id, corpora.named(one.corpus).LICENCE)
        for made in every.values()
        for one in made.values()
    ]
    return scores.pinned(pd.concat(rows, ignore_index=True))


def norms_without(one, every, place=None):
    """Norms for each group of a corpus that hold no recording of it (E33): ({group_id: norms}, words).

    Where a corpus is one group, those of another corpus stand in (:data:`BORROWED`).
    """
    place = default_place() if place is None else place
    other = every[BORROWED[one.corpus]][one.how] if one.corpus in BORROWED else None
    if other is not None:
        norms = scores.norms_of(scores.oriented(other.components[:, place]), other.id)
        return dict.fromkeys(one.about["group_id"].unique(), norms), other.id
    x, groups = scores.oriented(one.components[:, place]), one.about["group_id"].to_numpy()
    return {g: scores.norms_of(x[groups != g], one.id) for g in np.unique(groups)}, f"{one.id} without its group"


def points(components, one, norms, weights=None):
    """Both profiles of components (sides, 3) of a corpus, against the norms of each group: {profile: (sides,)}."""
    norm = np.full(len(components), np.nan)
    for group, own in norms.items():
        rows = (one.about["group_id"] == group).to_numpy()
        norm[rows] = scores.norm_referenced(components[rows], own, None, weights)
    return {"norm_referenced": norm, "fixed_curve": scores.fixed_curve(components, None, weights)}


def specifications(one, every):
    """The score of every side under every specification (AUDIT O8): {profile: (sides, specifications)}."""
    many = [norms_without(one, every, place)[0] for place in range(one.components.shape[1])]
    norm = np.full((len(one.about), len(many) * len(scores.WEIGHTS)), np.nan)
    for group in many[0]:
        rows = (one.about["group_id"] == group).to_numpy()
        norm[rows] = scores.norm_scores(one.components[rows], [own[group] for own in many])
    return {"norm_referenced": norm, "fixed_curve": scores.curve_scores(one.components)}
