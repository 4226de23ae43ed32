"""What was found of the open score and what it should follow, as rows: one shape, one place that gives roles."""

import numpy as np

from mien import corpora, scores, tables
from mien.evidence import many
from mien.study.criterion import criteria

SCORE, NAME = "score", "openengage"
OF = {"AMI": "ami", "GAP": "gap", "ICSI": "mrda", "MIT Interview": "mit"}

ROWS = tables.Table(
    "construct",
    "corpus, target, what, measure and profile",
    (
        tables.Column("corpus", "which recordings", "text"),
        tables.Column("target", "the criterion's label, or score where there is none", "text"),
        tables.Column("label_source", "self or outcome; empty where no label is involved", "text", missing=True),
        tables.Column("role", "primary, secondary or exploratory", "text"),
        tables.Column("what", "what was found", "text"),
        tables.Column("measure", "of what: the score, a part of it, a comparator, a nuisance", "text"),
        tables.Column("profile", "profile of the score; empty for other measures", "text", missing=True),
        tables.Column("value", "correlations, slopes in standard deviations, shares 0 to 1, or points", missing=True),
        *(
            tables.Column(name, f"{end} end of the {level} % interval over meetings", missing=True)
            for name, end, level in (
                ("low", "lower", 95),
                ("high", "upper", 95),
                ("low90", "lower", 90),
                ("high90", "upper", 90),
            )
        ),
        tables.Column("interval", "how the interval was made", "text", missing=True),
        tables.Column("p_permuted", "two-sided; labels moved as far as the design allows", missing=True),
        tables.Column("p_adjusted", "Holm over primaries, Benjamini-Hochberg over secondaries", missing=True),
        tables.Column("minimum_detectable_gap", "of gaps: the one that 80 % power would find", missing=True),
        tables.Column("note", "where a label was cut in two, and the best baseline", "text", missing=True),
        tables.Column("n_people", "how many people", low=0),
        tables.Column("n_groups", "of how many groups that share nobody", low=0),
        tables.Column("licence", "the licence of the corpus, and of the row", "text"),
        tables.Column("why", "why a value is missing", "text", missing=True),
    ),
    ("corpus", "target", "what", "measure", "profile"),
)


class Book:
    """The rows as they are found."""

    def __init__(self):
        self.rows = []

    def put(self, target, what, measure, found, profile="", corpus="GAP", p=np.nan, **more):
        """Write a :class:`Found` down; ``measure`` a name of the score's profiles fills in the profile itself."""
        if measure in scores.PROFILES:
            measure, profile = NAME, measure
        score = measure == NAME
        role = "exploratory" if not score or target == SCORE else "secondary"
        if score and target == criteria.PRIMARY:
            role = "primary"
        numbers = {name: getattr(found, name) for name in ("value", "low", "high", "low90", "high90")}
        lost = {} if np.isfinite(found.value) else {"value": found.why or "not_computed"}
        bare = found.why or ("too_few_people" if found.interval else "not_computed")
        lost |= {name: bare for name in ("low", "high") if not np.isfinite(numbers[name])}
        about = {"corpus": corpus, "target": target, "label_source": source(target), "role": role, "what": what}
        about |= {"measure": measure, "profile": profile} | numbers | {"interval": found.interval, "p_permuted": p}
        counts = {"n_people": found.n_people, "n_groups": found.n_groups}
        more = {"minimum_detectable_gap": np.nan, "note": ""} | more
        licence = corpora.named(OF[corpus]).LICENCE
        self.rows.append(about | counts | more | {"licence": licence, "why": tables.why(lost)})


def source(target):
    """Who says what a criterion says; empty for the score itself."""
    others = {"label_presumed_engaged": "observer", "label_hot_spot": "observer"}
    return (corpora.named("gap").LABELS | others).get(target, "")


def adjusted(rows):
    """The rows with ``p_adjusted``: Holm over the two profiles of the primary criterion, Benjamini-Hochberg else."""
    asked = rows["what"] == "r"
    first = many.holm(rows["p_permuted"].where(asked & (rows["role"] == "primary")))
    others = many.benjamini_hochberg(rows["p_permuted"].where(asked & (rows["role"] == "secondary")))
    return rows.assign(p_adjusted=first.fillna(others))
