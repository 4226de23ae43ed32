"""Pseudo-conversations: one person's speech among people they never met, to see what of a measure is the person's own.

What a turn measure still tells when the partners are those of another conversation is not about the conversation
(Bernieri, Reznick & Rosenthal 1988, Journal of Personality and Social Psychology 54: 243, for synchrony; AUDIT B6).
"""

import numpy as np
import pandas as pd

from mien.tables import TableError

STRANGER = "stranger of "
"""Before the names of people who were not there, so that nobody is two people."""


def among_strangers(segments, person_id, others, duration_s):
    """One person's segments with everybody else's taken from another recording, from its beginning on.

    ``segments`` and ``others``: person_id, start_s, end_s of the two recordings, each with its first word at 0;
    ``duration_s`` of the first. Where the second is shorter it begins again. As many strangers take part as others
    were there, without the one who stands at this person's place in the order of names. Raises
    :class:`mien.tables.TableError` where nobody else speaks in the other recording, or this person in none.
    """
    people, strangers = (sorted(map(str, part["person_id"].unique())) for part in (segments, others))
    if str(person_id) not in people:
        raise TableError(f"turns: {person_id!r} does not speak in this recording; expected one of {', '.join(people)}")
    place = people.index(str(person_id))
    away = strangers[place % len(strangers)] if len(strangers) >= len(people) else None
    there = [name for name in strangers if name != away][: max(len(people) - 1, 1)]
    if not there:
        raise TableError("turns: nobody speaks in the other recording; expected somebody to be a stranger")
    mine = segments[segments["person_id"].astype(str) == str(person_id)]
    theirs = others[others["person_id"].astype(str).isin(there)]
    length_s = float(others["end_s"].max())
    again = [theirs.assign(**{name: theirs[name] + k * length_s for name in ("start_s", "end_s")})
             for k in range(int(np.ceil(duration_s / length_s)))]  # fmt: skip
    theirs = pd.concat(again, ignore_index=True)
    theirs = theirs[theirs["start_s"] < duration_s]
    theirs = theirs.assign(
        person_id=STRANGER + theirs["person_id"].astype(str), end_s=theirs["end_s"].clip(upper=duration_s)
    )
    columns = ["person_id", "start_s", "end_s"]
    return pd.concat([mine[columns], theirs[columns]], ignore_index=True).sort_values("start_s", ignore_index=True)
