"""The way back from each verdict of the study: rule, rows it rests on, what these were made of; each with its hash.

From a model's verdict one comes to its predictions (made again from the windows: the same bytes), the windows and the
recordings; from a verdict on the open score to the facts and the pinned reference, and to the files of the corpus,
which stay with their makers and are known by their hashes.
"""

import hashlib
from io import StringIO
from pathlib import Path

import pandas as pd

from mien import corpora, store, tables, verdict
from mien.corpora import downloads
from mien.evidence.words import row_id
from mien.study.labels import travel
from mien.study.score import scored
from mien.verdict import trace
from mien.verdict.quantities import quantity_id

MEDIA = "media_sha256.csv"
"""The sha256 of the recordings that the windows tables were measured on; made by hand."""
WAY = ("corpus", "target", "signals", "profile", "claim", "step", "file", "line", "sha256", "what")
SCOPE, EACH = list(WAY[:4]), ("",) * 5
VERDICTS = "verdicts.csv"
MODULES = {"AMI": "ami", "GAP": "gap", "ICSI": "mrda"}
NO_HASH = "its makers say no hash of their files"


def table(data, made, rules, scopes, quantities, asked):
    """The steps of the way back from all verdicts, each once: of what counts for each, the columns are empty.

    ``made`` the tables of question 13, ``scopes`` {(corpus, target, signals, profile): predictions or None},
    ``quantities`` the files of other questions' quantities, ``asked`` the scopes of models.
    """
    verdicts, known = _lines(made["verdicts"]), places(data, made, quantities, asked)
    rows = [(*EACH, "rules", verdict.FILE, pd.NA, rules.sha256, "the rules, frozen before any outcome")]
    about = {(one.corpus, one.target, one.signals): one for one in asked}
    for scope, predictions in scopes.items():
        mine = made["verdicts"][(made["verdicts"][SCOPE] == list(scope)).all(axis=1)]
        for place, row in mine.iterrows():
            line = (place + 2, _digest(verdicts[place + 1]), row["wording"])
            rows.append((*scope, row["claim"], "verdict", VERDICTS, *line))
        of_model = predictions is not None
        end = _of_model(data, about[scope[:3]], predictions) if of_model else _of_score(data, scope[0])
        rows += [(*scope, "", *step) for step in end]
    ids = [name for said in made["verdicts"]["rests_on"] for name in said.split("; ") if name]
    rows += [(*EACH, "evidence", *known[name], name) for name in dict.fromkeys(ids)]
    return pd.DataFrame(rows, columns=WAY)


def _of_model(data, asked, predictions):
    """From held-out predictions to the windows and the recordings."""
    digits = hashlib.sha256(_text(predictions).encode()).hexdigest()
    yield "predictions", "", pd.NA, digits, f"{len(predictions)} rows, made again from windows"
    yield "windows", asked.file, pd.NA, store.sha256(data / asked.file), corpora.named(asked.name).ORIGIN
    yield _recording(data, asked, predictions)


def _of_score(data, corpus):
    """From what was found of the score to its facts, the reference, and the files of the corpus."""
    for step, name in (("facts", "score_facts"), ("reference", "score_reference")):
        file = scored.FILES[name]
        yield step, file, pd.NA, store.sha256(data / file), "numbers over a whole corpus, and of no one person"
    yield corpus_step(corpus)


def corpus_step(corpus):
    """The files of a corpus, which stay with their makers: their number, and one hash over all of their hashes."""
    name = MODULES.get(corpus, corpus.casefold())
    if name not in corpora.ALL:
        return "corpus", "", pd.NA, "", f"{corpus} is no corpus of others"
    origin, files = corpora.named(name).ORIGIN, downloads.listed(name)
    if not files:
        return "corpus", "", pd.NA, "", f"{origin}: {NO_HASH}"
    listing = "\n".join(f"{path} {source.sha256 or source.md5}" for path, source in sorted(files.items()))
    return "corpus", "", pd.NA, _digest(listing.encode()), f"{origin}: {len(files)} files of known hash"


