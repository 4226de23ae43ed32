"""Sound becomes pitch, level, voicing, timbre, quality; a window of them becomes prosody (librosa, Silero)."""

from mien.voice import praat
from mien.voice.detector import probabilities, speech
from mien.voice.prosody import NAMES, REFERENCE_COLUMNS, Reference, features, reference, spoken
from mien.voice.pyin import pyin
from mien.voice.quality import AGC_COLUMNS, agc, quality_of, snr_db
from mien.voice.quality import NAMES as QUALITY
from mien.voice.track import COLUMNS, VoiceSettings, frames, nothing, warm

__all__ = [
    "AGC_COLUMNS",
    "COLUMNS",
    "NAMES",
    "QUALITY",
    "REFERENCE_COLUMNS",
    "Reference",
    "VoiceSettings",
    "agc",
    "features",
    "frames",
    "nothing",
    "praat",
    "probabilities",
    "pyin",
    "quality_of",
    "reference",
    "snr_db",
    "speech",
    "spoken",
    "warm",
]
