"""The open score of machines that engage with nobody, made of real speech: two radios, and talkers out of step.

A falsifier must be fair: random talkers and talkers out of step keep exactly the talk, the stretches and, out of step,
the pauses of somebody who was there, and are scored against the same norms. Two radios are held against the norms of
recordings with two people (halves), as ``mien score`` does. All are constructed from real stretches of speech; none is
a recording of a conversation that took place.
"""

from dataclasses import dataclass
from itertools import permutations

import numpy as np

from mien import scores, store
from mien.edits import floor, tricks
from mien.study.score import sides
from mien.study.score.gains import both_levels

MACHINES = {
    "two_radios": "two monologues (turns of 3 s and more, the time of others cut out) of two meetings on one clock",
    "two_strangers": "all that two people said in two meetings, when they said it, on one clock",
    "random_talker": "B's own stretches of speech at random times among the real others",
    "out_of_step": "B's own track moved round the clock by at least 30 s among the real others",
}
"""What each machine is. The first and the third are those of AUDIT E30; the others are matched more closely."""

PAIRS = ("two_radios", "two_strangers")
ALONE = {"random_talker": tricks.random_talker, "out_of_step": tricks.out_of_step}
LEAST_S = 180.0
"""A radio plays at least so long: a score needs 120 s of speech, and ten answers."""
N_PAIRS, N_DRAWS = 500, 1000
"""So many pairs of radios a corpus at most; at least so many random talkers, the same number for each side."""


@dataclass(frozen=True)
class Talk:
    """One meeting as stretches of speech: ``segments`` (person_id, start_s, end_s), and how long it lasts."""

    recording_id: str
    group_id: str
    segments: object
    duration_s: float


@dataclass(frozen=True)
class Pairs:
    """Machines of two people each: components (pairs, 3), what else was found, and from which groups each came.

    ``groups`` (pairs, 2) are numbers of group_ids among ``names``; ``contained`` is the share of changes of floor that
    began inside the other's speech (T9).
    """

    components: np.ndarray
    contained: np.ndarray
    groups: np.ndarray
    names: tuple
    recordings: tuple
    n_people: int

    def mean(self, values, bounds=(-1e6, 1e6)):
        """Two estimates (95 and 90 %) of the mean over pairs: both groups of a pair are drawn, or left out."""
        there = np.isfinite(values)
        first, second = self.groups[there].T

        def statistic(weights):
            both = weights[:, first] * weights[:, second]
            with np.errstate(invalid="ignore", divide="ignore"):
                return (both @ values[there]) / both.sum(axis=1)

        return both_levels(statistic, len(self.names), bounds)


def measured(segments, b, duration_s, people=()):
    """Components (3,) of side B of a timeline, and the share of its changes that began inside the other's speech."""
    talk = floor.heard(segments, None, people)
    flags = talk.side(b)[talk.turn_person]
    change = flags[1:] != flags[:-1]
    inside = talk.turn_contained[1:][change].mean() if change.any() else np.nan
    return floor.components(segments, b, duration_s, None, people)[0], inside


def inside(talks, one):
    """The share of changes that began inside the other's speech, as people really talked: (1, sides)."""
    people = {name: talk.segments["person_id"].unique() for name, talk in talks.items()}
    meetings = [(talks[row.recording_id], row.b) for row in one.about.itertuples()]
    return np.array([[measured(t.segments, b, t.duration_s, people[t.recording_id])[1] for t, b in meetings]])


def alone(name, talks, one, n_draws=N_DRAWS, tick=lambda *_: None):
    """Every side of a corpus as a machine, some times: components (draws, sides, 3), contained (draws, sides)."""
    n_draws = -(-n_draws // len(one.about))
    found = np.full((n_draws, len(one.about), 3), np.nan)
    contained = np.full((n_draws, len(one.about)), np.nan)
    for at, row in enumerate(one.about.itertuples()):
        talk = talks[row.recording_id]
        people = talk.segments["person_id"].unique()
        for draw in range(n_draws):
            rng = store.rng(f"machines/{name}/{row.recording_id}/{row.person_id}/{draw}")
            segments, duration_s = ALONE[name](talk.segments, row.b, talk.duration_s, rng)
            found[draw, at], contained[draw, at] = measured(segments, row.b, duration_s, people)
        tick(f"{name}: {one.corpus}", at + 1, len(one.about))
    return found, contained


def pairs(name, corpus, talks, n_pairs=N_PAIRS, tick=lambda *_: None):
    """Machines of two people of different meetings, and groups where there are several, of a corpus: :class:`Pairs`."""
    tracks = _tracks(name, talks)
    names = tuple(sorted({group for *_, group in tracks}))
    ways = [
        (first, second)
        for first, second in permutations(range(len(tracks)), 2)
        if _apart(tracks[first], tracks[second], len(names) > 1)
    ]
    rng = store.rng(f"machines/{name}/{corpus}")
    ways = [ways[at] for at in rng.permutation(len(ways))[:n_pairs]]
    found, contained = np.full((len(ways), 3), np.nan), np.full(len(ways), np.nan)
    for at, (first, second) in enumerate(ways):
        segments, duration_s = tricks.two_radios(tracks[first][0], tracks[second][0], rng)
        found[at], contained[at] = measured(segments, tricks.RADIOS[1:], duration_s, tricks.RADIOS)
        tick(f"{name}: {corpus}", at + 1, len(ways))
    groups = np.array([[names.index(tracks[k][3]) for k in way] for way in ways], int).reshape(-1, 2)
    used = sorted({at for way in ways for at in way})
    recordings = tuple(sorted({tracks[at][1] for at in used}))
    return Pairs(found, contained, groups, names, recordings, len({tracks[at][2] for at in used}))


def _tracks(name, talks):
    """((spans, length_ms), recording_id, person_id, group_id) of everybody who can play for long enough."""
    found = []
    for talk in talks.values():
        for person in sorted(talk.segments["person_id"].unique()):
            make = tricks.monologue if name == "two_radios" else tricks.whole_track
            track = make(talk.segments, person, talk.duration_s)
            if track[1] >= 1000 * LEAST_S:
                found.append((track, talk.recording_id, person, talk.group_id))
    return found


def _apart(first, second, by_group):
    """Whether two tracks come from people and meetings that have nothing to do with each other."""
    strangers = first[1] != second[1] and first[2] != second[2]
    return strangers and (first[3] != second[3] or not by_group)


def points(found, one, every):
    """Both profiles of :class:`Pairs`, by norms of the sides ``one`` that hold no recording of either group; and which.

    Returns ({profile: (pairs,)}, reference).
    """
    fixed = scores.fixed_curve(found.components)
    if one.corpus in sides.BORROWED:
        norms, reference = sides.norms_without(one, every)
        norm = scores.norm_referenced(found.components, next(iter(norms.values())))
        return {"norm_referenced": norm, "fixed_curve": fixed}, reference
    norm = np.full(len(fixed), np.nan)
    x, own = scores.oriented(one.default), one.about["group_id"].to_numpy()
    for both in {tuple(pair) for pair in found.groups.tolist()}:
        kept = ~np.isin(own, [found.names[group] for group in both])
        rows = (found.groups == both).all(axis=1)
        norm[rows] = scores.norm_referenced(found.components[rows], scores.norms_of(x[kept], one.id))
    return {"norm_referenced": norm, "fixed_curve": fixed}, f"{one.id} without both groups"
