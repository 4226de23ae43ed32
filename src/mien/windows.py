"""One clock: one row per person per window, with every signal, its trust, the labels, and why a value is missing.

The column ``why`` explains every NaN: ``voice_pause_mean_s: no_pause`` that value, ``voice: little_speech`` all values
of ``voice_`` that are missing and not named themselves; where nobody's voice is there at all, that is also why nothing
is known of its sound (``voice.QUALITY``). The words are ``tables.REASONS``.
"""

from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from mien import face, tables, turns, voice
from mien.face import Reference as FaceReference
from mien.voice import Reference

BLOCK_S, AROUND_S = 120.0, 5.0
"""Windows are measured in blocks of this length; from this far around a block rows may count (a blink at its edge)."""

SIGNALS = ("face", "voice", "turn")
"""The modalities; each is a column prefix (``face_``, ``voice_``, ``turn_``)."""

TEXT = tuple(column.name for column in tables.WINDOWS.optional)
"""How much was said: no modality, but a baseline that one must beat (``text_n_words``, ``text_n_chars``)."""

SHORTEST_S = voice.VoiceSettings.window_min_speech_s
"""A shorter window never holds enough speech for a voice to be measured (nor the second of face that a face needs)."""

SHORTEST_HOP_S = 0.1
"""The time between two pictures at the usual ten a second, so windows closer together hold the same pictures."""

SHORTEST_CALIBRATION_S = voice.VoiceSettings.calibration_min_voiced_s
"""A person's usual voice needs that much voiced speech."""


class WindowError(ValueError):
    """The settings of windows make no sense; the message says the smallest value that does, and why."""


@dataclass(frozen=True)
class WindowSettings:
    """How time is cut, and from which span a person's own norms are taken.

    ``length_s`` and ``hop_s`` in seconds; ``length_s=None`` makes one window of the whole recording. A last window
    shorter than ``shortest_share`` of the length is left out. ``calibration_s`` is the span at the start of a
    recording from which a person's reference pitch and level come; windows that touch it are marked
    ``is_calibration`` and are never evaluated, because a norm must not come from what it is used on; 0 takes no norms.
    Raises :class:`WindowError` for a length, hop or span too short to measure anything in.
    """

    length_s: float | None = 10.0
    hop_s: float = 10.0
    shortest_share: float = 0.5
    calibration_s: float = 20.0

    def __post_init__(self):
        if self.length_s is not None:
            speech = "a voice needs that much speech to be measured, a face a second of it"
            _at_least(self.length_s, SHORTEST_S, "length_s", f"{speech}; or None for one window per recording")
            pictures = "faces are usually looked at ten times a second"
            _at_least(self.hop_s, SHORTEST_HOP_S, "hop_s", pictures)
        if self.calibration_s != 0:
            voiced = "a person's usual voice needs that much of it; or 0 for no norms"
            _at_least(self.calibration_s, SHORTEST_CALIBRATION_S, "calibration_s", voiced)
        if not 0 < self.shortest_share <= 1:
            raise WindowError(f"windows: shortest_share is {self.shortest_share}; expected more than 0 and at most 1")


def _at_least(value, least, name, why):
    if not least <= value < np.inf:
        raise WindowError(f"windows: {name} is {value:g} s; expected {least:g} s or more: {why}")


