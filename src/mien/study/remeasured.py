"""Real clips of acted speech with one thing changed, measured again: the voice columns of each under each dose.

The clips stay with their makers. Of each person ``per_class`` clips of each valence are drawn by name, none of which
belong to the person's calibration; and the calibration clips are measured again too, because a person's usual pitch
and level are themselves recorded. So every edited clip has two rows: ``norm`` is ``alike`` where the whole of a
person's recordings, those for calibration among them, were made under the condition, and ``before`` where the condition
began after the usual voice was known.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from mien import corpora, media, store, tables, turns, verdict, voice
from mien.edits import sound as edits
from mien.edits import suppression
from mien.voice import VoiceSettings

SWEPT_PEOPLE = {"ravdess": 8, "emodb": 4}
"""On how many people (the first by id, as many women as men) of a corpus a dose is tried that does not decide; what
decides is on all of them."""

RATE_HZ = media.SOUND_RATE_HZ
NORMS = ("alike", "before")
TALKERS = 8
"""So many clips of other people are heard at once in babble."""
BABBLE_S = 6.0
"""So long is the babble around a person; each clip is laid over a part of it that the clip's name draws."""

SWEPT = (
    ("noise", "snr_db", (20.0, 10.0, 5.0, 0.0)),
    ("fan_noise", "snr_db", (20.0, 10.0, 5.0, 0.0)),
    ("gain", "db", (-6.0, 6.0, -12.0, 12.0)),
    ("automatic_gain", "on", (1.0,)),
    ("noise_suppression", "db", (6.0, 12.0, 20.0)),
    ("suppressed_fan", "snr_db", (10.0,)),
    ("band", "hz", (8000.0,)),
    ("opus", "kbit_per_s", (24.0, 12.0)),
    ("aac", "kbit_per_s", (24.0, 12.0)),
    ("reverberation", "rt60_s", (0.3, 0.6, 1.0)),
    ("packet_loss", "share", (0.01, 0.05, 0.10)),
)
"""What is changed: axis, unit, doses: every one of AUDIT 6.7 that is of sound, and AAC at the rates of Opus. Noise is
babble; by AUDIT it may also be a fan, and that is shown beside. The suppressor's dose is by how much it turns down at
most; a suppressed fan is a fan at that SNR behind a suppressor of 12 dB.
"""

SUPPRESSED_DB = 12.0

MADE = {
    "none": lambda clip, dose, **_: clip,
    "noise": lambda clip, dose, name, voices: edits.noise(clip, RATE_HZ, dose, "babble", name, voices),
    "fan_noise": lambda clip, dose, name, **_: edits.noise(clip, RATE_HZ, dose, "pink", name),
    "gain": lambda clip, dose, **_: edits.gain(clip, RATE_HZ, dose),
    "automatic_gain": lambda clip, dose, **_: edits.automatic_gain(clip, RATE_HZ),
    "noise_suppression": lambda clip, dose, **_: suppression.noise_suppression(clip, RATE_HZ, dose),
    "suppressed_fan": lambda clip, dose, name, **_: suppression.noise_suppression(
        edits.noise(clip, RATE_HZ, dose, "pink", name), RATE_HZ, SUPPRESSED_DB
    ),
    "band": lambda clip, dose, **_: edits.narrow_band(clip, RATE_HZ, dose),
    "opus": lambda clip, dose, **_: edits.opus(clip, RATE_HZ, dose),
    "aac": lambda clip, dose, **_: edits.aac(clip, RATE_HZ, dose),
    "reverberation": lambda clip, dose, name, **_: edits.reverberation(clip, RATE_HZ, dose, name),
    "packet_loss": lambda clip, dose, name, **_: edits.packet_loss(clip, RATE_HZ, dose, name),
}
"""How each axis is made, of samples at 16 kHz."""

HEARD_BY = ("media", "voice", "turns", "edits/sound", "synthetic/room")
"""The code that every edited clip went through; and those that went through a suppressor too."""
SUPPRESSED = ("noise_suppression", "suppressed_fan")


@dataclass(frozen=True)
class Dose:
    """One size of one change; ``decides`` where the rules call it ordinary and let it decide claim C5."""

    axis: str
    value: float
    unit: str
    decides: bool

    @property
    def said(self):
        """The dose in a word for file names and parts of quantities: ``noise 20 snr_db``."""
        return f"{self.axis} {self.value:g} {self.unit}".strip()


NOTHING = Dose("none", 0.0, "", False)
"""The clip as it is, measured again: what comes before every edit."""


def doses(rules=None):
    """Every dose in the order of the work: nothing changed, then what decides, then the rest of the sweep."""
    ordinary = (rules or verdict.load())["doses"]["ordinary"]
    decisive = {(row["axis"], value) for row in ordinary if row["decides"] for value in row["values"]}
    swept = [Dose(axis, value, unit, (axis, value) in decisive) for axis, unit, values in SWEPT for value in values]
    return [NOTHING, *sorted(swept, key=lambda dose: not dose.decides)]


