"""A windows table of one's own, judged: predictions, evidence, verdicts, and the way back from each verdict."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from mien import evidence, store, tables, verdict, windows
from mien.evidence import leakage, many
from mien.verdict import trace


@dataclass(frozen=True)
class Ask:
    """What is asked of a windows table, and what is said about it that it does not say itself.

    ``signals`` prefixes such as ``"face+voice"``; the first of ``models`` and ``metric`` make the primary claim;
    ``given`` what is known of label and people (:class:`mien.verdict.Given`); ``corpus`` a name for the rows.
    """

    target: str
    signals: str
    models: tuple[str, ...] = ("logistic", "forest")
    metric: str = "auc"
    corpus: str = "unnamed"
    given: verdict.Given = field(default_factory=verdict.Given)


def judged(table, path, out, ask, settings, workers=1, progress=None):
    """Judge a windows table, which was read from ``path``, and write what was found into the folder ``out``.

    Writes ``predictions.csv``, ``evidence.csv``, ``verdicts.csv``, ``leakage.csv``, a copy of the rules and
    ``report.json`` (settings, counts, and the hashes by which a verdict is traced back). Returns what was written, as
    (:class:`mien.evidence.Result`, verdicts). Raises the errors of the rooms it goes through.
    """
    rules = verdict.load()
    result = evidence.evaluate_table(
        table, ask.target, [ask.signals], ask.models, settings, ask.corpus, workers=workers, progress=progress
    )
    checks = leakage.checked(table, ask.target, ask.signals, result.predictions)
    rows = many.corrected(result.rows, ask.metric, ask.models[0])
    given = replace(
        ask.given, share_synthetic=share_synthetic(table), n_leakage_failures=int((~checks["passed"]).sum())
    )
    verdicts = verdict.of_evidence(rows, rules, {ask.corpus: given}, ask.metric, ask.models[0])
    files = {"predictions": result.predictions, "evidence": rows, "verdicts": verdicts, "leakage": checks}
    for name, frame in files.items():
        tables.write(frame, out / f"{name}.csv")
    (out / verdict.FILE).write_bytes(verdict.place().read_bytes())
    report = {"windows": path.name, "sha256": store.sha256(path), "settings": settings, "asked": ask, "given": given}
    report |= {"told": result.told, "found": evidence.sentences(rows), "verdicts": verdict.sentences(verdicts)}
    store.write_json(report | {"trace": trace.traced(out, path, rows, rules)}, out / "report.json")
    return replace(result, rows=rows), verdicts


def grouped(path):
    """Read a windows table; where it has no ``group_id``, connect people and recordings (AUDIT D3).

    Returns (table, notes on what was done). Raises :class:`mien.tables.TableError` where a promised column is missing.
    """
    table = tables.read(Path(path), tables.WINDOWS, may_lack=("group_id",))
    if "group_id" in table:
        return table, {}
    table = table.assign(group_id=windows.group_id(table))
    return tables.WINDOWS.check(table, str(path)), {"group_id": "computed from person_id and recording_id"}


def share_synthetic(table):
    """The share of recordings that are marked synthetic; a table without such a mark has none."""
    if "is_synthetic" not in table:
        return 0.0
    return float(table.groupby("recording_id")["is_synthetic"].any().mean())
