"""Does anything predict rated engagement in people never seen, and whose timing goes with what people say themselves?

MIT Interview: crowd workers' mean ratings (observer) of 69 people, from the voice; its face table is a mean of 75
pictures at most, on which no claim about a face can be tested, and so is not asked. GAP: what students said of their
meeting (self) and how well they did (outcome), from turns. MRDA: hot spots are mostly shared amusement and never
engagement, and all its meetings hang together by their people, so it is only described.
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from mien import evidence, scores, tables, turns, verdict
from mien.corpora import gap, mit
from mien.evidence import dyads, intervals, leakage
from mien.study.answer import Answer, ends, joined, yes_no

NOTEBOOKS = ("07_engagement",)
FILES = {
    "engagement": "engagement.csv",
    "engagement_more": "engagement_more.csv",
    "engagement_quantities": "engagement_quantities.csv",
}
"""The tables, by name: evidence rows with where the label comes from; slopes, changes and differences beside them; and
what of these the rules ask for."""
INPUTS = ("mit_windows.csv", "gap_windows.csv", "mrda_windows.csv")
ROOMS = ("tables", "turns", "scores", "models", "evidence", "corpora", "verdict")

CORPORA = {"mit": "MIT Interview", "gap": "GAP"}
POPULATION = {"MIT Interview": "69 students in mock job interviews", "GAP": "84 students in 28 meetings, Canada"}
ASKED = {
    "mit": (("label_presumed_engaged", "label_excited", "label_overall"), ("voice",)),
    "gap": (("label_satisfaction", "label_leadership", "label_individual_influence"), ("turn",)),
}
SOURCES = mit.LABELS | gap.LABELS
CONFOUNDS = ("voice_f0", "voice_intensity")
"""Parts of the voice that stand for who somebody is, and for the microphone: judged alone, beside all of the voice."""
SELF = ("label_satisfaction", "label_worked_well", "label_time_management", "label_efficiency", "label_quality")
MOST_PERMUTATIONS, MOST_GAP_WORLDS, MOST_REPEATS = 99, 40, 3
"""As many are enough to tell p < .05, and keep the whole study within its time."""
METRIC, MODEL = "ccc", "ridge"
REFERENCE = "ami_each_v1"
"""The norms of the open score, which is a baseline here (B8): of another corpus, so that they hold nobody judged."""
MORE = ("corpus", "target", "label_source", "what", "signals", "value", "low", "high", "n_people", "n_groups", "why")


def fewer(settings):
    """The settings with at most as many permutations and repeats as this question can afford."""
    worlds = min(settings.n_gap_worlds, MOST_GAP_WORLDS)
    repeats = min(settings.n_repeats, MOST_REPEATS)
    permutations = min(settings.n_permutations, MOST_PERMUTATIONS)
    return replace(settings, n_permutations=permutations, n_gap_worlds=worlds, n_repeats=repeats)


def make(data, settings, workers=1, tick=lambda *_: None):
    """The tables from the committed windows in ``data``."""
    frames = {name: tables.read(data / f"{name}_windows.csv", tables.WINDOWS) for name in (*ASKED, "mrda")}
    frames["gap"] = with_scores(frames["gap"])
    rows, more = [], []
    for name, (targets, signals) in ASKED.items():
        for target in targets:
            result = _judged(frames[name], target, signals, fewer(settings), CORPORA[name], workers, tick)
            rows.append(result.rows.assign(label_source=SOURCES[target], n_leakage_failures=result.told["leaks"]))
            if name == "mit":
                once = replace(fewer(settings), n_permutations=0, shams=False)
                alone = evidence.evaluate_table(frames[name], target, CONFOUNDS, [MODEL], once, CORPORA[name]).rows
                rows.append(alone[alone["model"] == MODEL].assign(label_source=SOURCES[target], n_leakage_failures=0))
                more.append(_change(result.predictions, target, settings))
    more += [row for target in SELF for row in _timing(frames["gap"], target, settings)]
    more += _hot_spots(frames["mrda"], settings)
    made = {"engagement": pd.concat(rows, ignore_index=True), "engagement_more": pd.DataFrame(more, columns=list(MORE))}
    return made | {"engagement_quantities": asked_of(made["engagement_more"])}


def asked_of(more):
    """What the rules ask for of the slopes of one's own lag (T13), where that self-rating is judged: quantities."""
    rows = []
    for row in more[more["what"] == "actor_slope"].to_dict("records"):
        if row["target"] in ASKED["gap"][0]:
            found = dyads.ActorPartner({"actor": _slope(row)})
            seen = verdict.added.of_pairs(found, f"{FILES['engagement_more']}: {row['what']} of {row['signals']}")
            about = {"corpus": row["corpus"], "target": row["target"], "signals": "turn"}
            counts = {name: row[name] for name in ("n_people", "n_groups")}
            rows += verdict.quantities.rows_of(seen, about, counts)
    return tables.QUANTITIES.check(pd.DataFrame(rows, columns=tables.QUANTITIES.names), FILES["engagement_quantities"])


