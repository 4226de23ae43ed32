"""How good the sound of a voice is: noise under it, bandwidth, clipping, and whether gain was turned automatically.

These are facts about microphone, room and line, not about a person: in the windows table they are ``confound_``
columns, which a fair judge must beat alone. How far each can be believed stands in ``data/voice_error.csv``.
"""

import math
from itertools import pairwise

import numpy as np

NAMES = ("confound_snr_db", "confound_bandwidth_hz", "confound_clipping_share", "confound_agc_suspected")
"""Every measure of the sound of a window, in the order in which :func:`quality_of` gives them."""

AGC_COLUMNS = ["time_s", "level_db", "noise_db", "voiced"]
"""Of the frames, what :func:`agc` looks at."""

SNR_LEAST_DB = -10.0
"""No signal-to-noise ratio lower than this is given: the voice is then not to be told from the noise."""


def quality_of(spoken, agc_suspected, settings):
    """How good the sound of one person's speech was: ``(values, reasons)`` of the columns :data:`NAMES`.

    ``spoken``: frames inside the person's own speech, as :func:`mien.voice.frames` gives them; ``agc_suspected``: what
    :func:`agc` says of the whole recording, ``(value, reason)``. ``confound_snr_db`` by :func:`snr_db`;
    ``confound_bandwidth_hz`` the median of ``bandwidth_hz``; ``confound_clipping_share`` the mean of
    ``clipping_share``. Reasons: little_speech, no_noise, few_pauses, silent.
    """
    if len(spoken) * settings.hop_s < settings.window_min_speech_s:
        return dict.fromkeys(NAMES, math.nan), dict.fromkeys(NAMES, "little_speech")
    suspected, why = agc_suspected
    found = (snr_db(spoken), spoken["bandwidth_hz"].median(), spoken["clipping_share"].mean(), suspected)
    values = dict(zip(NAMES, map(float, found), strict=True))
    reasons = dict(zip(NAMES, ("no_noise", "silent", "silent", why), strict=True))
    return values, {name: reasons[name] for name, value in values.items() if math.isnan(value)}


def snr_db(spoken):
    """Power of the speech over that of the noise under it, dB; NaN where the pauses are digital silence.

    ``spoken``: frames inside speech, with ``level_db`` and ``noise_db``; the noise's power is taken off the speech's.
    At least −10 dB. Echo and other people in the pauses count as noise; a noise gate makes it too high.
    """
    noise = 10 ** (spoken["noise_db"].astype(float) / 10)
    both = (10 ** (spoken["level_db"].astype(float) / 10))[noise.notna()]
    if not len(both):
        return math.nan
    return max(10 * math.log10(max(both.mean() / noise.mean() - 1, 1e-9)), SNR_LEAST_DB)


def told(rows, settings):
    """The quality of one track for a report, and what to be warned of: ``(about, warnings)``.

    ``rows``: its frames. ``voiced_snr_db`` is that of voiced frames, ``bandwidth_hz`` their median;
    ``agc_suspected`` is None where it cannot be said.
    """
    voiced = rows[rows["voiced"].astype(bool)]
    values = {"voiced_snr_db": snr_db(voiced), "bandwidth_hz": float(voiced["bandwidth_hz"].median())}
    suspected, _ = agc(rows, settings)
    about = {name: None if math.isnan(value) else round(value, 1) for name, value in values.items()}
    about["agc_suspected"] = None if math.isnan(suspected) else bool(suspected)
    warnings = []
    if values["voiced_snr_db"] < settings.snr_warn_db:
        warnings.append(f"noise: the voice is only {values['voiced_snr_db']:.0f} dB above it; speech and pauses suffer")
    if values["bandwidth_hz"] < settings.band_warn_hz:
        warnings.append(
            f"narrow band: no sound above {values['bandwidth_hz'] / 1000:.1f} kHz (a telephone, or a low bitrate); "
            "compare timbre with the like only"
        )
    if suspected == 1:
        warnings.append("agc_suspected: the gain seems to be turned automatically; how loud somebody was is not known")
    return about, warnings


def agc(rows, settings):
    """Whether the gain was turned automatically: ``(1.0, 0.0 or NaN, reason of a NaN)``.

    ``rows``: all frames of one track. Whoever turns the gain moves voice and noise alike: the level of each stretch of
    speech then varies less than its height above the noise in the pause after it. Suspected where the spread (standard
    deviation over stretches) of the level is less than ``agc_share`` of the spread of that height, and the latter is
    ``agc_spread_db`` or more. Needs ``agc_stretches`` stretches with an audible pause after them; else NaN
    (few_pauses). A suspicion, not a proof: noise that comes and goes by itself can look alike, and gain that was set
    once cannot be seen.
    """
    pairs = _stretches(rows, settings)
    if len(pairs) < settings.agc_stretches:
        return math.nan, "few_pauses"
    level, noise = pairs.T
    height = (level - noise).std(ddof=1)
    return float(height >= settings.agc_spread_db and level.std(ddof=1) < settings.agc_share * height), ""


def _stretches(rows, settings):
    """Level of each stretch of voiced speech and of the pause after it (n, 2), where both can be heard.

    Voiced frames less than ``agc_above_db`` over the noise around are left out: pYIN calls some noise voiced.
    """
    time, level = rows["time_s"].to_numpy(float), rows["level_db"].to_numpy(float)
    voiced = rows["voiced"].to_numpy(bool) & (level >= rows["noise_db"].to_numpy(float) + settings.agc_above_db)
    at = np.flatnonzero(voiced)
    cuts = np.flatnonzero(np.diff(time[at]) > settings.agc_pause_s) + 1
    parts, found = [part for part in np.split(at, cuts) if len(part)], []
    for part, after in pairwise(parts):
        quiet = level[part[-1] + 1 : after[0]]
        quiet = quiet[round(0.15 / settings.hop_s) :]
        if len(part) * settings.hop_s >= settings.agc_voiced_s and np.isfinite(quiet).sum() >= 5:
            found.append((10 * np.log10(np.mean(10 ** (level[part] / 10))), np.nanquantile(quiet, 0.2)))
    return np.array(found).reshape(-1, 2)
