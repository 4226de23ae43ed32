"""What may be said: every claim and statement, judged by the rules from committed tables, and the way back from each.

Two kinds of scope are asked. *Models*: a label from signals, in people never seen; their evidence rows are those of the
questions that found them (:data:`ASKED`), and what held-out predictions tell beside them (calibration, test-retest,
trait share, groups of people) is in ``predicted_quantities.csv``. *The open score*, in each of its profiles: what moves
it when nothing else changes, held against no label (label source ``none``: then only what is not about a label is
judged, and the rest says so) or against what people said of their meeting. What other questions found stands in tables
of one shape (:data:`QUANTITIES`). Nothing is judged from anything else.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from mien import corpora, evidence, store, tables, verdict
from mien.corpora import mit
from mien.evidence import leakage, quantities
from mien.study import engagement, scored, travel, way
from mien.study.verdicts_words import SCOPE, answer
from mien.verdict import words

NOTEBOOKS = ("13_verdict",)
FILES = {
    "predicted_quantities": "predicted_quantities.csv",
    "score_quantities": "score_quantities.csv",
    "verdicts": "verdicts.csv",
    "verdict_trace": "verdict_trace.csv",
}
QUANTITIES = (
    "engagement_quantities.csv",
    "fusion_quantities.csv",
    "changed_quantities.csv",
    "recorded_quantities.csv",
    "pictured_quantities.csv",
    "reid_quantities.csv",
    "gaming_quantities.csv",
    "construct_quantities.csv",
)
"""Tables of quantities that other questions commit, by file name: what they hold is judged with the rest."""
ROOMS = ("tables", "models", "evidence", "verdict", "corpora", "study/way", "study/engagement", "study/scored")
METRICS, MODELS = ("auc", "ccc"), ("logistic", "ridge")
"""The primary metric and model of classes, and of ratings, named before any outcome was seen."""


@dataclass(frozen=True)
class Asked:
    """One scope of a model: the label ``target`` from ``signals`` in a corpus, and whose table has its evidence.

    ``name`` and ``corpus`` as a module of :mod:`mien.corpora` and in words; ``scale`` the ends of a rating, where the
    label is one; ``groups`` columns of the windows table that say which group of people somebody is of.
    """

    name: str
    corpus: str
    target: str
    signals: str
    population: str
    evidence: str
    scale: tuple[float, ...] = ()
    groups: tuple[str, ...] = ()

    @property
    def about(self):
        """The scope as its columns."""
        return {"corpus": self.corpus, "target": self.target, "signals": self.signals}

    @property
    def file(self):
        """The committed windows table."""
        return f"{self.name}_windows.csv"

    @property
    def label_source(self):
        """Who says what the label says."""
        return corpora.named(self.name).LABELS[self.target]

    @property
    def model(self):
        """The primary model."""
        return MODELS[self.is_rated]

    @property
    def is_rated(self):
        """Whether the label is a rating, evaluated as question 07 does."""
        return self.evidence == engagement.FILES["engagement"]


SEX = ("confound_sex",)
SCALES = {"mit": mit.SCALE}
"""The ends of ratings, by corpus; GAP's have different ones, and each person gave each once."""
ACTED, SMILES, RATED = "evidence.csv", "sentiment.csv", engagement.FILES["engagement"]
ASKED = (
    Asked("ravdess", "RAVDESS", "label_valence", "voice", "24 professional actors in Toronto", ACTED, groups=SEX),
    Asked("emodb", "EmoDB", "label_valence", "voice", "10 actors in Berlin", ACTED, groups=SEX),
    Asked(
        "london", "London", "label_expression", "face", "102 adults, instructed faces in pictures", SMILES, groups=SEX
    ),
    *(
        Asked(name, corpus, target, signals, engagement.POPULATION[corpus], RATED, SCALES.get(name, ()))
        for name, (targets, every) in engagement.ASKED.items()
        for corpus in [engagement.CORPORA[name]]
        for target in targets
        for signals in every
    ),
)
MEDIA = way.MEDIA
SCORED = {
    "AMI": ("ami", "189 people in 170 meetings, most of them played"),
    "GAP": ("gap", engagement.POPULATION["GAP"]),
    "ICSI": ("mrda", "52 people in 75 research meetings"),
}
"""The corpora in which the open score is asked: module, and who was recorded."""
SCORE_SIGNALS, SIDES = "turn", "each"
"""What the score is made of, and how sides are made where nothing else is said: each person against all others."""
OF_FACTS = {
    "coverage": "scored_share",
    "trait_share": "trait_share",
    "spec_rank_r_median": "spec_rank_r_median",
    "spec_range_pts_median": "spec_range",
}
"""Quantities of the score that the facts of the reference corpora hold, and their names there."""
WITHOUT = " without its group"
"""How the words for a reference end that holds no recording of the group that is scored."""
INPUTS = (
    *dict.fromkeys(one.evidence for one in ASKED),
    travel.FILES["travel"],
    verdict.FILE,
    MEDIA,
    *scored.FILES.values(),
    *dict.fromkeys(one.file for one in ASKED),
    *QUANTITIES,
)


