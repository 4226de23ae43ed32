"""Who spoke when, written as RTTM, the usual exchange format of who spoke when."""

import re
from pathlib import Path

from mien import tables
from mien.turns.floor import SEGMENTS


def write_rttm(segments, path, recording_id):
    """Write who spoke when as RTTM, one SPEAKER line per segment, in order of time; returns the path.

    RTTM has no spaces within names: each becomes an underscore. Raises :class:`tables.TableError` where two names
    would then be the same, or a name is empty.
    Reference: NIST, Rich Transcription 2009 evaluation plan.
    """
    SEGMENTS.check(segments)
    people = [str(person) for person in segments["person_id"].unique()]
    spelt = {person: _word(person) for person in people}
    if len(set(spelt.values())) < len(people) or not all(spelt.values()):
        raise tables.TableError(f"{path}: RTTM has no spaces within names, and without them these clash: {people}")
    lines = [
        f"SPEAKER {_word(recording_id) or 'recording'} 1 {row.start_s:.3f} {row.end_s - row.start_s:.3f} "
        f"<NA> <NA> {spelt[str(row.person_id)]} <NA> <NA>\n"
        for row in segments.sort_values(["start_s", "end_s", "person_id"], kind="stable").itertuples()
    ]
    Path(path).write_text("".join(lines), encoding="utf-8")
    return Path(path)


def _word(text):
    return re.sub(r"\s+", "_", str(text).strip())
