"""What a build tells about talk: turn measures beside those of others, and how far two sources of it agree."""

from itertools import combinations

from mien import people, tables, turns
from mien.river import cues
from mien.river.gather import parts_of, person_of, spoken, stack

ORDER = ("person_audio", "segments", "transcript", "timeline", "mixed_audio")
"""Sources of who spoke when, the most trusted first; of two, the former is the reference."""


def talk(recording, jobs, table, duration_s, settings, hand=None, clocks=None):
    """How one recording talks, for the report: its turn measures, which of them are odd, and how its sources agree.

    ``table`` is its turns table, ``duration_s`` how long it lasts, ``settings`` a :class:`mien.turns.TurnSettings`,
    ``hand`` who is who by hand, ``clocks`` how late each list of who spoke when is.
    Returns ``(about, warnings)``: a dictionary for the report, and sentences.
    """
    hand = hand or people.Hand()
    about, warnings, held = {"agreement": {}}, [], sources(recording, jobs, hand, clocks or {})
    speech = table[table["kind"] == "speech"]
    if len(own := speech[speech["source"] == "person_audio"]):  # what is compared is what is used: without cross-talk
        held["person_audio"] = own[["person_id", "start_s", "end_s"]]
    for name, found in agreements(held).items():
        about["agreement"][name] = _parts(found)
        warnings += [f"{recording.recording_id}: {words}" for words in _swapped(name, found)]
    if not len(speech) or (speech["source"] == "mixed_audio").any():
        return about, warnings
    everybody = {person_of(name, recording.names, hand) for name in recording.person_ids} | {*speech["person_id"]}
    everything, lasts_s = turns.floor(speech, settings), max(duration_s, speech["end_s"].max())
    undefined = recording.turns_undefined or None
    values, missing = turns.group(everything, lasts_s, settings, sorted(everybody - {""}), _words(held), undefined)
    odd = turns.outside(values)
    about |= {"turns": {name: round(value, 4) for name, value in values.items()}, "turns_missing": missing}
    about["flags"] = dict.fromkeys(odd, "out_of_anchor")
    return about, warnings + [f"{recording.recording_id}: {_odd(name, values[name], *odd[name])}" for name in odd]


def _words(held):
    """The words of the transcript, each with a share of its cue's time; None where there are none."""
    said = held.get("transcript", held.get("segments"))
    if said is None or "words" not in said.columns:
        return None
    return turns.spread(said[said["words"].notna()])


def _odd(name, value, low, high):
    return (
        f"{name} is {value:.3g}, outside the range of other conversations ({low:g} to {high:g}): out_of_anchor, kept; "
        "look at the source of who spoke when and at its clock before you read it"
    )


def sources(recording, jobs, hand, clocks):
    """Who spoke when by every source that a recording has, on one clock, the most trusted first: {source: segments}."""
    mine = [job for job in jobs if job.recording.recording_id == recording.recording_id]
    found = {job.medium.kind: tables.read(job.part, turns.SEGMENTS) for job in mine if job.stage == "segments"}
    found = {kind: cues.moved(rows, clocks.get(kind, {}).get("moved_by_s", 0.0)) for kind, rows in found.items()}
    for job in mine:
        if job.stage == "speech":
            own = job.medium.kind == "person_audio"
            rows = spoken(job, parts_of(recording, jobs)).assign(person_id=job.medium.person_id if own else "anybody")
            kind = "person_audio" if own else "mixed_audio"
            found[kind] = stack([found[kind], rows]) if kind in found else rows
    for kind, rows in found.items():
        names = {name: person_of(name, recording.names, hand) for name in set(rows["person_id"])}
        found[kind] = rows.assign(person_id=rows["person_id"].replace(names)).query("person_id != ''")
    return {kind: found[kind] for kind in ORDER if kind in found}


def agreements(found):
    """Every two of the sources held against each other: {"one against other": :class:`mien.turns.Agreement`}.

    One shared track says when anybody speaks, not who: then both are compared as if everybody were one person.
    """
    held = {}
    for one, other in combinations(found, 2):
        pair = [found[one], found[other]]
        if "mixed_audio" in (one, other):
            pair = [table.assign(person_id="anybody") for table in pair]
        held[f"{other} against {one}"] = turns.agreement(*pair)
    return held


def _parts(found):
    parts = ("error_rate", "speech_s", "missed_s", "false_alarm_s", "confused_s")
    return {name: round(getattr(found, name), 4) for name in parts} | {"names": found.names}


def _swapped(name, found):
    """A warning where a name of one source speaks when another name of the other does, and both know both names."""
    for theirs, ours in found.names.items():
        if theirs != ours and theirs in found.names.values() and ours in found.names:
            yield f"{name}: who is {theirs!r} in one speaks when {ours!r} does in the other; are the names swapped?"
