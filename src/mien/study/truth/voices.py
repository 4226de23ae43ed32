"""How far can the voice numbers be believed? Trials of known truth under each condition, measured and summed up.

Everything here is SYNTHETIC: three voices out of a source–filter model (:mod:`mien.synthetic.spoken`). The independent
unit is a trial (one voice, one script), never a frame; intervals say what other scripts of these voices would give.

Pitch errors are those of the field: a frame that both call voiced is grossly wrong where its F0 is more than 20 % off;
the fine error is that of all others; the voicing error is the share of frames whose voicing is wrong (Nakatani et al.
2008, Speech Communication 50: 203; Chu & Alwan 2009, ICASSP).
"""

from dataclasses import dataclass, field, replace
from typing import NamedTuple

import joblib
import numpy as np
import pandas as pd

from mien import media, store, tables, voice
from mien.study.truth.trials import added_up, missed, over_trials
from mien.synthetic.spoken import LOUDER_DB, VOICES, SpokenCondition, spoken_trial
from mien.voice import VoiceSettings

AXES = {
    "noise": ("dB over noise", "snr_db", (20.0, 10.0, 5.0, 0.0)),
    "echo": ("RT60, s", "rt60_s", (0.3, 0.6)),
    "Opus": ("kbit/s", "opus_kbit_s", (24.0, 12.0, 8.0)),
    "AAC": ("kbit/s", "aac_kbit_s", (32.0, 16.0)),
    "line": ("", "is_telephone", (True,)),
    "clipping": ("share of samples", "clipped_share", (0.005, 0.05)),
    "gain": ("", "has_gain", (True,)),
    "jitter": ("of the voice", "jitter", (0.01, 0.03)),
}
"""What is made worse, one thing at a time: unit, field of :class:`mien.synthetic.SpokenCondition`, and the doses."""

TOGETHER = {
    "mild": {"snr_db": 20.0, "rt60_s": 0.3, "opus_kbit_s": 24.0},
    "harsh": {"snr_db": 10.0, "rt60_s": 0.6, "opus_kbit_s": 12.0},
}
SAID = {"line": {"False": "whole", "True": "telephone"}, "gain": {"False": "fixed", "True": "automatic"}}
"""Doses that are flags, in words."""

GROSS_SHARE = 0.2
PAUSE_LEAST_S = 0.2
TARGETS = {
    ("pitch", "gross_share"): (0.05, "max"),
    ("pitch", "error_cents"): (25.0, "max"),
    ("voicing", "error_share"): (0.1, "max"),
    ("level", "slope"): (0.9, "min"),
    ("speech rate", "ratio"): (0.9, "min"),
    ("pause", "recall"): (0.9, "min"),
    ("pause", "precision"): (0.9, "min"),
    ("noise", "error_db"): (2.0, "max"),
}
"""What a voice number must reach to be trusted; ``limits`` names the conditions under which it does not."""

COUNTED = ("recall", "precision")
"""Shares of pauses. Where one is 0 or 1 throughout, a pause is its unit; of a share of frames it is a stretch of
speech, because neighbouring frames are wrong together; of the suspicion of gain it is a trial."""

TIMBRE = ("alpha_ratio_db", "hammarberg_db", "hnr_ac_db")


@dataclass(frozen=True)
class VoiceTrialSettings:
    """How much is tried: scripts per voice in the plain condition, and in the others; axes, doses and measurement."""

    scripts: int = 6
    few: int = 3
    voices: tuple[str, ...] = tuple(VOICES)
    axes: dict = field(default_factory=lambda: dict(AXES))
    together: dict = field(default_factory=lambda: dict(TOGETHER))
    voice: VoiceSettings = VoiceSettings()
    level: float = 0.95


class Ask(NamedTuple):
    """One trial to be measured: on which axis at which dose, and the condition that is."""

    axis: str
    dose: str
    condition: SpokenCondition


