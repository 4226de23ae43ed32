"""Does a voice score stay put under ordinary recording conditions? Real clips of acted speech, one thing changed.

The score is 100 × the probability of *positive* that the study's logistic regression gives to a clip of somebody it
never heard: it is fitted on the clips, as they are, of all other people of the corpus, and never again. The same clips
are then recorded "worse" (:mod:`mien.study.conditions.remeasured`) and measured again. What is told is how far the
score moves (AUDIT E28), with intervals over people; it says nothing of whether the score is right, and nothing of
engagement.

A person's usual pitch and level are part of the measurement. In the score ``p_positive`` they were recorded under the
same condition as the clip (declared beforehand; what decides); in ``p_positive_norm_before`` before it began.

The clips stay with their makers; :func:`remake` writes aggregates over people. For comparison ``another_take`` is how
far the score lies apart when the same actor says the same sentence in the same emotion and strength again (RAVDESS).
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from mien import corpora, models, store, tables
from mien.evidence import intervals
from mien.study.answer import Answer, ends, joined
from mien.study.conditions import remeasured
from mien.study.labels import primary

NOTEBOOKS = ("12d_recording_conditions",)
FILES = {"recorded_scores": "recorded_scores.csv", "recorded_quantities": "recorded_quantities.csv"}
ASKED = tuple(one for one in primary.ASKED if one.name in ("ravdess", "emodb"))
CLASS = "positive"
SCORES = {"alike": "p_positive", "before": "p_positive_norm_before"}
"""The score by when a person's usual voice was recorded: under the same condition, or before it began."""
DECIDING = SCORES["alike"]
NOTHING, TAKE = "nothing", "another_take"
"""What is no dose: the clip measured again as it is, and another recording of the same acted thing."""

LINES = (50.0, 61.0)
QUANTITIES = {
    "change_mean": "mean change, points",
    "change_abs_mean": "mean size of the change, points",
    "change_abs_p95": "95th percentile of the size of the change, points",
    "crossing_50": "share of clips that cross 50",
    "crossing_61": "share of clips that cross 61",
    "label_flips": "share of clips whose most probable class is another",
    "rank_r": "rank correlation with the score before",
    "coverage_lost": "share of clips with no voice left to measure",
}
"""What is told of each dose (AUDIT E28)."""
SHARES = ("crossing_50", "crossing_61", "label_flips", "coverage_lost")
JUDGED = {"dscore_abs_p95": "change_abs_p95", "crossing": "crossing_50"}
"""The quantities of claim C5, and where they stand here."""

MEASURED = "voice_f0_st27_mean"
"""Where even this is missing there is no voice in a clip, and no score."""

INTERVAL = replace(intervals.IntervalSettings(), few_groups=2)
"""BCa over people also where they are few: the jackknife is of no use for a percentile."""

SHAPE = tables.Table(
    "recorded_scores",
    "corpus, score, axis, dose and quantity",
    (
        tables.Column("corpus", "which recordings", "text"),
        tables.Column("target", "the label that the model was fitted to", "text"),
        tables.Column("signals", "the column prefixes the model saw", "text"),
        tables.Column("score", "100 × the probability of the class it names, and which norm", "text"),
        tables.Column("axis", "what was changed; nothing: measured again; another_take: said again", "text"),
        tables.Column("dose", "how much, in the unit; empty where there is no size", "text", missing=True),
        tables.Column("unit", "of the dose", "text", missing=True),
        tables.Column("decides", "whether the rules call the dose ordinary and let it decide", "flag"),
        tables.Column("quantity", "what is told", "text"),
        tables.Column("value", "points of 100, shares 0 to 1, or a correlation", missing=True),
        tables.Column("low", "lower end of the 95 % interval over people", missing=True),
        tables.Column("high", "upper end of the 95 % interval over people", missing=True),
        tables.Column("n", "how many clips (or pairs of clips) it rests on", low=0),
        tables.Column("n_people", "of how many people", low=0),
        tables.Column("licence", "the licence of the corpus, and of the row", "text"),
        tables.Column("why", "why a value is missing", "text", missing=True),
    ),
    ("corpus", "target", "signals", "score", "axis", "dose", "unit", "quantity"),
)


