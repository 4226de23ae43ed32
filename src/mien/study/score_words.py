"""What the open score does in real meetings, in computed sentences: as it is, and with one thing changed."""

import numpy as np

from mien import scores
from mien.study import dosed, sides
from mien.study.answer import Answer, in_each, joined

NORM, FIXED = scores.PROFILES
LATER_S = 0.35
"""By how much the same pairs answer later in a video call (Boland 2022)."""


def in_corpora(rows, **more):
    """A number in every corpus with its interval; what is missing says so."""
    return in_each(((sides.NAMES[row["corpus"]], row) for row in rows.to_dict("records")), **more)


# --- as it is ---------------------------------------------------------------------------------------------------------


def of_facts(facts):
    """How the open score lies in real meetings, how sure it is, and what a delay of B's answers does to it."""
    own = facts[facts["sides"] == "each"].set_index(["quantity", "profile", "dose"]).sort_index()
    at_50 = [_of(own, ("share_at_50", one), 0, 0, times=100) for one in scores.PROFILES]
    counts = facts[(facts["sides"] == "each") & (facts["quantity"] == "mean") & (facts["profile"] == NORM)]
    n = ", ".join(f"{sides.NAMES[row.corpus]} {row.n_recordings:.0f} meetings" for row in counts.itertuples())
    short = (
        f"As it is, {at_50[0]} % of people score 50 or more by norms that hold none of them, {at_50[1]} % by the fixed "
        f"curves ({counts['n_recordings'].sum():.0f} meetings in English, face to face)."
    )
    return Answer(
        short,
        (
            f"Each person in turn is scored against the others ({n}); in brackets intervals over groups of people, of "
            "which ICSI has one.",
            f"The standard deviation of B's lag is {_of(own, ('sd_lag_B_s', ''))} s.",
            _delayed(own),
            "From 15 minutes, which minutes were heard alone makes a standard error of "
            f"{_of(own, ('sem_length_alone', NORM, 15), 0, 0)} points.",
            "This says how the score behaves, and nothing about how engaged anybody was.",
        ),
    )


def _delayed(own):
    shift = [_of(own, ("shift", one, LATER_S), 0, 1, sign=True) for one in scores.PROFILES]
    pushed = _of(own, ("pushed_under_50", NORM, LATER_S), 0, 0, times=100)
    return (
        f"Were every answer of B {LATER_S} s later and nothing else changed, the norm-referenced score would change by "
        f"{shift[0]} points and put {pushed} % of those at 50 or more under it; the fixed curves by {shift[1]}."
    )


def _of(own, key, least=2, most=2, **more):
    """A quantity in every corpus with its interval."""
    mine = own.index.map(lambda index: index[: len(key)] == key)
    rows = own[np.asarray(mine, dtype=bool)].reset_index()
    return in_corpora(rows, least=least, most=most, **more) if len(rows) else "not computed"


# --- with one thing changed -------------------------------------------------------------------------------------------


def of_changes(changed, page, hardest):
    """What one changed thing does to the score.

    ``page`` sets it beside what was simulated; ``hardest`` says which errors of a diarisation move it most.
    """
    own = changed[changed["sides"] == "each"]
    details = (_whom(own), _later(own), _tolerated(own), _network(own), *_wrong_turns(own, hardest), _beside(page))
    nothing = "Nothing that anybody felt was changed; sizes are sweeps and no diagnosis."
    return Answer(_moves(own), (*details, nothing))


def _rows(own, edit, variant, dose, profile, quantity):
    """The rows of a quantity, one per corpus."""
    asked = {"edit": edit, "variant": variant, "dose": dose, "profile": profile, "quantity": quantity}
    return own[np.logical_and.reduce([own[name] == value for name, value in asked.items()])]


def _points(own, *key, sign=True):
    return in_corpora(_rows(own, *key), least=0, most=1, sign=sign)


def _moves(own):
    """How far answers that come later move the score of each profile."""
    norm, fixed = (_rows(own, "latency", "", LATER_S, one, "mean_change") for one in scores.PROFILES)
    falls = (norm["high"].fillna(norm["value"]) < 0).all()
    people = joined(f"{n:.0f}" for n in norm["n_people"])
    alone = [sides.NAMES[name] for name in norm.loc[norm["low"].isna(), "corpus"]]
    return (
        f"{'It falls' if falls else 'It is not shown to fall everywhere'}: if every answer came {LATER_S} s later, as "
        f"in video calls, the norm-referenced score would change by {in_corpora(norm, least=0, most=1, sign=True)} "
        f"points, that of fixed curves by {joined(f'{value:+.0f}' for value in fixed['value'])} ({people} people"
        f"{f'; {joined(alone)} is one group, hence no interval' if alone else ''})."
    )


def _whom(own):
    counts = own[(own["quantity"] == "mean_score") & (own["dose"] == 0) & (own["profile"] == NORM)]
    n = ", ".join(
        f"{sides.NAMES[row.corpus]} {row.n_recordings:.0f} meetings, {row.n_people:.0f} people"
        for row in counts.itertuples()
    )
    return (
        f"Real meetings with one thing changed ({n}; face to face; in brackets 95 % intervals over groups of people)."
    )


def _later(own):
    key = ("latency", "", LATER_S)
    pushed = in_corpora(_rows(own, *key, NORM, "pushed_under_50"), least=0, most=0, times=100)
    return (
        f"Were every answer of the person judged {LATER_S} s later, as the same pairs' answers are in a video call "
        f"(Boland 2022), the norm-referenced score would change by {_points(own, *key, NORM, 'mean_change')} points "
        f"and {pushed} % of those at 50 or more would fall "
        f"under it; the fixed curves by {_points(own, *key, FIXED, 'mean_change')} points."
    )


def _tolerated(own):
    whole = own[own["quantity"] == "tolerance_dose_s"].groupby("profile")
    said = {"least": 0, "most": 0, "times": 1000, "missing": "not reached"}
    lost = [in_corpora(whole.get_group(one), **said) for one in scores.PROFILES]
    return (
        f"The median person has lost {dosed.LOST_POINTS} points at {lost[0]} ms by the norms and at {lost[1]} ms by "
        "the fixed curves."
    )


def _network(own):
    at = [_points(own, "network_delay", place, 0.07, NORM, "mean_change") for place in ("A", "server", "B")]
    return (
        f"An ordinary line of 70 ms each way, recorded at the other end, takes {at[0]} points by the norms, half-way "
        f"{at[1]}, at one's own end {at[2]}: the score depends on where the call is recorded."
    )


def _wrong_turns(own, hardest):
    moved = _points(own, "diarisation_error", "mixed", 0.05, NORM, "p95_abs_change", sign=False)
    yield f"Who spoke when being wrong in 5 % of speech moves 95 in 100 scores by up to {moved} points."
    worst = [
        in_each(((f"{row['corpus']}, {row['variant']}", row) for row in some.to_dict("records")), least=0, most=1)
        for some in (hardest[hardest["profile"] == one] for one in scores.PROFILES)
    ]
    yield (
        f"Of the ways and places in which 5 % can be wrong, of those that decide, the worst moves them by up to "
        f"{worst[0]} points by the norms, by {worst[1]} by the fixed curves."
    )


def _beside(page):
    outside = page.loc[page["differs"] != ""]
    return (
        f"Of {len(page)} numbers that AUDIT 4.1 simulated (SYNTHETIC pairs), {len(outside)} lie outside the interval "
        "of a corpus."
    )
