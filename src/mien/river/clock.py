"""Do the sound files of a meeting keep one clock? How late each is against the sound of all, and how sure that is.

Every sound file is held against the meeting's own sound (that of the video, which is on the picture's clock, else the
mixed sound). Coarsely, the *onsets* of both (how much louder it gets, in decibels, from one 10 ms to the next) are
correlated over the whole length, so that silence and loudness count for nothing; finely, pieces of a few seconds in
which this person is heard are compared by generalised cross-correlation with phase transform (GCC-PHAT: Knapp and
Carter 1976, IEEE Trans. ASSP 24: 320–327). The trust is the share of pieces that agree within 10 ms.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import signal

from mien import media

STEP_S = 0.01
LONGEST_S = 60.0
"""How late or early a file may be; what is further off has another beginning and no clock in common."""
PIECE_S = 4.0
MOST_PIECES = 24
NEAR_S = 0.15
"""How far around the coarse lag the fine one is looked for."""
AGREE_S = 0.01
QUIET_DB = -60.0
READ = 6000
"""Levels that are read at a time: a minute of sound."""
LARGE_S = 0.08
"""From here on a lag matters: the time between a lip and a voice that people begin to notice; a gap of turns shifts."""
SURE = 0.5
"""The trust from which on a large lag is corrected; below it is only told."""
FEWEST_PIECES = 3


@dataclass(frozen=True)
class Lag:
    """How late a sound is: ``lag_s`` (to be added to its times), ``trust`` 0..1, and the pieces it rests on."""

    lag_s: float
    trust: float
    pieces: pd.DataFrame

    @property
    def drift_ms_per_min(self):
        """How fast the clocks run apart; NaN where the pieces that agree span less than two minutes."""
        good = self.pieces[self.pieces["agrees"]]
        if len(good) < FEWEST_PIECES or good["time_s"].max() - good["time_s"].min() < 120:
            return float("nan")
        return float(60_000 * np.polyfit(good["time_s"], good["lag_s"], 1)[0])


def lag(own, mixed):
    """How late the sound ``own`` (of one person) is in ``mixed`` (of everybody): a :class:`Lag`.

    Both are :class:`mien.media.Sound` of one rate. A lag of +0.2 s says that what is heard at 1.0 s of ``own`` is heard
    at 1.2 s of ``mixed``. NaN with trust 0 where too little is heard in both.
    """
    ours, theirs = _levels(own), _levels(mixed)
    onsets = _onsets(ours), _onsets(theirs)
    if not all(one.any() for one in onsets):
        return _nothing()
    coarse_s = _coarse(*onsets) + mixed.start_s - own.start_s
    starts = _loudest(ours, own.start_s)
    found = [(start_s, _fine(own.between(start_s, start_s + PIECE_S), mixed, coarse_s)) for start_s in starts]
    pieces = pd.DataFrame([one for one in found if np.isfinite(one[1])], columns=["time_s", "lag_s"])
    if len(pieces) < FEWEST_PIECES:
        return _nothing()
    line = _line(pieces)
    pieces["agrees"] = (pieces["lag_s"] - line).abs() <= AGREE_S
    best_s = float(pieces.loc[pieces["agrees"], "lag_s"].median())
    return Lag(best_s, float(pieces["agrees"].mean()), pieces)


def _nothing():
    return Lag(float("nan"), 0.0, pd.DataFrame({"time_s": [], "lag_s": [], "agrees": pd.Series(dtype=bool)}))


def _line(pieces):
    """Where most pieces lie: the constant lag, or the slow drift (Theil–Sen), around which more of them agree."""
    median = np.full(len(pieces), np.median(pieces["lag_s"]))
    if pieces["time_s"].max() - pieces["time_s"].min() < 120:
        return median
    slope, middle, *_ = _theil_sen(pieces)
    drift = middle + slope * pieces["time_s"].to_numpy()
    near = [(pieces["lag_s"] - line).abs().le(AGREE_S).sum() for line in (median, drift)]
    return drift if near[1] > near[0] else median


def _theil_sen(pieces):
    from scipy import stats

    return stats.theilslopes(pieces["lag_s"], pieces["time_s"])


def _levels(sound):
    """Level of every 10 ms, dB re full scale, not under the quiet that no file is without; read in pieces."""
    step = round(STEP_S * sound.rate_hz)
    whole = len(sound.samples) // step * step
    found = [np.zeros(0, np.float32)]
    for first in range(0, whole, READ * step):
        part = sound.samples[first : min(first + READ * step, whole)].reshape(-1, step)
        found.append(np.maximum(10 * np.log10(np.square(part).mean(axis=1) + 1e-12), QUIET_DB))
    return np.concatenate(found)


def _onsets(level):
    """How much louder it gets in each 10 ms, dB; the mean taken out."""
    level = signal.convolve(level, np.ones(3) / 3, mode="same") if len(level) else level
    rise = np.maximum(np.diff(level, prepend=level[:1]), 0)
    return rise - rise.mean() if len(rise) else rise


def _coarse(ours, theirs):
    """By how much ours has to be moved to fit theirs best, seconds."""
    found = signal.correlate(theirs, ours, mode="full", method="fft")
    lags = signal.correlation_lags(len(theirs), len(ours), mode="full") * STEP_S
    near = np.abs(lags) <= LONGEST_S
    return float(lags[near][np.argmax(found[near])])


def _loudest(level, begins_s):
    """Where the pieces begin in which most is heard, seconds of the sound's own clock, spread over its length."""
    per = round(PIECE_S / STEP_S)
    n = len(level) // per
    if n == 0:
        return [begins_s] if len(level) and level.max() > QUIET_DB + 20 else []
    active = (level[: n * per].reshape(n, per) > max(QUIET_DB + 10, np.percentile(level, 95) - 30)).mean(axis=1)
    best = []
    for block in np.array_split(np.arange(n), min(n, MOST_PIECES)):
        one = block[np.argmax(active[block])]
        if active[one] > 0.1:
            best.append(begins_s + one * PIECE_S)
    return best


