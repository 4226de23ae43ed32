"""What decides who is who."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PeopleSettings:
    """What decides when two tracks are one person, what is too short to be one, and what is a still picture.

    ``look_*`` are the greatest differences of looks at which a track continues a person, by the way it comes
    (``people.identity``). From one frame to the next the same person's looks differ by 0.1 to 0.5 on the mosaics of the
    tests, and the looks of two people by 0.7 and more; at 0.36 five of 1,000 pairs of strangers of one studio (London
    set) look as alike, and 89 of 100 smiling faces are still known by their neutral one (80 where it was darkened).
    ``link_margin``: the next best link must cost so much more. ``stranger_comes``: how often, by each way, somebody
    else is thought to come (an assumption, not a measure: in place of a lost face rarely, by looks alone always); trust
    rests on it. ``new_sure``: a new person is sure to be new where the best link costs more than 1 plus this.
    """

    track_min_s: float = 0.5
    track_min_searches: int = 3
    resume_s: float = 5.0
    resume_overlap: float = 0.3
    cut_overlap: float = 0.5
    cut_resume_s: float = 30.0
    trust_resumed: float = 0.8
    trust_across_cut: float = 0.5
    moment_s: float = 0.5
    look_steady: float = 0.65
    look_moment: float = 0.5
    look_place: float = 0.5
    look_anywhere: float = 0.36
    link_margin: float = 0.75
    stranger_comes: tuple[float, float, float, float] = (0.1, 0.05, 0.3, 1.0)
    new_sure: float = 0.6
    new_trust_min: float = 0.3
    still_min_s: float = 2.0
    still_change: float = 1.0
    still_noise_max: float = 2.0
    match_trust_min: float = 0.99
    match_shift_min_s: float = 1.0
    match_shifts: int = 200
