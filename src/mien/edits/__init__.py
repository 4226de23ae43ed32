"""One thing changed: a recording, or what was measured of it, as it was except for a dose of one thing.

Edits are pure: they take a table or samples and return new ones, and leave everything else as it was. A dose is a size
in a unit, never a diagnosis (AUDIT 6.7 to 6.9).
"""

from mien.edits.sound import (
    EditError,
    aac,
    automatic_gain,
    gain,
    narrow_band,
    noise,
    opus,
    packet_loss,
    reverberation,
)

__all__ = [
    "EditError",
    "aac",
    "automatic_gain",
    "gain",
    "narrow_band",
    "noise",
    "opus",
    "packet_loss",
    "reverberation",
]
