"""Pictures through an encoder and back, and a whole file written again with its pictures changed and its clock kept."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from mien.media import files
from mien.media.files import MediaError
from mien.media.seeing import frames

TICKS_HZ = 90_000
"""A written picture's time is told to 1/90,000 s, as MPEG does: a variable rate stays as it was."""

CRF = (0.0, 51.0)
"""The range of x264's constant rate factor: 0 loses nothing that 8 bits hold, 51 is the coarsest."""

FINEST_CRF = 10.0
"""At this a picture that is only passed on is written: below what can be seen."""


def through_h264(pictures, crf, told=None):
    """Pictures as they look after H.264 at a constant rate factor, in memory; their times are not touched.

    ``pictures`` yields ``(time_s, rgb)``, uint8 (height, width, 3), all of one size; so does this. Coded as by
    ``x264 --preset veryfast`` in yuv420p, to and from it by swscale; a first or only picture is coded whole (an I
    frame). Sides that are odd are continued by one pixel for the encoder and cut again. ``told`` collects ``bytes``,
    how large the coded pictures are. Raises :class:`MediaError` for a factor outside 0 to 51.
    """
    told, times, coder = {} if told is None else told, {}, None
    told.setdefault("bytes", 0)
    decoder = av.CodecContext.create("h264", "r")
    for number, (time_s, rgb) in enumerate(pictures):
        coder = coder or _coder(rgb.shape, crf)
        times[number] = time_s
        frame = av.VideoFrame.from_ndarray(_even(rgb), format="rgb24")
        frame.pts, frame.time_base = number, coder.time_base
        yield from _decoded(decoder, coder.encode(frame), times, rgb.shape, told)
    if coder is not None:
        yield from _decoded(decoder, [*coder.encode(None), None], times, rgb.shape, told)


def rewritten(path, out, change, crf=FINEST_CRF):
    """Write a video file again with its pictures changed, its clock and its sound kept; returns the path of ``out``.

    ``change`` takes an iterator of ``(time_s, rgb)`` (uint8, as displayed) and gives one: pictures may be changed or
    left out, times must go on. ``out`` ends in .mp4, which keeps times exactly and knows what of a sound is only the
    run-up of its coder. Sound packets are copied as they are, none is coded again. ``crf`` says how the pictures are
    written: by default finely enough that only the change is seen; colours are rounded once more, by a level or two.

    Raises :class:`MediaError` for another ending, for the file itself as ``out``, where no picture is left, and where
    the sound cannot lie in such a file.
    """
    path, out = Path(path), Path(out)
    if out.suffix.lower() != ".mp4" or out.resolve() == path.resolve():
        raise MediaError(f"{out}: expected the name of another file than {path.name} that ends in .mp4")
    with av.open(str(out), "w") as written, files.opened(path) as source:
        sound = _Copied(source, written, out)
        picture = _Coded(written, crf)
        for time_s, rgb in change(frames(path)):
            picture.sized(rgb)
            sound.until(time_s)
            picture.put(time_s, rgb)
        picture.finish(path)
        sound.until(None)
    return out


def _options(crf):
    low, high = CRF
    if not low <= crf <= high:
        raise MediaError(f"H.264: a constant rate factor of {crf}; expected {low:g} to {high:g}")
    return {"preset": "veryfast", "crf": f"{crf:g}", "x264-params": "mbtree=0:threads=1:lookahead-threads=1"}


def _coder(shape, crf):
    coder = av.CodecContext.create("libx264", "w")
    coder.height, coder.width = (side + side % 2 for side in shape[:2])
    coder.pix_fmt, coder.time_base, coder.framerate = "yuv420p", Fraction(1, 25), Fraction(25)
    coder.options = _options(crf)
    return coder


def _even(rgb):
    height, width = rgb.shape[:2]
    return np.ascontiguousarray(np.pad(rgb, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge"))


def _decoded(decoder, packets, times, shape, told):
    height, width = shape[:2]
    for packet in packets:
        told["bytes"] += 0 if packet is None else packet.size
        for frame in decoder.decode(packet):
            yield times.pop(frame.pts), np.ascontiguousarray(frame.to_ndarray(format="rgb24")[:height, :width])


class _Coded:
    """Writes pictures with their own times."""

    def __init__(self, container, crf):
        self.container, self.empty = container, True
        self.stream = container.add_stream("libx264", rate=25)
        self.stream.pix_fmt, self.stream.options = "yuv420p", _options(crf)
        self.stream.codec_context.time_base = Fraction(1, TICKS_HZ)

    def sized(self, rgb):
        """The first picture says how large all are; this must be known before anything is written."""
        if self.empty:
            self.stream.height, self.stream.width = (side + side % 2 for side in rgb.shape[:2])
        self.empty = False

    def put(self, time_s, rgb):
        """Write the next picture."""
        frame = av.VideoFrame.from_ndarray(_even(rgb), format="rgb24")
        frame.pts, frame.time_base = round(time_s * TICKS_HZ), Fraction(1, TICKS_HZ)
        self.container.mux(self.stream.encode(frame))

    def finish(self, path):
        """Write what the encoder still holds."""
        if self.empty:
            raise MediaError(f"{path}: the change leaves no picture, so there is nothing to write")
        self.container.mux(self.stream.encode(None))


class _Copied:
    """Passes the first stream of sound on, packet by packet, beside the pictures."""

    def __init__(self, source, written, out):
        self.written, self.waiting, self.packets = written, None, iter(())
        stream = next(iter(source.streams.audio), None)
        if stream is None:
            return
        try:
            self.stream = written.add_stream_from_template(stream)
        except (ValueError, av.error.FFmpegError) as error:
            raise MediaError(
                f"{out}: sound coded as {stream.codec_context.name} cannot lie in an mp4; write the sound apart, as "
                ".m4a or .wav, and name it in a table of recordings"
            ) from error
        self.shift = round(files.origin_s(source) / stream.time_base)
        self.packets = (packet for packet in source.demux(stream) if packet.dts is not None)

    def until(self, time_s):
        """Pass on what begins before ``time_s``; all that is left for None."""
        while True:
            if self.waiting is None:
                self.waiting = next(self.packets, None)
            packet = self.waiting
            if packet is None or (time_s is not None and (packet.dts - self.shift) * packet.time_base >= time_s):
                return
            packet.pts, packet.dts = (packet.pts or packet.dts) - self.shift, packet.dts - self.shift
            packet.stream = self.stream
            self.written.mux(packet)
            self.waiting = None
