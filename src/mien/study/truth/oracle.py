"""Praat as an independent oracle: does it hear the same pitch on the same sound, made up or real?

Needs the optional extra ``mien[praat]`` (praat-parselmouth, GPL-3), which :mod:`mien.voice.praat` finds, and for real
speech the corpora in folders of yours. What is committed, ``data/voice_praat.csv``, holds aggregate numbers only.

Praat's autocorrelation pitch (Boersma 1993, IFA Proceedings 17: 97) at its own settings, between the floor and the
ceiling of mien's, every 10 ms.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from mien import media, store, tables, voice
from mien.study.truth import voices
from mien.synthetic.spoken import SpokenCondition, spoken_trial

FILE = "voice_praat.csv"
CLIPS_A_PERSON = 10
LICENCES = {"SYNTHETIC": "BSD-3-Clause", "RAVDESS": "CC BY-NC-SA 4.0", "EmoDB": "free for research"}
TRIED = {
    "noise": (40.0, 20.0, 10.0, 5.0, 0.0),
    "echo": (0.3, 0.6),
    "line": (True,),
}
"""The doses of :data:`voices.AXES` under which both are held against the truth."""


def praat_pitch(sound, times_s, settings=None):
    """F0 by Praat at the given times (NaN where it hears no voice), Hz.

    Raises :class:`tables.TableError` where the extra is not installed.
    """
    settings = settings or voice.VoiceSettings()
    whole = voice.praat.ready().Sound(sound.samples.astype(float), sound.rate_hz, start_time=sound.start_s)
    pitch = whole.to_pitch_ac(settings.hop_s, settings.f0_min_hz, pitch_ceiling=settings.f0_max_hz)
    f0, at = pitch.selected_array["frequency"], pitch.xs()
    nearest = np.clip(np.round((np.asarray(times_s) - at[0]) / settings.hop_s).astype(int), 0, len(f0) - 1)
    near = np.abs(at[nearest] - times_s) <= settings.hop_s
    return np.where(near & (f0[nearest] > 0), f0[nearest], np.nan)


def write(folder, ravdess=None, emodb=None, settings=None):
    """Write ``voice_praat.csv`` into ``folder``: both on SYNTHETIC voices, and mien against Praat on real clips.

    ``ravdess``, ``emodb``: folders of the corpora (names as published), or None to leave one out. Ten clips of each
    person, drawn by name. Columns corpus, axis, dose, tool, quantity, metric, value, low, high, method, n_units (trials
    or people), n_clips, licence, is_synthetic.
    """
    settings = settings or voices.VoiceTrialSettings()
    parts = [_rows(parts, *place, settings) for place, parts in _synthetic(settings).items()]
    for corpus, home, person in (
        ("RAVDESS", ravdess, lambda path: path.stem.split("-")[-1]),
        ("EmoDB", emodb, lambda path: path.stem[:2]),
    ):
        if home is not None:
            parts.append(_rows(_real(home, person, settings), corpus, "", "", "mien against Praat", settings))
    table = pd.concat(parts, ignore_index=True)
    return tables.write(table, Path(folder) / FILE)


def _synthetic(settings):
    """The parts of each trial by (corpus, axis, dose, tool): each tool against what was scripted."""
    found = {}
    for axis, doses in TRIED.items():
        for dose in doses:
            for who in settings.voices:
                for script in range(settings.few):
                    condition = SpokenCondition(str(script), who, **{voices.AXES[axis][1]: dose})
                    for tool, both in _both(spoken_trial(condition), settings.voice):
                        place = ("SYNTHETIC", axis, voices.dose_said(axis, dose), tool)
                        found.setdefault(place, []).append((1, voices.heard_parts(both)))
    return found


def _both(one, settings):
    sound = media.Sound(one.samples, one.rate_hz)
    rows = voice.frames(sound, settings)
    praat = rows.assign(f0_hz=praat_pitch(sound, rows["time_s"].to_numpy(), settings))
    for tool, table in (("mien", rows), ("Praat", praat.assign(voiced=praat["f0_hz"].notna()))):
        both = voices.beside(one, table)
        yield tool, both[both["time_s"] < one.glide_s - 0.2]


def _real(home, person, settings):
    """The parts of each person, over their clips: mien held against Praat as if that were the truth."""
    clips = {}
    for path in sorted(path for path in Path(home).rglob("*") if path.suffix in (".flac", ".wav")):
        clips.setdefault(person(path), []).append(path)
    if not clips:
        raise tables.TableError(f"{home}: no .wav or .flac in it")
    found = []
    for who, paths in sorted(clips.items()):
        drawn = store.rng(f"praat clips {who}").permutation(len(paths))[:CLIPS_A_PERSON]
        pairs = [_against_praat(media.sound(paths[number]), settings.voice) for number in sorted(drawn)]
        found.append((len(pairs), voices.heard_parts(pd.concat(pairs, ignore_index=True))))
    return found


def _against_praat(sound, settings):
    rows = voice.frames(sound, settings)
    praat = praat_pitch(sound, rows["time_s"].to_numpy(), settings)
    return rows.assign(f0_hz_true=praat, voiced_true=~np.isnan(praat))


def _rows(units, corpus, axis, dose, tool, settings):
    rows = pd.DataFrame(voices.summary([parts for _, parts in units], settings)).rename(columns={"n_trials": "n_units"})
    place = {"corpus": corpus, "axis": axis, "dose": dose, "tool": tool}
    about = {"n_clips": sum(n for n, _ in units), "licence": LICENCES[corpus], "is_synthetic": corpus == "SYNTHETIC"}
    rows = rows.assign(**about)
    for at, (name, value) in enumerate(place.items()):
        rows.insert(at, name, value)
    return rows
