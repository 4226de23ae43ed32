"""Opening media files: what they hold, one clock for all their streams, and decoding that survives damage."""

import math
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import av


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


def probe(path):
    """What a media file holds, without reading it whole (a file that does not state its length is scanned once)."""
    with opened(path) as container:
        origin = origin_s(container)
        video, audio = next(iter(pictures_of(container)), None), next(iter(container.streams.audio), None)
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
            video_start_s=stream_start_s(video, origin),
            audio_start_s=stream_start_s(audio, origin),
        )


@contextmanager
def opened(path):
    """A media file opened for reading, closed at the end; :class:`MediaError` says what is wrong with it."""
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


def pictures_of(container):
    """The streams of pictures; the cover of a song, stored as a stream of one picture, is no recording."""
    return [s for s in container.streams.video if not s.disposition & av.stream.Disposition.attached_pic]


def only(path, container, streams, what, told):
    """The first of the streams of one kind, with a warning where there are more, an error where there is none."""
    if not streams:
        kinds = [stream.type for stream in container.streams] or ["nothing"]
        raise MediaError(
            f"{path}: expected {what}; found {', '.join(kinds)}. Name a file of this recording with {what}"
        )
    if len(streams) > 1:
        told["warnings"].append(f"{len(streams)} streams of {what}; the first is used")
    return streams[0]


def origin_s(container):
    """Where the recording's clock has its 0 on the container's own clock, seconds."""
    if container.format.name not in ("mpeg", "mpegts"):
        return 0.0
    starts = [stream_start_s(stream, 0.0) for stream in (*container.streams.video, *container.streams.audio)]
    return min((start for start in starts if not math.isnan(start)), default=0.0)


def stream_start_s(stream, origin):
    """When a stream begins on the recording's clock, seconds; NaN without a stream."""
    return math.nan if stream is None else float((stream.start_time or 0) * stream.time_base) - origin


def stream_end_s(stream, origin):
    """When a stream ends by its own account, seconds; NaN where the file does not say."""
    if stream is None or stream.duration is None:
        return math.nan
    return stream_start_s(stream, origin) + float(stream.duration * stream.time_base)


def stated_end_s(container, stream, origin):
    """When a stream ends by its own account or that of the whole file, seconds; NaN where neither says."""
    end_s = stream_end_s(stream, origin)
    if math.isnan(end_s) and container.duration is not None:
        return ((container.start_time or 0) + container.duration) / av.time_base - origin
    return end_s


def has_index(container):
    """Whether files of this kind know where their whole pictures lie, so that one can begin in the middle."""
    return container.format.name.startswith(("mov", "matroska"))


def seek(container, stream, time_s):
    """Go to the last whole picture at or before a time."""
    container.seek(math.floor((time_s + origin_s(container)) / stream.time_base), stream=stream)


def _duration_s(path, container, origin):
    streams = (*pictures_of(container), *container.streams.audio)
    ends = [stream_end_s(stream, origin) for stream in streams]
    stated = [end for end in ends if not math.isnan(end)]
    stated = stated or [end for stream in streams[:1] if not math.isnan(end := stated_end_s(container, stream, origin))]
    return max(stated) if stated else _scanned_end_s(path, origin)


def _scanned_end_s(path, origin):
    """The end of a file that does not state it (browser recordings): the last packet's end; nothing is decoded."""
    with opened(path) as container:
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
    frame = next(decoded(container, stream, counts({})), None)
    if frame is None:
        return stream.codec_context.width, stream.codec_context.height, 0
    width, height = (frame.width, frame.height)[:: -1 if round(frame.rotation / 90) % 2 else 1]
    return width, height, (round(frame.rotation) + 179) % 360 - 179  # −180° and 180° are one


def counts(told, *names):
    """``told`` with every name that is counted, and a list of warnings."""
    for name in (*names, "decode_errors"):
        told.setdefault(name, 0)
    told.setdefault("warnings", [])
    return told


def decoded(container, stream, told):
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


def check_end(path, told, last_s, stated_s, what):
    """Warn where a stream ends before it says, or never said when; refuse one of which nothing could be decoded."""
    if not math.isfinite(last_s):
        raise MediaError(f"{path}: no {what} could be decoded ({told['decode_errors']} errors); copy the file again")
    if stated_s - last_s > 0.5:
        told["warnings"].append(f"the file states {stated_s:.2f} s of {what}, but it ends at {last_s:.2f} s")
    if math.isnan(stated_s):
        told["warnings"].append(
            f"the file does not state how long its {what} is; what could be decoded ends at "
            f"{last_s:.2f} s, and whether it was cut short can't be known"
        )
    lacking = _lacking_bytes(path)
    if lacking:
        told["warnings"].append(f"the file lacks {lacking} bytes of what its head states: it was cut short")
    if told["decode_errors"]:
        told["warnings"].append(f"{told['decode_errors']} parts of the {what} could not be decoded")


def _lacking_bytes(path):
    """How many bytes shorter than its head states a file is; 0 where the head states no length (wav and avi do)."""
    with Path(path).open("rb") as file:
        head = file.read(8)
    stated = int.from_bytes(head[4:], "little")
    is_stated = head[:4] == b"RIFF" and 0 < stated < 2**32 - 1
    return max(stated + 8 - Path(path).stat().st_size, 0) if is_stated else 0
