"""Does the open score follow what people say of themselves, beyond how much they talk? And is it the same again?

GAP asked 84 students how their meeting had been; nobody was asked how engaged they were, so what is tested is whether
the score follows what they did say. ICSI's hot spots are mostly shared amusement and are never taken for engagement;
MIT Interview has the voice of one side only, hence no lag and no change of floor: neither can be asked. Whether a score
is the same again is asked of AMI, where the same people met four times. All tables are made by hand (:func:`remake`):
they are aggregates over at least 10 people, and no row is about one person.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from mien import corpora, evidence, scores, tables
from mien.evidence import dyads
from mien.study import again, as_it_is, asked, criteria, follows, sides
from mien.study.construct_rows import NAME, ROWS, SCORE, Book, adjusted, source
from mien.study.construct_words import answer
from mien.study.follows import Found, Joint

NOTEBOOKS = ("12f_whose_engagement",)
FILES = {"construct": "construct.csv", "construct_quantities": "construct_quantities.csv"}
"""The tables, by name: everything that was found; and what of it the rules ask for (:data:`tables.QUANTITIES`)."""
PROFILES = scores.PROFILES
SETTINGS = evidence.EvidenceSettings(n_permutations=40, n_gap_worlds=40)
"""40 worlds without a signal: enough for the spread of a gap, which says what one would find."""
TRAINED = "trained_on_turns"

CANNOT = {
    "MIT Interview": ("label_presumed_engaged", 69, 69, "no_person_on_side"),
    "ICSI": ("label_hot_spot", 52, 1, "not_asked"),
}
"""Where the question can't be put, and why: of an interview only one side was kept; a hot spot is mostly amusement."""


def remake(folders, out, data=None, tick=lambda *_: None):
    """Make the two tables from the corpora, which stay with their makers; return their paths.

    ``folders``: the folder of each of :data:`mien.corpora.TIMED`, by name; ``data``: that of the committed tables of
    GAP, by default ``out``. Raises as ``conversations.remake`` does.
    """
    every = {name: sides.of_corpus(name, folders[name], tick) for name in corpora.TIMED}
    made = of(every, criteria.people(every, folders["gap"], data or out), tick=tick)
    Path(out).mkdir(parents=True, exist_ok=True)
    return [tables.write(table, Path(out) / FILES[name]) for name, table in made.items()]


def of(every, people, targets=tuple(criteria.CRITERIA), tick=lambda *_: None):
    """Both tables, by name, from the sides of the corpora and the people of GAP (:func:`criteria.people`)."""
    book = Book()
    specs = {name: sides.specifications(made["each"], every) for name, made in every.items()}
    _sureness(book, people)
    for number, target in enumerate(targets):
        tick("criteria", number, len(targets))
        _follow(book, people, target)
        _apart(book, people, target)
        _pairs(book, people, target)
        _specifications(book, every, specs["gap"], people, target)
        _as_it_is(book, people, target)
    for name, made in every.items():
        again.again(book, made["each"], every, specs[name])
    for corpus, (target, n_people, n_groups, why) in CANNOT.items():
        book.put(target, "r", NAME, Found(np.nan, n_people=n_people, n_groups=n_groups, why=why), corpus=corpus)
    rows = adjusted(pd.DataFrame(book.rows))
    return {"construct": ROWS.check(rows[ROWS.names]), "construct_quantities": asked.quantities(rows)}


# --- how sure the score and the label are -----------------------------------------------------------------------------


def _halves(people, profile):
    return {"first": people[f"{profile}_1"], "second": people[f"{profile}_2"]}


def _items(people, target):
    """The ratings whose mean the label is, where it is one: then, and only then, its reliability can be known."""
    return {name: people[name] for name in criteria.ITEMS} if target == criteria.PRIMARY else {}


def _sureness(book, people):
    """The reliability of the score within a meeting, of the label, and what the score goes with by its making."""
    for profile in PROFILES:
        both = Joint(_halves(people, profile), people["group_id"])
        book.put(SCORE, "reliability", profile, both.ask(lambda c: follows.of_halves(c, 0, 1)))
        for nuisance in (*criteria.NUISANCES, *criteria.SIZE):
            pair = Joint({"score": people[profile], "nuisance": people[nuisance]}, people["group_id"])
            book.put(SCORE, f"r_with_{nuisance}", profile, pair.ask(lambda c: follows.r_of(c, 0, 1)))
    items = Joint(_items(people, criteria.PRIMARY), people["group_id"])
    every = list(range(len(criteria.ITEMS)))
    book.put(criteria.PRIMARY, "reliability", "label", items.ask(lambda c: follows.alpha(c, every), (-np.inf, 1)))


# --- does it follow? --------------------------------------------------------------------------------------------------