@dataclass(frozen=True)
class Measured:
    """What the rooms above found in one recording: tables, how long it is, and how far each signal can be trusted.

    ``trust`` maps ``(person_id, "voice" | "turn")`` to 0..1: the share of that person's signal that is surely theirs.
    ``absent`` maps a modality to the reason why nobody has it (``{"face": "no_video"}``). ``shared_by`` is the
    person_id that stands for several people on one track, where nobody knows who speaks; '' where there is none.
    ``part_of`` is the meeting of which this recording is one part in time: its parts are one group.
    ``words`` says how much each cue of a transcript holds (person_id, '' where it names nobody, start_s, end_s,
    n_words, n_chars); None where there is no transcript.
    """

    recording_id: str
    duration_s: float
    faces: pd.DataFrame
    voice: pd.DataFrame
    turns: pd.DataFrame
    frame_rate_hz: float = np.nan
    trust: dict = field(default_factory=dict)
    absent: dict = field(default_factory=dict)
    about: dict = field(default_factory=dict)
    shared_by: str = ""
    is_synthetic: bool = False
    part_of: str = ""
    words: pd.DataFrame | None = None

    def face_of(self, person_id, start_s=-np.inf, end_s=np.inf, columns=None):
        """One person's face in start_s <= t < end_s; all columns, or those named."""
        rows = _of(self.faces, person_id, start_s, end_s)
        return rows if columns is None else rows.reindex(columns=columns)

    def voice_of(self, person_id, start_s=-np.inf, end_s=np.inf, columns=None):
        """One person's voice in start_s <= t < end_s; all columns, or those named."""
        rows = _of(self.voice, person_id, start_s, end_s)
        return rows if columns is None else rows.reindex(columns=columns)

    @cached_property
    def seen(self):
        """Everyone who has rows of a face."""
        return set(self.faces["person_id"].unique())

    @cached_property
    def heard(self):
        """Everyone who has rows of a voice."""
        return set(self.voice["person_id"].unique())

    @cached_property
    def person_ids(self):
        """Everyone who is seen, heard or listed."""
        return sorted(self.seen | self.heard | set(self.turns["person_id"].unique()) | set(self.about))

    @cached_property
    def said(self):
        """Where in time the words lie, as :func:`mien.turns.shared_out` says; nobody's are '<recording>_mixed'.

        Who is heard decides it, unless that itself is known from the transcript only.
        """
        heard = self.turns[(self.turns["kind"] == "speech") & (self.turns["source"] != "transcript")]
        pieces = turns.shared_out(self.words, heard, self.duration_s)
        return pieces.assign(person_id=pieces["person_id"].replace("", f"{self.recording_id}_mixed"))

    def said_by(self, person_id):
        """The pieces of one person, none where they surely said nothing; or the reason why nobody knows (a word)."""
        if self.words is None:
            return "no_transcript"
        own, others = self.said["person_id"] == person_id, {*self.person_ids} - {f"{self.recording_id}_mixed"}
        perhaps = self.said.loc[~self.said["person_id"].isin(others), "n_chars"].sum() > 0
        if not own.any() and (perhaps or (person_id, "turn") not in self.trust):
            return "not_in_transcript"
        return self.said[own]


def spans(duration_s, settings):
    """The windows of a recording, as a list of ``(start_s, end_s)``; half-open, on a grid from 0.

    >>> spans(24, WindowSettings(length_s=10, hop_s=10))
    [(0.0, 10.0), (10.0, 20.0)]
    """
    if settings.length_s is None:
        return [(0.0, float(duration_s))]
    starts = np.arange(0, duration_s, settings.hop_s)
    cut = [(float(start), float(min(start + settings.length_s, duration_s))) for start in starts]
    long_enough = [(a, b) for a, b in cut if b - a >= settings.shortest_share * settings.length_s]
    return long_enough or [(0.0, float(duration_s))]


def table(measured, settings, voice_settings=None, turn_settings=None):
    """One row per person per window of every recording, in the shape of ``tables.WINDOWS``.

    ``measured`` is a list of :class:`Measured`. Person-relative voice features use the person's calibration
    recordings where the table of recordings marks some, else the first ``calibration_s`` of the recording itself.
    """
    voice_settings = voice_settings or voice.VoiceSettings()
    turn_settings = turn_settings or turns.TurnSettings()
    listed = listed_norms(measured, voice_settings)
    return assembled([row for one in measured for row in rows(one, listed, settings, voice_settings, turn_settings)])


def rows(one, listed, settings, voice_settings, turn_settings):
    """The windows of one recording as a list of dictionaries; ``listed`` as :func:`listed_norms` gives it."""
    everything = turns.floor(one.turns, turn_settings, one.duration_s) if len(one.turns) else None
    people = one.person_ids
    return [row for person in people for row in _rows(one, person, everything, listed, settings, voice_settings)]


def assembled(found):
    """The rows of all recordings as one table, in which connected people and recordings are one group."""
    if not found:
        return tables.WINDOWS.empty().assign(why="")
    frame = pd.DataFrame(found)
    frame["group_id"] = group_id(frame)
    return tables.WINDOWS.check(frame[_order(frame)])


