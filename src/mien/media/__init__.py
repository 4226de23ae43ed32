"""A file becomes frames with true times, and sound with a rate. The only room that opens media.

One clock for picture and sound. Time 0 is 0 of the container's own presentation clock, so that streams which start
late sit where they belong; MPEG program and transport streams count from an arbitrary moment, so there the earliest
stream start is subtracted. Times come from each frame's timestamp, never from a frame number: frame number ÷ average
rate was wrong by 4.4 s within 15 s of a variable-rate file.
"""

from mien.media.files import MediaError, MediaInfo, probe
from mien.media.hearing import GAP_S, SOUND_RATE_HZ, Sound, sound, spooled
from mien.media.picture import Picture, one_thread
from mien.media.recoding import rewritten, through_h264
from mien.media.seeing import ROUNDING_S, Grid, can_begin_at, frames, pictures
from mien.media.writing import write_sound, write_video

__all__ = [
    "GAP_S",
    "ROUNDING_S",
    "SOUND_RATE_HZ",
    "Grid",
    "MediaError",
    "MediaInfo",
    "Picture",
    "Sound",
    "can_begin_at",
    "frames",
    "one_thread",
    "pictures",
    "probe",
    "rewritten",
    "sound",
    "spooled",
    "through_h264",
    "write_sound",
    "write_video",
]
