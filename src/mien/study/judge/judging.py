"""A windows table of one's own, judged: predictions, evidence, verdicts, and the way back from each verdict."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from mien import evidence, models, sources, store, tables, verdict, windows
from mien.evidence import checks, groups, leakage, many, quantities
from mien.study.labels import people
from mien.verdict import trace, words


@dataclass(frozen=True)
class Ask:
    """What is asked of a windows table, and what is said about it that it does not say itself.

    ``signals`` prefixes such as ``"face+voice"``; the first of ``models`` and ``metric`` make the primary claim;
    ``given`` what is known of label and people (:class:`mien.verdict.Given`); ``corpus`` a name for the rows;
    ``groups`` columns of the table that say of each person which group it belongs to, by self-report or record.
    """

    target: str
    signals: str
    models: tuple[str, ...] = ("logistic", "forest")
    metric: str = "auc"
    corpus: str = "unnamed"
    given: verdict.Given = field(default_factory=verdict.Given)
    groups: tuple[str, ...] = ()

    @property
    def rated(self):
        """Whether the label is taken as a number."""
        return models.rates(self.models[0])

    @property
    def about(self):
        """The scope of its quantities."""
        return {"corpus": self.corpus, "target": self.target, "signals": "+".join(checks.prefixes(self.signals))}


def judged(table, path, out, ask, settings, workers=1, progress=None, notes=()):
    """Judge a windows table, which was read from ``path``, and write what was found into the folder ``out``.

    Writes ``predictions.csv``, ``evidence.csv``, ``quantities.csv``, ``groups.csv`` (every measure of every group of
    people, where ``ask`` names a column of groups; ``intersections.csv`` where it names several), ``verdicts.csv``,
    ``leakage.csv``, a copy of the rules and ``report.json`` (settings, counts, ``notes`` on the table, the meanings of
    the words in verdicts, and the hashes by which a verdict is traced back). Returns what was written, as
    (:class:`mien.evidence.Result`, verdicts). Raises the errors of the rooms it goes through.
    """
    rules = verdict.load()
    for column in ask.groups:
        quantities.members(table, column)
    result = evidence.evaluate_table(
        table, ask.target, [ask.signals], ask.models, settings, ask.corpus, workers=workers, progress=progress
    )
    checks_ = leakage.checked(table, ask.target, ask.signals, result.predictions, ratings=ask.rated)
    rows = many.corrected(result.rows, ask.metric, ask.models[0])
    given = replace(
        ask.given, share_synthetic=share_synthetic(table), n_leakage_failures=int((~checks_["passed"]).sum())
    )
    more, cells = told(result.predictions, table, ask)
    verdicts = verdict.of_evidence(rows, rules, {ask.corpus: given}, ask.metric, ask.models[0], more)
    files = {"predictions": result.predictions, "evidence": rows, "quantities": more, "verdicts": verdicts}
    files |= {"leakage": checks_, "groups": cells}
    if len(ask.groups) > 1:
        files["intersections"] = intersections(result.predictions, table, ask)
    for name, frame in files.items():
        tables.write(frame, out / f"{name}.csv")
    (out / verdict.FILE).write_bytes(verdict.place().read_bytes())
    report = {"windows": path.name, "sha256": store.sha256(path), "settings": settings, "asked": ask, "given": given}
    report |= {"told": result.told, "found": sentences(rows, ask), "verdicts": verdict.sentences(verdicts)}
    report |= {"notes": list(notes), "meanings": words.meanings(verdicts)}
    store.write_json(report | {"trace": trace.traced(out, path, rows, rules, more)}, out / "report.json")
    return replace(result, rows=rows), verdicts


def sentences(rows, ask):
    """What was found, in words: classes by their balanced accuracy, ratings by the metric that was asked for."""
    return evidence.sentences(rows, ask.metric if ask.rated else "balanced_accuracy")


def told(predictions, table, ask):
    """What the primary model's held-out predictions tell beside the evidence rows: (quantities, groups of people)."""
    return quantities.of_predictions(_primary(predictions, ask), table, ask.about, ask.groups)


def _primary(predictions, ask):
    return predictions[(predictions["model"] == ask.models[0]) & (predictions["signals"] == ask.about["signals"])]


def intersections(predictions, table, ask):
    """How the primary model does in people who share all groups that ``ask`` names: a row per intersection.

    Of each person the balanced accuracy, of ratings the mean absolute error, is averaged; ``shrunken`` draws what few
    people say towards everybody (:func:`mien.evidence.groups.cells`); below the floor a row is not ``testable`` (AUDIT
    E25). People whom one of the columns says nothing of are in no row.
    """
    mine = _primary(predictions, ask)
    if ask.rated:
        value = (mine["predicted_value"] - mine["truth"].astype(float)).abs().groupby(mine["person_id"]).mean()
    else:
        value = people.of_people(mine).set_index("person_id")["balanced_accuracy"]
    each = pd.concat([quantities.members(table, column).rename(column) for column in ask.groups], axis=1).dropna()
    rows = groups.cells(value.reindex(each.index), each.astype(str).agg(" × ".join, axis=1))
    about = {"groups": " × ".join(ask.groups), "measure": "absolute_error" if ask.rated else "balanced_accuracy"}
    return rows.assign(**about)[[*about, *rows.columns]]


AGREED = {
    ("haines", "label_positive"): ("haines", "positive affect", "face", "alpha_ordinal"),
    ("haines", "label_negative"): ("haines", "negative affect", "face", "alpha_ordinal"),
}
"""Labels that observers gave, and the row of ``agreement.csv`` that says how far these agreed. Means of raters whose
single answers are not published (MIT Interview) have none; nor have acted, self-reported and measured labels."""


def label_alpha(corpus, target):
    """Krippendorff's alpha of an observer's label as the study's table of agreement says it; None where it says none.

    ``corpus`` a name such as ``haines``, in any case; ``target`` such as ``label_positive``.
    """
    key, path = AGREED.get((corpus.casefold(), target)), sources.home() / "agreement.csv"
    if key is None or not path.is_file():
        return None
    rows = pd.read_csv(path).set_index(["corpus", "target", "channel", "measure"])
    return float(rows.at[key, "value"])


def grouped(path):
    """Read a windows table; where it has no ``group_id``, connect people and recordings (AUDIT D3).

    Returns (table, notes on what was done). Raises :class:`mien.tables.TableError` where a promised column is missing.
    """
    table = tables.read(Path(path), tables.WINDOWS, may_lack=("group_id",))
    if "group_id" in table:
        return table, {}
    table = table.copy().assign(group_id=windows.group_id(table))  # a copy lies in one piece: pandas warns of others
    return tables.WINDOWS.check(table, str(path)), {"group_id": "computed from person_id and recording_id"}


def share_synthetic(table):
    """The share of recordings that are marked synthetic; a table without such a mark has none."""
    if "is_synthetic" not in table:
        return 0.0
    return float(table.groupby("recording_id")["is_synthetic"].any().mean())
