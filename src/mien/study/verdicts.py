"""What may be said: every claim and statement, judged by the rules from committed tables, and the way back from each.

Four corpora are asked. RAVDESS and EmoDB have their evidence rows in ``evidence.csv``; the London faces and MIT
Interview are evaluated here, with fewer permutations. What the held-out predictions of the primary model tell beside
those rows (calibration, test-retest, trait share, groups of people) is in ``predicted_quantities.csv``, and what other
questions found in tables of the same shape (:data:`QUANTITIES`). Nothing is judged from anything else.
"""

import hashlib
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd

from mien import corpora, evidence, store, tables, verdict
from mien.evidence import leakage, quantities
from mien.evidence.words import row_id
from mien.study import travel
from mien.verdict import trace, words
from mien.verdict.quantities import quantity_id as _quantity

NOTEBOOKS = ("13_verdict",)
FILES = {
    "further_evidence": "further_evidence.csv",
    "predicted_quantities": "predicted_quantities.csv",
    "verdicts": "verdicts.csv",
    "verdict_trace": "verdict_trace.csv",
}
QUANTITIES = ()
"""Tables of quantities that other questions commit, by file name: what they hold is judged with the rest."""
ROOMS = ("tables", "models", "evidence", "verdict", "corpora")
MODEL, METRIC = "logistic", "auc"
"""The primary model and metric, named before any outcome was seen."""
N_PERMUTATIONS = 99
"""For the corpora evaluated here: p is then at least 0.01."""


@dataclass(frozen=True)
class Asked:
    """One scope: the label ``target`` from ``signals`` in a corpus; ``rated`` labels are cut at their median.

    ``name`` and ``corpus`` as a module of :mod:`mien.corpora` and in words; ``here`` whether it is evaluated here.
    """

    name: str
    corpus: str
    target: str
    signals: str
    population: str
    here: bool = False
    rated: bool = False
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


SEX = ("confound_sex",)
ASKED = (
    Asked("ravdess", "RAVDESS", "label_valence", "voice", "24 professional actors in Toronto", groups=SEX),
    Asked("emodb", "EmoDB", "label_valence", "voice", "10 actors in Berlin", groups=SEX),
    Asked(
        "london", "London", "label_expression", "face", "102 adults, instructed faces in photographs", True, False, SEX
    ),
    Asked("mit", "MIT Interview", "label_excited", "voice", "69 students in mock interviews", True, True),
    Asked("mit", "MIT Interview", "label_overall", "voice", "69 students in mock interviews", True, True),
)
MEDIA = "media_sha256.csv"
"""The sha256 of the recordings that the windows tables were measured on; made by hand (:func:`remake`)."""
INPUTS = (
    "evidence.csv",
    "travel.csv",
    "verdict_rules.yaml",
    MEDIA,
    *dict.fromkeys(one.file for one in ASKED),
    *QUANTITIES,
)


def windows(data, asked):
    """The windows table of a scope; a rating becomes ``high`` above its median over the table, else ``low``."""
    table = tables.read(Path(data) / asked.file, tables.WINDOWS)
    if asked.rated:
        values = table[asked.target]
        cut = np.where(values > values.median(), "high", "low")
        table = table.assign(**{asked.target: pd.Series(cut, table.index, dtype=object).where(values.notna())})
    return table


def make(data, settings, workers=1, tick=lambda *_: None):
    """Judge every claim in every scope of :data:`ASKED`; the tables of :data:`FILES` by name."""
    data, rules = Path(data), verdict.load(Path(data) / verdict.FILE)
    first = tables.read(data / "evidence.csv", tables.EVIDENCE)
    parts = [_asked(data, one, settings, workers, tick) for one in ASKED]
    further = pd.concat([part["rows"] for part in parts if part["rows"] is not None], ignore_index=True)
    predicted = pd.concat([part["quantities"] for part in parts], ignore_index=True)
    given = {(one.corpus, one.target): part["given"] for one, part in zip(ASKED, parts, strict=True)}
    rows = pd.concat([first, further], ignore_index=True)
    found = ruled(data, rules, rows, given, predicted)
    made = {"further_evidence": further, "predicted_quantities": predicted, "verdicts": found}
    way = [row for one, part in zip(ASKED, parts, strict=True) for row in _way(data, one, part, made, rules)]
    return made | {"verdict_trace": pd.DataFrame(way, columns=WAY)}