def group_id(frame):
    """The independent unit of each row: the connected component of people and recordings (AUDIT D3).

    A's gap is B's gap, and one person may appear in two recordings; what hangs together must never be split.
    ``frame`` has ``person_id`` and ``recording_id``; what ``group_id`` says already (the meeting of which recordings
    are parts) holds together too. Returns a Series of text, named for the first person in each.

    >>> group_id(pd.DataFrame({"recording_id": ["r1", "r1", "r2", "r3"], "person_id": ["a", "b", "b", "c"]})).tolist()
    ['a', 'a', 'a', 'c']
    """
    people, person = np.unique(frame["person_id"].astype(str), return_inverse=True)
    meeting = frame["group_id"].astype(str) if "group_id" in frame else pd.Series("", index=frame.index)
    names = ("meeting " + meeting).where(meeting != "", "recording " + frame["recording_id"].astype(str))
    occasions, recording = np.unique(names, return_inverse=True)
    n_people = len(people)
    edges = coo_matrix((np.ones(len(frame)), (person, n_people + recording)), shape=[n_people + len(occasions)] * 2)
    _, component = connected_components(edges, directed=False)
    first = pd.Series(people).groupby(component[:n_people]).min()
    return pd.Series(first.loc[component[person]].to_numpy(), index=frame.index, name="group_id")


def prefixes(frame):
    """The modalities that a windows table holds, in the order of the river."""
    return [signal for signal in SIGNALS if any(column.startswith(f"{signal}_") for column in frame.columns)]


def listed_norms(measured, settings):
    """What is usual for those who have recordings marked for calibration, by person_id."""
    parts = {}
    for one in measured:
        for person_id, facts in one.about.items():
            if facts.get("is_calibration"):
                parts.setdefault(person_id, []).append(one)
    return {
        person_id: Norms(
            voice.reference(
                pd.concat([one.voice_of(person_id, columns=voice.REFERENCE_COLUMNS) for one in own]), settings
            ),
            face.reference(pd.concat([one.face_of(person_id) for one in own])),
        )
        for person_id, own in parts.items()
    }


def _of(frame, person_id, start_s=-np.inf, end_s=np.inf):
    return _during(frame[frame["person_id"] == person_id], start_s, end_s)


def _during(frame, start_s=-np.inf, end_s=np.inf):
    if np.isfinite(start_s) or np.isfinite(end_s):
        return frame[(frame["time_s"] >= start_s) & (frame["time_s"] < end_s)]
    return frame


@dataclass(frozen=True)
class Norms:
    """What is usual for a person, from their calibration span: voice (None if not known) and face (NaN if not).

    ``agc`` says of the whole recording whether the gain of their sound was turned, as :func:`mien.voice.agc` does.
    """

    voice: Reference | None = None
    face: FaceReference = FaceReference()
    agc: tuple = (np.nan, "few_pauses")


def _norms(one, person_id, settings, voice_settings):
    """The norms from the start of the recording itself; none where the whole recording is one window."""
    if settings.length_s is None:
        return Norms()
    early = settings.calibration_s
    return Norms(
        voice.reference(one.voice_of(person_id, end_s=early, columns=voice.REFERENCE_COLUMNS), voice_settings),
        face.reference(one.face_of(person_id, end_s=early)),
    )


def _blocks(windows):
    """Windows that lie close together, so that a long recording is not looked at whole for each of them."""
    block = []
    for window in windows:
        if block and window[1] > block[0][0] + BLOCK_S:
            yield block
            block = []
        block.append(window)
    yield block


def _rows(one, person_id, everything, listed, settings, voice_settings):
    speech = one.turns[(one.turns["person_id"] == person_id) & (one.turns["kind"] == "speech")]
    norms = listed[person_id] if person_id in listed else _norms(one, person_id, settings, voice_settings)
    norms = replace(norms, agc=voice.agc(one.voice_of(person_id, columns=voice.AGC_COLUMNS), voice_settings))
    said = one.said_by(person_id)
    for block in _blocks(spans(one.duration_s, settings)):
        around = block[0][0] - AROUND_S, block[-1][1] + AROUND_S
        near = one.face_of(person_id, *around), one.voice_of(person_id, *around), speech, said
        for window in block:
            yield _row(one, person_id, window, near, everything, norms, (settings, voice_settings, listed))