def drawn(table, per_class, target="label_valence"):
    """The recording_ids that are edited, by person: ``per_class`` of each class, or all where there are fewer."""
    known = table[table[target].notna() & ~table["is_calibration"].astype(bool)]
    found = {}
    for (person, label), rows in known.groupby(["person_id", target]):
        ids = sorted(rows["recording_id"])
        chance = store.rng(f"recorded {person} {label}")
        found.setdefault(person, []).extend(sorted(chance.choice(ids, min(per_class, len(ids)), replace=False)))
    return found


def measured(name, folder, table, kept_in, per_class=5, tick=lambda *_: None):
    """The voice columns of the drawn clips of a corpus under every dose, as one table.

    ``name``: the corpus; ``folder``: where it lies; ``table``: its committed windows, which say who calibrates;
    ``kept_in``: a folder in which every person's clips under every dose are kept, so that a stopped run goes on where
    it stopped. Columns recording_id, person_id, axis, dose, unit, decides, norm and ``voice_*``.
    """
    files = corpora.named(name).recordings(folder).drop_duplicates("recording_id").set_index("recording_id")["path"]
    people = drawn(table, per_class)
    calibrating = table[table["is_calibration"].astype(bool)].groupby("person_id")["recording_id"].apply(sorted)
    asked, parts = plan(people, SWEPT_PEOPLE[name]), []
    for number, (dose, person) in enumerate(asked, 1):
        clips = {"drawn": people[person], "calibrating": list(calibrating[person])}
        others = _others(table, person)
        parts.append(_kept(dose, person, clips, others, files, Path(kept_in)).assign(**_about(dose, person)))
        tick(f"{name}: {dose.said}", number, len(asked))
    return pd.concat(parts, ignore_index=True)


def plan(people, n_swept):
    """Which dose is tried on whom, in the order of the work: pairs of :class:`Dose` and person_id."""
    first = sorted(people)[:n_swept]
    return [
        (dose, person)
        for dose in doses()
        for person in sorted(people)
        if dose.decides or dose == NOTHING or person in first
    ]


def _about(dose, person):
    return {
        "person_id": person,
        "axis": dose.axis,
        "dose": dose.value,
        "unit": dose.unit,
        "decides": dose.decides,
    }


def _others(table, person):
    """Whose clips are the babble around a person: others', drawn by the person's name."""
    ids = sorted(table.loc[table["person_id"] != person, "recording_id"])
    return sorted(store.rng(f"babble around {person}").choice(ids, TALKERS, replace=False))


def _kept(dose, person, clips, others, files, folder):
    """One person's rows under one dose, measured once and kept."""
    causes = {
        "dose": [dose.axis, dose.value],
        "clips": clips,
        "others": [*others, BABBLE_S] if dose.axis == "noise" else [],
        "code": store.code(*HEARD_BY, *(["edits/suppression"] if dose.axis in SUPPRESSED else [])),
    }
    path = _place(folder, person, dose)

    def make(part):
        plain = store.notes(_place(folder, person, NOTHING))["usual"] if dose != NOTHING else None
        rows, usual = _person(dose, clips, others, files, plain)
        tables.write(rows, part)
        return {"usual": usual}

    return pd.read_csv(store.kept(path, causes, make))


def _place(folder, person, dose):
    return folder / f"{store.file_name(f'{person} {dose.said}'.lower())}.csv"


def _person(dose, clips, others, files, plain):
    """The rows of one person's drawn clips, and the usual voice in the calibration clips under the dose."""
    settings = VoiceSettings()
    voices = [_together([_samples(files[one]) for one in others])] if dose.axis == "noise" else ()
    changed = lambda one: MADE[dose.axis](_samples(files[one]), dose.value, name=one, voices=voices)  # noqa: E731
    usual = voice.reference(pd.concat([voice.frames(_sound(changed(one))) for one in clips["calibrating"]]), settings)
    norms = {"alike": usual, "before": voice.Reference(*plain) if plain else usual}
    rows = []
    for one in clips["drawn"]:
        heard = _sound(changed(one))
        frames, speech = voice.frames(heard, settings), _spoken(heard, settings)
        for norm, own in norms.items():
            values, _ = voice.features(frames, speech, 0, heard.duration_s, own, settings)
            rows.append({"recording_id": one, "norm": norm, **values})
    return pd.DataFrame(rows), [usual.f0_hz, usual.level_db] if usual else None


def _together(voices):
    """Several people talking at once, each equally loud, over and over: some seconds of one sound."""
    count = round(BABBLE_S * RATE_HZ)
    alike = [one * 10 ** (-edits.active_level_db(one, RATE_HZ) / 20) for one in voices]
    return sum(np.resize(np.roll(one, number * len(one) // len(alike)), count) for number, one in enumerate(alike))


def _spoken(heard, settings):
    """The stretches of speech as a build has them: what is heard, joined over the shortest pauses."""
    said = voice.speech(heard, settings).assign(person_id="one").query("start_s < @heard.duration_s")
    said = said.assign(end_s=said["end_s"].clip(upper=heard.duration_s))
    found = turns.table(said, heard.duration_s, turns.TurnSettings(), "clip", "person_audio")
    return found.loc[found["kind"] == "speech", ["start_s", "end_s"]]


def _samples(path):
    return media.sound(path).samples.astype(float)


def _sound(samples):
    return media.Sound(np.clip(samples, -1, 1).astype(np.float32), RATE_HZ)
