"""Sentiment in corpora whose tables may not be passed on: only what was found in them lies in ``data/``.

Haines (spontaneous faces, three trained raters; found in data without a licence) and MELD (lines of a television
comedy; GPL-3.0). Both labels are what observers saw, heard or read. Nothing here is made by ``make reproduce``: with
the corpora at hand, :func:`remake` makes the committed table anew.
"""

from dataclasses import replace
from pathlib import Path

import pandas as pd

from mien import corpora, evidence, models, tables, turns
from mien.corpora import haines, meld
from mien.evidence import baselines, checks, splits
from mien.evidence.rows import Question

NOTEBOOKS = ()
FILES = {"sentiment_unshared": "sentiment_unshared.csv"}

PLACES = {"haines": "haines", "meld": "meld"}
"""The corpora, and what their folders are called where they lie side by side."""

MODELS = ("logistic",)
N_REPEATS = 1
"""The folds are drawn once and no labels are permuted, since these tables are large: what counts are the intervals."""

AROUND_S = 15.0
"""The timing of a line is that of its dialogue from this long before its start to this long after its end."""

MARGIN = 1.0
"""A face looks positive (negative) where raters' mean positive affect is this much above (below) the negative one."""

CHARACTERS = 6
"""How many of the characters of MELD are known to a model by name; all others are one."""

ROWS = tables.Table(
    "sentiment",
    "claim tested",
    (
        *tables.EVIDENCE.columns,
        tables.Column("channel", "face, voice or turns", "text"),
        tables.Column("label_source", "who says what the label says", "text"),
        tables.Column("unit", "what was held out whole and resampled", "text"),
        tables.Column("licence", "of the corpus", "text"),
    ),
)
"""What a table of rows on sentiment promises: evidence, and what about the label a reader must know."""


def remake(folders, out, settings=None, tick=lambda *_: None):
    """Make the table from the corpora in ``folders`` ({name: folder}, all names of :data:`PLACES`); return its path.

    Raises :class:`mien.corpora.CorpusError` for a missing name and for a folder that does not hold its corpus.
    """
    lost = sorted(set(PLACES) - set(folders))
    if lost:
        raise corpora.CorpusError(f"no folder for {', '.join(lost)}; expected one for each of {', '.join(PLACES)}")
    settings = replace(settings or evidence.EvidenceSettings(), n_permutations=0, n_repeats=N_REPEATS)
    rows = [of_haines(folders["haines"], settings, tick), of_meld(folders["meld"], settings, tick)]
    found = ROWS.check(pd.concat(rows, ignore_index=True))
    Path(out).mkdir(parents=True, exist_ok=True)
    return tables.write(
        found.round(dict.fromkeys(found.select_dtypes("float"), 6)), Path(out) / FILES["sentiment_unshared"]
    )


def read(data, names=tuple(FILES)):
    """Those of the tables that are among ``names``, by name."""
    return {name: rows_of(Path(data) / file) for name, file in FILES.items() if name in names}


def rows_of(path):
    """A table of rows on sentiment as it was written, words that are missing empty."""
    return tables.read(path, ROWS).fillna({"interval": "", "null": "", "best_baseline_name": ""})


def answers(read):
    """Nothing of its own: what was found is part of what ``06_sentiment`` says."""
    return {}


def of_haines(folder, settings, tick=lambda *_: None):
    """Rows of Haines: does the face (20 action units by FACET) tell whether raters saw it positive or negative?"""
    table = seen_valence(haines.windows(folder, as_published=True))
    settings = replace(settings, shams=False)  # a recording is one window, and nobody has a partner
    found = evidence.evaluate_table(
        table, "label_seen_valence", ["face"], MODELS, settings, "Haines", progress=_told(tick, "Haines")
    )
    return found.rows.assign(channel="face", label_source="observer", unit="people", licence=haines.LICENCE)


def seen_valence(table):
    """The table with ``label_seen_valence``: which of the two affects raters saw more of, by :data:`MARGIN` points."""
    more = table["label_positive"] - table["label_negative"]
    seen = pd.Series("neutral", index=table.index).mask(more >= MARGIN, "positive").mask(more <= -MARGIN, "negative")
    return table.assign(label_seen_valence=seen.where(more.notna()))


@splits.one_thread
def of_meld(folder, settings, tick=lambda *_: None):
    """Rows of MELD: does the timing of a line tell the sentiment that annotators gave it? Episodes are held out.

    The main characters are in every episode, so nothing is said of people never seen; who speaks is a confound instead.
    """
    table = timed(meld.sentences(folder))
    given = checks.cases(table, "label_sentiment")
    plan = splits.repeats(given.codes, given.groups, settings)
    # Who a person is (B2) is left out: here people are characters of one episode, some thousand of them.
    ask = Question(given, settings, "MELD", plan, baselines.ladder(given, plan, settings, only_counting=True))
    model = models.make("logistic", ["turn"], settings.seed, settings.model)
    judged = baselines.judge("logistic", "turn", checks.signal_columns(given, "turn"), model, given, plan)
    rows = [row for rung in ask.ladder for row in ask.baseline(rung)] + ask.answered(judged)
    found = tables.EVIDENCE.check(pd.DataFrame(rows))
    tick("MELD", 1, 1)
    return found.assign(
        split="episodes_" + found["split"],
        n_people=table["person_id"].str.rpartition("/")[2].nunique(),
        channel="turns",
        label_source="observer",
        unit="episodes",
        licence="GPL-3.0",
    )


def timed(lines):
    """The lines of MELD with the turn measures of their speaker around them: a WINDOWS table whose groups are episodes.

    A character counts as another person in each episode, since the same ones are everywhere.
    """
    parts, lines = [], _one_per_start(lines)
    for _, dialogue in lines.groupby("recording_id", sort=True):
        everything = turns.floor(dialogue[["person_id", "start_s", "end_s"]])
        first_s, last_s = dialogue["start_s"].min(), dialogue["end_s"].max()
        for line in dialogue.itertuples():
            span = max(line.start_s - AROUND_S, first_s), min(line.end_s + AROUND_S, last_s)
            values, reasons = turns.features(everything, line.person_id, *span)
            parts.append(values | {"why": "; ".join(f"{name}: {why}" for name, why in reasons.items())})
    in_order = lines.sort_values("recording_id", kind="stable", ignore_index=True)
    found = pd.concat([in_order, pd.DataFrame(parts)], axis=1)
    main = lines["person_id"].value_counts().index[:CHARACTERS]
    return tables.WINDOWS.check(
        found.assign(
            confound_character=found["person_id"].where(found["person_id"].isin(main), "other"),
            person_id=found["confound_episode"] + "/" + found["person_id"],
            group_id=found["confound_episode"],
        ).drop(columns="confound_episode")
    )


def _one_per_start(lines):
    """Of lines of one person that begin at the same time (a subtitle that was cut in two) the one that ends last."""
    kept = lines.sort_values("end_s", kind="stable").drop_duplicates(
        ["recording_id", "person_id", "start_s"], keep="last"
    )
    return kept.sort_index()


def _told(tick, name):
    return lambda done, total, words: tick(f"{name}: {words}", done, total)