def remake(folders, data, out, kept_in, tick=lambda *_: None):
    """Make both tables from the corpora, which stay with their makers; return their paths.

    ``folders``: the folder of each corpus, by name (ravdess, emodb); ``data`` the folder of the committed windows
    tables; ``kept_in`` a folder for what was measured, so that a stopped run goes on where it stopped. RAVDESS
    takes nine minutes of one core, EmoDB four.
    """
    rows = []
    for asked in (one for one in ASKED if one.name in folders):
        table = tables.read(Path(data) / asked.file, tables.WINDOWS)
        measured = remeasured.measured(asked.name, folders[asked.name], table, Path(kept_in) / asked.name, tick=tick)
        rows += of_corpus(asked, table, measured)
    found = {"recorded_scores": scores_table(rows), "recorded_quantities": quantities_table(rows)}
    Path(out).mkdir(parents=True, exist_ok=True)
    return [tables.write(table, Path(out) / FILES[name]) for name, table in found.items()]


def of_corpus(asked, table, measured):
    """Every row of one corpus: ``table`` its committed windows, ``measured`` from :func:`remeasured.measured`."""
    told = predicted(table, measured, asked.target)
    about = asked.about | {"licence": corpora.named(asked.name).LICENCE}
    before = told[told["axis"] == remeasured.NOTHING.axis].set_index(["recording_id", "norm"])
    rows = []
    for (norm, axis, dose), after in told.groupby(["norm", "axis", "dose"], sort=False):
        place = about | {"score": SCORES[norm], "axis": axis, "dose": f"{dose:g}"}
        place |= {"unit": after["unit"].iloc[0], "decides": bool(after["decides"].iloc[0])}
        was = before.loc[list(zip(after["recording_id"], after["norm"], strict=True))]
        if axis == remeasured.NOTHING.axis:
            place |= {"axis": NOTHING, "dose": "", "unit": ""}
            was = predicted(table, table, asked.target).set_index("recording_id").loc[after["recording_id"]]
        rows += summary(was, after, place)
    takes = pairs(table)
    if len(takes):
        own = predicted(table, table, asked.target).set_index("recording_id")
        place = about | {"score": DECIDING, "axis": TAKE, "dose": "", "unit": "", "decides": False}
        rows += summary(own.loc[takes["first"]], own.loc[takes["second"]], place)
    return rows


# --- the score --------------------------------------------------------------------------------------------------------


def predicted(table, clips, target):
    """The rows of ``clips`` with ``score`` (100 × P(positive)) and ``label``, from models that never heard the person.

    ``table``: the corpus as it is, of which all other people's labelled clips (none for calibration) are learnt from.
    """
    known = table[table[target].notna() & ~table["is_calibration"].astype(bool)]
    columns = [column for column in table if column.startswith("voice_")]
    parts = []
    for person, rows in clips.groupby("person_id", sort=False):
        learnt = known[known["person_id"] != person]
        model = models.make(ASKED[0].model, "voice", store.SEED).fit(learnt[columns], learnt[target])
        told = model.predict_proba(rows[columns])
        score = 100 * told[:, list(model.classes_).index(CLASS)]
        label = model.classes_[told.argmax(axis=1)]
        heard = rows[MEASURED].notna().to_numpy()
        parts.append(rows.assign(score=np.where(heard, score, np.nan), label=label))
    return pd.concat(parts)


def pairs(table):
    """The clips in which one actor does the same thing twice: recording_ids ``first`` and ``second``; none in EmoDB."""
    alike = ["person_id", "label_emotion", "label_intensity", "confound_sentence"]
    if not {*alike, "confound_repetition"} <= set(table):
        return pd.DataFrame(columns=["first", "second"])
    known = table[table["label_valence"].notna() & ~table["is_calibration"].astype(bool)]
    wide = known.pivot(index=alike, columns="confound_repetition", values="recording_id").dropna()
    return wide.set_axis(["first", "second"], axis=1).reset_index(drop=True)


# --- how far it moves -------------------------------------------------------------------------------------------------


def summary(before, after, place):
    """A row per quantity of :data:`QUANTITIES`: clips ``before`` and ``after``, in the same order."""
    both = pd.DataFrame(
        {
            "person": after["person_id"].to_numpy(),
            "before": before["score"].to_numpy(),
            "after": after["score"].to_numpy(),
            "flipped": before["label"].to_numpy() != after["label"].to_numpy(),
        }
    )
    both = both[both["before"].notna()]
    rows = []
    for quantity in QUANTITIES:
        used = both if quantity == "coverage_lost" else both[both["after"].notna()]
        names, person = np.unique(used["person"].astype(str), return_inverse=True)
        about = {"quantity": quantity, "n": len(used), "n_people": len(names)}
        rows.append(place | about | _estimate(quantity, used, person, len(names)))
    return rows


