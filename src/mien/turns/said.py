"""How much was said: words and characters are counted, shared out over time, and never kept.

Conventions: a word is what stands between blanks (:func:`mien.tables.counted`, as everywhere in mien) and holds a
letter or a digit. No words are: what stands in brackets of any kind ([laughter], (music), <b>), singing between notes
(♪ … ♪), and times such as 00:12:03 or 12:03.500; "10:30" is a time that somebody said, and counts. Chinese, Japanese,
Thai, Lao, Khmer, Burmese and Tibetan put no blanks between words: their characters are counted and their words are not,
for where a word ends would be a choice of a dictionary.
"""

import math
import re
import unicodedata

import numpy as np
import pandas as pd

from mien import tables

COUNTS = ["n_words", "n_chars"]
PIECES = ["person_id", "start_s", "end_s", *COUNTS]
_NESTED = 5
"""So many brackets within brackets are taken out."""
_MARK = re.compile(
    r"\[[^\[\]]*\]|\([^()]*\)|\{[^{}]*\}|<[^<>\s][^<>]*>|（[^（）]*）|［[^［］]*］|【[^【】]*】|[♪♫][^♪♫]*[♪♫]"
)
_TIME = re.compile(r"\W*(?:\d{1,2}:)?\d{1,2}:\d\d(?:[.,]\d{1,3})\W*|\W*\d{1,2}:\d\d:\d\d\W*")
_UNSPACED = re.compile(
    "[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uaa60-\uaa7f"
    "\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff]"
)
"""Letters of scripts without blanks between words: Thai, Lao, Tibetan, Burmese, Khmer, kana, Chinese characters."""
LABELS = frozenset({"speech", "sounding", "talking", "voice"})
"""What annotators and Praat write on a stretch to say that it is speech: no words of it."""
CODES, CODED = 5, 20
"""Labels of at most so many kinds on more than so many stretches are codes and no words."""


def spoken(text):
    """What of a text was said: without marks, tags, signs and times.

    >>> spoken("[laughter] Well - <i>that</i> (music) is 10:30 00:12:03 so.")
    'Well that is 10:30 so.'
    """
    text = unicodedata.normalize("NFC", text)
    for _ in range(_NESTED):
        text, found = _MARK.subn(" ", text)
        if not found:
            break
    return " ".join(word for word in text.split() if any(map(str.isalnum, word)) and not _TIME.fullmatch(word))


def how_much(text):
    """How many words and characters of a text were said: ``(n_words, n_chars)``.

    ``n_words`` is NaN where at least half of the letters are of a script without blanks between words.

    >>> how_much("Well, that is so."), how_much("[laughter]"), how_much("你好，世界")
    ((4.0, 14.0), (0.0, 0.0), (nan, 5.0))
    """
    said = spoken(text)
    n_words, n_chars = tables.counted(said)
    letters = sum(map(str.isalpha, said))
    unspaced = sum(map(str.isalpha, _UNSPACED.findall(said)))
    return math.nan if letters and 2 * unspaced >= letters else float(n_words), float(n_chars)


def with_counts(segments, labels=False):
    """Segments with ``n_words`` and ``n_chars`` of their words beside them; without both where they hold none.

    ``labels``: the words are labels of annotated stretches, of which some only say that it is speech (:data:`LABELS`)
    or what kind of it (:data:`CODES`).
    """
    segments = segments.drop(columns=COUNTS, errors="ignore")
    if "words" not in segments:
        return segments
    texts = segments["words"].fillna("").astype(str)
    if labels:
        kinds = texts.str.strip().str.casefold()
        if len(texts) > CODED and kinds.nunique() <= CODES:
            return segments
        texts = texts.mask(kinds.isin(LABELS), "")
    counts = pd.DataFrame([how_much(text) for text in texts], columns=COUNTS, index=segments.index, dtype=float)
    return segments.join(counts) if counts["n_chars"].sum() > 0 else segments


def shared_out(cues, speech, duration_s=math.inf):
    """Where in time the words of cues lie: pieces person_id, start_s, end_s, n_words, n_chars; sums stay what they are.

    ``cues`` has the same columns; ``speech`` says who is heard when (person_id, start_s, end_s). The words of a cue are
    shared out over the time in which its person is heard within it, in proportion to that time; over the whole cue
    where they are not heard in it. A cue of nobody (person_id '') goes to everybody who is heard within it, in
    proportion to their time, and stays nobody's where nobody is. What of a cue lies after ``duration_s`` is cut off; a
    cue that begins there is left out.
    """
    own = {person: rows[["start_s", "end_s"]].to_numpy(float) for person, rows in speech.groupby("person_id")}
    rows = []
    for cue in cues[PIECES].itertuples(index=False):
        if cue.start_s > duration_s or cue.end_s > cue.start_s == duration_s:
            continue
        start_s, end_s = min(cue.start_s, np.nextafter(duration_s, 0)), min(cue.end_s, duration_s)
        heard = own if cue.person_id == "" else {cue.person_id: own.get(cue.person_id, np.empty((0, 2)))}
        spans = [(who, *span) for who, times in heard.items() for span in _within(times, start_s, end_s)]
        spans = spans or [(cue.person_id, start_s, max(end_s, start_s))]
        total_s = sum(b - a for _, a, b in spans)
        for who, a, b in spans:
            share = (b - a) / total_s if total_s else 1.0
            rows.append((who, a, b, cue.n_words * share, cue.n_chars * share))
    return pd.DataFrame(rows, columns=PIECES).astype(dict.fromkeys(PIECES[1:], float))


def _within(times, start_s, end_s):
    """The stretches of time (N, 2) cut to start_s <= t < end_s; those that lie outside are left out."""
    cut = np.clip(times, start_s, end_s)
    return cut[cut[:, 1] > cut[:, 0]]


def said_in(pieces, start_s, end_s):
    """How much of the pieces of one person lies in start_s <= t < end_s: ``(n_words, n_chars)``, with fractions.

    A piece without length lies where it begins. ``n_words`` is NaN where a piece in it has none.
    """
    begins, ends, *counts = pieces[PIECES[1:]].to_numpy(float).T
    inside = np.clip(np.minimum(ends, end_s) - np.maximum(begins, start_s), 0, None)
    long = ends > begins
    share = np.where(long, inside / np.where(long, ends - begins, 1), (begins >= start_s) & (begins < end_s))
    return tuple(float((count[share > 0] * share[share > 0]).sum()) for count in counts)
