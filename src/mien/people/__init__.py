"""Which face is which person, which name in the sound is which face, and who is speaking; trust in all three."""

from mien.people.assign import assign, is_still
from mien.people.match import Match, match
from mien.people.settings import PeopleSettings
from mien.people.speaker import SpeakingSettings, speaking

__all__ = ["Match", "PeopleSettings", "SpeakingSettings", "assign", "is_still", "match", "speaking"]
