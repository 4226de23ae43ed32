"""Tables that the notebooks draw from the corpora of others: committed where licences allow, and how they are remade.

The corpora stay with their makers. A windows table here has the columns of :data:`mien.tables.WINDOWS`; turn measures
come from :mod:`mien.turns`, faces from :mod:`mien.face`, as for any recording. Values have four significant digits.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from mien import corpora, face, media, tables, turns, windows
from mien.corpora import cremad, gap, london, mit, mrda
from mien.turns import anchors

FILES = {
    "cremad_votes": "cremad_votes.csv",
    "cremad_people": "cremad_people.csv",
    "gap_windows": "gap_windows.csv",
    "gap_sentences": "gap_sentences.csv",
    "gap_groups": "gap_groups.csv",
    "london_windows": "london_windows.csv",
    "mit_windows": "mit_windows.csv",
    "mrda_windows": "mrda_windows.csv",
}
"""The tables, by name."""

PLACES = {"cremad": "cremad", "gap": "gap", "london": "london_faces", "mit": "mit_interview", "mrda": "mrda"}
"""The corpora that the tables come from, and what their folders are called where they lie side by side."""

AROUND_S = 15.0
"""A sentence's turn measures are those of its speaker from this long before its start to this long after its end."""

HOT_WINDOW_S = 120.0
"""The length of a window of a meeting in which hot spots are looked for."""

PICTURE_S = 0.04
"""How long a picture lasts on the clock of ``media``, which shows one at 25 frames a second."""


def remake(folders, out, tick=lambda *_: None):
    """Make the tables of the corpora in ``folders`` ({name: folder}, names of :data:`PLACES`); return the paths.

    A corpus that is not given is left out, and its tables stay as they are. Raises
    :class:`mien.corpora.CorpusError` for a name that is not known and for a folder that does not hold its corpus.
    """
    unknown = sorted(set(folders) - set(PLACES))
    if unknown:
        raise corpora.CorpusError(f"no tables are made from {', '.join(unknown)}; expected {', '.join(PLACES)}")
    Path(out).mkdir(parents=True, exist_ok=True)
    makers = {"cremad": of_cremad, "gap": of_gap, "london": of_london, "mit": of_mit, "mrda": of_mrda}
    paths = []
    for name, folder in folders.items():
        made = makers[name](folder, tick)
        paths += [tables.write(rounded(table), Path(out) / FILES[key]) for key, table in made.items()]
    return paths


def read(folder, names=tuple(FILES)):
    """The tables of ``names`` from the folder in which they were written; those of windows are checked."""
    found = {}
    for name in names:
        path = Path(folder) / FILES[name]
        if name.endswith("_windows") or name == "gap_sentences":
            found[name] = tables.read(path, tables.WINDOWS).fillna({"why": ""})
        elif path.is_file():
            found[name] = pd.read_csv(path)
        else:
            raise tables.TableError(f"{path}: no such file; remake it with mien.study.others.remake")
    return found


def rounded(table):
    """The table with four significant digits in its numbers, times whole: enough for any use, and small files."""
    numbers = table.select_dtypes("float").drop(columns=["start_s", "end_s", "length_s"], errors="ignore")
    size = 10 ** (3 - np.floor(np.log10(numbers.abs().where(numbers != 0, 1.0))))
    return table.assign(**((numbers * size).round() / size).to_dict("series"))


def of_cremad(folder, tick=lambda *_: None):
    """CREMA-D: how observers voted on every clip by channel, and who the actors are."""
    tick("CREMA-D", 1, 1)
    return {"cremad_votes": cremad.votes(folder).drop(columns="person_id"), "cremad_people": cremad.people(folder)}


def of_mit(folder, tick=lambda *_: None):
    """MIT Interview: face, voice and ratings of every interview; prosody is left out, since nobody licensed it."""
    tick("MIT Interview", 1, 1)
    return {"mit_windows": mit.windows(folder)}


# --- turns ------------------------------------------------------------------------------------------------------------