def _fine(ours, mixed, coarse_s):
    """The lag of one piece by GCC-PHAT near the coarse one, seconds; NaN where the peak does not stand out."""
    rate = ours.rate_hz
    theirs = mixed.between(ours.start_s + coarse_s - NEAR_S, ours.end_s + coarse_s + NEAR_S)
    if len(theirs.samples) < len(ours.samples) or not ours.samples.any() or not theirs.samples.any():
        return float("nan")
    n = 2 ** int(np.ceil(np.log2(len(ours.samples) + len(theirs.samples))))
    cross = np.fft.rfft(theirs.samples, n) * np.conj(np.fft.rfft(ours.samples, n))
    cross[np.fft.rfftfreq(n, 1 / rate) > 4000] = 0  # what meeting codecs keep
    found = np.fft.irfft(cross / (np.abs(cross) + 1e-9 * np.abs(cross).max()), n)
    shift_s = theirs.start_s - ours.start_s
    reach = round(2 * NEAR_S * rate)
    places = np.arange(-reach, reach + 1)
    there = found[places]
    lags_s = places / rate + shift_s
    inside = np.abs(lags_s - coarse_s) <= NEAR_S
    there, lags_s = there[inside], lags_s[inside]
    peak = int(np.argmax(there))
    return float(lags_s[peak]) if there[peak] > 5 * there.std() else float("nan")


# ---- in a build ------------------------------------------------------------------------------------------------------


def reference(recording):
    """The file whose sound is the meeting's own: the video, where it has sound, else the mixed sound; or None."""
    for medium in recording.of("video") + recording.of("mixed_audio"):
        try:
            if media.probe(medium.path).has_audio:
                return medium.path
        except (media.MediaError, OSError):
            continue  # its own job says what is wrong with it
    return None


def held_against(path, other, told, folder):
    """The lag of a sound file against another, for a kept part: the pieces; ``told`` gets the result.

    Both sounds lie in ``folder`` meanwhile, not in memory.
    """
    try:
        with media.spooled(path, folder) as own, media.spooled(other, folder) as mixed:
            found = lag(own, mixed)
    except media.MediaError as error:
        told["warnings"] = [f"the clock of {path.name} is not known: {error}"]
        found = _nothing()
    told |= {"lag_s": found.lag_s, "trust": found.trust, "drift_ms_per_min": found.drift_ms_per_min}
    told |= {"pieces": len(found.pieces), "against": other.name}
    return found.pieces


def applied_s(notes):
    """By how much the times of a file are moved, seconds, on its 10 ms grid: by a large lag that is sure, else 0."""
    lag_s = notes.get("lag_s")
    if lag_s is None or not np.isfinite(lag_s) or abs(lag_s) <= LARGE_S or notes["trust"] < SURE:
        return 0.0
    return round(lag_s / STEP_S) * STEP_S


def about(notes):
    """What the report says of one file's clock."""
    rounded = {name: _rounded(notes.get(name)) for name in ("lag_s", "trust", "drift_ms_per_min")}
    return rounded | {"pieces": notes["pieces"], "against": notes["against"], "moved_by_s": round(applied_s(notes), 2)}


def _rounded(value):
    return None if value is None or not np.isfinite(value) else round(float(value), 4)


def doubted(name, notes):
    """A sentence where a file is off by more than 80 ms, or where its clock drifts by as much within the recording."""
    lag_s, trust = notes.get("lag_s"), notes["trust"]
    if lag_s is None or not np.isfinite(lag_s):
        return
    late = f"{name} is {abs(1000 * lag_s):.0f} ms {'early' if lag_s > 0 else 'late'} against {notes['against']}"
    if abs(lag_s) > LARGE_S:
        yield (
            f"{late} (trust {trust:.2f}): its times were moved"
            if trust >= SURE
            else f"{late}, but that is not sure (trust {trust:.2f}): left as it is; do not trust its timing"
        )
    drift = notes.get("drift_ms_per_min")
    if trust >= SURE and drift is not None and np.isfinite(drift) and abs(drift) > 2:
        yield f"the clock of {name} drifts by {drift:+.1f} ms a minute against {notes['against']}; not corrected"
