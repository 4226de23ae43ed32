"""A file becomes frames with true times, and sound with a rate. The only room that opens media.

One clock for picture and sound. Time 0 is 0 of the container's own presentation clock, so that streams which start
late sit where they belong; MPEG program and transport streams count from an arbitrary moment, so there the earliest
stream start is subtracted. Times come from each frame's timestamp, never from a frame number: frame number ÷ average
rate was wrong by 4.4 s within 15 s of a variable-rate file.
"""

import math
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

SOUND_RATE_HZ = 16000
"""The rate at which mien listens: speech and its first 8 kHz."""

GAP_S = 0.05
"""Timestamps of sound that jump by more than this are a gap (or an overlap), not rounding; 0.05 s is 2 AAC frames."""

ROUNDING_S = 0.001
"""Containers that write milliseconds place a frame up to this far from its true time."""


class MediaError(ValueError):
    """A media file can't be used; the message names the file, what was expected and what would work."""


@dataclass(frozen=True)
class MediaInfo:
    """What a media file holds; sizes are as displayed (after rotation), times are on the recording's clock."""

    path: Path
    has_video: bool
    has_audio: bool
    width_px: int
    height_px: int
    rotation_deg: int
    frame_rate_hz: float
    duration_s: float
    video_start_s: float
    audio_start_s: float


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


def probe(path):
    """What a media file holds, without reading it whole (a file that does not state its length is scanned once)."""
    with _opened(path) as container:
        origin = _origin_s(container)
        video, audio = next(iter(_pictures(container)), None), next(iter(container.streams.audio), None)
        width, height, rotation = _size(container, video)
        return MediaInfo(
            path=Path(path),
            has_video=video is not None,
            has_audio=audio is not None,
            width_px=width,
            height_px=height,
            rotation_deg=rotation,
            frame_rate_hz=_mean_rate_hz(video),
            duration_s=_duration_s(path, container, origin),
            video_start_s=_start_s(video, origin),
            audio_start_s=_start_s(audio, origin),
        )


def frames(path, *, rate_hz=None, told=None):
    """Every picture of a recording in order with its true time, or about ``rate_hz`` of them a second.

    Yields ``(time_s, rgb)``: seconds on the recording's clock, strictly increasing; uint8 (height, width, 3) as
    displayed. ``told``, a dictionary, collects counts (``decoded``, ``frames``, ``duplicate_times``,
    ``negative_times``, ``decode_errors``) and ``warnings``. A damaged file gives what can be decoded, with a warning;
    one without a picture, or of which nothing can be decoded, raises :class:`MediaError`.
    """
    told = _counts({} if told is None else told, "decoded", "frames", "duplicate_times", "negative_times")
    with _opened(path) as container:
        stream = _only(path, container, _pictures(container), "picture", told)
        stream.thread_type = "AUTO"
        origin, last_s, due_s = _origin_s(container), -math.inf, -math.inf
        for frame in _decoded(container, stream, told):
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
                if rate_hz is None or time_s >= due_s - ROUNDING_S:
                    due_s = _next_due(due_s, time_s, rate_hz)
                    told["frames"] += 1
                    yield time_s, _upright(frame.to_ndarray(format="rgb24"), frame.rotation, told)
        _check_end(path, told, last_s, _end_s(stream, origin), "picture")


def sound(path, rate_hz=SOUND_RATE_HZ, told=None):
    """All sound of a recording as one channel at ``rate_hz``, every sample at its true time.

    Gaps in the file's own timestamps become digital silence and are counted in ``told`` (``sound_gaps``,
    ``sound_gap_s``), so that what follows a gap is not early. Of several sound streams the first is taken, with a
    warning. Raises :class:`MediaError` where there is no sound or none can be decoded.
    """
    told = _counts({} if told is None else told, "sound_gaps")
    told["sound_gap_s"] = 0.0
    with _opened(path) as container:
        stream = _only(path, container, list(container.streams.audio), "sound", told)
        origin = _origin_s(container)
        blocks = _blocks(_decoded(container, stream, told), rate_hz, origin)
        samples, start_s = _joined(blocks, rate_hz, told)
        _check_end(path, told, start_s + len(samples) / rate_hz, _end_s(stream, origin), "sound")
    heard = Sound(samples, rate_hz, start_s)
    return heard.between(0, heard.end_s) if start_s < 0 else heard


def write_video(path, frames, rate_hz, sound=None, kbit_s=None):
    """Write pictures (uint8, (height, width, 3), even sizes) at ``rate_hz``, and optionally a :class:`Sound`, as mp4.

    H.264 (yuv420p, constant quality 18, or at most ``kbit_s`` kilobits a second) and AAC: what every player opens.
    """
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(rate_hz).limit_denominator(1001))
        stream.pix_fmt, stream.options = "yuv420p", {"crf": "18", "preset": "veryfast"}
        if kbit_s is not None:
            limit = f"{kbit_s:g}k"
            stream.bit_rate = round(1000 * kbit_s)
            stream.options = {"preset": "veryfast", "maxrate": limit, "bufsize": limit}
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


def write_sound(path, samples, rate_hz):
    """Write one channel of sound (float, −1..1) as 16-bit wav or flac, as the name of the file says."""
    codec = {".wav": "pcm_s16le", ".flac": "flac"}.get(Path(path).suffix.lower())
    if codec is None:
        raise MediaError(f"{path}: mien writes sound as .wav or .flac; found {Path(path).suffix or 'no ending'!r}")
    with av.open(str(path), "w") as container:
        _SoundWriter(container, codec, Sound(np.asarray(samples), rate_hz), "s16").finish()
    return Path(path)


# ---- opening, and the one clock -------------------------------------------------------------------------------------


