"""Writing pictures and sound so that every player opens them."""

import math
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from mien.media.files import MediaError
from mien.media.hearing import Sound


def write_video(path, frames, rate_hz, sound=None, kbit_s=None):
    """Write pictures (uint8, (height, width, 3), even sizes) at ``rate_hz``, and optionally a :class:`Sound`, as mp4.

    H.264 (yuv420p, constant quality 18, or at most ``kbit_s`` kilobits a second) and AAC: what every player opens.
    The same pictures always give the same bytes.
    """
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(rate_hz).limit_denominator(1001))
        stream.pix_fmt, stream.options = "yuv420p", {"preset": "veryfast"} | _quality(kbit_s)
        speech = _SoundWriter(container, "aac", sound, "fltp") if sound is not None else None
        for number, picture in enumerate(frames):
            height, width = picture.shape[:2]
            if height % 2 or width % 2:
                raise MediaError(f"{path}: a picture of {width} × {height} px; H.264 needs an even width and height")
            if number == 0:
                stream.width, stream.height = width, height
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")))
            if speech:
                speech.until((number + 1) / rate_hz)
        container.mux(stream.encode(None))
        if speech:
            speech.finish()
    return Path(path)


def _quality(kbit_s):
    """What x264 is asked for. Its macroblock tree rounds by where the memory lies, so that is off; and with several
    threads what fits a bitrate depends on which of them is first.
    """
    if kbit_s is None:
        return {"crf": "18", "x264-params": "mbtree=0"}
    limit = f"{kbit_s:g}k"
    return {"b": limit, "maxrate": limit, "bufsize": limit, "x264-params": "mbtree=0:threads=1:lookahead-threads=1"}


KEPT_WHOLE = {".wav": "pcm_s16le", ".flac": "flac"}
SQUEEZED = {".m4a": ("aac", "fltp"), ".opus": ("libopus", "s16")}
"""Endings of sound files, and how their sound is coded: without loss, or squeezed to a bitrate as meetings do it."""


def write_sound(path, samples, rate_hz, kbit_s=None):
    """Write one channel of sound (float, −1..1), coded as the name of the file says.

    Without ``kbit_s`` as 16-bit .wav or .flac; with it as .m4a (AAC) or .opus at that many kilobits a second. The same
    sound always gives the same bytes. Raises :class:`MediaError` for any other ending.
    """
    known, ending = KEPT_WHOLE if kbit_s is None else SQUEEZED, Path(path).suffix.lower()
    if ending not in known:
        how = "sound" if kbit_s is None else "sound at a bitrate"
        raise MediaError(f"{path}: mien writes {how} as {' or '.join(known)}; found {ending or 'no ending'!r}")
    codec, form = (known[ending], "s16") if kbit_s is None else known[ending]
    with av.open(str(path), "w") as container:
        _SoundWriter(container, codec, Sound(np.asarray(samples), rate_hz), form, kbit_s).finish()
    return Path(path)


class _SoundWriter:
    """Feeds a sound to an encoder piece by piece, so that picture and sound lie side by side in the file."""

    CHUNK = 1024

    def __init__(self, container, codec, sound, form, kbit_s=None):
        self.container, self.sound, self.form, self.at = container, sound, form, 0
        self.stream = container.add_stream(codec, rate=sound.rate_hz, layout="mono")
        if kbit_s is not None:
            self.stream.bit_rate = round(1000 * kbit_s)

    def until(self, time_s):
        """Encode what is heard before ``time_s``."""
        while self.at < len(self.sound.samples) and self.sound.start_s + self.at / self.sound.rate_hz < time_s:
            piece = np.clip(self.sound.samples[self.at : self.at + self.CHUNK], -1, 1)
            piece = np.round(piece * 32767).astype(np.int16) if self.form == "s16" else piece.astype(np.float32)
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(piece[None]), format=self.form, layout="mono")
            frame.sample_rate = self.sound.rate_hz
            frame.time_base = Fraction(1, self.sound.rate_hz)
            frame.pts = self.at + round(self.sound.start_s * self.sound.rate_hz)
            self.container.mux(self.stream.encode(frame))
            self.at += self.CHUNK

    def finish(self):
        """Encode the rest and empty the encoder."""
        self.until(math.inf)
        self.container.mux(self.stream.encode(None))
