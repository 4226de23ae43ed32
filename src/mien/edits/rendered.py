"""A recording heard again with its turns moved in time, so that the whole pipeline can be run on what was changed.

Conventions: a timeline edit moves segments; here each person's sound moves with their segments. What lies between is
room tone: the person's own microphone in moments in which nobody spoke. Everybody needs a track of their own. What one
microphone hears of other people inside a segment moves with that segment; outside segments it is gone.
"""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from mien import media, store, tables
from mien.edits.errors import EditError

RATE_HZ = media.SOUND_RATE_HZ
MARGIN_S = 0.06
"""So much sound before and after a segment goes with it (less where a neighbour is nearer): edges are never exact."""

FADE_S = 0.01
"""Over this long a segment and the room tone around it are cross-faded."""

SAME_S = 0.002
"""A segment may be so much longer or shorter after an edit and still be the same: times are rounded."""

TONE_LEAST_S = 0.2
"""Room tone is taken from silences at least this long."""


def pieces(before, after):
    """Which stretch of sound is heard when: person_id, from_s (where it is now), to_s (where it goes) and length_s.

    ``before`` and ``after``: segments (person_id, start_s, end_s). A person's n-th segment in order of time after the
    edit is their n-th before it; it may have moved, and must be as long. Raises :class:`EditError` where one was added,
    lost or stretched: there is no sound for what nobody said.

    >>> old = pd.DataFrame({"person_id": ["a", "b"], "start_s": [0.0, 2.0], "end_s": [1.5, 3.0]})
    >>> pieces(old, old.assign(start_s=[0.0, 2.25], end_s=[1.5, 3.25]))["to_s"].tolist()
    [0.0, 2.25]
    """
    found = []
    for person in sorted({*before["person_id"], *after["person_id"]}):
        old, new = (_own(segments, person) for segments in (before, after))
        if len(old) != len(new):
            raise EditError(
                f"rendered: {person!r} has {len(old)} segments before the edit and {len(new)} after it; expected as "
                "many: sound can be moved, not made up"
            )
        lengths = old[:, 1] - old[:, 0]
        odd = np.flatnonzero(np.abs(new[:, 1] - new[:, 0] - lengths) > SAME_S)
        if len(odd):
            raise EditError(
                f"rendered: the segment of {person!r} at {old[odd[0], 0]:.2f} s lasts {lengths[odd[0]]:.3f} s and "
                f"{new[odd[0], 1] - new[odd[0], 0]:.3f} s after the edit; expected the same length"
            )
        found.append(
            pd.DataFrame({"from_s": old[:, 0], "to_s": new[:, 0], "length_s": lengths}).assign(person_id=person)
        )
    return pd.concat(found, ignore_index=True)


def _own(segments, person):
    rows = segments.loc[segments["person_id"] == person, ["start_s", "end_s"]]
    return rows.sort_values(["start_s", "end_s"]).to_numpy(float)


def moved(samples, rate_hz, own, quiet, duration_s, name=""):
    """One person's track, (N,), with its pieces moved: an array of ``duration_s`` seconds at the same rate.

    ``own``: the person's rows of :func:`pieces`. ``quiet``: moments in which nobody speaks, start_s and end_s, of which
    room tone is made; digital silence if there are none of :data:`TONE_LEAST_S`. Inside a segment every sample is the
    one that was recorded. Raises :class:`EditError` where two pieces come to lie over each other.
    """
    rows = own.sort_values("to_s")[["from_s", "to_s", "length_s"]].to_numpy(float)
    for (_, first, length), (_, second, _) in pairwise(rows):
        if second < first + length - SAME_S:
            raise EditError(
                f"rendered: two segments of one person would both be heard at {second:.2f} s; expected one voice at a "
                "time; merge them in the timeline first"
            )
    count = round(duration_s * rate_hz)
    heard = room_tone(samples, rate_hz, quiet, count, name)
    before, after = _margins(rows[:, 0], rows[:, 2]), _margins(rows[:, 1], rows[:, 2])
    for (from_s, to_s, length_s), margins in zip(rows, np.minimum(before, after), strict=True):
        _lay(heard, samples, [round(t * rate_hz) for t in (from_s, to_s, length_s, *margins)], rate_hz)
    return heard


def _margins(starts_s, lengths_s):
    """How much goes with each segment, before and after it, (segments, 2): at most half the way to a neighbour."""
    ends_s, order = starts_s + lengths_s, np.argsort(starts_s, kind="stable")
    room = np.full((len(starts_s), 2), MARGIN_S)
    gaps = np.clip((starts_s[order][1:] - ends_s[order][:-1]) / 2, 0, MARGIN_S)
    room[order[1:], 0], room[order[:-1], 1] = gaps, gaps
    return room


def _lay(heard, samples, places, rate_hz):
    """Lay one piece over the room tone, faded in its margins; ``places`` are samples."""
    source, goal, length, early, late = places
    early, late = min(early, source, goal), min(late, max(len(samples) - source - length, 0))
    end = min(goal + length + late, len(heard), goal + len(samples) - source)
    piece = samples[source - early : source - early + end - (goal - early)]
    weight, fade = np.ones(len(piece)), round(FADE_S * rate_hz)
    for side, margin in ((weight, early), (weight[::-1], late)):
        ramp = min(fade, margin)
        side[:ramp] = np.minimum(side[:ramp], np.arange(1, ramp + 1) / (ramp + 1))
    heard[goal - early : end] *= 1 - weight
    heard[goal - early : end] += weight * piece


