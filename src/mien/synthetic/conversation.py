"""A conversation that never happened, scripted to the frame: who speaks when, who smiles, nods, turns and blinks.

The script obeys the rules by which mien reads turns (gaps, overlaps, backchannels inside the other's speech, one early
start that takes the floor, one lapse), so that what is measured can be held against what was meant.
"""

from dataclasses import dataclass, field, fields
from pathlib import Path

import numpy as np
import pandas as pd

from mien import media, store, tables
from mien.synthetic import faces, photograph, room, voices

NOTE = """This recording is SYNTHETIC. Nobody said or felt any of it.
The faces are warped from one public-domain photograph (NASA: the astronaut Eileen Collins, as shipped with
scikit-image) and show no behaviour of hers; the voices are computed from a score; the words are nonsense syllables.
Truth beside it: truth_turns.csv, truth_faces.csv (per frame), truth_voice.csv (per 10 ms), truth_events.csv.
Made by mien.synthetic with: {settings}
"""


@dataclass(frozen=True)
class Person:
    """Somebody made up: a name, a voice and a look."""

    person_id: str
    voice: voices.Voice = field(default_factory=voices.Voice)
    look: photograph.Look = field(default_factory=photograph.Look)


ADA = Person("ada", voices.Voice(f0_hz=205.0, formant_scale=1.17, breath_db=-20.0, tilt_hz=1800.0), photograph.Look())
BEN = Person(
    "ben",
    voices.Voice(f0_hz=112.0, level_db=-26.0, syllables_per_s=4.3),
    photograph.Look(mirror=True, skin_gain=(0.66, 0.6, 0.58), hair_gain=0.35, cloth="blue", wall_rgb=(118, 134, 140)),
)


@dataclass(frozen=True)
class ConversationSettings:
    """What decides a conversation: its name (the seed), its people, and the manner of their turns.

    Offsets are floor-transfer offsets: from the end of a turn to the start of the next, negative where they overlap.
    ``early_starts`` are spread evenly; ``silent`` names people who never speak. With ``bleed_db`` every microphone
    hears the others that much lower and between ``bleed_delay_s`` later (:func:`mien.synthetic.room.overheard`).
    """

    name: str = "synthetic_two_people"
    people: tuple[Person, ...] = (ADA, BEN)
    duration_s: float = 60.0
    frame_rate_hz: float = 25.0
    width_px: int = 1280
    height_px: int = 720
    face_width_px: float = 220.0
    noise_db: float = -70.0
    offset_s: float = 0.15
    offset_spread_s: float = 0.25
    early_start_s: float = -0.7
    lapse_s: float = 3.5
    backchannel_share: float = 0.6
    early_starts: int = 1
    silent: tuple[str, ...] = ()
    bleed_db: float | None = None
    bleed_delay_s: tuple[float, float] = (0.005, 0.04)


@dataclass(frozen=True)
class Conversation:
    """The whole truth of one conversation, and the voices that go with it.

    ``turns`` (columns of :data:`mien.tables.TURNS`), ``events`` (person_id, start_s, end_s, kind), ``faces`` one row
    per person and frame, ``spoken`` the voice of each person.
    """

    settings: ConversationSettings
    turns: pd.DataFrame
    events: pd.DataFrame
    faces: pd.DataFrame
    spoken: dict


def conversation(settings=None):
    """Script a conversation; the same settings always give the same one, to the sample.

    Raises ValueError where there are fewer than two people, or two of one name, or less than 10 seconds.
    """
    settings = settings or ConversationSettings()
    _check(settings)
    chance = store.rng(f"conversation {settings.name}")
    turns, events = _script(settings, chance)
    spoken = {}
    for person in settings.people:
        mine = turns[(turns.person_id == person.person_id) & (turns.kind == "speech")]
        stretches = list(zip(mine.start_s, mine.end_s, strict=True))
        spoken[person.person_id] = voices.say(
            stretches, person.voice, settings.duration_s, f"{settings.name} {person.person_id}"
        )
    events = pd.concat([events, *(_manner(p, turns, settings, chance) for p in settings.people)], ignore_index=True)
    events = events.sort_values(["start_s", "person_id"], ignore_index=True)
    rows = [_behaviour(p, events, spoken[p.person_id], settings, chance) for p in settings.people]
    return Conversation(settings, turns, events, pd.concat(rows, ignore_index=True), spoken)


