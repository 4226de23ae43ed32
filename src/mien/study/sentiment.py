"""Is feeling to be read from voice, face or turn-taking? Every label by its source: acted, or what observers said.

Voice: RAVDESS and EmoDB (acted). Face: the London set (smiles on instruction; a picture is a recording of one frame)
and Haines (spontaneous; raters). Turns: GAP (sentences marked by annotators) and MELD (television; annotators). Rows of
Haines and MELD come from :mod:`mien.study.unshared`.
"""

from dataclasses import replace
from pathlib import Path

import pandas as pd

from mien import evidence, tables
from mien.corpora import published
from mien.evidence.apart import apart
from mien.study import unshared
from mien.study.answer import Answer, ends, in_each, joined, yes_no

NOTEBOOKS = ("06_sentiment",)
FILES = {"sentiment": "sentiment.csv", "published": "published.csv"}
INPUTS = ("ravdess_windows.csv", "emodb_windows.csv", "london_windows.csv", "gap_sentences.csv")
ROOMS = ("tables", "models", "evidence", "corpora", "study/unshared")

VOICES = {"ravdess": ("RAVDESS", "CC BY-NC-SA 4.0"), "emodb": ("EmoDB", "free for research")}
N_PERMUTATIONS, N_GAP_WORLDS = 49, 10
"""At most so many worlds for the turns judged here: p says no less than 0.02."""
N_PERMUTATIONS_OF_FACES, N_GAP_WORLDS_OF_FACES = 499, 40
"""For the faces, of which question 13 says what the rules say: p may be multiplied by all its claims."""


def make(data, settings, workers=1, tick=lambda *_: None):
    """The tables of this question: rows of voice, face and turns; and the published numbers to set beside them."""
    data = Path(data)
    of_faces = _at_most(settings, N_PERMUTATIONS_OF_FACES, N_GAP_WORLDS_OF_FACES)
    rows = [*_of_voices(data, settings, tick), _of_faces(data, of_faces, workers, tick)]
    rows += _of_turns(data, _at_most(settings, N_PERMUTATIONS, N_GAP_WORLDS), workers, tick)
    found = unshared.ROWS.check(pd.concat(rows, ignore_index=True))
    return {"sentiment": found, "published": pd.DataFrame([vars(one) for one in published.NUMBERS])}


def _at_most(settings, permutations, gap_worlds):
    """The settings, with at most so many permutations and worlds of the gap."""
    permutations, gap_worlds = min(permutations, settings.n_permutations), min(gap_worlds, settings.n_gap_worlds)
    return replace(settings, n_permutations=permutations, n_gap_worlds=gap_worlds)


def _of_voices(data, settings, tick):
    """Single emotions from the voice, and valence where the sentence is new as well as the person."""
    rows, once = [], replace(settings, n_permutations=0)
    for number, (key, (name, licence)) in enumerate(VOICES.items(), 1):
        clips = tables.read(data / f"{key}_windows.csv", tables.WINDOWS)
        found = evidence.evaluate(clips, "label_emotion", "voice", "logistic", once, name).rows
        new = apart(clips, "label_valence", "voice", "confound_sentence", "logistic", settings, name)
        about = {"channel": "voice", "label_source": "acted", "unit": "people", "licence": licence}
        rows.append(pd.concat([found, new]).assign(**about))
        tick("sentiment: voice", number, len(VOICES))
    return rows


def _of_faces(data, settings, workers, tick):
    """Smiling on instruction, or not, from one picture."""
    pictures = tables.read(data / "london_windows.csv", tables.WINDOWS)
    found = evidence.evaluate(
        pictures, "label_expression", "face", "logistic", settings, "London", workers=workers
    ).rows
    once = replace(settings, n_permutations=0)
    smile = evidence.evaluate(pictures, "label_expression", "face_smile", "logistic", once, "London").rows
    rows = pd.concat([found, smile[smile["signals"] == "face_smile"]])
    tick("sentiment: face", 1, 1)
    return rows.assign(channel="face", label_source="acted", unit="people", licence="CC BY 4.0")


def _of_turns(data, settings, workers, tick):
    """Whether annotators marked a sentence, and which way, from the timing of the talk around it."""
    sentences = marked(tables.read(data / "gap_sentences.csv", tables.WINDOWS))
    about = {"channel": "turns", "label_source": "observer", "unit": "meetings", "licence": "CC BY-NC 4.0"}
    rows = []
    for number, target in enumerate(("label_marked", "label_direction"), 1):
        found = evidence.evaluate(sentences, target, "turn", "logistic", settings, "GAP", workers=workers)
        rows.append(found.rows.assign(**about))
        tick("sentiment: turns", number, 2)
    return rows


def marked(sentences):
    """The sentences of GAP with ``label_marked`` (is any sentiment marked) and ``label_direction`` (which, if one)."""
    sentiment = sentences["label_sentiment"]
    direction = sentiment.where(sentiment.isin(["positive", "negative"]))
    return sentences.assign(
        label_marked=sentiment.ne("none").map({True: "yes", False: "no"}), label_direction=direction
    )


