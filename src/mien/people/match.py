"""Which name in the sound is which face: the mouth that moves with the speech."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from mien.people.settings import PeopleSettings


@dataclass(frozen=True)
class Match:
    """Which name in the sound is which face: ``names`` maps old to new person_ids, ``trust`` says how sure (0..1)."""

    names: dict
    trust: dict


def match(faces, segments, settings=None):
    """Match the faces of a recording with the people who are heard in it, where that is plain.

    ``faces`` as :func:`assign` gives them (with ``mouth_opening``), ``segments`` who spoke when (person_id, start_s,
    end_s). Each face is given the name whose speech its mouth moves with, one to one; a pair is kept only if both agree
    better with each other than with anybody else, and better than the best of all pairs does in ``match_trust_min`` of
    all circular shifts of the speech in time (by ``match_shift_min_s`` and more). Otherwise nobody is renamed.
    """
    settings = settings or PeopleSettings()
    people, names = sorted(faces["person_id"].unique()), sorted(segments["person_id"].unique())
    if not people or not names:
        return Match({}, {})
    times = np.sort(faces["time_s"].unique())
    moving = [_mouth_moves(faces[faces["person_id"] == person], times) for person in people]
    spoken = [_spoken(times, segments[segments["person_id"] == name]) for name in names]
    least = _steps(times, settings.match_shift_min_s)
    agree = np.array([[_agreement(mouth, speech) for speech in spoken] for mouth in moving])
    found = Match({}, {})
    others = _best_of_shifts(moving, spoken, least, settings)
    for row, column in zip(*linear_sum_assignment(-np.nan_to_num(agree, nan=-1.0)), strict=True):
        best = agree[row, column] >= max(np.nanmax(agree[row], initial=0), np.nanmax(agree[:, column], initial=0))
        share = float(np.mean(others < agree[row, column])) if len(others) else 0.0
        if best and agree[row, column] > 0 and share >= settings.match_trust_min:
            found.names[people[row]] = names[column]
            found.trust[people[row]] = share
    return found


def _best_of_shifts(moving, spoken, least, settings):
    """The best agreement of any pair after all speech was shifted in time together: what chance alone would find."""
    length = len(spoken[0])
    if length < 3 * least:
        return np.array([])
    shifts = np.unique(np.linspace(least, length - least, settings.match_shifts).astype(int))
    pairs = [[_agreement(m, np.roll(s, shift)) for m in moving for s in spoken] for shift in shifts]
    return np.array([np.nanmax(row, initial=-1) for row in pairs])


def _mouth_moves(rows, times):
    """How much the mouth is at work at each time: how wide it is and how fast it changes, each in its own spread.

    Both, because a speaking mouth now stays open and now moves; NaN where the face was not seen.
    """
    opening = rows.set_index("time_s")["mouth_opening"].reindex(times).to_numpy()
    if len(times) < 2:
        return np.full(len(times), np.nan)
    table = pd.DataFrame({"wide": opening, "fast": np.abs(np.gradient(opening, times))})
    smooth = table.rolling(_steps(times, 0.4), center=True, min_periods=1).mean()
    return (smooth / smooth.std().replace(0, np.nan)).sum(axis=1, skipna=False).to_numpy()


def _spoken(times, segments):
    inside = np.zeros(len(times), dtype=bool)
    for start_s, end_s in segments[["start_s", "end_s"]].to_numpy():
        inside |= (times >= start_s) & (times < end_s)
    return inside


def _steps(times, seconds):
    return max(1, round(seconds / np.median(np.diff(times)))) if len(times) > 1 else 1


def _agreement(mouth, speech):
    """Correlation of mouth movement with speech, where the face is seen; NaN where there is nothing to compare."""
    seen = ~np.isnan(mouth)
    if seen.sum() < 2 or np.ptp(mouth[seen]) == 0 or speech[seen].all() or not speech[seen].any():
        return np.nan
    return float(np.corrcoef(mouth[seen], speech[seen])[0, 1])