def asked(settings):
    """Every trial of the study, one voice and script after the other, the plain condition (a quiet room) first."""
    axes = settings.axes.items()
    worse = [(axis, dose_said(axis, dose), {name: dose}) for axis, (_, name, doses) in axes for dose in doses]
    worse += [("together", dose, changes) for dose, changes in settings.together.items()]
    asks = []
    for who in settings.voices:
        for number in range(settings.scripts):
            plain = SpokenCondition(str(number), who)
            asks.append(Ask("plain", "", plain))
            harder = worse if number < settings.few else ()
            asks += [Ask(axis, dose, replace(plain, **changes)) for axis, dose, changes in harder]
    return asks


def dose_said(axis, value):
    """A dose as the table names it: ``20``, ``none``, ``telephone``."""
    if axis in SAID:
        return SAID[axis][str(value)]
    return "none" if value is None else f"{value:g}"


def error_table(settings, folder, workers=1, tick=lambda *_: None):
    """The error of every voice number under every condition: a row per axis, dose, voice, quantity and metric.

    Columns axis, dose, unit, voice (``all`` for all of them), quantity, metric, value, low, high, method, n_trials,
    is_synthetic. ``folder`` keeps the frames of each trial, so that a stopped run goes on where it stopped.
    """
    asks, found = asked(settings), []
    work = joblib.Parallel(n_jobs=min(workers, len(asks)), return_as="generator", batch_size=4)
    for one in work(joblib.delayed(parts)(ask, settings, folder) for ask in asks):
        found.append(one)
        tick("voice trials", len(found), len(asks))
    return summed_up(list(zip(asks, found, strict=True)), settings)


def parts(ask, settings, folder):
    """The measures of one trial, as :func:`components` gives them."""
    return components(spoken_trial(ask.condition), *kept(ask, settings, folder), settings.voice)


def kept(ask, settings, folder):
    """What the instrument says of one trial, measured once and kept in ``folder``: frames and speech."""
    name = store.file_name(f"{ask.axis} {ask.dose} {ask.condition.voice} {ask.condition.script}".lower())
    causes = {
        "asked": ask._asdict(),
        "voice": settings.voice,
        "code": store.code("media", "synthetic", "voice"),
    }

    def make(part):
        rows, speech = measured(spoken_trial(ask.condition), settings.voice)
        tables.write(rows, part)
        return {"speech": speech[["start_s", "end_s"]].to_numpy().tolist()}

    path = store.kept(folder / f"{name}.parquet", causes, make)
    return pd.read_parquet(path), pd.DataFrame(store.notes(path)["speech"], columns=["start_s", "end_s"], dtype=float)


def measured(one, settings):
    """Frames and speech of a trial, by the same functions as any recording's."""
    sound = media.Sound(one.samples, one.rate_hz)
    return voice.frames(sound, settings), voice.speech(sound, settings)


# --- what is compared in one trial -----------------------------------------------------------------------------------


def components(one, rows, speech, settings):
    """The measures of one trial as parts (quantity, metric) → (above, below): over trials, Σ above ÷ Σ below.

    ``rows`` and ``speech`` as :func:`measured` gives them. A share has its counts; a median, a slope or a ratio has
    below 1.
    """
    both = beside(one, rows)
    talk, glide = both[both["time_s"] < one.glide_s - 0.2], both[both["is_glide"]]
    return {
        **heard_parts(talk),
        **pitch_parts(glide, "glide"),
        **_level(talk, one.stretches),
        **_timing(one, speech),
        **_window(one, rows, speech, settings),
    }


def beside(one, rows):
    """The truth of a trial and the rows measured, side by side by time; the truth's columns end in ``_true``."""
    return one.truth.merge(rows.round({"time_s": 3}), on="time_s", suffixes=("_true", ""))


def heard_parts(both):
    """Pitch and voicing of rows held against the truth beside them."""
    return pitch_parts(both, "pitch") | _voicing(both)