def _estimate(quantity, used, person, n_people):
    """A quantity with its 95 % and 90 % intervals over people."""
    blank = dict.fromkeys(("value", "low", "high", "low90", "high90"), np.nan) | {"interval": ""}
    if n_people < 2:
        return blank | {"why": "value: too_few_people"}
    statistic = _statistic(quantity, used, person)
    value = float(statistic(np.ones((1, n_people)))[0])
    if np.isnan(value):
        return blank | {"why": "value: no_spread"}
    if quantity in SHARES and value == 0:
        ends, method = [(0.0, 1 - (1 - level) ** (1 / n_people)) for level in (0.975, 0.95)], "exact_nobody"
    else:
        bounds = (0, 1) if quantity in SHARES else (-1, 1) if quantity == "rank_r" else (-100, 100)
        ends, method = intervals.at_levels(statistic, n_people, INTERVAL, [0.95, 0.90], bounds)
    return {
        "value": value,
        "low": ends[0][0],
        "high": ends[0][1],
        "low90": ends[1][0],
        "high90": ends[1][1],
        "interval": method,
        "why": "",
    }


def _statistic(quantity, used, person):
    """The quantity as a function of how often each person counts: weights (W, people) to values (W,)."""
    before, after = used["before"].to_numpy(), used["after"].to_numpy()
    change = after - before
    if quantity == "rank_r":
        return lambda weights: _correlation(stats.rankdata(before), stats.rankdata(after), weights[:, person])
    if quantity == "change_abs_p95":
        return lambda weights: percentile(np.abs(change), weights[:, person], 0.95)
    values = {
        "change_mean": lambda: change,
        "change_abs_mean": lambda: np.abs(change),
        "crossing_50": lambda: (before > LINES[0]) != (after > LINES[0]),
        "crossing_61": lambda: (before > LINES[1]) != (after > LINES[1]),
        "label_flips": lambda: used["flipped"].to_numpy(),
        "coverage_lost": lambda: np.isnan(after),
    }[quantity]().astype(float)
    return lambda weights: weights[:, person] @ values / weights[:, person].sum(axis=1)


