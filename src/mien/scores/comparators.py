"""What the open score is held against: each of its parts alone, one published formula, and a score of the words.

Public: the terms of ``avaya_2022`` (US 12,108,190: talk time and two gesture times over duration, each with a weight;
AUDIT 2.3), that a sentiment score rests on transcripts with 50 for neutral (Z2, Z7). Assumed [A]: every weight, the sum
of O7, and the lexicon. None is to be called a vendor's score as it runs.
"""

import numpy as np

from mien.scores.openengage import Score, scored
from mien.scores.profiles import ALONE

AVAYA_WEIGHTS = (1 / 3, 1 / 3, 1 / 3)
"""The patent's formula names three weights and the published text that was read gives no numbers: equal ones [A]."""


class LexiconError(ImportError):
    """The words can't be scored because the optional lexicon is not installed; the message says how it is."""


def alone(one, norms):
    """Talk share alone, lag alone, changes alone, each under both profiles: six :class:`mien.scores.Score`."""
    return [score for name, weights in ALONE.items() for score in scored(one, norms, weights, name)]


def avaya_2022(talk_s, gesture_1_s, gesture_2_s, duration_s, weights=AVAYA_WEIGHTS):
    """The one formula that a public patent prints in full: (Tt/Cd) Tw + (Gt1/Cd) Gw1 + (Gt2/Cd) Gw2, times 100.

    ``talk_s`` talk time of the side that is judged, ``gesture_1_s`` and ``gesture_2_s`` time in two gestures (NaN: not
    measured, and so is the score), ``duration_s`` of the recording. The times are theirs, the weights [A].

    >>> round(avaya_2022(30, 6, 0, 60), 6)
    20.0
    """
    times = np.array([talk_s, gesture_1_s, gesture_2_s], float)
    return float(100 * (times / duration_s) @ np.array(weights)) if duration_s > 0 else np.nan


def avaya(talk_s, duration_s, undefined=None, gestures=(np.nan, np.nan)):
    """``avaya_2022`` as a :class:`Score`. Turns hold no gestures: it is NaN (no_gestures) unless times are given.

    Which gestures are meant, and how long one lasts, is not public; nothing is made to stand for them here. The talk
    term alone is ``talk_time_alone``, which is given beside it.
    """
    value = np.nan if undefined else avaya_2022(talk_s, *gestures, duration_s)
    why = {} if np.isfinite(value) else {"value": undefined or "no_gestures"}
    talk = 100 * talk_s / duration_s if duration_s > 0 and not undefined else np.nan
    told = {} if np.isfinite(talk) else {"value": undefined or "short_recording"}
    return [Score("avaya_2022", "none", value, why=why), Score("talk_time_alone", "none", talk, why=told)]


def sentiment(words, polarity=None):
    """The sentiment of a side from its words: S = 50 + 50 sum(dur_i p_i) / sum(dur_i) (AUDIT O7), a :class:`Score`.

    ``words``: rows of one side with words, start_s, end_s. ``polarity(text)`` gives p from -1 to 1; by default that of
    VADER (Hutto & Gilbert 2014, ICWSM; :func:`vader`). 50 is neutral; Z2 sets a line at 61.
    """
    if words is None or not len(words) or "words" not in words or not (words["end_s"] > words["start_s"]).any():
        return Score("sentiment", "none", np.nan, why={"value": "no_words"})
    polarity = polarity or vader()
    lasts = (words["end_s"] - words["start_s"]).to_numpy(float)
    p = np.array([polarity(str(text)) for text in words["words"]])
    return Score("sentiment", "none", float(50 + 50 * (lasts * p).sum() / lasts.sum()))


def vader():
    """The compound polarity of a text by the lexicon VADER (MIT; English, made for social media), as a function.

    Raises :class:`LexiconError` where the optional package is not installed.
    """
    try:
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer
    except ImportError as error:
        raise LexiconError(
            "scores: sentiment needs the lexicon VADER (MIT, 0.6 MB): pip install 'mien[lexicon]'"
        ) from error
    known = SentimentIntensityAnalyzer()
    return lambda text: known.polarity_scores(text)["compound"]