def _slope(row):
    why = str(row["why"]).removeprefix("value: ") if pd.isna(row["value"]) else ""
    return intervals.Estimate(row["value"], row["low"], row["high"], why=why)


def with_scores(frame):
    """Windows of whole meetings with both profiles of the open score of each person against all others, as columns.

    They are made from the turn measures of the same row, where they are needed, and never written: no table of mien
    holds a score of one person unless asked (AUDIT R6). Each own turn is entered and left, so the floor changes between
    this person and the others twice as often as they start; with fewer than ``min_transfers`` starts there is no score.
    ``avaya_2022`` asks for gestures, which nobody measured in GAP.
    """
    starts = frame["turn_starts_per_min"] * (frame["end_s"] - frame["start_s"]) / 60
    parts = np.column_stack(
        [frame["turn_talk_share"], frame["turn_response_lag_s"], 2 * frame["turn_starts_per_min"]]
    ).astype(float)
    parts[(starts < turns.TurnSettings().min_transfers).to_numpy()] = np.nan
    norm = scores.norm_referenced(parts, scores.norms(REFERENCE))
    return frame.assign(score_norm_referenced=norm, score_fixed_curve=scores.fixed_curve(parts))


def _judged(frame, target, signals, settings, corpus, workers, tick):
    result = evidence.evaluate_table(
        frame,
        target,
        signals,
        [MODEL],
        settings,
        corpus,
        workers=workers,
        progress=lambda done, total, words: tick(f"{corpus}: {words}", done, total),
    )
    found = leakage.checked(frame, target, signals[-1], result.predictions, ratings=True)
    result.told["leaks"] = int((~found["passed"]).sum())
    return result


def _change(predictions, target, settings):
    """Of two interviews of one person: does what is predicted change as the rating does? r within people."""
    mine = predictions[(predictions["signals"] == "voice") & (predictions["model"] == MODEL)]
    mine = mine.assign(truth=mine["truth"].astype(float))
    means = mine.groupby(["person_id", "recording_id"])[["truth", "predicted_value"]].mean()
    apart = means - means.groupby("person_id").transform("mean")
    sums = apart.assign(tt=apart["truth"] ** 2, pp=apart["predicted_value"] ** 2, tp=apart.prod(axis=1))
    sums = sums.groupby("person_id")[["tt", "pp", "tp"]].sum().to_numpy()

    def r(weights):
        tt, pp, tp = (weights @ sums).T
        return tp / np.sqrt(tt * pp)

    found = intervals.estimate(r, len(sums), settings)
    return _more(CORPORA["mit"], target, "within_person_r", "voice", found, len(sums), len(sums))


def _timing(frame, target, settings):
    """One's own lag and that of those who answer, on what one says of the meeting."""
    found = dyads.actor_partner(frame, target, "turn_response_lag_s", "turn_partner_lag_s", settings)
    return [
        _more(CORPORA["gap"], target, f"{name}_slope", "turn lag", found.slopes[name], found.n_people, found.n_groups)
        for name in dyads.SLOPES
    ]


