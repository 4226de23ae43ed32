"""The sound of a file as one channel, every sample at its true time."""

import math
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

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


class Spool:
    """Samples that lie in a file: (N,) float32, of which only what is sliced comes into memory.

    >>> import tempfile
    >>> spool = Spool(tempfile.TemporaryFile())
    >>> spool.append(np.arange(5, dtype="float32"))
    >>> len(spool), spool[1:3].tolist(), spool[3:99].tolist()
    (5, [1.0, 2.0], [3.0, 4.0])
    """

    def __init__(self, file, first=0, count=0):
        self.file, self.first, self.count = file, first, count

    def append(self, samples):
        """Write more samples behind the last."""
        self.file.write(np.ascontiguousarray(samples, np.float32).tobytes())
        self.count += len(samples)

    def __len__(self):
        return self.count

    def __getitem__(self, asked):
        first, last, _ = asked.indices(self.count)
        self.file.seek(4 * (self.first + first))
        return np.fromfile(self.file, np.float32, max(last - first, 0))

    def whole(self):
        """This, to be read from now on."""
        self.file.flush()
        return self

    def after(self, first):
        """The samples from the one numbered ``first`` on."""
        return Spool(self.file, self.first + first, self.count - first)


class _Held(list):
    """Samples that are kept in memory, piece by piece, until all are there."""

    def append(self, samples):
        super().append(np.ascontiguousarray(samples, np.float32))

    def whole(self):
        return np.concatenate(self) if self else np.zeros(0, np.float32)


def sound(path, rate_hz=SOUND_RATE_HZ, told=None):
    """All sound of a recording as one channel at ``rate_hz``, every sample at its true time.

    Gaps in the file's own timestamps become digital silence and are counted in ``told`` (``sound_gaps``,
    ``sound_gap_s``), so that what follows a gap is not early. Of several sound streams the first is taken, with a
    warning. Raises :class:`MediaError` where there is no sound or none can be decoded.
    """
    return _decoded(path, rate_hz, told, _Held())


@contextmanager
def spooled(path, folder, rate_hz=SOUND_RATE_HZ, told=None):
    """As :func:`sound`, but the samples lie in a file without a name in ``folder`` while they are used.

    They are a :class:`Spool`, not an array: however long a recording is, only the part at hand is in memory.
    """
    Path(folder).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as file:
        yield _decoded(path, rate_hz, told, Spool(file))


def _decoded(path, rate_hz, told, kept):
    """The sound of a file, its samples in ``kept``."""
    told = files.counts({} if told is None else told, "sound_gaps")
    told["sound_gap_s"] = 0.0
    with files.opened(path) as container:
        stream = files.only(path, container, list(container.streams.audio), "sound", told)
        origin = files.origin_s(container)
        pieces = _pieces(files.decoded(container, stream, told), rate_hz, origin)
        start_s, count = _joined(pieces, rate_hz, kept, told)
        files.check_end(path, told, start_s + count / rate_hz, files.stated_end_s(container, stream, origin), "sound")
    samples, early = kept.whole(), 0
    if start_s < 0:
        early = min(math.ceil(round(-start_s * rate_hz, 6)), count)
        samples = samples.after(early) if isinstance(samples, Spool) else samples[early:]
    return Sound(samples, rate_hz, start_s + early / rate_hz)


def _pieces(decoded, rate_hz, origin):
    """Resampled pieces of sound in order, as ``(time_s, samples)``; the time is None where a piece follows its last."""
    resampler, expected_s, shape = None, None, None
    for frame in decoded:
        time_s = expected_s if frame.pts is None else float(frame.pts * frame.time_base) - origin
        time_s = 0.0 if time_s is None else time_s
        now = (frame.format.name, frame.layout.name, frame.sample_rate)
        begins = None
        if resampler is None or shape != now or abs(time_s - expected_s) > GAP_S:
            if resampler is not None:
                yield None, _resampled(resampler, None)
            resampler = av.AudioResampler(format="flt", rate=rate_hz)
            begins, expected_s, shape = time_s, time_s, now
        expected_s = expected_s + frame.samples / frame.sample_rate
        yield begins, _resampled(resampler, frame)
    if resampler is not None:
        yield None, _resampled(resampler, None)


def _resampled(resampler, frame):
    if frame is not None:
        frame.pts = None  # the resampler would stretch small steps of the timestamps; pieces are placed by us
    # channels are averaged here: the resampler's own mix keeps the power, and loud stereo would leave −1..1
    # samples lie one channel beside the other ("flt"): read a channel at a time, PyAV 18 dies of 8 channels and more
    pieces = [_one_channel(piece) for piece in resampler.resample(frame)]
    return np.concatenate(pieces) if pieces else np.zeros(0, np.float32)


def _one_channel(piece):
    return piece.to_ndarray().reshape(piece.samples, piece.layout.nb_channels).mean(axis=1)


def _joined(pieces, rate_hz, kept, told):
    """Where the sound starts and how many samples went into ``kept``: each stretch at its own time, silence in the
    gaps, overlaps cut from the later stretch."""
    start_s, length, late = math.nan, 0, 0
    for time_s, samples in pieces:
        if time_s is not None:
            start_s = time_s if math.isnan(start_s) else start_s
            jump = round((time_s - start_s) * rate_hz) - length
            if jump:
                told["sound_gaps"] += 1
                told["sound_gap_s"] += max(jump, 0) / rate_hz
            late = max(-jump, 0)
            kept.append(np.zeros(max(jump, 0), np.float32))
            length += max(jump, 0)
        cut = min(late, len(samples))
        kept.append(samples[cut:])
        length, late = length + len(samples) - cut, late - cut
    return start_s, length
