"""Who speaks is found from mouths and one shared sound, among listeners whose mouths move too; and not by chance."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

import mosaics
from mien import face, media, people, sources, voice

LINES = {
    "man_blue": (0.4, 2.9),
    "woman_blue": (0.6, 2.5),
    "split_right": (11.0, 15.0),
    "gallery_d": (5.6, 9.5),
    "gallery_b": (13.0, 15.0),
    "actor": (0.3, 1.3),
}
"""Where in the clips one person alone is heard, by eye and ear (the two TV clips are full of crosstalk elsewhere)."""

SILENT = {
    "man_blue": (0.0, 0.4),
    "woman_blue": (0.0, 0.55),
    "split_right": (17.1, 17.45),
    "gallery_d": (13.4, 14.9),
    "gallery_b": (4.9, 6.6),
    "actor": (0.0, 0.3),
    "gallery_a": (0.0, 3.7),
}
"""Where the same people are silent."""

VOICES = "ravdess/Actor_{0:02d}/03-01-01-01-0{1}-01-{0:02d}.flac"
"""Voices of people who are never seen: two sentences of RAVDESS actors."""


@dataclass
class Talk:
    """A scripted recording: its file, its mosaic, and ``truth``: who ('' for one who is not seen), start_s, end_s."""

    mosaic: mosaics.Mosaic
    truth: pd.DataFrame


def scripted(folder, name, shared, lines, listeners, seconds, rate_hz=10.0, delay_s=0.0):
    """Build a 2 × 2 gallery in which ``lines`` (who, start_s, first and last clip second) are heard.

    ``who`` "unseen" speaks from outside the picture. ``listeners`` are sources whose sound is left out.
    """
    talkers = list(dict.fromkeys(who for who, *_ in lines if who != "unseen"))
    tiles = [mosaics.Tile(who, who, clock=_clock(who, lines)) for who in talkers]
    tiles += [mosaics.Tile(who, who, offset_s=offset_s) for who, offset_s in listeners]
    sound, truth = _mix(shared, lines, seconds, delay_s)
    layout = ((0.0, mosaics.grid(2, 2)),)
    return Talk(mosaics.build(folder, name, shared, tiles, layout, seconds, rate_hz=rate_hz, sound=sound), truth)


def _clock(who, lines):
    mine, (first_s, last_s) = [line for line in lines if line[0] == who], SILENT[who]

    def clip_s(time_s):
        for _, start_s, begin_s, end_s in mine:
            if start_s - 0.15 <= time_s < start_s + end_s - begin_s + 0.15:
                return max(begin_s + time_s - start_s, 0.0)
        phase = time_s % (2 * (last_s - first_s))
        return first_s + min(phase, 2 * (last_s - first_s) - phase)

    return clip_s


def _mix(shared, lines, seconds, delay_s):
    """The lines at their times over faint noise, and when in them there is speech."""
    samples = 1e-4 * np.random.default_rng(0).standard_normal(round(seconds * 16000)).astype("float32")
    rows = []
    for number, (who, start_s, begin_s, end_s) in enumerate(lines):
        clip = VOICES.format(1 + number, 1 + number % 2) if who == "unseen" else mosaics.SOURCES[who].clip
        part = media.sound(shared / "data" / clip).between(begin_s, end_s)
        first = round((start_s + delay_s) * 16000)
        samples[first : first + len(part.samples)] += 0.1 * part.samples / np.sqrt(np.mean(part.samples**2))
        heard = voice.speech(media.Sound(part.samples, 16000))
        rows += [
            ("" if who == "unseen" else who, start_s + delay_s + a, start_s + delay_s + b) for a, b in heard.to_numpy()
        ]
    return media.Sound(np.clip(samples, -1, 1), 16000), pd.DataFrame(rows, columns=["who", "start_s", "end_s"])


@dataclass
class Found:
    """What was measured of a recording: faces under their true names, sound, speech, and who speaks by mouths."""

    faces: pd.DataFrame
    sound_rows: pd.DataFrame
    speech: pd.DataFrame
    pieces: pd.DataFrame


def measured(talk, rate_hz=10.0):
    """Faces, sound and speech of a recording as the product measures them."""
    told = {}
    frames = media.frames(talk.mosaic.path, rate_hz=rate_hz)
    tracks = face.extract(frames, None, sources.find(face.MODEL), told)
    faces, _ = people.assign(tracks, told["frame_times_s"])
    who = mosaics.seen_as(faces, talk.mosaic.truth).groupby("person_id")["who"].agg(lambda names: names.mode()[0])
    faces = faces.assign(person_id=faces["person_id"].map(who))
    heard = media.sound(talk.mosaic.path)
    sound_rows, speech = voice.frames(heard), voice.speech(heard)
    return Found(faces, sound_rows, speech, people.speaking(faces, sound_rows, speech))


def verdicts(pieces, truth, step_s=0.02):
    """Every 20 ms of scripted speech: who spoke, who was found ('?' where no speech was), and the trust in it."""
    times = np.arange(0, truth["end_s"].max(), step_s)
    spoke, found, trust = (np.full(len(times), fill, dtype=object) for fill in ("?", "?", np.nan))
    for who, start_s, end_s in truth.itertuples(index=False):
        spoke[(times >= start_s) & (times < end_s)] = who
    for who, start_s, end_s, sure in pieces.itertuples(index=False):
        found[(times >= start_s) & (times < end_s)], trust[(times >= start_s) & (times < end_s)] = who, sure
    rows = pd.DataFrame({"time_s": times, "spoke": spoke, "found": found, "trust": trust.astype(float)})
    return rows[rows["spoke"] != "?"]


def right(pieces, truth):
    rows = verdicts(pieces, truth)
    return float((rows["spoke"] == rows["found"]).mean())


PANEL = [
    ("man_blue", 0.6, *LINES["man_blue"]),
    ("split_right", 3.5, *LINES["split_right"]),
    ("man_blue", 8.0, *LINES["man_blue"]),
    ("gallery_d", 11.0, *LINES["gallery_d"]),
    ("split_right", 15.3, 12.0, 15.0),
]
"""Three who talk; the fourth, at a webcam, mouths and grimaces all the time."""

CALL = [
    ("woman_blue", 0.6, *LINES["woman_blue"]),
    ("actor", 3.0, *LINES["actor"]),
    ("gallery_b", 4.6, *LINES["gallery_b"]),
    ("unseen", 7.2, 0.8, 2.8),
    ("woman_blue", 9.6, *LINES["woman_blue"]),
    ("actor", 12.0, *LINES["actor"]),
    ("gallery_b", 13.6, *LINES["gallery_b"]),
    ("unseen", 16.2, 0.8, 2.8),
]
"""Three who talk, one who smiles, and a voice from outside the picture."""
