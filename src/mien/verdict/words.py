"""Verdicts in words, each with its scope, its reason and what would change it; both sides in the same form."""

import re

from mien import tables
from mien.verdict import bench
from mien.verdict.names import NO_LABEL, QUANTITIES, parts
from mien.verdict.quantities import LIMITS

STATES = (
    *("no label", "a gate fails", "nothing measured", "not testable", "inconclusive"),
    *("in part", "found", "does not hold", "out of scope"),
)
KINDS = {
    "not_assessable": "a gate fails",
    "not_testable": "not testable",
    "inconclusive": "inconclusive",
    "partly": "in part",
    "mixed": "in part",
    "does_not_hold": "does not hold",
    "refuted": "does not hold",
    "out_of_scope": "out of scope",
}
"""Which state each verdict is; any other says that something was found."""
FIELDS = {"corpus": "corpus", "label_source": "labels", "population": "population", "profile": "profile"}


def state(row):
    """A verdict in one of :data:`STATES`, for counting and colouring: a vendor's and a critic's alike.

    >>> state({"verdict": "refuted", "wording": "refuted"}), state({"verdict": "holds", "wording": "holds"})
    ('does not hold', 'found')
    """
    silent = {bench.NOTHING: "nothing measured", bench.UNLABELLED: "no label"}
    return silent.get(row["wording"]) or KINDS.get(row["verdict"], "found")


def scope(row):
    """What a verdict is about: ``label_mood from voice (auc); corpus RAVDESS; labels acted; …``."""
    about = "; ".join(f"{word} {row[name] or 'not stated'}" for name, word in FIELDS.items())
    if row["label_source"] == NO_LABEL:
        about = about.replace(f"labels {NO_LABEL}", "no label is involved")
    counts = f"{row['n_people']:.0f} people in {row['n_groups']:.0f} groups" if "n_people" in row else "no counts"
    unit = "" if row["label_source"] == NO_LABEL else f" ({row['metric']})"
    return f"{row['target']} from {row['signals']}{unit}; {about}; {counts}"


def sentences(verdicts):
    """A line for each scope and, under it, a line for each verdict: what, why, and what would change it.

    ``verdicts`` a :data:`mien.tables.VERDICTS` table.
    """
    said, last = [], None
    for _, row in verdicts.iterrows():
        here = scope(row)
        if here != last:
            said.append(f"Verdicts on {here}; rules {row['rules_sha256'][:12]}:")
            last = here
        said.append(_line(row))
    return said


ENDS = (
    "_lo95, _hi95, _lo90, _hi90: the lower and upper limits of the 95 % and the 90 % interval",
    "_in_sesoi: in units of the smallest effect of interest",
    "_min, _max, _median, _best: the extreme or the middle over corpora, doses, tricks or components",
)


def meanings(verdicts):
    """What the words of ``why`` and ``would_change_if`` mean: a line for every quantity and reason that occurs.

    ``verdicts`` a :data:`mien.tables.VERDICTS` table.
    """
    text = " ".join(verdicts[["why", "would_change_if"]].fillna("").agg(" ".join, axis=1))
    used = set(re.findall(r"[a-z][a-z0-9_]*", text))
    bases = {taken[0] for taken in (parts(name, LIMITS) for name in used) if taken}
    said = [f"{name}: {meaning}" for name, (meaning, _) in QUANTITIES.items() if name in bases]
    return [*said, *ENDS, *(f"{name}: {meaning}" for name, meaning in tables.REASONS.items() if name in used)]


def _line(row):
    licence = "; good enough for single people" if row["individual_use"] == "yes" else ""
    facing = f" [{row['mirror']}]" if row["mirror"] else ""
    return (
        f"{row['claim']}: {row['wording']}{licence}{facing}. Why: {row['why'] or 'no rule is met'}. "
        f"Would change: {row['would_change_if'] or 'nothing measured here'}."
    )