def read(data, names=tuple(FILES)):
    """Those of the tables that are among ``names``, by name."""
    found = {}
    if "sentiment" in names:
        found["sentiment"] = unshared.rows_of(Path(data) / FILES["sentiment"])
    if "published" in names:
        found["published"] = pd.read_csv(Path(data) / FILES["published"])
    return found


# --- what was found, in words -----------------------------------------------------------------------------------------


PRIMARY = ("logistic", "balanced_accuracy")
NOT_FELT = (
    "Acted labels say how a feeling is displayed on request, observers' labels what it looks or sounds like to others; "
    "none is evidence of what anybody feels, and 24 or 10 people settle no claim about people."
)


def answers(read):
    """What was found, by name; ``read`` holds the study's evidence and the tables of this question."""
    return {"sentiment": answer(read["evidence"], read["sentiment"], read["sentiment_unshared"])}


def answer(evidence_rows, rows, unshared_rows):
    """Whether voice, face and turns tell sentiment in people never seen, and whose sentiment it is."""
    voices = _primary(evidence_rows)
    both = _primary(pd.concat([rows, unshared_rows], ignore_index=True)).set_index(["corpus", "target", "signals"])
    smile, timed = both.loc[SMILE], [both.loc[one] for one in TIMED]
    acted = yes_no([*map(_is_above, voices.to_dict("records")), _is_above(smile)], "yes", "in part", "not shown")
    turns = yes_no(map(_is_above, timed), "yes", "in part", "not shown")
    said = voices.iloc[0]
    short = (
        f"Acted displays {acted}, turn-taking {turns}, felt emotion cannot be said here: a model is right about acted "
        f"mood in voices in {_percent(said)} ({said['corpus']}, {said['n_people']:.0f} people) and about posed smiles "
        f"in {_percent(smile)} (London, {smile['n_people']:.0f})."
    )
    return Answer(short, (*voice(voices), _new_sentence(both), *_faces(both), *_turns(both), NOT_FELT))


SMILE = ("London", "label_expression", "face")
TIMED = (("GAP", "label_marked", "turn"), ("GAP", "label_direction", "turn"), ("MELD", "label_sentiment", "turn"))


def _primary(rows):
    model, metric = PRIMARY
    return rows[(rows["model"] == model) & (rows["metric"] == metric)]


def _percent(row):
    return f"{ends(row, 0, 0, 100, unit=' %')} of cases, chance {100 * row['chance']:.0f} %"


def voice(rows):
    """Whether the voice predicts acted valence in people never seen, and a sentence per corpus."""
    chosen = _primary(rows)
    clear = [_is_above(row) for row in chosen.to_dict("records")]
    only = f"is detectable in acted speech by people never seen in {joined(chosen.loc[clear, 'corpus'])} only"
    verb = yes_no(
        clear, "is detectable in acted speech by people never seen", only, "was not detected beyond the best baseline"
    )
    parts = [
        f"{row['corpus']} ({row['n_people']:.0f} people, {row['n_windows']:.0f} clips): {evidence.phrase(row)}."
        for _, row in chosen.iterrows()
    ]
    return (f"Voice: acted valence {verb} ({PRIMARY[0]} model; scores are balanced, each class counts alike).", *parts)


def _new_sentence(both):
    new = both[both["split"].str.endswith("_sentence_out")]
    each = in_each((row.name[0], row) for _, row in new.iterrows())
    return f"With the sentence new as well as the person: {each}."


def _faces(both):
    smile, seen = both.loc[SMILE], both.loc[("Haines", "label_seen_valence", "face")]
    return (
        f"Face: a smile on instruction is told from a neutral face in {smile['n_people']:.0f} people, one picture each "
        f"(London; acted): {_found(smile)}; that a posed smile can be detected says nothing about feeling.",
        f"Face: how positive or negative raters saw {seen['n_people']:.0f} people (Haines; observer, "
        f"{seen['n_windows']:,.0f} clips): {_found(seen)}.",
    )


def _turns(both):
    mark, way, lines = (both.loc[one] for one in TIMED)
    return (
        f"Turns: whether annotators marked any sentiment in a sentence (GAP; observer, {mark['n_groups']:.0f} "
        f"meetings, {mark['n_windows']:,.0f} sentences): {_found(mark)}.",
        f"Turns: positive or negative, of {way['n_windows']:.0f} marked (GAP): {_found(way)}.",
        f"Turns: the timing of lines of television (MELD; observer, {lines['n_groups']:.0f} episodes, "
        f"{lines['n_windows']:,.0f} lines): {_found(lines)}.",
    )


def _is_above(row):
    """Whether the score lies above every baseline, by people and by luck."""
    return bool(row["gap_low"] > 0 and (pd.isna(row["p_permuted"]) or row["p_permuted"] < 0.05))


def _found(row):
    """The score, its gap, and a word on whether it lies above every baseline."""
    word = "above every baseline" if _is_above(row) else "not shown to be above the best baseline"
    return f"{evidence.phrase(row)}: {word}"
