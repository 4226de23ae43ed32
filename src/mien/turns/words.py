"""What the words add to timing: whether a token is a backchannel, how fast, how many fillers and questions."""

import math
import re

import pandas as pd

BC_LEXICON = frozenset(
    re.findall(
        r"\S+",
        "ah aha exactly hm hmm huh mhm mm mmhm mmm nice oh okay ok right sure true uh-huh uhhuh uhuh wow yeah yep yes "
        "yup ja genau stimmt ach oui voilà sí claro",
    )
)
"""Words of which a backchannel is made. English first, a few of its neighbours; a language beyond it needs its own."""

FILLERS = frozenset(re.findall(r"\S+", "ah eh er erm hm hmm uh uhm um umm äh ähm euh"))
"""Words that fill a hesitation."""

QUESTION_OPENERS = frozenset(
    re.findall(
        r"\S+",
        "who what when where why which whose whom how do does did is are was were can could will would shall should "
        "may might have has had am",
    )
)
"""Words that open a question in English: wh-words and auxiliaries."""

MIN_SPEECH_S = 60
"""Own speech needed before a rate of words is given."""


def bare(word):
    """A word without its punctuation and capitals.

    >>> bare("Yeah,")
    'yeah'
    """
    return re.sub(r"^[^\w]+|[^\w]+$", "", str(word)).casefold()


def spread(segments):
    """The words of transcript cues, each with a share of the cue's time in proportion to its letters.

    ``segments`` has person_id, start_s, end_s, words (text). Returns person_id, word, start_s, end_s; a cue's times are
    known, a word's are estimated.
    """
    rows = []
    for cue in segments.itertuples():
        said = str(cue.words).split()
        letters = [len(word) + 1 for word in said]
        at, step = cue.start_s, (cue.end_s - cue.start_s) / max(sum(letters), 1)
        for word, length in zip(said, letters, strict=True):
            rows.append((cue.person_id, word, at, at + length * step))
            at += length * step
    return pd.DataFrame(rows, columns=["person_id", "word", "start_s", "end_s"])


def by_words(words):
    """A judge of tokens: at most three words, at least half of them in ``BC_LEXICON`` (T5).

    ``words`` has person_id, word, start_s, end_s; a word belongs to the stretch its middle lies in. A stretch without
    any word is left to timing: recognisers drop such tokens first.
    """
    middle_ms = (words["start_s"] + words["end_s"]) * 500
    own = {person: (middle_ms[rows].to_numpy(), words["word"][rows].to_numpy()) for person, rows in _by_person(words)}

    def sounds_like_one(stretch):
        times, said = own.get(stretch.person_id, ([], []))
        here = [bare(w) for t, w in zip(times, said, strict=True) if stretch.start_ms <= t < stretch.end_ms]
        return len(here) <= 3 and 2 * sum(word in BC_LEXICON for word in here) >= len(here)

    return sounds_like_one


def _by_person(words):
    return words.groupby("person_id", sort=False).groups.items()


def rates(words, people, speech_s):
    """Words and fillers a minute of own speech, and questions an hour of it, for the given people together.

    Returns ``({name: value}, reason)``; the values are NaN and the reason is ``no_words`` without words, and
    ``little_speech`` below a minute of speech. A question ends in "?" or opens with a wh-word or an auxiliary.
    """
    names = ("wpm", "fillers_per_min", "questions_per_hour")
    own = words[words["person_id"].isin(people)] if words is not None else ()
    missing = "no_words" if not len(own) else "little_speech" if speech_s < MIN_SPEECH_S else None
    if missing:
        return dict.fromkeys(names, math.nan), missing
    said = [bare(word) for word in own["word"]]
    fillers = sum(word in FILLERS for word in said)
    values = (len(said) * 60 / speech_s, fillers * 60 / speech_s, questions(own) * 3600 / speech_s)
    return dict(zip(names, values, strict=True)), None


def questions(words):
    """How many sentences are questions; a sentence ends at ``. ? !`` or where the person's words do."""
    count = 0
    for _, own in words.sort_values("start_s").groupby("person_id"):
        sentence = []
        for word in [*own["word"], None]:
            if word is not None:
                sentence.append(str(word))
            if sentence and (word is None or str(word)[-1:] in ".?!"):
                count += sentence[-1].endswith("?") or bare(sentence[0]) in QUESTION_OPENERS
                sentence = []
    return count
