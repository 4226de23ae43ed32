"""The voice of one person in one window: the ``voice_`` columns of the windows table.

Conventions: everything is measured over frames inside the person's own speech. Pitch and level are relative to the
person, from their calibration span, because absolute pitch says who somebody is and absolute level where the microphone
stood. A value that can't be had is NaN with a reason.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.signal import find_peaks

from mien.voice import praat
from mien.voice.track import VoiceSettings

NAMES = (
    "voice_speech_share",
    "voice_pauses_per_min",
    "voice_pause_mean_s",
    "voice_pause_share",
    "voice_voiced_share",
    "voice_voiced_length_s",
    "voice_unvoiced_length_s",
    "voice_voiced_segments_per_s",
    "voice_nuclei_per_s",
    "voice_f0_st_mean",
    "voice_f0_st_sd",
    "voice_f0_st_p20",
    "voice_f0_st_p80",
    "voice_f0_st_range",
    "voice_f0_slope_st_per_s",
    "voice_f0_st27_mean",
    "voice_f0_perturbation",
    "voice_level_perturbation",
    "voice_level_db_mean",
    "voice_level_db_sd",
    "voice_level_db_range",
    "voice_hnr_ac_db",
    "voice_alpha_ratio_db",
    "voice_hammarberg_db",
    "voice_slope_0_500_db_per_khz",
    "voice_slope_500_1500_db_per_khz",
    *(f"voice_mfcc_{i}_{what}" for i in range(1, 5) for what in ("mean", "sd")),
    "voice_flux_mean",
)
"""Every voice measure of a window, in the order in which :func:`features` gives them."""

ABSOLUTE_HZ = 27.5
"""The pitch of ``voice_f0_st27_mean``, A0: the reference of eGeMAPS; kept because it shows how far pitch gives away who
somebody is."""


@dataclass(frozen=True)
class Reference:
    """What is ordinary for a person: median pitch and median level of their voiced frames."""

    f0_hz: float
    level_db: float


REFERENCE_COLUMNS = ["time_s", "level_db", "f0_hz", "voiced"]
"""Of the frames, what :func:`reference` looks at."""


def reference(rows, settings=None):
    """A person's own pitch and level, from the frames of their calibration span; None with too little voice.

    ``rows`` is a table of frames of one person. Voiced frames within ``calibration_range_db`` of their loud ones (95th
    percentile) are used; there must be ``calibration_min_voiced_s`` (1 s) of them. Take the calibration span from the
    training part: a norm from the windows under test leaks labels.
    """
    settings = settings or VoiceSettings()
    voiced = rows[rows["voiced"].astype(bool)]
    if len(voiced):
        voiced = voiced[voiced["level_db"] >= voiced["level_db"].quantile(0.95) - settings.calibration_range_db]
    if len(voiced) * settings.hop_s < settings.calibration_min_voiced_s:
        return None
    return Reference(float(voiced["f0_hz"].median()), float(voiced["level_db"].median()))


def features(rows, speech, start_s, end_s, reference, settings=None):
    """How one person sounded in one window: pitch, level, rhythm, timbre; relative to the person.

    ``rows``: frames of one person in order of time; ``speech``: their speech, start_s and end_s; ``reference``: from
    :func:`reference`, or None. Only frames inside speech and inside start_s <= t < end_s are used.

    Returns ``(values, reasons)``. Pitch in semitones (``_st``) re the person's median; ``voice_f0_st_range`` is the
    20th to 80th percentile, ``voice_f0_slope_st_per_s`` the slope inside voiced segments; ``voice_f0_st27_mean`` is re
    27.5 Hz. Level in dB re the person's median. ``voice_*_perturbation``: mean change from frame to frame over the
    value (not jitter or shimmer, which need glottal cycles). ``voice_nuclei_per_s``: syllable nuclei per second of
    speech, peaks of level in voiced sound after a dip of 2 dB (after de Jong & Wempe 2009). Pauses: silences of
    ``pause_min_s`` to ``pause_max_s`` between own stretches of speech, a minute of speech; longer ones are somebody
    else's turn. Where Praat was asked, its measures come after (:func:`mien.voice.praat.features`). Reasons:
    no_audio, silent, little_speech, unvoiced, no_pause, no_calibration, few_periods.
    """
    settings = settings or VoiceSettings()
    asked = "jitter_count" in rows
    names = NAMES + (praat.NAMES if asked else ())
    values, reasons = dict.fromkeys(names, math.nan), {}
    time = rows["time_s"].to_numpy()
    here = rows.iloc[np.searchsorted(time, start_s) : np.searchsorted(time, end_s)]
    if here.empty or here["level_db"].isna().all():
        return values, dict.fromkeys(names, "no_audio" if here.empty else "silent")
    own = _clip(speech, start_s, end_s)
    spoken = _heard(here, own)
    values["voice_speech_share"] = float((own[:, 1] - own[:, 0]).sum() / (end_s - start_s))
    if len(spoken) * settings.hop_s < settings.window_min_speech_s:
        return values, {name: "little_speech" for name in names if name != "voice_speech_share"}
    values |= _pauses(own, settings) | _rhythm(spoken, settings) | _timbre(spoken)
    voiced = spoken[spoken["voiced"].astype(bool)]
    if len(voiced) * settings.hop_s >= settings.window_min_voiced_s:
        values |= _pitch(voiced, reference, settings) | _loudness(voiced, reference, settings) | _colour(voiced)
    for name in NAMES:
        if math.isnan(values[name]):
            reasons[name] = _why(name, values, reference)
    found, unknown = praat.features(spoken) if asked else ({}, {})
    return values | found, reasons | unknown


def _why(name, values, reference):
    if name == "voice_pause_mean_s":
        return "no_pause"
    if reference is None and not math.isnan(values["voice_f0_st27_mean"]):
        return "no_calibration" if name in _RELATIVE else "unvoiced"
    return "unvoiced"


_RELATIVE = ("voice_f0_st_mean", "voice_f0_st_p20", "voice_f0_st_p80", "voice_level_db_mean")


def _clip(speech, start_s, end_s):
    """Speech inside the window as an array (n, 2) of starts and ends, in order."""
    own = speech[["start_s", "end_s"]].to_numpy(float)
    own = own[(own[:, 0] < end_s) & (own[:, 1] > start_s)]
    return np.clip(own[np.argsort(own[:, 0], kind="stable")], start_s, end_s)


def spoken(rows, speech, start_s, end_s):
    """The frames of one person inside their own speech and inside start_s <= t < end_s that are not digital silence."""
    time = rows["time_s"].to_numpy()
    here = rows.iloc[np.searchsorted(time, start_s) : np.searchsorted(time, end_s)]
    return _heard(here, _clip(speech, start_s, end_s))


def _heard(here, own):
    return here[_inside(here["time_s"].to_numpy(), own) & here["level_db"].notna().to_numpy()]


def _inside(times, intervals):
    at = np.searchsorted(intervals[:, 0], times, side="right") - 1
    return (at >= 0) & (times < intervals[at, 1]) if len(intervals) else np.zeros(len(times), bool)


def _pauses(own, settings):
    silences = own[1:, 0] - own[:-1, 1]
    pauses = silences[(silences >= settings.pause_min_s) & (silences <= settings.pause_max_s)]
    talk = (own[:, 1] - own[:, 0]).sum()
    return {
        "voice_pauses_per_min": len(pauses) * 60 / talk,
        "voice_pause_mean_s": pauses.mean() if len(pauses) else math.nan,
        "voice_pause_share": pauses.sum() / (pauses.sum() + talk),
    }


def _runs(flags, breaks):
    """Lengths in frames of the runs of True and of False; a run also ends at a break in time."""
    edge = np.flatnonzero((np.diff(flags.astype(int)) != 0) | breaks) + 1
    bounds = np.concatenate([[0], edge, [len(flags)]])
    lengths, kinds = np.diff(bounds), flags[bounds[:-1]]
    return lengths[kinds], lengths[~kinds]


def _breaks(table, settings):
    """Whether time jumps between one row and the next."""
    return np.diff(table["time_s"].to_numpy()) > 1.5 * settings.hop_s


def _rhythm(spoken, settings):
    """Voiced share, lengths of voiced and unvoiced runs, and syllable nuclei (S7)."""
    flags = spoken["voiced"].to_numpy(bool)
    voiced, unvoiced = _runs(flags, _breaks(spoken, settings))
    seconds = len(spoken) * settings.hop_s
    return {
        "voice_voiced_share": flags.mean(),
        "voice_voiced_length_s": voiced.mean() * settings.hop_s if len(voiced) else math.nan,
        "voice_unvoiced_length_s": unvoiced.mean() * settings.hop_s if len(unvoiced) else 0.0,
        "voice_voiced_segments_per_s": len(voiced) / seconds,
        "voice_nuclei_per_s": len(nuclei(spoken, settings)) / seconds,
    }


def nuclei(spoken, settings):
    """Rows of ``spoken`` that are the heart of a syllable: voiced peaks of level with a dip on either side.

    Level is smoothed over 70 ms; a peak lies within ``nucleus_range_db`` of the loud frames and stands out by
    ``nucleus_dip_db``. Reference: de Jong & Wempe 2009, Behavior Research Methods 41.
    """
    level = spoken["level_db"].to_numpy(float)
    if len(level) < 7:
        return np.empty(0, int)
    shape = np.hanning(9)[1:-1]
    smooth = np.convolve(np.pad(level, 3, mode="edge"), shape / shape.sum(), "valid")
    floor = np.quantile(smooth, 0.99) - settings.nucleus_range_db
    walled = np.concatenate([[floor - 10], smooth, [floor - 10]])  # a syllable may begin or end the speech
    peaks, _ = find_peaks(walled, height=floor, prominence=settings.nucleus_dip_db)
    return (peaks - 1)[spoken["voiced"].to_numpy(bool)[peaks - 1]]


def _pitch(voiced, reference, settings):
    f0 = voiced["f0_hz"].to_numpy(float)
    absolute = 12 * np.log2(f0 / ABSOLUTE_HZ)
    p20, p80 = np.quantile(absolute, [0.2, 0.8])
    own = 12 * np.log2(reference.f0_hz / ABSOLUTE_HZ) if reference else math.nan
    steps = np.abs(np.diff(f0)) / f0[:-1]
    return {
        "voice_f0_st_mean": absolute.mean() - own,
        "voice_f0_st_sd": absolute.std(),
        "voice_f0_st_p20": p20 - own,
        "voice_f0_st_p80": p80 - own,
        "voice_f0_st_range": p80 - p20,
        "voice_f0_slope_st_per_s": _slope(voiced["time_s"].to_numpy(), absolute, settings),
        "voice_f0_st27_mean": absolute.mean(),
        "voice_f0_perturbation": _mean(steps[~_breaks(voiced, settings)]),
    }


def _slope(time, semitones, settings):
    """One slope for all voiced segments, each with its own middle, so that only movement inside them counts."""
    segment = np.concatenate([[0], np.cumsum(np.diff(time) > 1.5 * settings.hop_s)])
    count = np.bincount(segment)
    t = time - (np.bincount(segment, time) / count)[segment]
    s = semitones - (np.bincount(segment, semitones) / count)[segment]
    return t @ s / (t @ t) if t @ t > 0 else math.nan


def _loudness(voiced, reference, settings):
    level = voiced["level_db"].to_numpy(float)
    amplitude = 10 ** (level / 20)
    steps = np.abs(np.diff(amplitude)) / amplitude[:-1]
    low, high = np.quantile(level, [0.05, 0.95])
    return {
        "voice_level_db_mean": level.mean() - (reference.level_db if reference else math.nan),
        "voice_level_db_sd": level.std(),
        "voice_level_db_range": high - low,
        "voice_level_perturbation": _mean(steps[~_breaks(voiced, settings)]),
    }


def _mean(values):
    return values.mean() if len(values) else math.nan


def _colour(voiced):
    names = ("hnr_ac_db", "alpha_ratio_db", "hammarberg_db", "slope_0_500_db_per_khz", "slope_500_1500_db_per_khz")
    return {f"voice_{name}": float(voiced[name].mean()) for name in names}


def _timbre(spoken):
    found = {"voice_flux_mean": float(spoken["flux"].mean())}
    for i in range(1, 5):
        row = spoken[f"mfcc_{i}"]
        found |= {f"voice_mfcc_{i}_mean": float(row.mean()), f"voice_mfcc_{i}_sd": float(row.std(ddof=0))}
    return found
