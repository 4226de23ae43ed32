"""Turn-taking in three corpora of meetings: committed tables, how they are remade, and what they say."""

from pathlib import Path

import pandas as pd

from mien import corpora, tables
from mien.study.answer import Answer, joined, yes_no
from mien.turns import PUBLISHED, anchors

NOTEBOOKS = ("03_turns",)
FILES = {
    "turn_anchors": "turn_anchors.csv",
    "turn_offsets": "turn_offsets.csv",
    "turn_backchannels": "turn_backchannels.csv",
}
"""The tables, by name: a row per meeting; per bin of offsets; per pause that separates two stretches of speech."""

NAMES = {"ami": "AMI", "gap": "GAP", "mrda": "ICSI"}


def remake(folders, out, tick=lambda *_: None):
    """Make the tables from the corpora, which stay with their makers; return the paths of the tables.

    ``folders``: the folder of each of :data:`mien.corpora.TIMED`, by name. Raises :class:`mien.corpora.CorpusError`
    for a folder that does not hold its corpus, and for a line of it that can't be read.
    """
    found = [anchors.of_corpus(name, folders[name], tick=tick) for name in corpora.TIMED]
    unread = [line for _, _, lines in found for line in lines]
    if unread:
        raise corpora.CorpusError(f"{len(unread)} lines can't be read; the first is {unread[0]}")
    made = {
        "turn_anchors": pd.concat([meetings for meetings, _, _ in found], ignore_index=True),
        "turn_offsets": pd.concat([offsets for _, offsets, _ in found], ignore_index=True),
        "turn_backchannels": anchors.backchannels(folders["mrda"], tick=tick),
    }
    Path(out).mkdir(parents=True, exist_ok=True)
    return [tables.write(table, Path(out) / FILES[name]) for name, table in made.items()]


def read(folder, names):
    """Those of the tables that are among ``names``, by name."""
    found = {name: pd.read_csv(folder / file) for name, file in FILES.items() if name in names}
    if "turn_anchors" in found:
        anchors.MEETINGS.check(found["turn_anchors"], FILES["turn_anchors"])
    return found


def answers(read):
    """What was found, by name."""
    return {"turns": answer(read)}


def answer(read):
    """How turn-taking in the corpora compares with what was published."""
    meetings = read["turn_anchors"]
    median = meetings.groupby("corpus", sort=False)[list(anchors.MEASURES)].median()
    low, high = (pick(p.low for p in PUBLISHED if p.measure == "fto_median_s") for pick in (min, max))
    alike = yes_no(median["fto_median_s"].between(low, high), "Yes", "In part", "No")
    counts = ", ".join(f"{NAMES[name]} {n}" for name, n in meetings["corpus"].value_counts(sort=False).items())
    short = (
        f"{alike}: in {len(meetings)} meetings in English the next person begins "
        f"{_each(median['fto_median_s'], '{:+.2f} s')} after the last (published {low:+.2f} to {high:+.2f} s), and "
        f"{joined(f'{100 * rate:.0f}' for rate in median['overlap_rate'])} % of changes overlap (published "
        f"{100 * _published('overlap_rate'):.0f} %); no interval, since meetings share people."
    )
    whom = (
        f"{len(meetings)} meetings ({counts}; groups talking English face to face, none by video), in which the floor "
        f"changed {meetings['changes'].sum():,.0f} times; numbers are medians of meetings."
    )
    return Answer(short, (whom, _spread(meetings), _clipped(median), *_backchannels(median, read)))


def _spread(meetings):
    """How far single meetings lie apart."""
    quarters = meetings.groupby("corpus", sort=False)["fto_median_s"].quantile([0.25, 0.75]).unstack()
    each = joined(f"{row[0.25]:+.2f} to {row[0.75]:+.2f} s ({NAMES[name]})" for name, row in quarters.iterrows())
    return f"The middle half of meetings have a median offset of {each}."


def _clipped(median):
    return (
        f"With overlaps clipped to zero the mean gap would be {_each(median['patience_s'], '{:.2f}')} s where the mean "
        f"offset is {_each(median['fto_mean_s'], '{:.2f}')} s."
    )


def _backchannels(median, read):
    marked = read["turn_backchannels"].set_index("min_pause_s").loc[0.18]
    return (
        f"Backchannels come {_each(median['backchannels_per_speech_hour'], '{:.0f}')} times an hour of "
        f"speech; of pairs in video chat {_published('backchannels_per_speech_hour'):,.0f} were published.",
        f"Annotators of ICSI marked {marked['marked_per_speech_hour']:.0f} an hour, of which timing alone finds "
        f"{100 * marked['recall']:.0f} %, and {100 * marked['precision']:.0f} % of what timing calls one was marked: "
        "without words, counts of backchannels are not to be read person by person.",
    )


def _published(measure):
    return next(one.low for one in PUBLISHED if one.measure == measure)


def _each(values, form):
    """The values of the corpora in words: '0.25 (AMI), 0.00 (GAP) and 0.18 (ICSI)'."""
    return joined(f"{form.format(value)} ({NAMES[name]})" for name, value in values.items())