def _follow(book, people, target):
    """The correlation of every measure with a criterion over people, raw, and of a model that was trained for it."""
    told = people.assign(**{TRAINED: trained(people, target)})
    for measure in (*criteria.MEASURES, TRAINED, *criteria.SIZE, "english_first"):
        pair = Joint({"measure": told[measure], "label": told[target]}, told["group_id"])
        fitted = measure == TRAINED  # to move labels after a fit to them would tell nothing
        p = np.nan if fitted else follows.p_moved(people, told[measure], people[target], f"{target}/{measure}")
        book.put(target, "r", measure, pair.ask(lambda c: follows.r_of(c, 0, 1)), p=p)
    book.put(target, "r", "avaya_2022", Found(np.nan, n_people=len(people), n_groups=28, why="no_gestures"))
    for profile in PROFILES:
        _corrected(book, people, target, profile)
        _beyond(book, people, target, profile)


def trained(people, target):
    """What a ridge regression on all turn features, fitted on the other meetings, says of each person (people,).

    It is told as a distance from the mean of those who were learnt from, low where this meeting is high. Slopes
    lean against the meeting that is left out in the same way: below 0 means that nothing was learnt.
    """
    turn = people[[c for c in people if c in WINDOW or c.startswith(("turn_", "label_"))]]
    settings = replace(SETTINGS, n_permutations=0)
    told = evidence.evaluate_table(turn, target, ["turn"], ["ridge"], settings, "GAP").predictions
    told = told[told["model"] == "ridge"].groupby("person_id")["predicted_value"].mean()
    sums = people.groupby("group_id")[target].agg(["sum", "size"]).loc[people["group_id"]]
    others = (people[target].sum() - sums["sum"].to_numpy()) / (len(people) - sums["size"].to_numpy())
    return people["person_id"].map(told).to_numpy(float) - others


WINDOW = ("recording_id", "person_id", "start_s", "end_s", "group_id")


def _corrected(book, people, target, profile):
    """The r without the error of measurement of score and label, and the largest r that these two could show (E19)."""
    items = _items(people, target)
    columns = {"score": people[profile], "label": people[target]} | _halves(people, profile) | items
    joint, places = Joint(columns, people["group_id"]), list(range(4, 4 + len(items)))

    def sure(c):
        return follows.of_halves(c, 2, 3), follows.alpha(c, places) if items else np.ones(c.shape[:-2])

    everything = joint.ask(lambda c: follows.without_error(follows.r_of(c, 0, 1), *sure(c)), follows.NOWHERE)
    book.put(target, "r_disattenuated" if items else "r_without_error_of_score", profile, everything)
    most = joint.ask(lambda c: np.sqrt(np.prod(np.maximum(sure(c), 0), axis=0)), (0, 1))
    book.put(target, "r_attainable" if items else "r_attainable_by_score_alone", profile, most)


GIVEN = {
    "r_beyond_talk": ("talk_share",),
    "r_beyond_meeting": criteria.SIZE,
    "r_beyond_nuisances": criteria.NUISANCES,
    "r_beyond_all": (*criteria.NUISANCES, *criteria.SIZE),
}
"""What is held when it is asked whether the score says more: rows by what is held."""


def _beyond(book, people, target, profile):
    """What is left of r when nuisances are held, and how far it is above them (E23), both ways of reading that."""
    base = {"score": people[profile], "label": people[target]}
    for what, names in GIVEN.items():
        joint = Joint(base | {name: people[name] for name in names}, people["group_id"])
        held = list(range(2, 2 + len(names)))
        book.put(target, what, profile, joint.ask(lambda c, held=held: follows.partial(c, 0, 1, held)))
    joint = Joint(base | {name: people[name] for name in criteria.NUISANCES}, people["group_id"])
    held = joint.places(criteria.NUISANCES)
    for what, of_ in (("r_minus_nuisance", "score"), ("r_minus_nuisance_of_label", "label")):
        one = joint.ask(lambda c, of_=of_: follows.above_nuisances(c, 0, 1, held, of_), (-2, 2))
        book.put(target, what, profile, one)


def _apart(book, people, target):
    """The r between means of meetings, and of people within them: what a meeting shares is no difference of people."""
    for measure in (*PROFILES, *criteria.PARTS, "talk_share"):
        joint = Joint({"measure": people[measure], "label": people[target]}, people["group_id"])
        for what, one in (("r_within_meetings", joint.within()), ("r_between_meetings", joint.between())):
            book.put(target, what, measure, one.ask(lambda c: follows.r_of(c, 0, 1)))


def _pairs(book, people, target):
    """One's own score and that of the others in the meeting on what one says (T13); only of what people say."""
    if source(target) != "self":
        return
    for measure in (*PROFILES, "lag"):
        fit = dyads.actor_partner(people, target, measure)
        for name in dyads.SLOPES:
            one = fit.slopes[name]
            told = Found(one.value, one.low, one.high, interval=one.interval, why=one.why)
            book.put(target, f"{name}_slope", measure, replace(told, n_people=fit.n_people, n_groups=fit.n_groups))