def of_gap(folder, tick=lambda *_: None):
    """GAP: each person's meeting with self-ratings and outcomes, each sentence with its marks, and each group.

    The window of a person is their whole meeting (first word to last); ``pseudo_turn_*`` are the same measures among
    people of another meeting (:func:`mien.turns.among_strangers`), the next of as many people. A sentence is a window
    of its own, and its turn measures are those of its speaker in it and :data:`AROUND_S` around it. ``text_n_words``
    and ``text_n_chars`` count what was said. Every meeting is a group, and nobody came twice.
    """
    told, parts, around = {}, [], []
    people, marked, groups = gap.people(folder, told), gap.sentences(folder, told), gap.groups(folder, told)
    people = people.merge(groups[["recording_id", "label_group_score"]], on="recording_id", how="left")
    meetings = gap.recordings(folder)
    heard = {meeting.recording_id: gap.segments(meeting.path, told) for meeting in meetings.itertuples()}
    partners = _partners(heard)
    for number, (recording_id, segments) in enumerate(heard.items(), 1):
        everything = turns.floor(anchors.from_first_word(segments).drop(columns="words"))
        mine = people[people["recording_id"] == recording_id]
        others = anchors.from_first_word(heard[partners[recording_id]])
        parts += [row | _said(segments, row) | _repaired(segments, others, row)
                  for row in _whole(everything, mine, segments)]  # fmt: skip
        around += _around(everything, marked[marked["recording_id"] == recording_id], segments)
        tick("GAP", number, len(meetings))
    if told["unread"]:
        raise corpora.CorpusError(f"{len(told['unread'])} lines can't be read; the first is {told['unread'][0]}")
    found = {"gap_windows": _of_people(parts), "gap_sentences": _of_people(around)}
    return found | {"gap_groups": groups}


def _whole(everything, people, segments):
    """One window per person of a meeting, from the first word to the last."""
    end_s = round(float(segments["end_s"].max() - segments["start_s"].min()), 3)
    rows = []
    for person in people.to_dict("records"):
        window = {"start_s": 0.0, "end_s": end_s}
        rows.append(_turn_window(everything, window, person, list(people["person_id"])))
    return rows


def _partners(heard):
    """For each meeting the next of as many people, or the next of all: {recording_id: recording_id}."""
    sizes = {name: segments["person_id"].nunique() for name, segments in heard.items()}
    alike = {size: [name for name in heard if sizes[name] == size] for size in sizes.values()}
    found = {}
    for name in heard:
        among = alike[sizes[name]] if len(alike[sizes[name]]) > 1 else list(heard)
        found[name] = among[(among.index(name) + 1) % len(among)]
    return found


def _said(segments, row):
    """How much this person said in the whole meeting."""
    counts = [gap.counted(words) for words in segments.loc[segments["person_id"] == row["person_id"], "words"]]
    n_words, n_chars = np.sum(counts, axis=0) if counts else (0, 0)
    return {"text_n_words": float(n_words), "text_n_chars": float(n_chars)}


def _repaired(segments, others, row):
    """The turn measures of this person among the people of another meeting; none for who never speaks."""
    own = anchors.from_first_word(segments)
    if row["person_id"] not in set(own["person_id"]):
        return {}
    talk = turns.among_strangers(own, row["person_id"], others, row["end_s"])
    values, _ = turns.features(talk, row["person_id"], 0.0, row["end_s"])
    return {f"pseudo_{name}": value for name, value in values.items()}


def _around(everything, sentences, segments):
    """One window per sentence, with the measures of a while before it to a while after it."""
    first_s, end_s = segments["start_s"].min(), float(segments["end_s"].max() - segments["start_s"].min())
    rows = []
    for one in sentences.to_dict("records"):
        window = {name: round(float(one[name] - first_s), 3) for name in ("start_s", "end_s")}
        span = max(window["start_s"] - AROUND_S, 0.0), min(window["end_s"] + AROUND_S, end_s)
        rows.append(_turn_window(everything, window, one, everything.people, span))
    return rows


def _turn_window(everything, window, about, people, span=None):
    """A row of windows: who and what is known of them, the turns in the window (or span), and why one is missing."""
    start_s, end_s = span or window.values()
    values, reasons = turns.features(everything, about["person_id"], start_s, end_s, people=people)
    return about | window | values | {"why": tables.why(windows.shortened(reasons))}


def _of_people(rows):
    """Rows of windows as a checked table, in which connected people and recordings are one group."""
    frame = pd.DataFrame(rows)
    frame["group_id"] = windows.group_id(frame)
    head = ["recording_id", "person_id", "start_s", "end_s", "group_id"]
    kinds = ("turn_", "pseudo_", "text_", "label_", "confound_", "why")
    rest = [name for kind in kinds for name in frame.columns if name.startswith(kind)]
    order = ["recording_id", "start_s", "end_s", "person_id"]
    return tables.WINDOWS.check(frame[head + rest].sort_values(order, ignore_index=True, kind="stable"))