def _check(settings):
    names = [person.person_id for person in settings.people]
    if len(names) < 2 or len(set(names)) < len(names):
        raise ValueError(f"conversation: expected at least two people of different names; found {names}")
    if not set(settings.silent) <= set(names) or len(set(names) - set(settings.silent)) < 2:
        raise ValueError(f"conversation: expected at least two who speak; silent are {settings.silent} of {names}")
    if settings.duration_s < 10:
        raise ValueError(f"conversation: {settings.duration_s} s is too short for turns; expected at least 10 s")


# --- who speaks when -----------------------------------------------------------------------------------------------


def _script(settings, chance):
    """Turns with their stretches, early starts (one: after a third), one lapse in the last third, then backchannels."""
    names = [person.person_id for person in settings.people if person.person_id not in settings.silent]
    rows, events, end_s, person = [], [], 0.6, str(chance.choice(names))
    early = [settings.duration_s * (i + 1) / (settings.early_starts + 2) for i in range(settings.early_starts)]
    wanted = [*(("early_start", at_s) for at_s in early), ("lapse", settings.duration_s * 0.6)]
    while True:
        start_s, kind = _next_start(end_s, wanted if rows else [], settings, chance)
        stretches = _stretches(start_s, settings.duration_s - 0.8, chance)
        if not stretches:
            break
        if kind:
            wanted.remove(next(one for one in wanted if one[0] == kind))
            events.append((person, *sorted((end_s, stretches[0][0])), kind))
        rows += [(person, *stretch, "speech") for stretch in stretches]
        rows.append((person, stretches[0][0], stretches[-1][1], "turn"))
        end_s = stretches[-1][1]
        person = str(chance.choice([name for name in names if name != person]))
    rows += _backchannels(rows, names, settings, chance)
    turns = pd.DataFrame(rows, columns=["person_id", "start_s", "end_s", "kind"])
    turns.insert(0, "recording_id", settings.name)
    turns = turns.assign(source="synthetic").sort_values(["start_s", "end_s", "person_id", "kind"], ignore_index=True)
    columns = ["person_id", "start_s", "end_s", "kind"]
    return tables.TURNS.check(turns), pd.DataFrame(events, columns=columns)


def _next_start(end_s, wanted, settings, chance):
    offsets = {"early_start": settings.early_start_s, "lapse": settings.lapse_s}
    for kind, at_s in wanted:
        if end_s > at_s:
            return round(end_s + offsets[kind], 2), kind
    offset_s = chance.normal(settings.offset_s, settings.offset_spread_s)
    return round(end_s + float(np.clip(offset_s, -0.45, 0.9)), 2), None


def _stretches(start_s, latest_s, chance):
    """One to three stretches of speech with pauses between them, as far as they fit before ``latest_s``."""
    found = []
    for _ in range(chance.integers(1, 4)):
        end_s = round(min(start_s + chance.uniform(1.8, 3.4), latest_s), 2)
        if end_s - start_s < 1.79:  # 1.8 s, rounded
            break
        found.append((start_s, end_s))
        start_s = round(end_s + chance.uniform(0.25, 0.7), 2)
    return found


def _backchannels(rows, names, settings, chance):
    """Short words of the listener, wholly inside a long stretch of the one who has the floor; at least one."""
    speech = [row for row in rows if row[3] == "speech"]
    found = []
    for person, start_s, end_s, _ in speech:
        long_enough = end_s - start_s >= 2.2
        if not long_enough or (found and chance.random() > settings.backchannel_share):
            continue
        listener = str(chance.choice([name for name in names if name != person]))
        at_s = round(chance.uniform(start_s + 0.8, end_s - 0.9), 2)
        until_s = round(at_s + chance.uniform(0.3, 0.45), 2)
        others = [row for row in (*speech, *found) if row[0] != person]
        if all(row[2] + 0.3 < at_s or row[1] - 0.3 > until_s for row in others):
            found += [(listener, at_s, until_s, "speech"), (listener, at_s, until_s, "backchannel")]
    return found


# --- what the faces do ---------------------------------------------------------------------------------------------


def _manner(person, turns, settings, chance):
    """When a person blinks, smiles, turns aside to either side, and nods (with each backchannel)."""
    rows, end = [], settings.duration_s
    rows += [("blink", t, t + 0.28) for t in _moments(2.0, 4.5, 0.5, end - 0.5, chance)]
    rows += [("smile", t, t + chance.uniform(2.0, 4.0)) for t in _moments(9.0, 15.0, 2.0, end - 5, chance)]
    aside = _moments(8.0, 12.0, 2.0, end - 3, chance)
    rows += [(("turn_left", "turn_right")[i % 2], t, t + 2.0) for i, t in enumerate(aside)]
    mine = turns[(turns.person_id == person.person_id) & (turns.kind == "backchannel")]
    rows += [("nod", t, t + 1.0) for t in mine.start_s]
    rows = [(person.person_id, round(a, 2), round(b, 2), kind) for kind, a, b in rows]
    return pd.DataFrame(rows, columns=["person_id", "start_s", "end_s", "kind"])