# --- would another analyst have found it? does the line at 50 separate? does each part add? ---------------------------


def _specifications(book, every, specs, people, target):
    """The correlation with the criterion under every specification: how many have the sign of the middle one."""
    label = every["gap"]["each"].about.merge(people, on=["recording_id", "person_id"])[target].to_numpy(float)
    groups = every["gap"]["each"].about["group_id"].nunique()
    for profile, all_scores in specs.items():
        r = of_specifications(all_scores, label)
        same = float((np.sign(r) == np.sign(np.median(r))).mean())
        told = {"specs_same_sign": same, "specs_r_median": np.median(r), "specs_r_min": r.min(), "specs_r_max": r.max()}
        for what, value in told.items():
            book.put(target, what, profile, Found(float(value), n_people=len(label), n_groups=groups))


def of_specifications(all_scores, label):
    """The r of each specification's scores (people, specifications) with a label (people,), over who has that score."""
    there = np.isfinite(all_scores) & np.isfinite(label)[:, None]
    n = there.sum(axis=0)
    x, y = np.where(there, all_scores, 0), np.where(there, label[:, None], 0)
    x, y = (np.where(there, v - v.sum(axis=0) / n, 0) for v in (x, y))
    return (x * y).sum(axis=0) / np.sqrt((x**2).sum(axis=0) * (y**2).sum(axis=0))


def _as_it_is(book, people, target):
    """The score as it is against what circumstances reach (C1, V2); what each part adds when all are fitted (V3)."""
    label, words = as_it_is.cut(people[target].to_numpy(float))
    words = f"high: {words}"
    keep = [*WINDOW, "confound_english", "confound_year", "confound_gender_code"]
    frame = people[keep].assign(**{target: label}, confound_n_people=people["n_people"])
    points = {profile: people[profile].to_numpy(float) for profile in PROFILES}
    for profile, (rows, leaks) in as_it_is.judged(frame, target, points, SETTINGS, "GAP").items():
        for metric in as_it_is.METRICS:
            _judged(book, rows[rows["metric"] == metric], target, profile, metric, words)
        told = rows[rows["model"] == as_it_is.NAME].iloc[0]
        counts = {"n_people": int(told["n_people"]), "n_groups": int(told["n_groups"])}
        for what, value in (("coverage", told["coverage"]), ("leaks", float(leaks))):
            book.put(target, what, profile, Found(value, **counts))
    parts = {name: people[name].to_numpy(float) for name in criteria.PARTS}
    rows = as_it_is.dropped(frame, target, parts, SETTINGS, "GAP")
    for row in rows.to_dict("records"):
        what = "auc_of_parts_fitted" if row["what"] == "set" else f"auc_lost_without_{row['signals']}"
        one = _found(row)
        book.put(target, what, "parts_fitted", one, minimum_detectable_gap=row["minimum_detectable_gap"], note=words)


def _judged(book, rows, target, profile, metric, words):
    """The rows of one metric: the score, the best baseline, the gap with its interval, and the gap one would find."""
    row = rows[rows["model"] == as_it_is.NAME].iloc[0].to_dict()
    book.put(target, metric, profile, _found(row), p=row["p_permuted"], note=words)
    gap = {"value": row["gap"]} | {name: row[f"gap_{name}"] for name in ("low", "high", "low90", "high90")}
    more = {"minimum_detectable_gap": row["minimum_detectable_gap"], "note": f"{words}; {row['best_baseline_name']}"}
    book.put(target, f"{metric}_gap", profile, _found(row | gap), **more)
    base = rows.loc[rows["model"] == "B3_confounds", "value"].to_numpy()
    above = row["value"] - float(base[0]) if len(base) else np.nan
    book.put(target, f"{metric}_above_b3", profile, Found(above, n_people=row["n_people"], n_groups=row["n_groups"]))


def _found(row):
    """A row of evidence or ablation as :class:`Found`; without a 90 % interval where it has none."""
    ends = [float(row.get(name, np.nan)) for name in ("low", "high", "low90", "high90")]
    why = "" if np.isfinite(row["value"]) else (str(row["why"]).split(": ")[-1] or "not_computed")
    return Found(float(row["value"]), *ends, row["interval"], int(row["n_people"]), int(row["n_groups"]), why)


# --- what was found ---------------------------------------------------------------------------------------------------


def read(data, names):
    """Those of the tables that are among ``names``, by name, checked."""
    found = {}
    if "construct" in names:
        found["construct"] = tables.read(Path(data) / FILES["construct"], ROWS)
    if "construct_quantities" in names:
        found["construct_quantities"] = tables.read(Path(data) / FILES["construct_quantities"], tables.QUANTITIES)
    return found


def answers(read):
    """What was found, by name."""
    return {"construct": answer(read["construct"])} if "construct" in read else {}
