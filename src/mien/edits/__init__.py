"""One thing changed: a recording, or what was measured of it, as it was except for a dose of one thing.

Edits are pure: they take a table or samples and return new ones, and leave everything else as it was. A dose is a size
in a unit, never a diagnosis (AUDIT 6.7 to 6.9).
"""

from mien.edits.face import constant_smile, excursion, gaze_away, gaze_locked, gaze_variance, head_motion, one_side
from mien.edits.picture import COVERS, colour_cast, frame_rate, frozen, gamma, h264, jpeg, resolution, side_light

__all__ = [
    "COVERS",
    "colour_cast",
    "constant_smile",
    "excursion",
    "frame_rate",
    "frozen",
    "gamma",
    "gaze_away",
    "gaze_locked",
    "gaze_variance",
    "h264",
    "head_motion",
    "jpeg",
    "one_side",
    "resolution",
    "side_light",
]