def of_mrda(folder, tick=lambda *_: None):
    """MRDA: each person's part in every two minutes of a meeting, and whether a hot spot lies in them.

    ``label_hot_spot`` is yes where a spot presumed to be amusement begins or lasts in the window, other where only
    spots of other types do, else no. It belongs to the meeting and is the same for all who are there. The same people
    meet again and again: all 75 meetings are one group, so nothing can be said of new people; ``confound_series`` is
    the weekly meeting that a window belongs to.
    """
    told, rows, spots = {}, [], mrda.hot_spots(folder)
    meetings = mrda.recordings(folder)
    for number, meeting in enumerate(meetings.itertuples(), 1):
        segments = mrda.segments(meeting.path, told)
        mine = spots[spots["recording_id"] == meeting.recording_id]
        rows += _hot(meeting.recording_id, segments, mine)
        tick("MRDA", number, len(meetings))
    if told["unread"]:
        raise corpora.CorpusError(f"{len(told['unread'])} lines can't be read; the first is {told['unread'][0]}")
    return {"mrda_windows": _of_people(rows)}


def _hot(recording_id, segments, spots):
    """The windows of one meeting; times begin with its first word."""
    first_s = segments["start_s"].min()
    end_s = float(segments["end_s"].max() - first_s)
    everything = turns.floor(anchors.from_first_word(segments))
    cut = windows.WindowSettings(length_s=HOT_WINDOW_S, hop_s=HOT_WINDOW_S)
    rows = []
    for start_s, stop_s in windows.spans(end_s, cut):
        inside = spots[(spots["start_s"] - first_s < stop_s) & (spots["end_s"] - first_s > start_s)]
        kinds = set(inside["label_hot_spot"])
        label = "yes" if "amusement" in kinds else "other" if kinds else "no"
        window = {"start_s": start_s, "end_s": round(stop_s, 3)}
        for person in everything.people:
            about = {"recording_id": recording_id, "person_id": person, "label_hot_spot": label}
            about["confound_series"] = recording_id.removeprefix("mrda_")[:3]
            rows.append(_turn_window(everything, window, about, everything.people))
    return rows


# --- pictures ---------------------------------------------------------------------------------------------------------


def of_london(folder, tick=lambda *_: None):
    """The London set: each picture measured as a recording of one frame; what needs time to unfold is missing."""
    pictures, rows = london.recordings(folder), []
    for number, row in enumerate(pictures.to_dict("records"), 1):
        rows.append(of_picture(row))
        tick("London faces", number, len(pictures))
    frame = pd.DataFrame(rows)
    frame["group_id"] = windows.group_id(frame)
    return {"london_windows": tables.WINDOWS.check(frame)}


def of_picture(row):
    """The window of a picture: ``row`` is a row of RECORDINGS with one person; of several faces the largest is theirs.

    A picture has no second of face, so means are taken over its one frame; motion, blinks, nods and all that is counted
    per minute are missing, "little_face". ``trust_face`` is that of the frame.
    """
    return picture_window(row, face.extract(media.pictures(row["path"])))


def picture_window(row, faces):
    """The window of a picture (:func:`of_picture`) in which these ``faces`` were found."""
    about = {name: value for name, value in row.items() if name.startswith(("label_", "confound_"))}
    ids = {name: row[name] for name in ("recording_id", "person_id")}
    head = ids | {"start_s": 0.0, "end_s": PICTURE_S, "group_id": row["person_id"]}
    if faces.empty:
        return head | {"trust_face": 0.0} | about | {"why": tables.why({"face": "no_face"})}
    mine = faces.loc[[(faces["box_w_px"] * faces["box_h_px"]).idxmax()]]
    settings = face.FeatureSettings(valid_min_s=PICTURE_S)
    values, reasons = face.features(mine, 0.0, PICTURE_S, 1 / PICTURE_S, face.Reference(), settings)
    why = tables.why(windows.shortened(reasons))
    return head | values | {"trust_face": float(mine["face_trust"].iloc[0])} | about | {"why": why}
