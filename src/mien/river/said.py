"""How much a transcript holds, by person and time: counts of words and characters, never the words."""

import pandas as pd

from mien import store, tables, turns
from mien.river import cues

SOURCES = ("transcript", "segments")
"""Files that may hold words; of two that do, the former counts."""
COLUMNS = ["person_id", "start_s", "end_s", "n_words", "n_chars"]


def words(mine, clocks, called):
    """How much each cue holds, on the clock of the sound: :data:`COLUMNS` and source; None where no file holds words.

    ``mine`` are the jobs of a recording as :func:`mien.river.gather.parts_of` gives them, ``clocks`` how late each list
    is, ``called`` gives the person of a name. A cue that names nobody has the person_id ''; a name that is nobody's by
    hand is left out.
    """
    for source in SOURCES:
        rows = _counts(mine[(source, "")].part) if (source, "") in mine else ()
        if len(rows) and rows["n_chars"].sum() > 0:
            people = {name: called(name) for name in set(rows["person_id"]) - {""}}
            rows = rows[[people.get(name, name) != "" or name == "" for name in rows["person_id"]]]
            rows = rows.assign(person_id=rows["person_id"].replace(people), source=source)
            return cues.moved(rows.reset_index(drop=True), clocks[source]["moved_by_s"])
    return None


def _counts(part):
    """The counts in a kept list of who spoke when, and beside it those of cues without a name."""
    rows, nameless = tables.read(part, turns.SEGMENTS), store.notes(part).get("nameless", [])
    found = [rows[COLUMNS]] if "n_words" in rows and len(rows) else []
    found += [pd.DataFrame([("", *one) for one in nameless], columns=COLUMNS)] if nameless else []
    return pd.concat(found, ignore_index=True).astype(dict.fromkeys(COLUMNS[1:], float)) if found else ()


def told(one):
    """What the report says of the words of one recording: how many there are, and whose are in no window, by name."""
    if one.words is None:
        return {}
    total, mixed = one.words["n_chars"].sum(), f"{one.recording_id}_mixed"
    lost = one.said[~one.said["person_id"].isin(one.person_ids)].groupby("person_id")["n_chars"].sum()
    lost = lost.rename({mixed: "no name"}).to_dict() | {"after the end": total - one.said["n_chars"].sum()}
    n_words = one.words["n_words"].sum(skipna=False)
    return {
        "source": one.words["source"].iloc[0],
        "n_words": None if pd.isna(n_words) else round(n_words),
        "n_chars": round(total),
        "n_chars_of_nobody": {name: round(count) for name, count in lost.items() if round(count)},
    }


def doubted(recording_id, about):
    """A sentence where some of the words count for nobody."""
    lost = about.get("n_chars_of_nobody", {})
    if lost:
        parts = ", ".join(f"{name} {count}" for name, count in lost.items())
        yield (
            f"{recording_id}: {sum(lost.values())} of {about['n_chars']} characters in the words of the "
            f"{about['source']} are in no window, for nobody who has windows is known to have said them ({parts})"
        )
