"""Tracks of one person are linked: by place, by the moment, by looks; in doubt a new person begins.

Four ways in which a track may continue a person who is not in the picture now, each with the greatest difference of
looks that it allows (``PeopleSettings``); the better a way is supported by place and time, the more looks may differ:

*steady* the face was lost and found again in its place, soon after, and no picture was replaced in between;
*moment* the tile jumped elsewhere from one frame to the next: the face looks as it did a moment ago;
*place* it comes back where the person was, however long after;
*anywhere* it comes back somewhere else: by looks alone.

The cost of a link is its difference ÷ what its way allows. Tracks that begin together are given to people one to one;
a link counts if its cost is at most 1 and clearly below every other that the track or the person could have.
"""

import numpy as np
from scipy.optimize import linear_sum_assignment

from mien.people.looks import nearest, share_of_strangers

WAYS = ("steady", "moment", "place", "anywhere")
NEVER = 9.0


def linked(pieces, settings, replaced_s=()):
    """People as lists of tracks. ``replaced_s`` are the times at which a part of the picture was replaced."""
    people = []
    pieces = sorted(pieces, key=lambda piece: (piece["start_s"], piece["first"][0]))
    for start_s in sorted({piece["start_s"] for piece in pieces}):
        new = [piece for piece in pieces if piece["start_s"] == start_s]
        absent = [person for person in people if person[-1]["end_s"] < start_s]
        costs, ways = _costs(absent, new, settings, replaced_s)
        given = _given(costs, settings)
        for k, piece in enumerate(new):
            if k in given:
                person, way, cost = absent[given[k]], ways[given[k]][k], costs[given[k], k]
                trust = person[-1]["trust"] * _trust(way, piece, person, cost, settings)
                person.append(piece | {"trust": round(trust, 4), "way": WAYS[way]})
            else:
                free = [i for i in range(len(absent)) if i not in given.values()]
                people.append([piece | {"trust": _trust_new(costs[free, k], piece, settings), "way": "new"}])
    return people


def _costs(absent, new, settings, replaced_s):
    costs, ways = np.full((len(absent), len(new)), NEVER), np.zeros((len(absent), len(new)), int)
    for i, person in enumerate(absent):
        for k, piece in enumerate(new):
            each = [way(person, piece, settings, replaced_s) for way in (_steady, _moment, _place, _anywhere)]
            ways[i, k], costs[i, k] = int(np.argmin(each)), min(*each, NEVER)
    return costs, ways


def _given(costs, settings):
    """Which absent person (row) each new track (column) continues, where that is plain."""
    given = {}
    for i, k in zip(*linear_sum_assignment(costs), strict=True):
        others = np.concatenate([np.delete(costs[i], k), np.delete(costs[:, k], i)])
        if costs[i, k] <= 1 and costs[i, k] <= settings.link_margin * others.min(initial=NEVER):
            given[k] = i
    return given


def _steady(person, piece, settings, replaced_s):
    before = person[-1]
    fit = _fit(before, piece, settings)
    if not fit or before["track_end"] == "changed":
        return NEVER
    if _has_looks(person, piece):
        if _cut_between(before, piece) or any(before["end_s"] < t <= piece["start_s"] for t in replaced_s):
            return NEVER
        return max(fit, _looks_apart(person[-1:], piece) / settings.look_steady)
    return fit


def _fit(before, after, settings):
    """How badly one track continues another by place and time alone: 0 (same box) to 1; 0 also where it can't.

    Across a cut only where the picture shows the same scene as before: in shot and reverse shot two people sit in the
    same place of the frame.
    """
    across = _cut_between(before, after)
    longest_s = settings.cut_resume_s if across else settings.resume_s
    least = settings.cut_overlap if across else settings.resume_overlap
    same = overlap(before["last"], after["first"]) if before["scene"] == after["scene"] else 0.0
    return least / same if same > least and after["start_s"] - before["end_s"] <= longest_s else 0.0


def _moment(person, piece, settings, _):
    if piece["start_s"] - person[-1]["end_s"] > settings.moment_s or not _has_looks(person, piece):
        return NEVER
    return nearest(person[-1]["looks"][-2:], piece["looks"][:3]) / settings.look_moment


def _place(person, piece, settings, _):
    before = person[-1]
    here = before["scene"] == piece["scene"] and overlap(before["last"], piece["first"]) > settings.resume_overlap
    return _looks_apart(person, piece) / settings.look_place if here and _has_looks(person, piece) else NEVER


def _anywhere(person, piece, settings, _):
    return _looks_apart(person, piece) / settings.look_anywhere if _has_looks(person, piece) else NEVER


def _has_looks(person, piece):
    return len(piece["looks"]) and any(len(one["looks"]) for one in person)


def _looks_apart(person, piece):
    return nearest(np.concatenate([one["looks"] for one in person if len(one["looks"])]), piece["looks"])


def _cut_between(before, after):
    return before["take"] != after["take"]


def _trust(way, piece, person, cost, settings):
    """How sure a link is: 1 less the chance that a stranger who came this way would look as alike."""
    if not _has_looks(person, piece):
        return settings.trust_across_cut if _cut_between(person[-1], piece) else settings.trust_resumed
    allowed = (settings.look_steady, settings.look_moment, settings.look_place, settings.look_anywhere)[way]
    return 1 - settings.stranger_comes[way] * share_of_strangers(cost * allowed)


def _trust_new(costs, piece, settings):
    """How sure it is that nobody known comes back here: less where somebody absent looks a little alike."""
    if not len(piece["looks"]) or not len(costs):
        return 1.0
    return round(float(np.clip((costs.min() - 1) / settings.new_sure, settings.new_trust_min, 1.0)), 4)


def overlap(a, b):
    """Intersection over union of two boxes (x, y, w, h)."""
    wide = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    high = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    both = max(wide, 0) * max(high, 0)
    return both / (a[2] * a[3] + b[2] * b[3] - both)
