"""What mien stores of people, corpus by corpus, laid out for linking: a gallery and a probe for each person.

An artefact is a set of columns of a committed table. Where people say set sentences, the sentence of the gallery is not
that of the probe, so that text can't link; where they were recorded twice, one recording is on each side.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from mien import corpora, store
from mien.evidence import transfer

N_ROUNDS = 30
"""How often one recording is drawn for each person and side, where there are many."""

STORED, PART, REMEDY, LEFT_OUT, CONFOUND = "stored", "part", "remedy", "not stored", "confound"
"""What an artefact is to mien: stored as it is; a part of that; a treatment that may help; measured here though it is
not stored; or nothing of the person, but of how they were recorded: what links these alone links no person."""

PITCH = ("voice_f0_st27_mean",)
RELATIVE = ("voice_f0_st_mean", "voice_f0_st_p20", "voice_f0_st_p80", "voice_level_db_mean")
"""What the tables hold from the usual of a person, learnt from clips of both sentences. Left so, what that usual got
wrong would be on both sides and link them; here each side is held against its own usual, as two recordings are."""
TIMBRE = ("voice_mfcc_", "voice_alpha", "voice_hammarberg", "voice_slope_", "voice_hnr", "voice_flux")
TIMING = ("voice_speech", "voice_pause", "voice_voiced", "voice_unvoiced", "voice_nuclei")
MIT_PITCH = ("voice_f0_mean_hz",)
MIT_LEVEL = ("voice_f0_", "voice_power", "voice_intensity", "voice_energy")
POSE = ("face_yaw", "face_pitch", "face_roll", "face_gaze", "face_bs_eyeLook")


@dataclass(frozen=True)
class Artefact:
    """One thing that is stored, of every person twice; ``gallery`` and ``probe`` (rounds, people, values).

    ``given`` what is known of each side: one recording or several. ``people`` and ``groups`` (people,); ``may_link``
    (people, people) is False where two are never compared; ``columns`` by name, so that corpora can be matched.
    """

    corpus: str
    signals: str
    name: str
    role: str
    given: str
    columns: tuple
    people: np.ndarray
    groups: np.ndarray
    gallery: np.ndarray
    probe: np.ndarray
    n_recordings: int
    may_link: np.ndarray | None = None

    @property
    def licence(self):
        """That of the corpus."""
        return corpora.named(KEYS[self.corpus]).LICENCE

    def within(self, given):
        """The same, each person sought only among those of their own group."""
        return replace(self, given=given, may_link=self.groups[:, None] == self.groups[None, :])


KEYS = {"RAVDESS": "ravdess", "EmoDB": "emodb", "London": "london", "MIT Interview": "mit", "AMI": "ami"}
KEYS |= {"GAP": "gap", "ICSI": "mrda", "Haines": "haines"}
"""Corpora in words, and their modules."""


def of_voice(clips, corpus, is_probe):
    """Acted speech: what a clip, and all clips of one half of the sentences, tell; ``is_probe`` says which half.

    Clips for calibration are left out, since others are measured from them, each half from its own; one usual for both
    sides is there to show what that would have told.
    """
    halves = clips.assign(person_id=clips["person_id"] + np.where(is_probe, "/probe", "/gallery"))
    own = transfer.from_own_usual(halves, "voice").assign(person_id=clips["person_id"])
    shared = transfer.from_own_usual(clips, "voice")
    clips = clips.assign(**own[list(RELATIVE)].to_dict("series"))
    kept = ~clips["is_calibration"]
    table, own, shared, is_probe = clips[kept], own[kept], shared[kept], is_probe[kept].to_numpy()
    every = list(table.filter(regex="^voice_"))
    parts = {
        "voice, all measures": (STORED, every, table),
        "voice without raw pitch": (PART, _without(every, PITCH), table),
        "raw pitch alone": (PART, list(PITCH), table),
        "timbre alone": (PART, _of(every, TIMBRE), table),
        "timing alone": (PART, _of(every, TIMING), table),
        "voice as distance from own usual": (REMEDY, every, own),
        "voice as distance from one usual for both": (REMEDY, every, shared),
        "length of the clip": (CONFOUND, ["length_s"], table.assign(length_s=table["end_s"] - table["start_s"])),
    }
    found = []
    for name, (role, columns, rows) in parts.items():
        for given, drawn in (("one clip", N_ROUNDS), ("many clips", 0)):
            found.append(laid(rows, columns, is_probe, corpus, "voice", name, role, given, drawn))
    return found


def of_pairs(table, corpus, is_probe, parts):
    """Two recordings of each person; ``parts`` {name: (signals, role, columns)}."""
    is_probe = np.asarray(is_probe)
    return [
        laid(table, columns, is_probe, corpus, signals, name, role, "one recording", 0)
        for name, (signals, role, columns) in parts.items()
    ]


def of_mit(table):
    """Interviews before and after coaching, by the tools of others (Praat, pyAudioAnalysis and a face tracker)."""
    voice, face = list(table.filter(regex="^voice_")), list(table.filter(regex="^face_"))
    parts = {
        "voice, all measures": ("voice", STORED, voice),
        "voice without raw pitch and level": ("voice", PART, _without(voice, MIT_LEVEL)),
        "raw pitch alone": ("voice", PART, list(MIT_PITCH)),
        "timbre alone": ("voice", PART, _of(voice, ("voice_mfcc_",))),
        "face points and head angles": ("face", STORED, face),
        "length of the interview": ("voice", CONFOUND, ["end_s"]),
    }
    return of_pairs(table, "MIT Interview", table["confound_coached"] == "yes", parts)


def of_london(table):
    """Pictures: neutral in the gallery, smiling as the probe."""
    every = [name for name in table.filter(regex="^face_") if table[name].notna().any()]
    shapes = _of(every, ("face_bs_",))
    parts = {
        "all face measures of a window": ("face", STORED, every),
        "blendshapes": ("face", STORED, shapes),
        "blendshapes without those of the eyes": ("face", PART, _without(shapes, ("face_bs_eye",))),
        "stand-ins for action units": ("face", PART, _of(every, ("face_auproxy_",))),
        "head pose and gaze": ("face", PART, _of(every, POSE)),
        "trust in the face": ("face", CONFOUND, ["trust_face"]),
    }
    return of_pairs(table, "London", table["label_expression"] == "smiling", parts)


def of_icsi(table):
    """Researchers in their meetings: each person's turn statistics in a meeting, and over every other meeting."""
    columns = list(table.filter(regex="^turn_"))
    meetings = table.groupby(["person_id", "group_id", "recording_id"], sort=True)[columns].mean().reset_index()
    several = meetings.groupby("person_id")["recording_id"].transform("size") > 1
    meetings = meetings[several].reset_index(drop=True)
    is_probe = (meetings.groupby("person_id").cumcount() % 2 == 1).to_numpy()
    shared = meetings.assign(**meetings.groupby("recording_id")[columns].transform("mean").to_dict("series"))
    found = []
    for given, drawn in (("one meeting", N_ROUNDS), ("many meetings", 0)):
        about = (columns, is_probe, "ICSI", "turn")
        found.append(laid(meetings, *about, "turn statistics", STORED, given, drawn))
        found.append(laid(shared, *about, "what everybody in the meeting shares", CONFOUND, given, drawn))
    return found