def ruled(data, rules, rows, given, predicted):
    """The verdicts on evidence ``rows`` and ``predicted`` quantities, with what other questions found."""
    away = travel.read(data)["travel"].query(f"treatment == {travel.DECLARED!r}")
    more = [predicted, *(tables.read(data / file, tables.QUANTITIES) for file in QUANTITIES)]
    more = pd.concat(more, ignore_index=True)
    return verdict.of_evidence(rows, rules, given, METRIC, MODEL, more, transfer=away)


def remake(folders, out):
    """Write :data:`MEDIA` from the corpora in ``folders`` ({name: folder}, of :data:`ASKED`); return its path."""
    rows = []
    for name, folder in folders.items():
        for row in corpora.named(name).recordings(folder).itertuples():
            file = Path(row.path).relative_to(folder).as_posix()
            rows.append((name, row.recording_id, file, store.sha256(row.path)))
    return tables.write(pd.DataFrame(rows, columns=["corpus", "recording_id", "file", "sha256"]), Path(out) / MEDIA)


def _predicted(data, asked, settings, workers=1, tick=lambda *_: None):
    """The windows of a scope and what evaluation found in them; few permutations, and one repeat, of what is new."""
    table = windows(data, asked)
    few = {"n_permutations": min(N_PERMUTATIONS, settings.n_permutations), "n_repeats": 1} if asked.here else {}
    few = few or {"n_permutations": 0}
    found = evidence.evaluate(
        table,
        asked.target,
        asked.signals,
        MODEL,
        replace(settings, **few),
        asked.corpus,
        workers=workers,
        progress=lambda done, total, words: tick(f"{asked.corpus}: {words}", done, total),
    )
    return table, found, found.predictions[found.predictions["model"] == MODEL].dropna(axis=1, how="all")


def predicted(data, asked, settings):
    """The windows of a scope and what the primary model says of them while they are held out: two tables."""
    table, _, told = _predicted(data, asked, replace(settings, n_permutations=0))
    return table, told


def _asked(data, asked, settings, workers, tick):
    """What is computed of one scope: its evidence rows (where they are made here), quantities, predictions, checks."""
    table, result, mine = _predicted(data, asked, settings, workers, tick)
    told, _ = quantities.of_predictions(mine, table, asked.about, asked.groups)
    failed = int((~leakage.checked(table, asked.target, asked.signals, result.predictions)["passed"]).sum())
    given = verdict.Given(asked.label_source, asked.population, share_synthetic=0.0, n_leakage_failures=failed)
    return {"rows": result.rows if asked.here else None, "quantities": told, "given": given, "predictions": mine}


def read(data, names):
    """Those tables that are among ``names``, checked."""
    promised = {"further_evidence": tables.EVIDENCE, "predicted_quantities": tables.QUANTITIES}
    promised |= {"verdicts": tables.VERDICTS}
    found = {name: tables.read(Path(data) / FILES[name], table) for name, table in promised.items() if name in names}
    if "verdict_trace" in names:
        found["verdict_trace"] = pd.read_csv(Path(data) / FILES["verdict_trace"], dtype={"line": "Int64"})
    return found


# --- the way back -----------------------------------------------------------------------------------------------------

WAY = ("corpus", "target", "signals", "claim", "step", "file", "line", "sha256", "what")


