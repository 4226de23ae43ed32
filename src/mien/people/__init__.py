"""Which face is which person, and which name in the sound is which face; trust in both."""

from mien.people.assign import assign, is_still
from mien.people.match import Match, match
from mien.people.settings import PeopleSettings

__all__ = ["Match", "PeopleSettings", "assign", "is_still", "match"]
