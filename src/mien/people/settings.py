"""What decides who is who."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PeopleSettings:
    """What decides when two tracks are one person, what is too short to be one, and what is a still picture."""

    track_min_s: float = 0.5
    track_min_searches: int = 3
    resume_s: float = 5.0
    resume_overlap: float = 0.3
    cut_overlap: float = 0.5
    cut_resume_s: float = 30.0
    trust_resumed: float = 0.8
    trust_across_cut: float = 0.5
    still_min_s: float = 2.0
    still_change: float = 1.0
    still_noise_max: float = 2.0
    match_trust_min: float = 0.99
    match_shift_min_s: float = 1.0
    match_shifts: int = 200