def pitch_parts(both, quantity):
    """Gross errors, the fine error and its sign, and the slope in semitones: ``f0_hz`` held against ``f0_hz_true``."""
    both = both[both["f0_hz"].notna() & both["f0_hz_true"].notna()]
    off = both["f0_hz"] / both["f0_hz_true"]
    gross = (off - 1).abs() > GROSS_SHARE
    cents = 1200 * np.log2(off[~gross])
    true, got = (np.log2(both.loc[~gross, name]) for name in ("f0_hz_true", "f0_hz"))
    varies = len(true) > 10 and true.std() > 0.01
    return {
        (quantity, "gross_share"): (int(gross.sum()), len(both)),
        (quantity, "error_cents"): _once(cents.abs().median()),
        (quantity, "bias_cents"): _once(cents.median()),
        (quantity, "slope"): _once(np.polyfit(true, got, 1)[0] if varies else np.nan),
    }


def _once(value):
    return (float(value), 1) if np.isfinite(value) else (0, 0)


def _voicing(both):
    true, got = both["voiced_true"].astype(bool), both["voiced"].astype(bool)
    return {
        ("voicing", "error_share"): (int((true != got).sum()), len(both)),
        ("voicing", "missed_share"): (int((true & ~got).sum()), int(true.sum())),
        ("voicing", "invented_share"): (int((~true & got).sum()), int((~true).sum())),
    }


def _level(both, stretches):
    """Level in voiced frames: error about the trial's own median, and measured on true over stretches of speech."""
    both = both[both["voiced_true"].astype(bool) & both["voiced"].astype(bool)]
    number = np.searchsorted(stretches["start_s"], both["time_s"], side="right")
    middles = both.groupby(number)[["level_db_true", "level_db"]].median()
    off = both["level_db"] - both["level_db_true"]
    slope = np.polyfit(middles["level_db_true"], middles["level_db"], 1)[0] if len(middles) > 3 else np.nan
    return {("level", "error_db"): _once((off - off.median()).abs().median()), ("level", "slope"): _once(slope)}


def _timing(one, speech):
    """Pauses and edges of speech: which pauses are found, how long they are, how much speech is missed or made up."""
    speech = speech[speech["start_s"] < one.glide_s - 0.2]
    true, got = (pauses(table) for table in (one.stretches, speech))
    meets = np.array([[min(b, d) - max(a, c) > 0.5 * max(b - a, d - c) for c, d in got] for a, b in true])
    meets = meets.reshape(len(true), len(got)).astype(bool)
    error = [abs((d - c) - (b - a)) for i, (a, b) in enumerate(true) for j, (c, d) in enumerate(got) if meets[i, j]]
    spoken, heard = (_covered(table, one.glide_s - 0.2) for table in (one.stretches, speech))
    return {
        ("pause", "recall"): (int(meets.any(axis=1).sum()), len(true)),
        ("pause", "precision"): (int(meets.any(axis=0).sum()), len(got)),
        ("pause", "error_s"): _once(np.median(error) if error else np.nan),
        ("speech", "missed_share"): (int((spoken & ~heard).sum()), int(spoken.sum())),
        ("speech", "invented_share"): (int((~spoken & heard).sum()), int((~spoken).sum())),
    }


def pauses(stretches, least_s=PAUSE_LEAST_S):
    """The silences of at least ``least_s`` between stretches, as (start_s, end_s)."""
    edges = zip(stretches["end_s"].iloc[:-1], stretches["start_s"].iloc[1:], strict=True)
    return [(a, b) for a, b in edges if b - a >= least_s]


def _covered(stretches, whole_s):
    at = np.arange(round(whole_s * 100)) / 100
    inside = [(at >= a) & (at < b) for a, b in stretches[["start_s", "end_s"]].itertuples(index=False)]
    return np.any(inside, axis=0) if inside else np.zeros(len(at), bool)


