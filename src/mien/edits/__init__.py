"""One thing changed: a recording, or what was measured of it, as it was except for a dose of one thing.

Edits are pure: they take a table or samples and return new ones, and leave everything else as it was. A dose is a size
in a unit, never a diagnosis (AUDIT 6.7 to 6.9).
"""

from mien.edits.diarisation import KINDS, PLACES, SHARES, diarisation_error
from mien.edits.errors import EditError
from mien.edits.face import constant_smile, excursion, gaze_away, gaze_locked, gaze_variance, head_motion, one_side
from mien.edits.picture import COVERS, colour_cast, frame_rate, frozen, gamma, h264, jpeg, resolution, side_light
from mien.edits.recorded import POINTS, network_delay, padding
from mien.edits.sound import aac, automatic_gain, gain, narrow_band, noise, opus, packet_loss, reverberation
from mien.edits.suppression import noise_suppression
from mien.edits.timeline import (
    blocks,
    early_fillers,
    interpreter_delay,
    interpreter_voice,
    latency,
    latency_sd,
    pauses,
    speech_rate,
    split_turns,
    talk_share,
)

__all__ = [
    "COVERS",
    "KINDS",
    "PLACES",
    "POINTS",
    "SHARES",
    "EditError",
    "aac",
    "automatic_gain",
    "blocks",
    "colour_cast",
    "constant_smile",
    "diarisation_error",
    "early_fillers",
    "excursion",
    "frame_rate",
    "frozen",
    "gain",
    "gamma",
    "gaze_away",
    "gaze_locked",
    "gaze_variance",
    "h264",
    "head_motion",
    "interpreter_delay",
    "interpreter_voice",
    "jpeg",
    "latency",
    "latency_sd",
    "narrow_band",
    "network_delay",
    "noise",
    "noise_suppression",
    "one_side",
    "opus",
    "packet_loss",
    "padding",
    "pauses",
    "resolution",
    "reverberation",
    "side_light",
    "speech_rate",
    "split_turns",
    "talk_share",
]