def _way(data, asked, part, made, rules):
    """The way from each verdict of a scope to its windows: a row per step with the hash of the file, or of its line."""
    by = asked.about
    mine = made["verdicts"][(made["verdicts"][list(by)] == pd.Series(by)).all(axis=1)]
    verdicts, known = _lines(made["verdicts"]), places(data, made)
    predictions = hashlib.sha256(_text(part["predictions"]).encode()).hexdigest()
    for place, row in mine.iterrows():
        head = [*by.values(), row["claim"]]
        yield [*head, "rules", verdict.FILE, pd.NA, rules.sha256, "the rules, frozen before any outcome"]
        yield [*head, "verdict", FILES["verdicts"], place + 2, _digest(verdicts[place + 1]), row["wording"]]
        for name in filter(None, row["rests_on"].split("; ")):
            yield [*head, "evidence", *known[name], name]
        yield [
            *head,
            "predictions",
            "",
            pd.NA,
            predictions,
            f"{len(part['predictions'])} rows, made again from windows",
        ]
        yield [*head, "windows", asked.file, pd.NA, store.sha256(data / asked.file), corpora.named(asked.name).ORIGIN]
        yield [*head, *_recording(data, asked, part["predictions"])]


def places(data, made):
    """Where each id of ``rests_on`` stands: {id: (file, line, sha256 of the line)}; the header is line 1.

    ``made`` has the tables of this question; the rest is read from ``data``.
    """
    away = travel.read(data, ["travel"])["travel"]
    found = {}
    for file, lines, rows, name_of in (
        ("evidence.csv", _split(data / "evidence.csv"), tables.read(data / "evidence.csv", tables.EVIDENCE), row_id),
        (FILES["further_evidence"], _lines(made["further_evidence"]), made["further_evidence"], row_id),
        (FILES["predicted_quantities"], _lines(made["predicted_quantities"]), made["predicted_quantities"], _quantity),
        *((file, _split(data / file), tables.read(data / file, tables.QUANTITIES), _quantity) for file in QUANTITIES),
        (travel.FILES["travel"], _split(data / travel.FILES["travel"]), away, row_id),
    ):
        for line, row in enumerate(rows.to_dict("records"), 2):
            if row.get("treatment", travel.DECLARED) == travel.DECLARED and name_of(row) not in found:
                found[name_of(row)] = (file, line, _digest(lines[line - 1]))
    return found


def _recording(data, asked, predictions):
    """The last step: the first recording that was predicted, and where the hash of its file stands."""
    media = pd.read_csv(data / MEDIA)
    used = media[(media["corpus"] == asked.name) & media["recording_id"].isin(predictions["recording_id"])]
    if used.empty:
        return ["recordings", "", pd.NA, "", "its makers publish measures and no recordings"]
    first = used.iloc[0]
    line = used.index[0] + 2
    what = f"the first of {len(used)} recordings: {first['file']}, sha256 {first['sha256']}"
    return ["recordings", MEDIA, line, _digest(_split(data / MEDIA)[line - 1]), what]


def _found(name, texts, made, data):
    """The file and line in which an id of ``rests_on`` stands."""
    if name.startswith("quantity:"):
        ids = [verdict.quantities.quantity_id(row) for row in made["predicted_quantities"].to_dict("records")]
        return FILES["predicted_quantities"], ids.index(name) + 2
    for file, rows in ((FILES["further_evidence"], made["further_evidence"]), ("evidence.csv", None)):
        rows = tables.read(data / file, tables.EVIDENCE) if rows is None else rows
        ids = [trace.row_id(row) for _, row in rows.iterrows()]
        if name in ids:
            return file, ids.index(name) + 2
    raise verdict.VerdictError(f"verdicts: no evidence row {name!r}")


def _text(table):
    into = StringIO()
    table.to_csv(into, index=False, float_format="%.9g", lineterminator="\n")  # as tables.write does
    return into.getvalue()


def _lines(table):
    return _text(table).encode().split(b"\n")


def _split(path):
    return path.read_bytes().split(b"\n")


def _digest(line):
    return hashlib.sha256(line).hexdigest()


