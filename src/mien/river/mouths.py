"""Whose mouth moves with the sound: a shared track is given to those who speak, and named speech is checked."""

import numpy as np
import pandas as pd

from mien import people, turns


def speaking(faces, sounds, segments, settings):
    """Who speaks by the mouths in the picture: the table of :func:`mien.people.speaking`.

    ``sounds`` are the voice tables by owner (one shared, or one per person), ``segments`` all speech.
    """
    return people.speaking(faces, _together(sounds), _union(segments), settings)


def _together(sounds):
    """The sound of several people as one shared track: time_s and level_db on a clock of 10 ms, powers added."""
    rows = pd.concat([rows[["time_s", "level_db"]] for rows in sounds.values()])
    if len(sounds) == 1:
        return rows
    power = (10 ** (rows["level_db"].astype(float) / 10)).fillna(0).groupby(rows["time_s"].round(2)).sum()
    level_db = 10 * np.log10(power.where(power > 0))
    return pd.DataFrame({"time_s": power.index, "level_db": level_db.to_numpy()})


def _union(segments):
    """All speech without overlaps, in order."""
    rows = segments[["start_s", "end_s"]].sort_values("start_s")
    before = rows["end_s"].cummax().shift(fill_value=-1.0)
    number = (rows["start_s"] > before).cumsum()
    return rows.groupby(number).agg({"start_s": "min", "end_s": "max"}).reset_index(drop=True)


def trust(pieces, names):
    """How sure it is who speaks, by person: for those who do over the speech given to them, for others over all."""
    length = pieces["end_s"] - pieces["start_s"]
    sure, spoken = (pieces["trust"] * length).groupby(pieces["person_id"]).sum(), length.groupby(pieces["person_id"])
    own = (sure / spoken.sum()).to_dict()
    usual = float(sure.sum() / length.sum()) if length.sum() else 0.0
    return {name: float(own.get(name, usual)) for name in names}


def agreement(pieces, segments, names):
    """How far named speech agrees with the mouths: for each person with a face, of the speech that is theirs alone.

    ``pieces`` and ``segments`` with the people of the recording, ``names`` those who have a face. Gives for each who
    speaks ``speech_s``, and the shares of it in which the own mouth fits best (``agrees``), nobody's does (``nobody``)
    and another's (``others``, by person).
    """
    found = {}
    times = np.arange(0, segments["end_s"].max() if len(segments) else 0, 0.05)
    fits = np.full(len(times), "", dtype=object)
    for name, rows in pieces.groupby("person_id"):
        fits[turns.covers(times, rows)] = name
    for name in sorted(set(segments["person_id"]) & set(names)):
        own = turns.covers(times, segments[segments["person_id"] == name])
        alone = own & ~turns.covers(times, segments[segments["person_id"] != name])
        if alone.any():
            share = pd.Series(fits[alone]).value_counts(normalize=True).round(4).to_dict()
            agrees, nobody = share.pop(name, 0.0), share.pop("", 0.0)
            found[name] = {"speech_s": round(float(alone.sum()) * 0.05, 2), "agrees": agrees}
            found[name] |= {"nobody": nobody, "others": share}
    return found


def shares(pieces, sure):
    """What is told of speech given by mouths: for each who speaks the seconds, and how sure it is."""
    length = (pieces["end_s"] - pieces["start_s"]).groupby(pieces["person_id"]).sum()
    return {name: {"speech_s": round(float(s), 2), "trust": round(sure[name], 4)} for name, s in length.items()}


def doubted(recording_id, found):
    """A sentence for each person whose speech moves the mouth of somebody else more than half of the time."""
    for name, about in found.items():
        for other, share in about.get("others", {}).items():
            if share > 0.5:
                yield (
                    f"{recording_id}: while {name} is heard the mouth of {other} fits best ({share:.0%} of "
                    f"{about['speech_s']:g} s; the mouth of {name} {about['agrees']:.0%}); is the map of names right?"
                )