def _window(one, rows, speech, settings):
    """The columns of a windows table for the whole talk, held against what was scripted."""
    end_s = one.glide_s - 0.2
    values, _ = voice.features(rows, speech, 0, end_s, None, settings)
    good, _ = voice.quality_of(voice.spoken(rows, speech, 0, end_s), voice.agc(rows, settings), settings)
    semitones = 12 * np.log2(one.truth.loc[one.truth["time_s"] < end_s, "f0_hz"].dropna())
    width = semitones.quantile(0.8) - semitones.quantile(0.2)
    per_s = one.syllables / (one.stretches["end_s"] - one.stretches["start_s"]).sum()
    clipped = one.condition.clipped_share or 0.0
    parts = {
        ("speech rate", "ratio"): values["voice_nuclei_per_s"] / per_s,
        ("f0 range", "error_st"): abs(values["voice_f0_st_range"] - width),
        ("noise", "value_db"): good["confound_snr_db"],
        ("noise", "error_db"): abs(good["confound_snr_db"] - one.condition.snr_db),
        ("bandwidth", "value_hz"): good["confound_bandwidth_hz"],
        ("clipping", "value_share"): good["confound_clipping_share"],
        ("clipping", "error_share"): abs(good["confound_clipping_share"] - clipped),
        ("gain", "suspected_share"): good["confound_agc_suspected"],
        ("jitter", "f0_perturbation"): values["voice_f0_perturbation"],
    }
    parts |= {(name.removesuffix("_db"), "value_db"): values[f"voice_{name}"] for name in TIMBRE}
    return {key: _once(value) for key, value in parts.items()}


# --- over trials -----------------------------------------------------------------------------------------------------


def summed_up(trials, settings):
    """The table of errors from ``trials``, a list of (:class:`Ask`, parts)."""
    plain = {(ask.condition.voice, ask.condition.script): parts for ask, parts in trials if ask.axis == "plain"}
    groups = {}
    for ask, parts in trials:
        usual = plain[ask.condition.voice, ask.condition.script]
        for axis, dose in _places(ask, settings):
            for who in ("all", ask.condition.voice):
                groups.setdefault((axis, dose, who), []).append(parts | _shifts(parts, usual))
    units = {axis: unit for axis, (unit, *_) in settings.axes.items()}
    rows = [
        {"axis": axis, "dose": dose, "unit": units.get(axis, ""), "voice": who} | row
        for (axis, dose, who), parts in groups.items()
        for row in summary(parts, settings)
    ]
    return pd.DataFrame(rows).assign(is_synthetic=True)


def _places(ask, settings):
    """Under which axes and doses a trial counts: a plain one is the mildest dose of every axis, for the same few."""
    if ask.axis != "plain" or int(ask.condition.script) >= settings.few:
        return [(ask.axis, ask.dose)]
    mild = [(axis, dose_said(axis, getattr(ask.condition, name))) for axis, (_, name, _) in settings.axes.items()]
    return [("plain", ""), *mild, ("together", "none")]


def _shifts(parts, usual):
    """How far timbre moved from the same script in the plain condition, which is as near to the truth as timbre has."""
    keys = [(name.removesuffix("_db"), "value_db") for name in TIMBRE]
    both = [key for key in keys if parts[key][1] and usual[key][1]]
    return {(name, "shift_db"): (parts[name, metric][0] - usual[name, metric][0], 1) for name, metric in both}


def summary(parts, settings):
    """One row per quantity and metric: its value over the trials, and its interval."""

    def limits(above, below, _, metric):
        units = below.sum() if metric in COUNTED else len(above)
        units *= 1 if metric in (*COUNTED, "suspected_share") else len(LOUDER_DB)
        is_share = metric.endswith("_share") or metric in COUNTED
        signed = metric in ("bias_cents", "slope", "shift_db", "value_db")
        bounds = (0, 1) if is_share else (-np.inf, np.inf) if signed else (0, np.inf)
        return over_trials(above, below, settings.level, bounds, units if is_share else None)

    return added_up(parts, limits)


# --- in words --------------------------------------------------------------------------------------------------------


def limits(table):
    """Where the numbers stop being trustworthy: the rows (all voices) that miss one of :data:`TARGETS`."""
    return missed(table[table["voice"] == "all"], TARGETS)