def make(data, settings, workers=1, tick=lambda *_: None):
    """Judge every claim in every scope; the tables of :data:`FILES` by name."""
    data, rules = Path(data), verdict.load(Path(data) / verdict.FILE)
    parts = []
    for number, one in enumerate(ASKED):
        tick("verdicts", number, len(ASKED))
        parts.append(_asked(data, one, settings))
    predicted = pd.concat([part["quantities"] for part in parts], ignore_index=True)
    score = of_score(scored.read(data, ["score_facts"])["score_facts"], others(data))
    given = {(one.corpus, one.target): part["given"] for one, part in zip(ASKED, parts, strict=True)}
    made = {"predicted_quantities": predicted, "score_quantities": score}
    made["verdicts"] = ruled(data, rules, given | given_of_score(data, given), [predicted, score])
    seen = {(one.corpus, one.target, one.signals): part["predictions"] for one, part in zip(ASKED, parts, strict=True)}
    return made | {"verdict_trace": way.table(data, made, rules, scopes(made["verdicts"], seen), QUANTITIES, ASKED)}


def ruled(data, rules, given, own):
    """The verdicts on the committed evidence, this question's ``own`` quantities and those of other questions."""
    away = travel.read(data)["travel"].query(f"treatment == {travel.DECLARED!r}")
    more = pd.concat([*own, *others(data)], ignore_index=True)
    return verdict.of_evidence(evidence_rows(data), rules, given, METRICS, MODELS, more, transfer=away)


def others(data):
    """The tables of :data:`QUANTITIES`, a list."""
    return [tables.read(Path(data) / file, tables.QUANTITIES) for file in QUANTITIES]


def evidence_rows(data):
    """The evidence rows of every scope of :data:`ASKED`, with its baselines, as the questions found them."""
    found = []
    for file in dict.fromkeys(one.evidence for one in ASKED):
        rows = tables.read(Path(data) / file, tables.EVIDENCE)
        is_baseline = rows["model"].str.match(r"B\d_")
        for one in [one for one in ASKED if one.evidence == file]:
            mine = (rows["corpus"] == one.corpus) & (rows["target"] == one.target)
            mine &= (rows["signals"] == one.signals) | is_baseline
            found.append(rows[mine])
    return pd.concat(found, ignore_index=True)


def scopes(verdicts, predictions):
    """Each scope that was judged, with the held-out predictions of its model, or None where it is of the score."""
    names = ["corpus", "target", "signals", "profile"]
    found = verdicts[names].drop_duplicates().itertuples(index=False, name=None)
    return {scope: predictions.get(scope[:3]) if scope[3] == verdict.Scope.profile else None for scope in found}


# --- the score --------------------------------------------------------------------------------------------------------


def of_score(facts, told):
    """Quantities of the open score alone: gates, and what the facts hold and no other question says; a table.

    ``facts`` is the committed ``score_facts.csv``, ``told`` the tables of other questions.
    """
    rows = []
    blank = {column.name: "" if column.kind == "text" else float("nan") for column in tables.QUANTITIES.columns}
    for corpus, (name, _) in SCORED.items():
        mine = facts[(facts["corpus"] == name) & (facts["sides"] == SIDES)]
        for quantity, called in OF_FACTS.items():
            for row in mine[mine["quantity"] == called].to_dict("records"):
                about = {"corpus": corpus, "target": verdict.SCORE, "signals": SCORE_SIGNALS, "profile": row["profile"]}
                counts = {"n_groups": row["n_groups"], "n_windows": row["n_sides"]}
                said = {"value": row["value"], "low": row["low"], "high": row["high"], "why": row["why"]}
                source = f"{scored.FILES['score_facts']}: {called}, sides: {row['sides']}"
                rows.append(blank | about | counts | said | {"quantity": quantity, "source": source})
                if quantity == "coverage":
                    groups = {"quantity": "n_groups", "value": float(row["n_groups"]), "source": source}
                    rows.append(blank | about | counts | groups)
    found = pd.DataFrame(rows, columns=tables.QUANTITIES.names).fillna({"why": ""})
    keys = ["corpus", "target", "signals", "profile", "quantity"]
    said = {key for table in told for key in zip(*(table[name].fillna("") for name in keys), strict=True)}
    kept = [key not in said for key in zip(*(found[name] for name in keys), strict=True)]
    return tables.QUANTITIES.check(found.loc[kept].reset_index(drop=True))


