"""Which face is which person, which name in the sound is which face, and who is speaking; trust in all three."""

from mien.people.assign import assign, is_still
from mien.people.hand import Hand
from mien.people.hand import read as read_hand
from mien.people.lips import LipLag, LipSettings, lip_lag
from mien.people.match import Match, match
from mien.people.settings import PeopleSettings
from mien.people.speaker import SpeakingSettings, speaking

__all__ = [
    "Hand",
    "LipLag",
    "LipSettings",
    "Match",
    "PeopleSettings",
    "SpeakingSettings",
    "assign",
    "is_still",
    "lip_lag",
    "match",
    "read_hand",
    "speaking",
]