def _moments(shortest_s, longest_s, first_s, last_s, chance):
    at_s = first_s + chance.uniform(0, shortest_s)
    while at_s < last_s:
        yield at_s
        at_s += chance.uniform(shortest_s, longest_s)


def _behaviour(person, events, spoken, settings, chance):
    """One row per frame: where the head points, how far mouth and eyes are open, how much the person smiles."""
    time_s = np.arange(round(settings.duration_s * settings.frame_rate_hz)) / settings.frame_rate_hz
    mine = events[events.person_id == person.person_id]
    pose = {name: _sway(time_s, size, chance) for name, size in (("yaw", 2.0), ("pitch", 1.5), ("roll", 1.2))}
    for event in mine.itertuples():
        inside = (time_s >= event.start_s) & (time_s < event.end_s)
        if event.kind in ("turn_left", "turn_right"):
            pose["yaw"] += (18 if event.kind == "turn_right" else -18) * _hump(time_s, event, 0.4)
        elif event.kind == "nod":
            pose["pitch"] -= 7 * inside * np.sin(np.pi * 2 * (time_s - event.start_s)) ** 2
    frame = pd.DataFrame({"time_s": time_s, "person_id": person.person_id})
    frame["x_px"], frame["y_px"] = _sway(time_s, 3.0, chance), _sway(time_s, 2.0, chance)
    for name, values in pose.items():
        frame[f"{name}_deg"] = values
    frame["mouth_opening"] = 0.7 * _openness(time_s, spoken.truth, person.voice)
    frame["smile"] = np.max([np.zeros_like(time_s), *(_hump(time_s, e, 0.5) for e in _of(mine, "smile"))], axis=0)
    frame["eye_closure"] = np.max([np.zeros_like(time_s), *(_hump(time_s, e, 0.1) for e in _of(mine, "blink"))], axis=0)
    return frame.round(4)


def _of(events, kind):
    return list(events[events.kind == kind].itertuples())


def _hump(time_s, event, rise_s):
    """From 0 to 1 and back, with smooth flanks of ``rise_s``."""
    inside = np.minimum(time_s - event.start_s, event.end_s - time_s) / rise_s
    return 0.5 - 0.5 * np.cos(np.pi * np.clip(inside, 0, 1))


def _sway(time_s, size, chance):
    """A slow, small, never repeating movement, as living heads make."""
    rates_hz, phases = chance.uniform(0.05, 0.35, 4), chance.uniform(0, 2 * np.pi, 4)
    return size / 2 * np.sum(np.sin(2 * np.pi * rates_hz * time_s[:, None] + phases), axis=1)


def _openness(time_s, truth, voice):
    """How far the voice opens the mouth, 0 to 1: its level at this moment, from 22 dB below its own to its own."""
    level = np.interp(time_s, truth.time_s, truth.level_db.fillna(voices.SILENT_DB))
    return np.clip((level - voice.level_db + 22) / 22, 0, 1)


# --- as files ------------------------------------------------------------------------------------------------------


def frames(talk, progress=None):
    """The pictures of a conversation, one after another: everybody in a tile of their own, (height, width, 3) uint8."""
    settings, tiles = talk.settings, _tiles(talk.settings)
    total = round(settings.duration_s * settings.frame_rate_hz)
    poses = {person: rows.drop(columns="person_id").to_numpy() for person, rows in _poses(talk).groupby("person_id")}
    for number in range(total):
        picture = np.zeros((settings.height_px, settings.width_px, 3), dtype=np.uint8)
        for person_id, (portrait, x, y) in tiles.items():
            tile = portrait.picture(faces.Pose(*poses[person_id][number]))
            picture[y : y + portrait.height_px, x : x + portrait.width_px] = tile
        if progress:
            progress(number + 1, total)
        yield picture


def _tiles(settings):
    """Each person's portrait and the left top corner of their tile: ``{person_id: (portrait, x_px, y_px)}``."""
    columns = int(np.ceil(np.sqrt(len(settings.people))))
    rows = int(np.ceil(len(settings.people) / columns))
    width, height = settings.width_px // columns, settings.height_px // rows
    face_width_px = settings.face_width_px * min(1, 2 / columns, 2 / rows)
    return {
        person.person_id: (
            faces.Portrait(person.look, width, height, face_width_px),
            place % columns * width,
            place // columns * height,
        )
        for place, person in enumerate(settings.people)
    }