def given_of_score(data, given):
    """What is known of the label in each scope of the score: none, or that of a criterion; by (corpus, target).

    A score may not be held against norms that hold the recording itself (E33): each meeting of which that is so counts
    as a failed check. A criterion that a model was ``given`` too has the failed checks of both.
    """
    spread, found = scored.read(data, ["score_spread"])["score_spread"], {}
    for corpus, (name, population) in SCORED.items():
        mine = spread[spread["corpus"] == name]
        own = mine["reference"].str.startswith(f"{name}_") & ~mine["reference"].str.endswith(WITHOUT)
        leaks = int(mine.loc[own, "n_meetings"].max()) if own.any() else 0
        none = verdict.Given(verdict.NO_LABEL, population, share_synthetic=0.0, n_leakage_failures=leaks)
        found[corpus, verdict.SCORE] = none
        for target, source in corpora.named(name).LABELS.items():
            before = given.get((corpus, target), none)
            both = max(leaks, before.n_leakage_failures)
            found[corpus, target] = replace(before, label_source=source, n_leakage_failures=both)
    return found


# --- models -----------------------------------------------------------------------------------------------------------


def remake(folders, out):
    """Write :data:`MEDIA` from the corpora in ``folders`` ({name: folder}, of :data:`ASKED`); return its path."""
    rows = []
    for name, folder in folders.items():
        for row in corpora.named(name).recordings(folder).itertuples():
            file = Path(row.path).relative_to(folder).as_posix()
            rows.append((name, row.recording_id, file, store.sha256(row.path)))
    return tables.write(pd.DataFrame(rows, columns=["corpus", "recording_id", "file", "sha256"]), Path(out) / MEDIA)


def predicted(data, asked, settings):
    """The windows of a scope and what the primary model says of them while they are held out: two tables.

    People are kept apart as they were when its evidence row was made; nothing is permuted.
    """
    table = tables.read(Path(data) / asked.file, tables.WINDOWS)
    settings = engagement.fewer(settings) if asked.is_rated else settings
    once = replace(settings, n_permutations=0)
    found = evidence.evaluate(table, asked.target, asked.signals, asked.model, once, asked.corpus).predictions
    return table, found[found["model"] == asked.model].dropna(axis=1, how="all")


def _asked(data, asked, settings):
    """What is computed of one scope: quantities, predictions, and how many checks for leaks fail."""
    table, mine = predicted(data, asked, settings)
    scale = asked.scale or (float("nan"),) * 2
    told, _ = quantities.of_predictions(mine, table, asked.about, asked.groups, scale=scale)
    checked = leakage.checked(table, asked.target, asked.signals, mine, ratings=asked.is_rated)
    failed = int((~checked["passed"]).sum())
    given = verdict.Given(asked.label_source, asked.population, share_synthetic=0.0, n_leakage_failures=failed)
    return {"quantities": told, "given": given, "predictions": mine}


def read(data, names):
    """Those tables that are among ``names``, checked."""
    promised = {"predicted_quantities": tables.QUANTITIES, "score_quantities": tables.QUANTITIES}
    promised |= {"verdicts": tables.VERDICTS}
    found = {name: tables.read(Path(data) / FILES[name], table) for name, table in promised.items() if name in names}
    if "verdict_trace" in names:
        found["verdict_trace"] = way.read(Path(data) / FILES["verdict_trace"])
    return found


def walked(data, corpus, target, claim="C1_detectable", settings=None, profile=verdict.Scope.profile):
    """Walk one verdict of the study back from its rule: a list of :class:`mien.verdict.trace.Step`.

    Files and lines are hashed again, and a model's predictions are made again from the windows: the same bytes.
    Raises :class:`mien.verdict.VerdictError` for a scope or claim that was not judged.
    """
    known = read(data, ["verdict_trace", "verdicts"])
    mine = way.of(known["verdict_trace"], known["verdicts"], corpus, target, profile, claim)

    def again(signals):
        asked = next(one for one in ASKED if one.about == {"corpus": corpus, "target": target, "signals": signals})
        return predicted(data, asked, settings or evidence.EvidenceSettings())[1]

    return [way.step(Path(data), row, again) for row in mine.to_dict("records")]


# --- what was found ---------------------------------------------------------------------------------------------------


def answers(read):
    """What may be said, by name."""
    return {"verdict": answer(read["verdicts"])} if "verdicts" in read else {}


def said(verdicts):
    """The verdicts that no gate stops and that somebody measured; with K4, for the scopes of which anything is said."""
    states = verdicts.apply(words.state, axis=1)
    told = states.isin(["not testable", "inconclusive", "in part", "found", "does not hold"])
    is_told = told.groupby([verdicts[name] for name in SCOPE], sort=False).transform("any")
    return verdicts[told | is_told & (verdicts["verdict"] == "out_of_scope")]