@contextmanager
def _opened(path):
    path = Path(path)
    if not path.is_file():
        found = "a folder" if path.is_dir() else "nothing"
        raise MediaError(f"{path}: expected a media file (mp4, mov, webm, mkv, m4a, wav, …); found {found} there")
    if path.stat().st_size == 0:
        raise MediaError(f"{path}: the file is empty (0 bytes); copy or download it again")
    try:
        container = av.open(str(path))
    except av.error.FFmpegError as error:
        raise MediaError(
            f"{path}: expected video or sound (mp4, mov, webm, mkv, m4a, wav, …); found {path.stat().st_size} bytes "
            f"that no decoder can open ({error.strerror}). If the copy was cut short, copy it again"
        ) from error
    with container:
        yield container


def _pictures(container):
    # the cover of a song is stored as a video stream of one picture; it is no recording
    return [s for s in container.streams.video if not s.disposition & av.stream.Disposition.attached_pic]


def _only(path, container, streams, what, told):
    if not streams:
        kinds = [stream.type for stream in container.streams] or ["nothing"]
        raise MediaError(
            f"{path}: expected {what}; found {', '.join(kinds)}. Name a file of this recording with {what}"
        )
    if len(streams) > 1:
        told["warnings"].append(f"{len(streams)} streams of {what}; the first is used")
    return streams[0]


def _origin_s(container):
    if container.format.name not in ("mpeg", "mpegts"):
        return 0.0
    starts = [_start_s(stream, 0.0) for stream in (*container.streams.video, *container.streams.audio)]
    return min((start for start in starts if not math.isnan(start)), default=0.0)


def _start_s(stream, origin):
    return math.nan if stream is None else float((stream.start_time or 0) * stream.time_base) - origin


def _end_s(stream, origin):
    if stream is None or stream.duration is None:
        return math.nan
    return _start_s(stream, origin) + float(stream.duration * stream.time_base)


def _duration_s(path, container, origin):
    ends = [_end_s(stream, origin) for stream in (*_pictures(container), *container.streams.audio)]
    ends = [end for end in ends if not math.isnan(end)]
    if ends:
        return max(ends)
    if container.duration is not None:
        return ((container.start_time or 0) + container.duration) / av.time_base - origin
    return _scanned_end_s(path, origin)


def _scanned_end_s(path, origin):
    """The end of a file that does not state it (browser recordings): the last packet's end; nothing is decoded."""
    with _opened(path) as container:
        ends = [
            float((packet.pts + (packet.duration or 0)) * packet.time_base) - origin
            for packet in container.demux()
            if packet.pts is not None
        ]
    return max(ends, default=math.nan)


def _mean_rate_hz(stream):
    if stream is not None and stream.frames and stream.duration:
        return float(stream.frames / (stream.duration * stream.time_base))
    return float(stream.average_rate or math.nan) if stream is not None else math.nan


def _size(container, stream):
    if stream is None:
        return 0, 0, 0
    frame = next(_decoded(container, stream, _counts({})), None)
    if frame is None:
        return stream.codec_context.width, stream.codec_context.height, 0
    width, height = (frame.width, frame.height)[:: -1 if round(frame.rotation / 90) % 2 else 1]
    return width, height, (round(frame.rotation) + 179) % 360 - 179  # −180° and 180° are one


# ---- decoding -------------------------------------------------------------------------------------------------------


def _counts(told, *names):
    for name in (*names, "decode_errors"):
        told.setdefault(name, 0)
    told.setdefault("warnings", [])
    return told


def _decoded(container, stream, told):
    """Every frame of a stream that can be decoded; what can't is counted, and a file that breaks off ends here."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except av.error.FFmpegError as error:
            told["warnings"].append(f"the file breaks off ({error.strerror}); what came before is used")
            return
        if packet is None:
            return
        try:
            yield from packet.decode()
        except av.error.EOFError:
            return
        except av.error.FFmpegError:
            told["decode_errors"] += 1


def _check_end(path, told, last_s, stated_s, what):
    if not math.isfinite(last_s):
        raise MediaError(f"{path}: no {what} could be decoded ({told['decode_errors']} errors); copy the file again")
    if stated_s - last_s > 0.5:
        told["warnings"].append(f"the file states {stated_s:.2f} s of {what}, but it ends at {last_s:.2f} s")
    if told["decode_errors"]:
        told["warnings"].append(f"{told['decode_errors']} parts of the {what} could not be decoded")


def _next_due(due_s, time_s, rate_hz):
    """When the next frame is wanted: on the grid that began with the first frame, so that rounding never adds up."""
    if rate_hz is None or not math.isfinite(due_s):
        return time_s + (1 / rate_hz if rate_hz else 0)
    return due_s + (math.floor((time_s + ROUNDING_S - due_s) * rate_hz) + 1) / rate_hz


def _upright(picture, rotation_deg, told):
    quarters = round(rotation_deg / 90)
    if abs(rotation_deg - 90 * quarters) > 1 and "rotation" not in told:
        told["rotation"] = rotation_deg
        told["warnings"].append(f"a rotation of {rotation_deg}° is no quarter turn; the picture is left as it is")
    return np.ascontiguousarray(np.rot90(picture, quarters)) if quarters % 4 else picture


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


# ---- writing --------------------------------------------------------------------------------------------------------


class _SoundWriter:
    """Feeds a sound to an encoder piece by piece, so that picture and sound lie side by side in the file."""

    CHUNK = 1024

    def __init__(self, container, codec, sound, form):
        self.container, self.sound, self.form, self.at = container, sound, form, 0
        self.stream = container.add_stream(codec, rate=sound.rate_hz, layout="mono")

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