def walked(data, corpus, target, claim="C1_detectable", settings=None):
    """Walk one verdict of the study back from its rule to its windows: a list of :class:`mien.verdict.trace.Step`.

    Files and lines are hashed again, and the predictions are made again from the windows: the same bytes.
    Raises :class:`mien.verdict.VerdictError` for a scope or claim that was not judged.
    """
    data = Path(data)
    way = read(data, ["verdict_trace"])["verdict_trace"]
    mine = way[(way[["corpus", "target", "claim"]] == [corpus, target, claim]).all(axis=1)]
    if mine.empty:
        raise verdict.VerdictError(f"verdicts: no {claim!r} of {target!r} in {corpus!r}; see {FILES['verdict_trace']}")
    asked = next(one for one in ASKED if (one.corpus, one.target) == (corpus, target))
    return [_step(data, row, asked, settings or evidence.EvidenceSettings()) for row in mine.to_dict("records")]


def _step(data, row, asked, settings):
    if not row["sha256"] or pd.isna(row["sha256"]):
        return trace.Step(row["step"], "media", "", trace.UNKNOWN, row["what"])
    if row["step"] == "predictions":
        made = predicted(data, asked, settings)[1]
        now = hashlib.sha256(_text(made).encode()).hexdigest()
        what = f"predictions ({row['what']})"
    elif pd.notna(row["line"]):
        lines = _split(data / row["file"])
        now = _digest(lines[row["line"] - 1]) if row["line"] <= len(lines) else ""
        what = f"{row['file']} line {row['line']}"
    else:
        now, what = store.sha256(data / row["file"]), row["file"]
    state = trace.SAME if now == row["sha256"] else trace.CHANGED
    return trace.Step(row["step"], what, row["sha256"], state, row["what"] if row["step"] != "predictions" else "")


# --- what was found, in words -----------------------------------------------------------------------------------------


def answers(read):
    """What may be said, in computed sentences."""
    return {"verdict": answer(read["verdicts"])} if "verdicts" in read else {}


SAID = {
    "a gate fails": "for {n} a gate fails (not assessable)",
    "nothing measured": "for {n} nothing that they ask for was measured (not assessable either)",
    "not testable": "{n} not testable",
    "inconclusive": "{n} inconclusive",
    "in part": "{n} in part",
    "found": "{n} found",
    "does not hold": "{n} not holding",
}


def answer(verdicts):
    """How many verdicts there are of each kind, which scopes fail which gate, and every finding in its own words."""
    judged = verdicts[verdicts["verdict"] != "out_of_scope"]
    states = judged.apply(words.state, axis=1)
    counts = ", ".join(SAID[one].format(n=(states == one).sum()) for one in SAID if (states == one).any())
    scopes = judged.drop_duplicates(["corpus", "target", "signals"])
    few = scopes[scopes["n_groups"] < 30]
    units = ", ".join(f"{row.corpus} {row.n_groups:.0f}" for row in few.itertuples()) or "none"
    findings = judged[states.isin(["in part", "found", "does not hold"])]
    said = [
        f"{_scope(mine.iloc[0])}: " + ", ".join(f"{row.claim.split('_')[0]} {row.wording}" for row in mine.itertuples())
        for _, mine in findings.groupby(["corpus", "target", "signals"], sort=False)
    ]
    return (
        f"{len(judged)} claims and statements in {len(scopes)} scopes by rules {judged['rules_sha256'].iloc[0][:12]}: "
        f"{counts}. Too few people to say anything, for or against (the floor is 30 independent groups): {units}. What "
        f"is said: {'; '.join(said) or 'nothing'}. Where labels were acted, the rules put the words 'detectable "
        "in acted speech' in place of every claim that would hold. K4, use that manipulates or punishes, "
        "is out of scope for any signal."
    )


def _scope(row):
    about = f"{row['target'].removeprefix('label_')} from {row['signals']} in {row['corpus']}"
    return f"{about} ({row['label_source']} labels, {row['n_people']:.0f} people)"
