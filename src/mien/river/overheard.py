"""One person's voice in another's microphone: taken out of their speech and of their voice, and told."""

import pandas as pd

from mien import turns
from mien.river.sounds import COMPARED, Columns


def cleaned(tracks, segments, settings):
    """What each person's own track holds of others is taken out: ``(tracks, segments, overheard)``.

    ``tracks`` are :class:`mien.river.sounds.Track` by owner, ``segments`` person_id, start_s, end_s of their own
    tracks, ``settings`` a :class:`mien.turns.CrosstalkSettings`. Where nothing is overheard, both are as they were.
    """
    speech = {name: rows for name, rows in segments.groupby("person_id") if name in tracks}
    nothing = segments.iloc[:0]
    speech |= {name: nothing for name in tracks if name and name not in speech}
    found = turns.cleaned(speech, Columns(tracks, COMPARED), settings)
    if not found.others:
        return tracks, segments, found.overheard
    parts = [rows.assign(person_id=name)[["person_id", "start_s", "end_s"]] for name, rows in found.speech.items()]
    parts.append(segments[~segments["person_id"].isin(speech)])
    segments = pd.concat([part for part in parts if len(part)] or [nothing], ignore_index=True)
    tracks = tracks | {name: tracks[name].without(spans) for name, spans in found.others.items()}
    return tracks, segments, found.overheard


def told(overheard):
    """What the report says of each way: source, listener, gain_db, delay_ms, removed_share, trust."""
    return [
        {
            "source": one.source,
            "listener": one.listener,
            "gain_db": round(one.gain_db, 1),
            "delay_ms": round(1000 * one.delay_s),
            "removed_share": round(one.removed_share, 4),
            "trust": round(one.trust, 2),
        }
        for one in overheard
    ]


def doubted(recording_id, found, settings):
    """A sentence for each person who loses much speech to the voices of others, and for each way that is not sure."""
    lost = {}
    for one in found:
        lost.setdefault(one["listener"], []).append(one)
    for name, ways in lost.items():
        share = sum(one["removed_share"] for one in ways)
        if share >= settings.warn_share:
            sources = ", ".join(one["source"] for one in ways if one["removed_share"] > 0)
            yield (
                f"{recording_id}: {share:.0%} of the speech in the track of {name} is the voice of others ({sources}) "
                "and was taken out; who wears no headset is overheard"
            )
    for one in found:
        if one["trust"] < settings.sure:
            yield (
                f"{recording_id}: the tracks of {one['source']} and {one['listener']} hold one voice, and neither time "
                "nor level says whose it is: it is left in both and counts twice"
            )