def _poses(talk):
    """The person and the fields of :class:`faces.Pose`, in its order, one row per person and frame."""
    return talk.faces.assign(brow_raise=0.0)[["person_id", *(one.name for one in fields(faces.Pose))]]


def sounds(talk):
    """The sound of each person with the noise of a quiet room, and of all together: {person_id or 'mixed': (N,)}."""
    settings = talk.settings
    noise = 10 ** (settings.noise_db / 20)
    found = {}
    heard = {person_id: spoken.samples for person_id, spoken in talk.spoken.items()}
    if settings.bleed_db is not None:
        heard = room.overheard(heard, settings.bleed_db, settings.bleed_delay_s, settings.name)
    for person_id, samples in heard.items():
        chance = store.rng(f"noise {settings.name} {person_id}")
        found[person_id] = samples + chance.normal(0, noise, len(samples)).astype(np.float32)
    mixed = sum(spoken.samples for spoken in talk.spoken.values())
    chance = store.rng(f"noise {settings.name}")
    found["mixed"] = np.clip(mixed + chance.normal(0, noise, len(mixed)).astype(np.float32), -1, 1)
    return found


def truth_faces(talk):
    """The truth of every frame with the face's box in pixels of the whole picture, one row per person and frame."""
    found, poses = [], _poses(talk)
    for person_id, (portrait, x, y) in _tiles(talk.settings).items():
        fields_of = poses[poses.person_id == person_id].drop(columns="person_id")
        boxes = portrait.box(faces.Pose(*fields_of.to_numpy().T)) + np.array([x, y, 0, 0])
        mine = talk.faces[talk.faces.person_id == person_id].drop(columns=["x_px", "y_px"])
        for i, name in enumerate(("box_x_px", "box_y_px", "box_w_px", "box_h_px")):
            mine.insert(2 + i, name, boxes[:, i].round(2))
        found.append(mine)
    return _marked(pd.concat(found, ignore_index=True), talk.settings)


def truth_voice(talk):
    """The truth of every 10 ms of every voice: pitch, voicing, and level with the noise of the room in it."""
    noise = 10 ** (talk.settings.noise_db / 10)
    found = []
    for person_id, spoken in talk.spoken.items():
        power = 10 ** (spoken.truth.level_db.fillna(-300) / 10) + noise
        found.append(spoken.truth.assign(person_id=person_id, level_db=10 * np.log10(power)))
    return _marked(pd.concat(found, ignore_index=True).round(4), talk.settings)


def _marked(frame, settings):
    """The table with the recording it belongs to, first, and that it is synthetic, last."""
    marked = frame.assign(recording_id=settings.name, is_synthetic=True)
    return marked[["recording_id", *frame.columns, "is_synthetic"]]


def write_recording(folder, settings=None, progress=None):
    """Write a synthetic recording as a meeting program would, with the truth beside it.

    ``folder`` gets ``gallery.mp4`` (everybody in tiles, mixed sound), ``Audio Record/<person>.wav`` (16 kHz, one voice
    each), ``truth_turns.csv``, ``truth_events.csv``, ``truth_faces.csv``, ``truth_voice.csv`` and ``SYNTHETIC.txt``.
    ``progress(done, total)`` is called after each frame. Returns the :class:`Conversation`.
    """
    folder = Path(folder)
    talk = conversation(settings)
    (folder / "Audio Record").mkdir(parents=True, exist_ok=True)
    (folder / "SYNTHETIC.txt").write_text(NOTE.format(settings=talk.settings), encoding="utf-8")
    tables.write(talk.turns, folder / "truth_turns.csv")
    tables.write(_marked(talk.events, talk.settings), folder / "truth_events.csv")
    tables.write(truth_faces(talk), folder / "truth_faces.csv")
    tables.write(truth_voice(talk), folder / "truth_voice.csv")
    heard = sounds(talk)
    mixed = media.Sound(heard.pop("mixed"), voices.RATE_HZ)
    for person_id, samples in heard.items():
        media.write_sound(folder / "Audio Record" / f"{person_id}.wav", samples, voices.RATE_HZ)
    media.write_video(folder / "gallery.mp4", frames(talk, progress), talk.settings.frame_rate_hz, mixed)
    return talk
