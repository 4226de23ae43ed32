"""Sound becomes pitch, level, voicing and timbre; a window of them becomes prosody (librosa; Silero for speech)."""

from mien.voice.detector import probabilities, speech
from mien.voice.prosody import NAMES, Reference, features, reference
from mien.voice.pyin import pyin
from mien.voice.track import COLUMNS, VoiceSettings, frames, nothing, warm

__all__ = [
    "COLUMNS",
    "NAMES",
    "Reference",
    "VoiceSettings",
    "features",
    "frames",
    "nothing",
    "probabilities",
    "pyin",
    "reference",
    "speech",
    "warm",
]