def _hot_spots(frame, settings):
    """How turns differ between two minutes with and without a hot spot in the same meeting, in standard deviations."""
    frame = frame[frame["label_hot_spot"].isin(["yes", "no"])]
    signals = list(frame.filter(regex="^turn_"))
    of_window = frame.groupby(["recording_id", "start_s", "label_hot_spot"])[signals].mean().reset_index()
    both = of_window.groupby("recording_id")["label_hot_spot"].transform("nunique") == 2
    of_window, people = of_window[both], frame["person_id"].nunique()
    means = of_window.groupby(["recording_id", "label_hot_spot"])[signals].mean().unstack()
    spread = (of_window[signals] - of_window.groupby("recording_id")[signals].transform("mean")).std()
    rows = []
    for signal in signals:
        apart = ((means[signal]["yes"] - means[signal]["no"]) / spread[signal]).dropna().to_numpy()
        found = intervals.estimate(lambda w, d=apart: w @ d / w.sum(axis=1), len(apart), settings, (-np.inf, np.inf))
        rows.append(_more("MRDA", "label_hot_spot", "hot_minus_not", signal, found, people, len(apart)))
    return rows


def _more(corpus, target, what, signals, found, n_people, n_groups):
    why = f"value: {found.why}" if found.why else ""
    source = SOURCES.get(target, "observer")
    return dict(
        zip(
            MORE,
            (corpus, target, source, what, signals, found.value, found.low, found.high, n_people, n_groups, why),
            strict=True,
        )
    )


def read(data, names):
    """Those of the tables that are among ``names``, by name."""
    found = {name: pd.read_csv(data / file) for name, file in FILES.items() if name in names}
    for name, table in (("engagement", tables.EVIDENCE), ("engagement_quantities", tables.QUANTITIES)):
        if name in found:
            table.check(found[name], FILES[name])
    return found


# --- what was found, in words -----------------------------------------------------------------------------------------


def score(rows, corpus, target, signals, metric=METRIC, model=MODEL):
    """One evidence row by its key."""
    found = rows.set_index(["corpus", "target", "signals", "model", "metric"])
    return found.loc[(corpus, target, signals, model, metric)]


def detectable(found):
    """Of all verdicts of the study those on this question: is the label detectable in people never seen?"""
    mine = found[found["corpus"].isin(CORPORA.values()) & (found["metric"] == METRIC) & (found["profile"] == "none")]
    return mine[mine["claim"] == "C1_detectable"]


def answers(read):
    """What was found, by name; ``read`` holds the verdicts of the study too."""
    rows, more, found = read["engagement"], read["engagement_more"], read["verdicts"]
    details = (*_interviews(rows, more, found), *_meetings(rows, more, found), _spots(more))
    return {"engagement": Answer(_short(rows, found), details)}


GATES = {
    "leakage": "a leak",
    "units": "too few people",
    "coverage": "too few windows with a prediction",
    "power": "too few people",
}
"""What a gate of the rules that fails is about."""


def ruled(found):
    """What the rules say of some verdicts, and the gates that fail: ``not assessable by the rules (a leak)``."""
    failed = [words for gate, words in GATES.items() if found["why"].str.contains(f"gate {gate}:").any()]
    gates = joined(dict.fromkeys(failed))
    return f"{joined(dict.fromkeys(found['wording']), 'or')} by the rules{f' ({gates})' if gates else ''}"


def _short(rows, found):
    engaged, content = (score(rows, CORPORA[name], targets[0], of[0]) for name, (targets, of) in ASKED.items())
    over = yes_no(
        [row["gap_low"] > 0 for row in (engaged, content)], "both are", "one of them is", "neither is shown to be"
    )
    said = ruled(detectable(found))
    return (
        f"{said[0].upper()}{said[1:]}: how engaged {engaged['n_people']:.0f} interviewees seemed to observers is "
        f"predicted from the voice at {ends(engaged)} of 1 (MIT Interview), {content['n_people']:.0f} students' own "
        f"satisfaction from turns at {ends(content)} (GAP); {over} above the best baseline."
    )


def _word(row):
    return "above" if row["gap_low"] > 0 else "not shown to be above"


def _interviews(rows, more, found):
    corpus, (targets, _) = CORPORA["mit"], ASKED["mit"]
    one = score(rows, corpus, targets[0], "voice")
    about = (
        f"{corpus} ({one['n_people']:.0f} people, {one['n_windows']:.0f} interviews; labels: mean ratings by "
        "observers, the names of some presumed): predicted from the voice, in people never seen."
    )
    each = (_rated(rows, more, corpus, target) for target in targets)
    return (about, *each, _verdict(found, corpus), _level(rows, corpus), NOT_ENGAGED, NO_FACE)


