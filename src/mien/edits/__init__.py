"""One thing changed: a recording, or what was measured of it, as it was except for a dose of one thing.

Edits are pure: they take a table or samples and return new ones, and leave everything else as it was. A dose is a size
in a unit, never a diagnosis (AUDIT 6.7 to 6.9).
"""

from mien.edits.recorded import KINDS, POINTS, diarisation_error, network_delay, padding
from mien.edits.timeline import (
    EditError,
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
    "KINDS",
    "POINTS",
    "EditError",
    "blocks",
    "diarisation_error",
    "early_fillers",
    "interpreter_delay",
    "interpreter_voice",
    "latency",
    "latency_sd",
    "network_delay",
    "padding",
    "pauses",
    "speech_rate",
    "split_turns",
    "talk_share",
]
