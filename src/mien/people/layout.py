"""What happened to the layout of a meeting, with times: who joined, left, switched the camera off or on, who swapped.

Events are read from people and their tracks. A tile that jumps from one frame to the next moves a person; two who take
each other's places have swapped; where several move together, or the whole picture changes and people are known again
at once, the grid was laid out anew; where nobody is, it was a cut. A face that is merely lost and found (a turned head,
a hand) is no event.
"""

from itertools import combinations, pairwise

import numpy as np

EVENTS = {
    "cut": "the whole picture changed and nobody was known again at once",
    "layout": "the tiles were arranged anew",
    "join": "a new picture came, of a person not seen before",
    "leave": "a person's picture went as the layout changed, and did not come back",
    "camera_off": "a person's picture went",
    "camera_on": "a person's picture came back",
    "other": "another face took a person's place, or the same one, too changed to be known",
    "swap": "two people took each other's places",
    "move": "a person's picture moved",
}
"""Every event and what it means."""


BRIEF_S = 0.5
"""A picture that is gone for less is not switched off."""


def events(people, frame_times_s, cuts_s, came):
    """A list of events in order of time: time_s, event, person_id ('' where it is the whole layout), box (x, y, w, h).

    ``people`` are lists of tracks by person_id; ``came`` the track_ids whose picture came from one frame to the next.
    """
    steps = [step for person_id, person in people.items() for step in _steps(person_id, person, frame_times_s, came)]
    moved = [step for step in steps if step["event"] == "move"]
    _pair_up(moved)
    steps = _without_others(steps)
    anew = _laid_out_anew(moved, cuts_s)
    for step in steps:
        if step["event"] == "camera_off" and step["for_good"] and any(_near(step["time_s"], t) for t in anew):
            step["event"] = "leave"
    known = [{"time_s": t, "event": "layout", "person_id": "", "box": np.full(4, np.nan)} for t in anew]
    cuts = [t for t in cuts_s if not _known_again(people, t)]
    known += [{"time_s": t, "event": "cut", "person_id": "", "box": np.full(4, np.nan)} for t in cuts]
    steps = [step for step in steps if not _is_of_cut(step, cuts)]
    return sorted(known + steps, key=lambda one: (one["time_s"], list(EVENTS).index(one["event"]), one["person_id"]))


def _steps(person_id, person, times, came):
    """The events of one person, in order."""
    first, last = person[0], person[-1]
    if first["track_id"] in came and first["start_s"] > times[0]:
        yield _step("join", person_id, first["start_s"], first["first"])
    for before, after in pairwise(person):
        gone_s = _next(times, before["end_s"])
        if after["way"] == "moment" or after["start_s"] <= gone_s:
            if _apart(before["last"], after["first"]):
                yield _step("move", person_id, after["start_s"], after["first"]) | {"old": before["last"]}
        elif before["track_end"] in ("changed", "cut") and after["start_s"] - gone_s >= BRIEF_S:
            yield _step("camera_off", person_id, gone_s, before["last"])
            yield _step("camera_on", person_id, after["start_s"], after["first"])
    if last["track_end"] in ("changed", "cut") and times[-1] - last["end_s"] >= BRIEF_S:
        yield _step("camera_off", person_id, _next(times, last["end_s"]), last["last"]) | {"for_good": True}


def _step(event, person_id, time_s, box):
    return {"time_s": float(time_s), "event": event, "person_id": person_id, "box": box, "for_good": False}


def _next(times, time_s):
    return float(times[min(np.searchsorted(times, time_s, side="right"), len(times) - 1)])


def _near(a, b):
    return abs(a - b) < 1e-3


def _apart(old, new):
    """Whether the middle of one box lies outside the other box, or the sizes differ by a fifth."""
    x, y = new[0] + new[2] / 2, new[1] + new[3] / 2
    inside = old[0] <= x <= old[0] + old[2] and old[1] <= y <= old[1] + old[3]
    return not inside or not 0.8 < new[2] / old[2] < 1.25


def _takes(new, old):
    """Whether a face is now in the tile where another was: within one and a half face sizes of it, of the larger."""
    size = max(new[2], old[2], new[3], old[3])
    return np.hypot(new[0] + new[2] / 2 - old[0] - old[2] / 2, new[1] + new[3] / 2 - old[1] - old[3] / 2) < 1.5 * size


def _without_others(steps):
    """Where a person's picture goes and an unknown one comes in its place at once, that is one event."""
    gone = [step for step in steps if step["event"] == "camera_off"]
    came = [step for step in steps if step["event"] == "join"]
    for step in came:
        before = [one for one in gone if _near(one["time_s"], step["time_s"]) and _takes(step["box"], one["box"])]
        if before:
            step["event"] = "other"
            steps = [one for one in steps if one is not before[0]]
    return steps


def _pair_up(moved):
    """Two who move at once into each other's places have swapped."""
    for one, other in combinations(moved, 2):
        exchanged = _takes(one["box"], other["old"]) and _takes(other["box"], one["old"])
        if exchanged and _near(one["time_s"], other["time_s"]):
            one["event"] = other["event"] = "swap"


def _laid_out_anew(moved, cuts_s):
    """When several moved without swapping, or one did as the whole picture changed."""
    times = [step["time_s"] for step in moved if step["event"] == "move"]
    return sorted({t for t in times if sum(_near(t, other) for other in times) > 1 or any(_near(t, c) for c in cuts_s)})


def _known_again(people, time_s):
    """Whether at least half of the people in the picture before a moment are known again just after it."""
    before = [one for one in people.values() if any(p["start_s"] < time_s <= p["end_s"] + BRIEF_S for p in one)]
    links = [p for one in people.values() for p in one[1:] if _near(p["start_s"], time_s)]
    return bool(before) and len(links) >= len(before) / 2


def _is_of_cut(step, cuts_s):
    """Who goes and comes with a cut has not switched a camera."""
    return step["event"] in ("join", "camera_off", "camera_on") and any(_near(step["time_s"], t) for t in cuts_s)
