"""The pictures of a file in order with their true times, decoded a few ahead of the one who looks at them."""

import math
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import av
import numpy as np

from mien.media import files
from mien.media.picture import Picture

ROUNDING_S = 0.001
"""Containers that write milliseconds place a frame up to this far from its true time."""

AHEAD = 4
"""So many pictures are decoded while the ones before are looked at; each is held in memory until then."""

BEFORE_S = 0.5
"""How long before the first picture that is wanted decoding begins, so that the picture before it is known."""


def frames(path, *, rate_hz=None, start_s=0.0, end_s=math.inf, told=None):
    """The pictures of :func:`pictures` as arrays: yields ``(time_s, rgb)``, uint8 (height, width, 3) as displayed."""
    for time_s, picture in pictures(path, rate_hz=rate_hz, start_s=start_s, end_s=end_s, told=told):
        yield time_s, np.ascontiguousarray(picture.rgb())


def pictures(path, *, rate_hz=None, start_s=0.0, end_s=math.inf, told=None):
    """Every picture of a recording in order with its true time, or about ``rate_hz`` of them a second.

    Yields ``(time_s, Picture)``: seconds on the recording's clock, strictly increasing, start_s <= time_s < end_s.
    Which pictures are taken at a rate does not depend on where one starts: the first at or after each point of a
    grid that begins with the file's first picture. ``told``, a dictionary, collects counts (``decoded``, ``frames``,
    ``duplicate_times``, ``negative_times``, ``decode_errors``), ``warnings`` and, once the end was seen,
    ``picture_end_s``. A damaged file gives what can be decoded, with a warning; one without a picture, or of which
    nothing can be decoded, raises :class:`MediaError`. Decoding runs in a thread of its own.
    """
    told = files.counts({} if told is None else told, "decoded", "frames", "duplicate_times", "negative_times")
    return _ahead(_wanted(path, rate_hz, start_s, end_s, told))


def can_begin_at(path, time_s):
    """Whether decoding can begin near a time: the file's index leads to a whole picture at or before it."""
    with files.opened(path) as container:
        stream = next(iter(files.pictures_of(container)), None)
        if stream is None or not files.has_index(container):
            return False
        try:
            files.seek(container, stream, time_s)
            packet = next(container.demux(stream), None)
        except av.error.FFmpegError:
            return False
        if packet is None or packet.pts is None or not packet.is_keyframe:
            return False
        return float(packet.pts * packet.time_base) - files.origin_s(container) <= time_s


def _ahead(source):
    """The items of a generator, made in a thread while the earlier ones are used; its errors come through."""
    end = object()
    with closing(source), ThreadPoolExecutor(1) as thread:
        waiting = deque(thread.submit(next, source, end) for _ in range(AHEAD))
        while (item := waiting.popleft().result()) is not end:
            waiting.append(thread.submit(next, source, end))
            yield item
            del item  # or the frame would be held while the next is waited for


def _wanted(path, rate_hz, start_s, end_s, told):
    near_s = start_s - BEFORE_S
    skips = near_s > 0 and can_begin_at(path, near_s)
    with files.opened(path) as container:
        stream = files.only(path, container, files.pictures_of(container), "picture", told)
        origin = files.origin_s(container)
        if skips:
            files.seek(container, stream, near_s)
        grid, before = Grid(files.stream_start_s(stream, origin), rate_hz), -math.inf
        for time_s, frame in _in_order(files.decoded(container, stream, told), origin, told):
            if time_s >= end_s:
                return
            if time_s >= start_s and grid.begins(before, time_s):
                told["frames"] += 1
                yield time_s, Picture.of_frame(frame, _quarters(frame.rotation, told))
            before, told["picture_end_s"] = time_s, time_s + _lasts(frame, time_s - before)
        ended_s = told["picture_end_s"] if math.isfinite(before) else before
        files.check_end(path, told, ended_s, files.stated_end_s(container, stream, origin), "picture")


def _in_order(decoded, origin, told):
    """The frames whose times go on, with those times; the others are counted."""
    last_s = -math.inf
    for frame in decoded:
        if frame.pts is None:
            told["decode_errors"] += 1
            continue
        time_s = float(frame.pts * frame.time_base) - origin
        told["decoded"] += 1
        if time_s < 0:
            told["negative_times"] += 1
        elif time_s <= last_s:
            told["duplicate_times"] += 1
        else:
            last_s = time_s
            yield time_s, frame


class Grid:
    """Points ``1 / rate_hz`` seconds apart, counted from ``first_s``; without a rate every moment is one.

    >>> grid = Grid(0.0, 10)
    >>> grid.begins(0.08, 0.12), grid.begins(0.12, 0.16)
    (True, False)
    """

    def __init__(self, first_s, rate_hz):
        self.first_s, self.rate_hz = first_s, rate_hz

    def begins(self, before_s, time_s):
        """Whether a point of the grid lies after ``before_s``, and at or before ``time_s``."""
        return self.rate_hz is None or not math.isfinite(before_s) or self._step(time_s) > self._step(before_s)

    def _step(self, time_s):
        return math.floor((time_s - self.first_s + ROUNDING_S) * self.rate_hz)


def _lasts(frame, step_s):
    """How long a frame is shown: what the file says, else as long as the one before."""
    if getattr(frame, "duration", 0):
        return float(frame.duration * frame.time_base)
    return step_s if math.isfinite(step_s) else 0.0


def _quarters(rotation_deg, told):
    quarters = round(rotation_deg / 90)
    if abs(rotation_deg - 90 * quarters) > 1 and "rotation" not in told:
        told["rotation"] = rotation_deg
        told["warnings"].append(f"a rotation of {rotation_deg}° is no quarter turn; the picture is left as it is")
    return quarters % 4