def _meetings(rows, more, found):
    corpus, (targets, _) = CORPORA["gap"], ASKED["gap"]
    one = score(rows, corpus, targets[0], "turn")
    about = f"{corpus} ({one['n_people']:.0f} people, {one['n_groups']:.0f} meetings), from turns"
    each = (f"{about}: {_found(rows, corpus, target, 'turn')}." for target in targets)
    return (*each, _verdict(found, corpus), _slopes(more))


NOT_ENGAGED = (
    "Observers heard that voice, so their impression rests on it; that is not that anybody was engaged. Sex is not in "
    "the table and cannot be ruled out."
)
NO_FACE = "The face table is a mean of at most 75 pictures: a claim about the face is not assessable."


def _found(rows, corpus, target, signals):
    """A label's score beside its best baseline."""
    mine = score(rows, corpus, target, signals)
    gap_ = ends(mine, sign=True, names=("gap", "gap_low", "gap_high"))
    return (
        f"{_plain(target)} ({mine['label_source']}): concordance (CCC) {ends(mine)}, {_word(mine)} the best baseline "
        f"({mine['best_baseline']:.2f}, {mine['best_baseline_name']}; gap {gap_}, p = {mine['p_permuted']:.3f})"
    )


def _rated(rows, more, corpus, target):
    r = score(rows, corpus, target, "voice", "r")
    inside = more[(more["target"] == target) & (more["what"] == "within_person_r")].iloc[0]
    pitch, level = (score(rows, corpus, target, part) for part in CONFOUNDS)
    found = _found(rows, corpus, target, "voice")
    return (
        f"{found[0].upper()}{found[1:]}; r {r['value']:.2f}; level alone {ends(level)}, pitch alone "
        f"{ends(pitch)}; between a person's two interviews r {ends(inside)}."
    )


def _level(rows, corpus):
    """Whether the level alone, which may be the microphone's, says as much as the whole voice."""
    alike = [
        target
        for target in ASKED["mit"][0]
        if score(rows, corpus, target, "voice_intensity")["value"] > score(rows, corpus, target, "voice")["low"]
    ]
    names = ", ".join(map(_plain, alike)) or "none of them"
    return (
        f"The mean level alone reaches the interval of the whole voice for {names}: loud people, or near and open "
        "microphones, which this table cannot tell apart."
    )


def _slopes(more):
    """Whether satisfaction goes with how fast one answers, or the others do."""
    slopes = more[more["what"].str.endswith("_slope")]
    lags = {kind: slopes[slopes["what"] == f"{kind}_slope"] for kind in dyads.SLOPES}
    at = {kind: some[some["target"] == "label_satisfaction"].iloc[0] for kind, some in lags.items()}
    clear = {kind: int(((some["low"] > 0) | (some["high"] < 0)).sum()) for kind, some in lags.items()}
    return (
        f"Satisfaction (self, {at['actor']['n_people']:.0f} people of GAP with both lags) changes by "
        f"{ends(at['actor'])} standard deviations with one's own slower answers (actor) and by {ends(at['partner'])} "
        f"with slower answers of others (partner); of {len(lags['actor'])} self-ratings {clear['actor']} (actor) and "
        f"{clear['partner']} (partner) slopes are clear of 0, uncorrected for asking {2 * len(lags['actor'])}."
    )


def _verdict(found, corpus):
    mine = detectable(found)
    mine = mine[mine["corpus"] == corpus]
    parts = [
        f"{word} ({', '.join(map(_plain, some['target']))}: {some['why'].iloc[0]})"
        for word, some in mine.groupby("wording", sort=False)
    ]
    return f"By the rules, detectable in people never seen: {'; '.join(parts)}."


def _spots(more):
    mine = more[more["what"] == "hot_minus_not"].sort_values("value", key=abs, ascending=False)
    top = joined(f"{_plain(row['signals'])} {ends(row)}" for row in mine.head(3).to_dict("records"))
    return (
        f"MRDA ({mine['n_people'].iloc[0]:.0f} people, {mine['n_groups'].max():.0f} meetings with both): two minutes "
        "with a hot spot marked by observers, mostly shared amusement and no sign of engagement, differ most from "
        f"others of the same meeting in {top} standard deviations; all meetings hang together by people: nothing is "
        "said of people never seen."
    )


def _plain(name):
    """A label or measure in words."""
    return name.removeprefix("label_").replace("presumed_engaged", "engaged (presumed)").replace("_", " ")
