"""MELD: lines of a television comedy, with emotion and sentiment as three annotators saw, heard and read them.

Written, acted and cut: times are those of subtitles, so gaps and overlaps are coarse and belong to the script and the
editor, not to people. Six characters are in nearly every dialogue, so no split can hold out people; what can be held
out is an episode (``confound_episode``). The repository is under the GPL: what was found in it is passed on, no table.
"""

import pandas as pd

from mien import corpora
from mien.corpora import sheets

NAME = "meld"
WHAT = "television dialogue in English: 13,708 lines in 1,432 dialogues, subtitle times, 7 emotions, 3 sentiments"
LICENCE = "GPL-3.0: publish what was found, not the table"
CITATION = (
    "Poria S, Hazarika D, Majumder N, Naik G, Cambria E, Mihalcea R (2019) MELD: a multimodal multi-party dataset for "
    "emotion recognition in conversations. ACL 2019, 527-536. https://doi.org/10.18653/v1/P19-1050"
)
ORIGIN = "https://github.com/declare-lab/MELD, data/MELD: train_sent_emo.csv, dev_sent_emo.csv, test_sent_emo.csv"
LABELS = {"label_emotion": "observer", "label_sentiment": "observer"}
TABLES = ("sentences",)

PARTS = ("train", "dev", "test")
EMOTIONS = ("anger", "disgust", "fear", "joy", "neutral", "sadness", "surprise")
SENTIMENTS = ("negative", "neutral", "positive")
COLUMNS = (
    "Speaker",
    "Emotion",
    "Sentiment",
    "Dialogue_ID",
    "Utterance_ID",
    "Season",
    "Episode",
    "StartTime",
    "EndTime",
)
EXPECTED = f"MELD: train_sent_emo.csv, dev_sent_emo.csv and test_sent_emo.csv with {', '.join(COLUMNS)}"


def sentences(folder, told=None):
    """Every line of MELD in ``folder``: recording_id, person_id, start_s, end_s, labels (observer), one row per line.

    A dialogue is a recording (its number begins anew in each part); times are seconds on the clock of its episode. Also
    ``confound_episode`` and ``part`` (train, dev, test). A line without a usable interval is left out and named in
    ``told["unread"]``. Raises :class:`mien.corpora.CorpusError` for a missing file, column or label.
    """
    told = {} if told is None else told
    found = pd.concat([_part(folder, part, told) for part in PARTS], ignore_index=True)
    return found.sort_values(["recording_id", "start_s", "end_s"], ignore_index=True, kind="stable")


def _part(folder, part, told):
    path = sheets.one_file(folder, f"{part}_sent_emo.csv", EXPECTED)
    rows = sheets.text_table(path, COLUMNS, EXPECTED)
    for name, known in (("Emotion", EMOTIONS), ("Sentiment", SENTIMENTS)):
        bad = rows[name][~rows[name].isin(known)]
        if len(bad):
            raise corpora.CorpusError(
                f"{path}: row {bad.index[0] + 1}: {name} {bad.iloc[0]!r}; expected {', '.join(known)}"
            )
    lines = [",".join(row) for row in rows.drop(columns="Utterance", errors="ignore").to_numpy()]
    kept = dict(zip(lines, rows.itertuples(index=False), strict=True))
    more = ("recording_id", "label_emotion", "label_sentiment", "confound_episode")
    return corpora.timed(lines, lambda line: _line(kept[line], part), path, told, 2, more).assign(part=part)


def _line(row, part):
    episode = f"s{int(row.Season):02d}e{int(row.Episode):02d}"
    recording_id = f"{NAME}_{part}_{int(row.Dialogue_ID):04d}"
    times = _seconds(row.StartTime), _seconds(row.EndTime)
    return f"{NAME}_{row.Speaker}", *times, recording_id, row.Emotion, row.Sentiment, episode


def _seconds(text):
    """Seconds of a subtitle's time.

    >>> _seconds("00:20:57,256")
    1257.256
    """
    hours, minutes, seconds = text.replace(",", ".").split(":")
    return round(int(hours) * 3600 + int(minutes) * 60 + float(seconds), 3)
