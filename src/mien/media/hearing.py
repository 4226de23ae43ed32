"""The sound of a file as one channel, every sample at its true time."""

import math
from dataclasses import dataclass

import av
import numpy as np

from mien.media import files

SOUND_RATE_HZ = 16000
"""The rate at which mien listens: speech and its first 8 kHz."""

GAP_S = 0.05
"""Timestamps of sound that jump by more than this are a gap (or an overlap), not rounding; 0.05 s is 2 AAC frames."""


@dataclass(frozen=True, eq=False)
class Sound:
    """Sound of one channel on the recording's clock: ``samples`` (N,) float32 in −1..1; the first is at ``start_s``."""

    samples: np.ndarray
    rate_hz: int
    start_s: float = 0.0

    @property
    def duration_s(self):
        """How long the sound lasts, seconds."""
        return len(self.samples) / self.rate_hz

    @property
    def end_s(self):
        """When the sound ends on the recording's clock, seconds."""
        return self.start_s + self.duration_s

    def between(self, start_s, end_s):
        """The sound with start_s <= t < end_s.

        >>> part = Sound(np.arange(10, dtype="float32"), 10, start_s=2.0).between(2.25, 2.5)
        >>> part.samples.tolist(), part.start_s
        ([3.0, 4.0], 2.3)
        """
        first, last = (
            min(max(math.ceil(round((t - self.start_s) * self.rate_hz, 6)), 0), len(self.samples))
            for t in (start_s, end_s)
        )
        return Sound(self.samples[first:last], self.rate_hz, self.start_s + first / self.rate_hz)


def sound(path, rate_hz=SOUND_RATE_HZ, told=None):
    """All sound of a recording as one channel at ``rate_hz``, every sample at its true time.

    Gaps in the file's own timestamps become digital silence and are counted in ``told`` (``sound_gaps``,
    ``sound_gap_s``), so that what follows a gap is not early. Of several sound streams the first is taken, with a
    warning. Raises :class:`MediaError` where there is no sound or none can be decoded.
    """
    told = files.counts({} if told is None else told, "sound_gaps")
    told["sound_gap_s"] = 0.0
    with files.opened(path) as container:
        stream = files.only(path, container, list(container.streams.audio), "sound", told)
        origin = files.origin_s(container)
        blocks = _blocks(files.decoded(container, stream, told), rate_hz, origin)
        samples, start_s = _joined(blocks, rate_hz, told)
        files.check_end(
            path, told, start_s + len(samples) / rate_hz, files.stated_end_s(container, stream, origin), "sound"
        )
    heard = Sound(samples, rate_hz, start_s)
    return heard.between(0, heard.end_s) if start_s < 0 else heard


def _blocks(decoded, rate_hz, origin):
    """Stretches of sound without a jump in time: ``(time_s, list of resampled pieces)``."""
    resampler, pieces, start_s, expected_s, shape = None, [], 0.0, None, None
    for frame in decoded:
        time_s = expected_s if frame.pts is None else float(frame.pts * frame.time_base) - origin
        time_s = 0.0 if time_s is None else time_s
        now = (frame.format.name, frame.layout.name, frame.sample_rate)
        if resampler is None or shape != now or abs(time_s - expected_s) > GAP_S:
            if resampler is not None:
                yield start_s, pieces + _resampled(resampler, None)
            resampler = av.AudioResampler(format="fltp", rate=rate_hz)
            pieces, start_s, expected_s, shape = [], time_s, time_s, now
        expected_s = expected_s + frame.samples / frame.sample_rate
        pieces += _resampled(resampler, frame)
    if resampler is not None:
        yield start_s, pieces + _resampled(resampler, None)


def _resampled(resampler, frame):
    if frame is not None:
        frame.pts = None  # the resampler would stretch small steps of the timestamps; blocks are placed by us
    # channels are averaged here: the resampler's own mix keeps the power, and loud stereo would leave −1..1
    return [piece.to_ndarray().mean(axis=0) for piece in resampler.resample(frame)]


def _joined(blocks, rate_hz, told):
    """One array and its start: each block at its own time, silence in the gaps, overlaps cut from the later block."""
    out, start_s, length = [], math.nan, 0
    for time_s, pieces in blocks:
        if math.isnan(start_s):
            start_s = time_s
        samples = np.concatenate(pieces) if pieces else np.zeros(0, np.float32)
        jump = round((time_s - start_s) * rate_hz) - length
        if jump:
            told["sound_gaps"] += 1
            told["sound_gap_s"] += max(jump, 0) / rate_hz
        samples = samples[-jump:] if jump < 0 else samples
        out += [np.zeros(max(jump, 0), np.float32), samples]
        length += max(jump, 0) + len(samples)
    return np.concatenate(out) if out else np.zeros(0, np.float32), start_s