def of_gap(table):
    """Students in one meeting each: nobody can be linked, and what is kept may still tell who they are."""
    columns = list(table.filter(regex="^turn_"))
    values = table[columns].to_numpy(float)[None]
    about = ("GAP", "turn", "turn statistics", STORED, "one meeting", tuple(columns))
    nobody = np.full_like(values, np.nan)
    return Artefact(*about, *(table[name].to_numpy() for name in ("person_id", "group_id")), values, nobody, len(table))


def laid(table, columns, is_probe, corpus, signals, name, role, given, n_rounds):
    """An :class:`Artefact` from rows of recordings; with ``n_rounds`` one row is drawn for each, else all are averaged.

    The same rows are drawn for every artefact of a corpus, so that artefacts are compared on the same pairs.
    """
    people = np.unique(table["person_id"][is_probe])
    people = people[np.isin(people, table["person_id"][~is_probe])]
    home = table.drop_duplicates("person_id").set_index("person_id")["group_id"]
    values = table[columns].to_numpy(float)
    sides = [_drawn(values, table, where, people, n_rounds, corpus) for where in (~is_probe, is_probe)]
    counts = int(table["person_id"].isin(people).sum())
    about = (corpus, signals, name, role, given, tuple(columns), people, home[people].to_numpy())
    return Artefact(*about, *sides, counts)


def _drawn(values, table, where, people, n_rounds, corpus):
    """(rounds, people, values): one row of each person in each round, or the mean of all in one round."""
    found = np.full((max(n_rounds, 1), len(people), values.shape[1]), np.nan)
    side = "probe" if where[np.flatnonzero(table["person_id"] == people[0])[-1]] else "gallery"
    for at, person in enumerate(people):
        rows = np.flatnonzero((table["person_id"] == person).to_numpy() & where)
        if n_rounds:
            draw = store.rng(f"linking/{corpus}/{person}/{side}/{len(rows)}")
            found[:, at] = values[draw.choice(rows, n_rounds)]
        else:
            there = np.isfinite(values[rows])
            total = np.where(there, values[rows], 0).sum(axis=0)
            found[0, at] = np.where(there.any(axis=0), total / np.maximum(there.sum(axis=0), 1), np.nan)
    return found


def _of(columns, beginnings):
    return [name for name in columns if name.startswith(beginnings)]


def _without(columns, beginnings):
    return [name for name in columns if not name.startswith(beginnings)]


def pooled(artefact):
    """Each person once on each side, as a table (recording_id, person_id, group_id, columns): what attributes are
    guessed from."""
    rows = []
    for side, values in (("gallery", artefact.gallery), ("probe", artefact.probe)):
        frame = pd.DataFrame(values.mean(axis=0), columns=list(artefact.columns))
        frame.insert(0, "recording_id", [f"{person}_{side}" for person in artefact.people])
        frame.insert(1, "person_id", artefact.people)
        frame.insert(2, "group_id", artefact.groups)
        rows.append(frame)
    return pd.concat(rows, ignore_index=True).dropna(how="all", subset=list(artefact.columns))
