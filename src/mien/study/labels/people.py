"""Is a model worse for some people? Each person's score, and groups of people compared where there are enough of them.

The models are those of the study: acted valence from the voice (RAVDESS, EmoDB), instructed smiles from the face
(London). Sex is as the corpora record it. A group below the floor of 30 people is printed as not testable; people are
shown one by one all the same. Beside a model's gap stands that of people who name what others act (CREMA-D), the only
one known: nobody rated these recordings.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from mien import tables
from mien.evidence import groups, quantities
from mien.study.answer import Answer, above, clear, ends, joined
from mien.study.labels import primary

NOTEBOOKS = ("10_people",)
FILES = {"person_scores": "person_scores.csv", "people_gaps": "people_gaps.csv"}
INPUTS = ("agreement.csv", "agreement_people.csv", *dict.fromkeys(one.file for one in primary.ASKED if one.groups))
ROOMS = ("tables", "models", "evidence", "study/labels/primary")
SEX = "confound_sex"
PAIR = ("female", "male")
MEASURES = ("tpr", "fpr", "balanced_accuracy", "ece", "coverage")
"""Of each group, beside the difference between groups: each class against the rest."""

GAPS = tables.Table(
    "people_gaps",
    "corpus, measure, class and group or difference",
    (
        tables.Column("corpus", "which recordings", "text"),
        tables.Column("who", "model, or observers", "text"),
        tables.Column("measure", "of what", "text"),
        tables.Column("label_class", "the class against the rest; empty: all classes", "text", missing=True),
        tables.Column("group", "female, male, or female minus male", "text"),
        tables.Column("value", "the number; NaN where the group is below the floor", missing=True),
        tables.Column("low", "lower end of the 95 % interval over people", missing=True),
        tables.Column("high", "upper end of the 95 % interval over people", missing=True),
        tables.Column("n_female", "people", low=0),
        tables.Column("n_male", "people", low=0),
        tables.Column("why", "why a value is missing: 'column: reason', joined by '; '", "text", missing=True),
    ),
    ("corpus", "who", "measure", "label_class", "group"),
)


def make(data, settings, workers=1, tick=lambda *_: None):
    """Each person's score and the gaps between groups of people, from the committed windows tables."""
    scores, gaps = [], []
    grouped = [one for one in primary.ASKED if one.groups]
    for number, asked in enumerate(grouped):
        tick("people", number, len(grouped))
        table, predictions = primary.predicted(Path(data), asked, settings)
        sex = quantities.members(table, SEX)
        mine = of_people(predictions).assign(corpus=asked.corpus, signals=asked.signals)
        mine["sex"] = mine["person_id"].map(sex)
        scores.append(mine)
        gaps += _of_model(asked.corpus, predictions, table, mine)
    gaps += _of_observers(*(pd.read_csv(Path(data) / f"{name}.csv") for name in ("agreement", "agreement_people")))
    columns = ["corpus", "signals", "person_id", "sex", "balanced_accuracy", "n_windows"]
    found = pd.DataFrame(gaps).reindex(columns=GAPS.names)
    return {"person_scores": pd.concat(scores, ignore_index=True)[columns], "people_gaps": GAPS.check(found)}


def of_people(predictions):
    """Each person's balanced accuracy (the mean share of each of their labels that is hit) and number of windows."""
    names = [name for name in predictions if name.startswith("probability_")]
    said = predictions[names].to_numpy().argmax(axis=1)
    hit = np.array([name.removeprefix("probability_") for name in names])[said] == predictions["truth"].astype(str)
    by = pd.DataFrame({"person_id": predictions["person_id"], "truth": predictions["truth"], "hit": hit})
    found = by.groupby(["person_id", "truth"])["hit"].mean().groupby("person_id").mean().rename("balanced_accuracy")
    windows = predictions.drop_duplicates(["recording_id", "person_id", "start_s"]).groupby("person_id").size()
    return found.reset_index().assign(n_windows=lambda t: t["person_id"].map(windows))


def _of_model(corpus, predictions, table, scores):
    """Rows of a model: each measure of each group, and the difference in balanced accuracy of people."""
    counts = {f"n_{name}": int((scores["sex"] == name).sum()) for name in PAIR}
    _, cells = quantities.alike(predictions, table, (SEX,), quantities.QuantitySettings())
    kept = cells[cells["measure"].isin(MEASURES)]
    rows = [
        {"corpus": corpus, "who": "model", **row, **counts, "why": _why(row["why"])}
        for row in kept[["measure", "label_class", "group", "value", "low", "high", "why"]].to_dict("records")
    ]
    found = groups.difference_of_people(scores["balanced_accuracy"], scores["sex"], *PAIR)
    one = found["difference"]
    told = {"value": one.value, "low": one.low, "high": one.high, "why": ""}
    if not found["testable"]:
        told = dict.fromkeys(("value", "low", "high"), np.nan) | {"why": _why("below_floor")}
    about = {"corpus": corpus, "who": "model", "measure": "balanced accuracy of a person", "label_class": ""}
    return [*rows, about | {"group": "female minus male"} | told | counts]