def percentile(values, weights, share):
    """The smallest value that at least ``share`` of the weight does not exceed: weights (W, values) to (W,)."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[:, order], axis=1)
    return values[order][np.argmax(reached >= share * reached[:, -1:] - 1e-9, axis=1)]


def _correlation(one, other, weights):
    share = weights / weights.sum(axis=1, keepdims=True)
    x, y = (values - (share @ values)[:, None] for values in (one, other))
    spread = np.sqrt(np.sum(share * x**2, axis=1) * np.sum(share * y**2, axis=1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(spread > 0, np.sum(share * x * y, axis=1) / spread, np.nan)


# --- tables -----------------------------------------------------------------------------------------------------------


def scores_table(rows):
    """The rows of every corpus as they are committed."""
    table = pd.DataFrame(rows)[SHAPE.names]
    numbers = ["value", "low", "high"]
    return SHAPE.check(table.assign(**table[numbers].round(6)))


def quantities_table(rows):
    """What claim C5 asks for, of the deciding doses: a :data:`mien.tables.QUANTITIES` table."""
    names = {ours: asked for asked, ours in JUDGED.items()}
    found = []
    for row in rows:
        if row["decides"] and row["score"] == DECIDING and row["quantity"] in names:
            part = f"{row['axis']} {row['dose']} {row['unit']}"
            about = {"claim": "C5_nuisance", "quantity": names[row["quantity"]], "part": part}
            about |= {"n_groups": row["n_people"], "n_windows": row["n"], "source": "100 × P(positive), logistic"}
            found.append(dict.fromkeys(tables.QUANTITIES.names, "") | row | about)
    table = pd.DataFrame(found)[tables.QUANTITIES.names]
    numbers = ["value", "low", "high", "low90", "high90"]
    return tables.QUANTITIES.check(table.assign(**table[numbers].round(6)))


def read(folder, names=tuple(FILES)):
    """Those of the tables that are among ``names``, by name."""
    found = {}
    if "recorded_scores" in names:
        table = pd.read_csv(Path(folder) / FILES["recorded_scores"], dtype={"dose": str})
        table = table.fillna({"dose": "", "unit": "", "why": ""})
        found["recorded_scores"] = SHAPE.check(table, FILES["recorded_scores"])
    if "recorded_quantities" in names:
        found["recorded_quantities"] = tables.read(Path(folder) / FILES["recorded_quantities"], tables.QUANTITIES)
    return found


# --- what was found, in words -----------------------------------------------------------------------------------------


def answers(read):
    """What was found, by name."""
    return {"recorded": answer(read["recorded_scores"])} if "recorded_scores" in read else {}


def cell(rows, corpus, axis, dose, quantity, score=DECIDING):
    """One row of the table; ``dose`` as text."""
    keys = ["corpus", "axis", "dose", "quantity", "score"]
    return rows.set_index(keys).loc[(corpus, axis, dose, quantity, score)]


SAID = {
    "noise": "babble at {} dB SNR",
    "fan_noise": "a fan at {} dB SNR",
    "gain": "{:+g} dB of gain",
    "opus": "Opus at {} kbit/s",
    "aac": "AAC at {} kbit/s",
    "reverberation": "an echo of {} s",
    "packet_loss": "{:.0%} of packets lost",
    "automatic_gain": "automatic gain",
    "noise_suppression": "a suppressor of at most {} dB",
    "suppressed_fan": "a fan at {} dB SNR behind a suppressor",
    "band": "{} samples a second",
}
"""A dose in words."""


def said(axis, dose):
    """A dose in words: ``babble at 20 dB SNR``."""
    number = float(dose)
    return SAID[axis].format(number if ":" in SAID[axis] else f"{number:g}")


def answer(rows):
    """How far the score moves under the ordinary conditions, the worst first."""
    judged = rows[rows["decides"] & (rows["score"] == DECIDING)]
    of_what = (
        "The score is 100 × the probability of acted positive valence in people never heard; of each ordinary "
        "condition the 95th percentile of its change, and the share that crosses 50."
    )
    caveat = "The clips are acted, and the score is of acted valence, not of engagement."
    return Answer(_short(judged), (of_what, *_each(rows, judged), *_again(rows), caveat))


def _short(judged):
    moved = judged[judged["quantity"] == JUDGED["dscore_abs_p95"]]
    worst = moved.loc[moved["value"].idxmax()]
    n = len(moved[["axis", "dose"]].drop_duplicates())
    crosses = cell(judged, worst["corpus"], worst["axis"], worst["dose"], JUDGED["crossing"])
    return (
        f"{_stays(judged)}: with {said(worst['axis'], worst['dose'])}, the worst of {n} ordinary conditions in "
        f"{joined(dict.fromkeys(moved['corpus']))}, one score in 20 moves by {ends(worst, 0, 1, unit=' points')} or "
        f"more and {ends(crosses, 0, 1, 100, unit=' %')} cross 50 ({worst['corpus']}, {worst['n_people']:.0f} actors; "
        "a score of acted mood in the voice)."
    )


def _stays(judged):
    """Whether the score stays put, by the thresholds of claim C5 (points, and share that crosses)."""
    moved, crossed = (judged[judged["quantity"] == name] for name in JUDGED.values())
    if moved["low"].max() > 10 or crossed["low"].max() > 0.10:
        return "No"
    if moved["value"].max() <= 5 and crossed["value"].max() <= 0.05:
        return "Yes"
    return "In part" if moved["value"].max() <= 10 and crossed["value"].max() <= 0.10 else "It may move"


def _each(rows, judged):
    """Every ordinary condition of each corpus, the worst first."""
    for corpus, own in judged.groupby("corpus", sort=False):
        moved = own[own["quantity"] == JUDGED["dscore_abs_p95"]].sort_values("value", ascending=False)
        for row in moved.itertuples():
            change, crossing = (cell(rows, corpus, row.axis, row.dose, name) for name in JUDGED.values())
            yield (
                f"{corpus} ({row.n_people} people, {row.n} clips), {said(row.axis, row.dose)}: {ends(change, 0, 1)} "
                f"points, {ends(crossing, 0, 1, 100)} % cross."
            )


def _again(rows):
    """How far apart the scores of two takes lie, where there are takes."""
    takes = rows[(rows["axis"] == TAKE) & rows["quantity"].isin(["change_abs_mean", "crossing_50"])]
    takes = takes.set_index("quantity")
    if len(takes):
        yield (
            f"When the same actor says the same sentence again in the same way ({takes['n'].iloc[0]} pairs, "
            f"{takes['corpus'].iloc[0]}) the scores lie {ends(takes.loc['change_abs_mean'], 0, 1)} points apart on "
            f"average and {ends(takes.loc['crossing_50'], 0, 1, 100)} % cross 50."
        )
