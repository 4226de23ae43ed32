"""Where a turn ends is a choice: until the other starts, until a sentence ends, or until the other says something.

The three turn models follow the CANDOR corpus (Reece et al. 2023, Science Advances 9: eadf3197), by whose names they
go: *audiophile* (every token of the other ends a turn), *cliffhanger* (only the end of a sentence does, which needs
words), *backbiter* (what is more than a backchannel does). How often the floor changes is a property of the model.
"""

from dataclasses import replace

from mien.turns.floor import Piece, Span, clean, floor, turns

MODELS = ("audiophile", "cliffhanger", "backbiter")
"""The turn models, from the fewest to the most words that they need."""

SENTENCE_ENDS = ".?!…。！？"
"""Marks that end a sentence. An abbreviation ('Dr.') ends one too: a limit of punctuation alone."""

CLOSERS = "\"'”’»)]"
"""What may stand after such a mark."""


def ends_sentence(word):
    """Whether a word carries the end of a sentence.

    >>> [ends_sentence(word) for word in ("there", "there.", "there?”", "...")]
    [False, True, True, True]
    """
    return str(word).rstrip(CLOSERS)[-1:] in set(SENTENCE_ENDS)


def sentences(words):
    """Every person's sentences as :class:`Span`: from the first word to the last, over pauses and over others.

    ``words``: person_id, word, start_s, end_s. A person's last words are a sentence even without a mark.

    >>> import pandas as pd
    >>> said = pd.DataFrame({"word": ["So,", "yes.", "And"], "start_s": [0, 1, 4], "end_s": [1, 2, 5]})
    >>> sentences(said.assign(person_id="ana"))
    [Span(start_ms=0, end_ms=2000, person_id='ana'), Span(start_ms=4000, end_ms=5000, person_id='ana')]
    """
    found = []
    for _, own in words.sort_values(["start_s", "end_s"], kind="stable").groupby("person_id"):
        begun = own["word"].map(ends_sentence).shift(fill_value=False).cumsum()
        for _, rows in own.groupby(begun):
            spans = clean(rows)
            if spans:
                found.append(Span(spans[0].start_ms, max(span.end_ms for span in spans), spans[0].person_id))
    return sorted(found)


def turns_by(model, segments, settings, words=None, veto=None):
    """The turns of one recording under one of :data:`MODELS`; None where the words do not allow it (T11).

    ``segments`` and ``settings`` as for :func:`mien.turns.floor`; ``veto`` judges tokens by their words. The
    cliffhanger model takes the words alone: a sentence holds the floor until its last word, whoever speaks in between.
    """
    if model == "cliffhanger":
        if words is None or not len(words) or not words["word"].map(ends_sentence).any():
            return None
        return turns([Piece(span.start_ms, span.end_ms, span.person_id, False) for span in sentences(words)])
    if model == "audiophile":
        return list(floor(segments, replace(settings, bc_max_s=0)).turns)
    return list(floor(segments, settings, sounds_like_one=veto).turns)


def no_sentences(words):
    """Why there is no cliffhanger model: ``no_words``, ``no_sentences`` (no marks), or None where there is one."""
    if words is None or not len(words):
        return "no_words"
    return None if words["word"].map(ends_sentence).any() else "no_sentences"