def _why(reason):
    return tables.why(dict.fromkeys(("value", "low", "high"), reason)) if reason else ""


def _of_observers(agreement, actors):
    """Rows of CREMA-D's observers: how much more often they name what actresses mean, by what they were given."""
    sexes = actors.drop_duplicates("person_id")["sex"]
    rows = agreement[(agreement["target"] == "female_minus_male") & (agreement["measure"] == "hit_rate_difference")]
    return [
        {
            "corpus": "CREMA-D",
            "who": "observers",
            "measure": f"share of votes for what was meant, from {row.channel}",
            "label_class": "",
            "group": "female minus male",
            **{name: getattr(row, name) for name in ("value", "low", "high")},
            **{f"n_{name}": int((sexes == name).sum()) for name in PAIR},
            "why": "",
        }
        for row in rows.itertuples()
    ]


def read(data, names):
    """Those tables that are among ``names``, checked."""
    found = {}
    if "person_scores" in names:
        found["person_scores"] = pd.read_csv(Path(data) / FILES["person_scores"])
    if "people_gaps" in names:
        found["people_gaps"] = tables.read(Path(data) / FILES["people_gaps"], GAPS)
    return found


def answers(read):
    """Whether a model is worse for some, by name."""
    return {"model_people": answer(read)} if {"person_scores", "people_gaps"} <= set(read) else {}


def answer(read):
    """The spread over people in each corpus, what could be tested between groups, and the same gap in observers."""
    scores, gaps = read["person_scores"], read["people_gaps"]
    each = (_spread(corpus, mine, gaps) for corpus, mine in scores.groupby("corpus", sort=False))
    open_ = (
        "Nobody rated the faces and voices above: whether a gap of the model was in the labels or the displays before "
        "cannot be told here."
    )
    return Answer(_short(gaps), (*each, _observers(gaps), open_))


def _short(gaps):
    apart = gaps[gaps["group"] == "female minus male"]
    of_people, models = apart[apart["who"] == "observers"], apart[apart["who"] != "observers"]
    tested = models[models["value"].notna()].to_dict("records")
    found = {"people": of_people.to_dict("records"), "models": tested}
    shown = [f"by {who}" for who, rows in found.items() if any(map(clear, rows))]
    both = of_people.iloc[-1]
    name = "name" if above(both) else "are not shown to name"
    few = joined(models.loc[models["value"].isna(), "corpus"])
    return (
        f"{f'Yes, {joined(shown)}' if shown else 'Not shown'}: observers {name} what actresses show "
        f"{_points(both, ' points')} more often than what actors show (CREMA-D, "
        f"{both['n_female'] + both['n_male']:.0f} people); "
        f"{'; '.join(map(_tested, tested)) or 'no model could be tested'}"
        f"{f'; {few} have too few people' if few else ''}."
    )


def _tested(row):
    return (
        f"a model of {LABELS.get(row['corpus'], 'acted labels')} is {'' if clear(row) else 'not shown to be '}right "
        f"{_points(row, ' points')} more often about women than men ({row['corpus']}, {row['n_female']:.0f} and "
        f"{row['n_male']:.0f})"
    )


LABELS = {"London": "posed smiles"}


def _spread(corpus, mine, gaps):
    score = mine["balanced_accuracy"]
    low, high = score.quantile([0.25, 0.75])
    return (
        f"{corpus} ({len(mine)} people), balanced accuracy of the model by person: half of the people lie between "
        f"{low:.2f} and {high:.2f}, the worst at {score.min():.2f}, the best at {score.max():.2f}; "
        f"{_apart(gaps[gaps['corpus'] == corpus])}."
    )


def _observers(gaps):
    humans = gaps[gaps["who"] == "observers"].to_dict("records")
    beside = ", ".join(f"{row['measure'].rpartition(' ')[2]} {_points(row)}" for row in humans)
    word = "more often" if all(map(above, humans)) else "not shown to be more often"
    return f"Observers of CREMA-D name what women mean {word} than what men mean, in points: {beside}."


def _apart(gaps):
    """Women minus men in one corpus, in points, or that it cannot be tested."""
    row = gaps[gaps["group"] == "female minus male"].iloc[0]
    counts = f"{row['n_female']:.0f} women, {row['n_male']:.0f} men"
    if pd.isna(row["value"]):
        return f"women and men: not testable ({counts}; the floor is {groups.GroupSettings().people} each)"
    found = gaps[gaps["measure"] == "tpr"].set_index("group")["value"]
    return (
        f"women minus men {_points(row)} points ({counts}); of what is positive it finds {100 * found['female']:.0f} "
        f"% in women and {100 * found['male']:.0f} % in men"
    )


def _points(row, unit=""):
    return ends(row, 0, 1, 100, sign=True, unit=unit)
