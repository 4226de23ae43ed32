"""Who are you? What mien stores of people, and how well it tells who they are (AUDIT E36, claim C12).

Two recordings of one person are linked by what is stored of them: faces, voices, turns. Rank 1 says how often the right
person is nearest, the equal error rate how well two recordings are known to be of one person, and the AUC of an
attribute whether it can be guessed in people never seen. What was found in corpora that may not be passed on comes
from ``withheld``. How much of the score is who is scored (its trait share) stands in ``score_facts.csv``.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from mien import evidence, tables, verdict
from mien.evidence import intervals, linking, quantities
from mien.study import artefacts, who_words
from mien.study.artefacts import KEYS, PART, STORED
from mien.verdict import bench

NOTEBOOKS = ("12c_who_are_you",)
FILES = {"reid": "reid.csv", "reid_quantities": "reid_quantities.csv"}
UNSHARED = "reid_unshared.csv"
CLAIM = "C12_reid"
INPUTS = (*(f"{name}_windows.csv" for name in ("ravdess", "emodb", "london", "mit", "mrda", "gap")), UNSHARED)
INPUTS += (verdict.FILE,)
ROOMS = ("tables", "models", "evidence", "verdict", "corpora", "study/artefacts")

CLASSES = {"identifies": "biometric", "inconclusive": "biometric", "partly": "personal", "safe": "statistics"}
"""How long and how well guarded a table is kept, by what C12 says of it: as the recording itself ("biometric", also
where the rules can't decide), as any data about a person, or as numbers about nobody."""

REID = tables.Table(
    "reid",
    "corpus, artefact, what is given of each side, method and quantity",
    (
        tables.Column("corpus", "which corpus", "text"),
        tables.Column("signals", "face, voice or turn", "text"),
        tables.Column("artefact", "what is kept of people", "text"),
        tables.Column("role", "stored, part of what is stored, remedy, not stored, or confound", "text"),
        tables.Column("given", "what is known of each side: one recording or many, and among whom is sought", "text"),
        tables.Column("method", "a distance, or the model that guesses an attribute", "text"),
        tables.Column("quantity", "rank1, rank1_over_chance, eer, or auc of an attribute", "text"),
        tables.Column("value", "shares 0 to 1, or times chance", low=0, missing=True),
        tables.Column("low", "lower end of the 95 % interval over groups", low=0, missing=True),
        tables.Column("high", "upper end of the 95 % interval over groups", low=0, missing=True),
        tables.Column("interval", "how the interval was made", "text", missing=True),
        tables.Column("chance", "what guessing reaches", missing=True),
        tables.Column("gallery", "among how many people one is sought", low=0, missing=True),
        tables.Column("n_people", "how many people are looked for", low=0),
        tables.Column("n_groups", "in how many groups that share nobody", low=0),
        tables.Column("n_recordings", "of how many recordings", low=0),
        tables.Column("by_rule", "what the rule of C12 says, gates aside", "text", missing=True),
        tables.Column("retention", "the class that follows for what is kept", "text", missing=True),
        tables.Column("licence", "the licence of the corpus, and of the row", "text"),
        tables.Column("why", "why a value is missing", "text", missing=True),
    ),
    ("corpus", "artefact", "given", "method", "quantity"),
)

SCORES = ("norm_referenced", "fixed_curve")
SCOPES = (
    ("RAVDESS", "label_valence", "voice", ""),
    ("EmoDB", "label_valence", "voice", ""),
    ("London", "label_expression", "face", ""),
    ("MIT Interview", "label_presumed_engaged", "voice", ""),
    ("MIT Interview", "label_excited", "voice", ""),
    ("MIT Interview", "label_overall", "voice", ""),
    *((corpus, "score", "turn", profile) for corpus in ("AMI", "GAP", "ICSI") for profile in SCORES),
)
"""Corpus, target, signals and profile for which C12 is asked; what is stored does not depend on the target."""


def make(data, settings, workers=1, tick=lambda *_: None):
    """The tables of :data:`FILES` by name; ``workers`` is not used."""
    data = Path(data)
    how = linking.LinkSettings(
        interval=intervals.IntervalSettings(settings.few_groups, settings.n_bootstrap, settings.level, settings.seed),
        seed=settings.seed,
    )
    seen = {
        name: tables.read(data / f"{name}_windows.csv", tables.WINDOWS) for name in ("london", "mit", "mrda", "gap")
    }
    voices = {name: spoken(data, name) for name in ("RAVDESS", "EmoDB")}
    every = [*voices["RAVDESS"], *voices["EmoDB"], *artefacts.of_mit(seen["mit"])]
    every += [*artefacts.of_london(seen["london"]), *artefacts.of_icsi(seen["mrda"])]
    parts = []
    for number, one in enumerate(every, 1):
        other = next((name for name in voices if name != one.corpus and one.corpus in voices), None)
        elsewhere = next((two for two in voices.get(other, ()) if (two.name, two.given) == (one.name, one.given)), None)
        parts.append(rows(one, how, elsewhere))
        tick("who is who", number, len(every))
    parts += guessed(data, every, seen, how)
    found = pd.concat([*parts, rows_of(data / UNSHARED)], ignore_index=True)
    found = REID.check(found.assign(**_ruled(found, verdict.load(data / verdict.FILE))))
    return {"reid": found, "reid_quantities": told(found)}


def spoken(data, corpus):
    """The artefacts of acted speech: half of the sentences in the gallery, the other half as the probe."""
    clips = tables.read(Path(data) / f"{KEYS[corpus]}_windows.csv", tables.WINDOWS)
    sentences = np.sort(clips["confound_sentence"].unique())
    return artefacts.of_voice(clips, corpus, clips["confound_sentence"].isin(sentences[len(sentences) // 2 :]))


def rows(one, settings=None, elsewhere=None):
    """How well people are linked by an artefact, by each method: rows of :data:`REID`.

    ``elsewhere`` is the same artefact of another corpus, on whose people the last method learns.
    """
    settings, found = settings or linking.LinkSettings(), []
    for method in linking.METHODS:
        if (method == "cosine" and len(one.columns) < 2) or (method == "wccn_elsewhere" and elsewhere is None):
            continue
        learnt = linking.learned(elsewhere.gallery, elsewhere.probe) if method == "wccn_elsewhere" else None
        apart = linking.distances(one.gallery, one.probe, method, settings, groups=one.groups, learnt=learnt)
        if one.may_link is not None:
            apart = np.where(one.may_link, apart, np.nan)
        result = linking.linked(apart, one.groups, settings)
        if not result.n_people:
            continue
        chances = {"rank1": result.chance, "rank1_over_chance": 1.0, "eer": 0.5}
        for quantity, estimate in result.found.items():
            counts = {"n_people": result.n_people, "n_groups": estimate.n_groups, "n_recordings": one.n_recordings}
            counts |= {"chance": chances[quantity], "gallery": result.gallery}
            found.append(_row(one, method, quantity, estimate) | counts)
    return pd.DataFrame(found)


def _row(one, method, quantity, estimate):
    """A row of :data:`REID` without its counts."""
    missing = {name: estimate.why for name in ("value", "low", "high") if not np.isfinite(getattr(estimate, name))}
    about = {"corpus": one.corpus, "signals": one.signals, "artefact": one.name, "role": one.role, "given": one.given}
    numbers = {name: round(getattr(estimate, name), 6) for name in ("value", "low", "high")}
    about |= {"method": method, "quantity": quantity} | numbers | {"interval": estimate.interval}
    return about | {"by_rule": "", "retention": "", "licence": one.licence, "why": tables.why(missing)}


# --- attributes -------------------------------------------------------------------------------------------------------


def guessed(data, every, seen, settings):
    """Rows of attributes that the corpora record: sex, age, first language."""
    about = {}
    for corpus in ("RAVDESS", "EmoDB"):
        clips = tables.read(Path(data) / f"{KEYS[corpus]}_windows.csv", tables.WINDOWS)
        about[corpus] = clips.drop_duplicates("person_id").set_index("person_id")[["confound_sex"]]
    about["London"] = of_people(seen["london"].drop_duplicates("person_id").set_index("person_id"))
    gap = artefacts.of_gap(seen["gap"])
    about["GAP"] = seen["gap"].set_index("person_id")[["confound_english"]]
    asked = [one for one in [*every, gap] if one.corpus in about and one.given != "one clip"]
    return [attributes(one, about[one.corpus], settings) for one in asked]


def of_people(table):
    """Sex and whether older than half of the people, of a table by person with confound_sex and confound_age."""
    age = table["confound_age"].astype(float)
    older = pd.Series(np.where(age > age.median(), "older", "younger"), table.index).where(age.notna())
    return pd.DataFrame({"confound_sex": table["confound_sex"], "confound_older": older})


ATTRIBUTES = {"confound_sex": "auc_sex", "confound_older": "auc_older", "confound_english": "auc_first_language"}
GUESSER = "logistic"


def attributes(one, about, settings=None):
    """How well attributes of people never seen are guessed from an artefact: rows of :data:`REID`, an AUC each.

    ``about`` by person, with columns of :data:`ATTRIBUTES`. No guess about anybody is kept. With fewer than 30 groups
    one is left out at a time, and where nothing can be told such an AUC lies below 0.5, not at it.
    """
    settings = settings or linking.LinkSettings()
    how = evidence.EvidenceSettings(
        n_repeats=1,
        n_permutations=0,
        n_bootstrap=settings.interval.n_bootstrap,
        few_groups=settings.interval.few_groups,
        seed=settings.seed,
    )
    table, found = artefacts.pooled(one), []
    plain = [f"{one.signals}_{number}" for number in range(len(one.columns))]  # a length too is a signal here
    table = table.rename(columns=dict(zip(one.columns, plain, strict=True))).assign(start_s=0.0, end_s=1.0)
    for column in [name for name in ATTRIBUTES if name in about]:
        told = evidence.evaluate(
            table.assign(label_asked=table["person_id"].map(about[column])),
            *("label_asked", one.signals, GUESSER, how, one.corpus),
        ).rows
        row = told[(told["model"] == GUESSER) & (told["metric"] == "auc")].iloc[0]
        estimate = intervals.Estimate(*(row[name] for name in ("value", "low", "high", "interval", "n_groups")))
        estimate = replace(estimate, why="" if np.isfinite(estimate.low) else "too_few_people")
        counts = {"chance": row["chance"], "gallery": np.nan, "n_people": row["n_people"]}
        counts |= {"n_groups": row["n_groups"], "n_recordings": one.n_recordings}
        estimate = linking.certain(estimate, settings.interval)
        found.append(_row(one, GUESSER, ATTRIBUTES[column], estimate) | counts)
    return pd.DataFrame(found)


# --- by the rules -----------------------------------------------------------------------------------------------------


def _ruled(found, rules):
    """What the rule of C12 says of each artefact, gates aside, and the class of retention that follows."""
    said = [by_rule(row, rules) if row["quantity"] == "rank1_over_chance" else "" for row in found.to_dict("records")]
    said = [word if role != artefacts.CONFOUND else "" for word, role in zip(said, found["role"], strict=True)]
    return {"by_rule": said, "retention": [CLASSES.get(word, "") for word in said]}


def by_rule(row, rules):
    """The verdict of C12 on a row with value, low and high, without gates: one of :data:`CLASSES`."""
    numbers = {"": row["value"], "_lo95": row["low"], "_hi95": row["high"]}
    known = bench.facts({f"rank1_over_chance{end}": value for end, value in numbers.items()}, rules, "auc")
    met = (word for word in rules.order(CLAIM) if bench.met(rules.of(CLAIM)[word], known, name=CLAIM))
    return next(met, rules["default"])


def told(found):
    """What the rules ask for: the artefact of each scope that links most (:data:`mien.tables.QUANTITIES`)."""
    made = []
    for corpus, target, signals, profile in SCOPES:
        mine = found[(found["corpus"] == corpus) & (found["signals"] == signals)]
        mine = mine[(mine["quantity"] == "rank1_over_chance") & mine["role"].isin([STORED, PART])]
        scope = dict.fromkeys(tables.QUANTITIES.names, "") | {"corpus": corpus, "target": target, "signals": signals}
        scope |= {"profile": profile, "claim": CLAIM}
        if mine.empty:
            counts = {"n_people": np.nan, "n_groups": np.nan, "n_windows": np.nan}
            made.append(scope | quantities.lost("rank1_over_chance", "one_rating") | counts)
            continue
        row = mine.loc[mine["value"].idxmax()]
        ends = [row["value"], row["low"], row["high"], row["interval"], row["n_groups"]]
        estimate = intervals.Estimate(*ends, why="" if np.isfinite(row["low"]) else "too_few_people")
        what = ", ".join(row[name] for name in ("artefact", "given", "method"))
        source = f"{what}, worst of {len(mine)}; gallery {row['gallery']:.0f}"
        counts = {"n_people": row["n_people"], "n_groups": row["n_groups"], "n_windows": row["n_recordings"]}
        made.append(scope | quantities.row("rank1_over_chance", estimate, source) | counts)
    return tables.QUANTITIES.check(pd.DataFrame(made)[tables.QUANTITIES.names])


def retained(found):
    """The class of retention of each artefact but confounds, by what links most of it; from the worst down."""
    over = linking.worst(found).query("quantity == 'rank1_over_chance' and role != @artefacts.CONFOUND")
    over = over.loc[over.groupby(["corpus", "artefact"], sort=False)["value"].idxmax()]
    columns = ["corpus", "artefact", "role", "given", "method", "value", "low", "high", "by_rule", "retention"]
    return over.sort_values("value", ascending=False)[columns].reset_index(drop=True)


def rows_of(path):
    """A table of :data:`REID` as it was written, words that are missing empty."""
    words = [column.name for column in REID.columns if column.kind == "text"]
    return tables.read(path, REID).fillna(dict.fromkeys(words, ""))


def read(data, names=tuple(FILES)):
    """Those of the tables that are among ``names``, by name."""
    found = {"reid": rows_of(Path(data) / FILES["reid"])} if "reid" in names else {}
    if "reid_quantities" in names:
        found["reid_quantities"] = tables.read(Path(data) / FILES["reid_quantities"], tables.QUANTITIES)
    return found


# --- what was found ---------------------------------------------------------------------------------------------------


def answers(read):
    """What was found, by name."""
    return {"who": answer(read["reid"], read["score_facts"])}


def answer(found, facts):
    """Which of the things mien stores tell who somebody is."""
    return who_words.answer(found, retained(found).query("role in [@STORED, @PART]"), facts)
