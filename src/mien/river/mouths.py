"""Whose mouth moves with the sound: a shared track is given to those who speak, and named speech is checked."""

import numpy as np
import pandas as pd

from mien import people, turns


def speaking(faces, sounds, segments, settings):
    """Who speaks by the mouths in the picture: the table of :func:`mien.people.speaking`.

    ``sounds`` are the voice tables by owner (one shared, or one per person), ``segments`` all speech.
    """
    return people.speaking(faces, _together(sounds), _union(segments), settings)


def lips(faces, sounds, segments, names, settings):
    """How late the sound is against the mouths: a :class:`mien.people.LipLag`.

    ``segments`` who spoke when by their names, ``names`` which person each face is; speech of somebody without a face
    may be anybody's.
    """
    spans = segments.assign(person_id=segments["person_id"].replace({new: old for old, new in names.items()}))
    return people.lip_lag(faces, _together(sounds), spans, settings)


def on_picture(sounds, segments, lag_s):
    """Sounds and speech that are ``lag_s`` late, on the clock of the picture; for what compares them with mouths."""
    moved = {who: rows.assign(time_s=rows["time_s"] - lag_s) for who, rows in sounds.items()}
    return moved, segments.assign(start_s=segments["start_s"] - lag_s, end_s=segments["end_s"] - lag_s)


def lips_told(found, settings):
    """What the report says of the lag between lips and voice."""
    numbers = {name: getattr(found, name) for name in ("lag_s", "low_s", "high_s", "trust", "speech_s")}
    told = {name: round(value, 4) if np.isfinite(value) else None for name, value in numbers.items()}
    large, sure = found.is_large(settings), found.is_sure(settings)
    return told | {"is_large": large, "is_sure": sure, "mouths_compared_at_s": told["lag_s"] if large and sure else 0.0}


def out_of_step(recording_id, told):
    """A sentence where picture and sound are more than 80 ms apart by the mouths."""
    if not told.get("is_large"):
        return
    apart = f"{abs(1000 * told['lag_s']):.0f} ms {'late' if told['lag_s'] > 0 else 'early'}"
    span = f"{1000 * told['low_s']:+.0f} to {1000 * told['high_s']:+.0f} ms, trust {told['trust']:.2f}"
    heard = f"{recording_id}: the sound is {apart} against the mouths ({span}, {told['speech_s']:.0f} s of speech)"
    yield (
        f"{heard}: mouths are compared with the sound moved by that; no published time is changed, so face and voice "
        "are that far apart"
        if told["is_sure"]
        else f"{heard}, but that is not sure: nothing was moved"
    )


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
    speaks ``speech_s``, and the shares of it in which the own mouth fits (``agrees``), nobody's does (``nobody``) and
    another's without it (``others``, by person).
    """
    found = {}
    times = np.arange(0, segments["end_s"].max() if len(segments) else 0, 0.05)
    fits = np.full(len(times), "", dtype=object)
    spans = {name: turns.covers(times, rows) for name, rows in pieces.groupby("person_id") if name}
    for name, inside in spans.items():
        fits[inside] = name
    for name in sorted(set(segments["person_id"]) & set(names)):
        own = turns.covers(times, segments[segments["person_id"] == name])
        alone = own & ~turns.covers(times, segments[segments["person_id"] != name])
        if alone.any():
            mine = np.where(spans[name], name, fits) if name in spans else fits
            share = pd.Series(mine[alone]).value_counts(normalize=True).round(4).to_dict()
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