def room_tone(samples, rate_hz, quiet, count, name=""):
    """``count`` samples of what a microphone hears while nobody speaks, taken from the ``quiet`` stretches of a track.

    The quieter half of the stretches (somebody may have coughed) is joined in an order drawn by ``name``, again and
    again, each end cross-faded so that the power stays.
    """
    found, fade = np.zeros(count), round(FADE_S * rate_hz)
    spans = [(round(a * rate_hz), round(b * rate_hz)) for a, b in quiet if b - a >= TONE_LEAST_S]
    parts = sorted((samples[a:b] for a, b in spans if b <= len(samples)), key=lambda part: np.mean(part**2))
    parts = parts[: max((len(parts) + 1) // 2, 1)]
    if not parts:
        return found
    chance, at, up = store.rng(f"room tone {name}"), 0, np.sin(np.linspace(0, np.pi / 2, fade))
    while at < count:
        part = parts[chance.integers(len(parts))].astype(float)
        if at:
            part[:fade] *= up
        part[-fade:] *= up[::-1]
        end = min(at + len(part), count)
        found[at:end] += part[: end - at]
        at += len(part) - fade
    return found


def silences(segments, duration_s, edge_s=0.15):
    """When nobody speaks, as a list of (start_s, end_s); ``edge_s`` around every segment is left out."""
    busy = segments[["start_s", "end_s"]].sort_values("start_s").to_numpy(float) + edge_s * np.array([-1, 1])
    found, at = [], 0.0
    for start, end in [*busy, (duration_s, np.inf)]:
        if start > at:
            found.append((at, float(start)))
        at = max(at, float(end))
    return found


def tracks(sounds, rate_hz, before, after, duration_s, name=""):
    """Everybody's sound with the turns moved: {person_id: samples}, each ``duration_s`` long.

    ``sounds`` {person_id: (N,)}, a track each; ``before`` and ``after`` as for :func:`pieces`. People who say nothing
    keep their room tone.

    >>> said = pd.DataFrame({"person_id": ["a", "b"], "start_s": [0.5, 2.0], "end_s": [1.5, 3.0]})
    >>> later = said.assign(start_s=[0.5, 2.35], end_s=[1.5, 3.35])
    >>> loud = {"a": np.r_[0:800] / 800, "b": np.r_[0:800] / 800}
    >>> made = tracks(loud, 200, said, later, 4.35)
    >>> len(made["b"]), bool(made["b"][round(2.35 * 200)] == loud["b"][2 * 200])
    (870, True)
    """
    everything = pieces(before, after)
    lost = sorted(set(everything["person_id"]) - set(sounds))
    if lost:
        raise EditError(f"rendered: no track of {lost[0]!r}, who speaks; found {', '.join(sorted(sounds)) or 'none'}")
    found = {}
    for person, samples in sounds.items():
        quiet = silences(before, len(samples) / rate_hz)
        own = everything[everything["person_id"] == person]
        found[person] = moved(np.asarray(samples, float), rate_hz, own, quiet, duration_s, f"{name} {person}")
    return found


def write(recording, before, after, folder, duration_s):
    """Write a recording anew with its turns moved, ready for ``mien build``; return the path of its recordings.csv.

    ``recording``: a :class:`mien.recordings.Recording` whose people have a track each; ``before``: its segments as they
    were built (``turns.csv`` where kind is speech); ``after``: the same after an edit of the timeline, which lasts
    ``duration_s``. Into ``folder`` go one .wav a person (16 kHz) and the table that names them, with the licence and
    the labels of the original; pictures, transcripts and shared sound are left out, because they are of the old times.

        found = recordings.read("meeting")[0]
        said = study.built("out")["turns"].query("kind == 'speech'")
        edited, duration_s = edits.timeline.latency(said, {"ben"}, 0.35, duration_s)
        edits.rendered.write(found, said, edited, "meeting_later", duration_s)   # then: mien build meeting_later
    """
    own = recording.of("person_audio")
    if not own:
        kinds = ", ".join(sorted({medium.kind for medium in recording.media})) or "no files"
        raise EditError(
            f"rendered: {recording.recording_id!r} has {kinds}; expected a track for each person (person_audio): the "
            "voices of one shared track cannot be moved apart"
        )
    sounds = {medium.person_id: _whole(media.sound(medium.path, RATE_HZ)) for medium in own}
    made = tracks(sounds, RATE_HZ, before, after, duration_s, recording.recording_id)
    Path(folder).mkdir(parents=True, exist_ok=True)
    rows = []
    for number, (person, samples) in enumerate(made.items(), 1):
        path = media.write_sound(Path(folder) / f"{store.file_name(person)}_{number}.wav", samples, RATE_HZ)
        rows.append(_row(recording, person, path.name))
    return tables.write(tables.RECORDINGS.check(pd.DataFrame(rows)), Path(folder) / "recordings.csv")


def _whole(sound):
    """The samples from 0 on the recording's clock."""
    return np.concatenate([np.zeros(round(sound.start_s * sound.rate_hz), np.float32), sound.samples])


def _row(recording, person, file):
    return {
        "recording_id": recording.recording_id,
        "path": file,
        "kind": "person_audio",
        "person_id": person,
        "licence": recording.licence,
        "source": f"{recording.source}, turns moved by mien.edits",
        "is_synthetic": recording.is_synthetic,
        **recording.about.get(person, {}),
    }