def places(data, made, quantities, asked):
    """Where each id of ``rests_on`` stands: {id: (file, line, sha256 of the line)}; the header is line 1.

    ``made`` has the tables of question 13; the rest is read from ``data``.
    """
    found = {}
    for name in ("predicted_quantities", "score_quantities"):
        _place(found, f"{name}.csv", _lines(made[name]), made[name], quantity_id)
    for file in quantities:
        rows = tables.read(data / file, tables.QUANTITIES)
        texts = [column.name for column in tables.QUANTITIES.columns if column.kind == "text"]
        _place(found, file, _split(data / file), rows.fillna(dict.fromkeys(texts, "")), quantity_id)
    for file in dict.fromkeys(one.evidence for one in asked):
        _place(found, file, _split(data / file), tables.read(data / file, tables.EVIDENCE), row_id)
    file = travel.FILES["travel"]
    rows = travel.read(data, ["travel"])["travel"]
    _place(found, file, _split(data / file), rows, row_id, rows["treatment"] == travel.DECLARED)
    return found


def _place(found, file, lines, rows, name_of, chosen=None):
    for line, row in enumerate(rows.to_dict("records"), 2):
        if chosen is None or chosen.iloc[line - 2]:
            found.setdefault(name_of(row), (file, line, _digest(lines[line - 1])))


def _recording(data, asked, predictions):
    """The last step: the first recording that was predicted, and where the hash of its file stands."""
    media = pd.read_csv(data / MEDIA)
    used = media[(media["corpus"] == asked.name) & media["recording_id"].isin(predictions["recording_id"])]
    if used.empty:
        return "recordings", "", pd.NA, "", "its makers publish measures and no recordings"
    first, line = used.iloc[0], used.index[0] + 2
    what = f"the first of {len(used)} recordings: {first['file']}, sha256 {first['sha256']}"
    return "recordings", MEDIA, line, _digest(_split(data / MEDIA)[line - 1]), what


# --- walked -----------------------------------------------------------------------------------------------------------


def read(path):
    """The committed table of steps."""
    rows = pd.read_csv(path, dtype={"line": "Int64"})
    return rows.fillna(dict.fromkeys([name for name in WAY if name != "line"], ""))


def of(rows, verdicts, corpus, target, profile, claim):
    """The steps of one verdict, in order: rules, verdict, the rows that it rests on, and what these were made of.

    ``verdicts`` a :data:`mien.tables.VERDICTS` table. Raises :class:`mien.verdict.VerdictError` for what was not
    judged.
    """
    by = ["corpus", "target", "profile"]
    mine = rows[(rows[by] == [corpus, target, profile]).all(axis=1) & rows["claim"].isin(["", claim])]
    said = verdicts[(verdicts[[*by, "claim"]] == [corpus, target, profile, claim]).all(axis=1)]
    if said.empty or claim not in set(mine["claim"]):
        where = f"of {target!r} in {corpus!r}" + (f", profile {profile!r}" if profile != "none" else "")
        raise verdict.VerdictError(f"verdicts: no {claim!r} {where}; see verdict_trace.csv")
    ids = [name for name in said["rests_on"].fillna("").iloc[0].split("; ") if name]
    evidence = rows[rows["step"] == "evidence"].set_index("what", drop=False)
    lost = [name for name in ids if name not in evidence.index]
    if lost:
        raise verdict.VerdictError(f"verdicts: {claim} rests on {lost[0]!r}, of which verdict_trace.csv knows nothing")
    is_end = mine["claim"] == ""
    return pd.concat([rows[rows["step"] == "rules"], mine[~is_end], evidence.loc[ids], mine[is_end]], ignore_index=True)


def step(data, row, again):
    """Take one step: hash again what it names; ``again(signals)`` makes the predictions once more."""
    if not row["sha256"] or pd.isna(row["sha256"]):
        return trace.Step(row["step"], "media", "", trace.UNKNOWN, row["what"])
    note = row["what"]
    if row["step"] == "predictions":
        now, what, note = hashlib.sha256(_text(again(row["signals"])).encode()).hexdigest(), f"predictions ({note})", ""
    elif row["step"] == "corpus":
        now, what = corpus_step(row["corpus"])[3], "the files of the corpus, by their hashes"
    elif pd.notna(row["line"]):
        lines = _split(data / row["file"])
        now = _digest(lines[row["line"] - 1]) if row["line"] <= len(lines) else ""
        what = f"{row['file']} line {row['line']}"
    else:
        now, what = store.sha256(data / row["file"]), row["file"]
    state = trace.SAME if now == row["sha256"] else trace.CHANGED
    return trace.Step(row["step"], what, row["sha256"], state, note)


def _text(rows):
    into = StringIO()
    rows.to_csv(into, index=False, float_format="%.9g", lineterminator="\n")  # as tables.write does
    return into.getvalue()


def _lines(rows):
    return _text(rows).encode().split(b"\n")


def _split(path):
    return Path(path).read_bytes().split(b"\n")


def _digest(line):
    return hashlib.sha256(line).hexdigest()