def _row(one, person_id, window, near, everything, norms, how):
    (start_s, end_s), (faces, sound, speech, said), (settings, voice_settings, listed) = window, near, how
    values, reasons = {}, {}
    for signal, found in (
        ("face", _face(one, person_id, faces, start_s, end_s, norms.face)),
        ("voice", _voice(one, person_id, sound, speech, start_s, end_s, norms, voice_settings)),
        ("turn", _turn(one, person_id, everything, start_s, end_s)),
        ("text", _text(said, start_s, end_s)),
    ):
        if isinstance(found, str):
            reasons[signal] = found
        else:
            values.update(found[0])
            reasons.update(found[1])
    facts = dict(one.about.get(person_id, {}))
    marked = facts.pop("is_calibration", None)
    in_span = settings.length_s is not None and person_id not in listed and start_s < settings.calibration_s
    return {
        "recording_id": one.recording_id,
        "person_id": person_id,
        "start_s": start_s,
        "end_s": end_s,
        "group_id": one.part_of,
        "is_calibration": in_span or bool(marked),
        "is_synthetic": one.is_synthetic,
        **dict.fromkeys(TEXT, np.nan),
        **values,
        "trust_face": _face_trust(one, faces, start_s, end_s),
        "trust_voice": one.trust.get((person_id, "voice"), np.nan),
        "trust_turn": one.trust.get((person_id, "turn"), np.nan),
        **facts,
        "why": tables.why(shortened(reasons)),
    }


def shortened(reasons):
    """The commonest reason of a modality is said once: ``voice: unvoiced`` is for every NaN not named by itself."""
    short = {}
    for signal in (*SIGNALS, "text"):
        mine = {name: reason for name, reason in reasons.items() if name.split("_")[0] == signal}
        usual, count = Counter(mine.values()).most_common(1)[0] if mine else ("", 0)
        short |= {signal: usual} if count > 1 else {}
        short |= {name: reason for name, reason in mine.items() if count < 2 or reason != usual}
    return short | {name: reason for name, reason in reasons.items() if name in voice.QUALITY}


def _face(one, person_id, faces, start_s, end_s, usual):
    if "face" in one.absent:
        return one.absent["face"]
    if person_id not in one.seen:
        return "no_face"
    return face.features(faces, start_s, end_s, one.frame_rate_hz, usual)


def _voice(one, person_id, sound, speech, start_s, end_s, norms, settings):
    if "voice" in one.absent:
        return one.absent["voice"]
    if person_id not in one.heard:
        return "mixed_sound" if one.shared_by else "no_audio"
    values, reasons = voice.features(sound, speech, start_s, end_s, norms.voice, settings)
    good, unknown = voice.quality_of(voice.spoken(sound, speech, start_s, end_s), norms.agc, settings)
    return values | good, reasons | unknown


def _turn(one, person_id, everything, start_s, end_s):
    if "turn" in one.absent:
        return one.absent["turn"]
    if one.shared_by == person_id or (one.shared_by and (person_id, "turn") not in one.trust):
        return "mixed_sound"
    if len(one.person_ids) == 1:
        return "no_person_on_side"
    if (person_id, "turn") not in one.trust:
        return "no_audio"
    if everything is None:
        return "no_turns"
    heard = [person for person, signal in one.trust if signal == "turn"]
    return turns.features(everything, person_id, start_s, end_s, people=heard)


def _text(said, start_s, end_s):
    if isinstance(said, str):
        return said
    values = dict(zip(TEXT, turns.said_in(said, start_s, end_s), strict=True))
    return values, {name: "no_spaces" for name, value in values.items() if np.isnan(value)}


def _face_trust(one, faces, start_s, end_s):
    if "face" in one.absent:
        return np.nan
    here = faces[(faces["time_s"] >= start_s) & (faces["time_s"] < end_s)]
    return float((here["face_trust"] * here["people_trust"].fillna(0)).mean()) if len(here) else 0.0


def _order(frame):
    first = [*tables.WINDOWS.names, "is_calibration", "is_synthetic"]
    groups = [f"{signal}_" for signal in (*SIGNALS, "text")] + ["trust_", "label_", "confound_", "why"]
    rest = [c for c in frame.columns if c not in first]
    return first + [c for prefix in groups for c in rest if c.startswith(prefix)]
