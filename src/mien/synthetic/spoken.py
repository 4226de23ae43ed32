"""Short recordings of one voice under one condition, with the exact truth of every 10 ms: how wrong is the instrument?

A *script* is what the voice does: six stretches of nonsense syllables, each at its own loudness, with pauses of known
length between them, and then one held vowel that glides through an octave. A *condition* is whose voice it is and what
lies between mouth and file (:mod:`mien.synthetic.room`). It is SYNTHETIC: nobody said so.
"""

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import pairwise

import numpy as np
import pandas as pd

from mien import store
from mien.synthetic import room
from mien.synthetic.voices import RATE_HZ, STEP_S, Voice, say, steady

VOICES = {
    "male": Voice(f0_hz=110.0, f0_range_st=6.0),
    "female": Voice(f0_hz=205.0, f0_range_st=6.0, formant_scale=1.17),
    "child": Voice(f0_hz=290.0, f0_range_st=6.0, formant_scale=1.33, syllables_per_s=3.8),
}
"""Three voices in the usual ranges of F0; formants are scaled as Peterson & Barney 1952 found them."""

LOUDER_DB = (-8.0, -5.0, -2.0, 0.0, 3.0, 6.0)
"""How much louder than usual each stretch is, in an order that the script draws."""

LEAD_S, GLIDE_S, GLIDE_ST = 0.4, 1.2, 12.0


@dataclass(frozen=True)
class SpokenCondition:
    """Whose voice (of :data:`VOICES`) says which script, through what; None leaves a thing out.

    ``snr_db`` of noise with the voice's own spectrum (40: a quiet room); ``rt60_s`` of the room; ``jitter`` of the
    voice; ``clipped_share`` of its samples; ``has_gain`` automatic gain; ``is_telephone`` 300–3400 Hz and μ-law;
    ``opus_kbit_s`` or ``aac_kbit_s`` the codec at the end.
    """

    script: str = "0"
    voice: str = "male"
    snr_db: float = 40.0
    rt60_s: float | None = None
    jitter: float = 0.0
    clipped_share: float | None = None
    has_gain: bool = False
    is_telephone: bool = False
    opus_kbit_s: float | None = None
    aac_kbit_s: float | None = None


@dataclass(frozen=True)
class SpokenTrial:
    """One recording of a voice and its truth.

    ``clean`` (N,) what leaves the mouth, at 16 kHz, and ``samples`` what is in the file; ``truth`` one row per 10 ms:
    time_s, f0_hz, voiced, level_db, is_glide; ``stretches`` start_s, end_s of speech; ``syllables`` how many were
    spoken in them; ``glide_s`` when the vowel begins.
    """

    condition: SpokenCondition
    clean: np.ndarray
    truth: pd.DataFrame
    stretches: pd.DataFrame
    syllables: int
    glide_s: float
    rate_hz: int = RATE_HZ

    @cached_property
    def samples(self):
        """The sound through all that lies between mouth and file, (N,) float32 in −1..1."""
        return _heard(self.clean, _speaking(self.stretches, len(self.clean)), self.condition).astype(np.float32)


def spoken_trial(condition=None):
    """The recording of a condition; the same condition always gives the same one.

    >>> one = spoken_trial(SpokenCondition(voice="child"))
    >>> len(one.stretches), one.syllables > 20
    (6, True)
    """
    condition = condition or SpokenCondition()
    if condition.voice not in VOICES:
        raise ValueError(f"spoken_trial: no voice {condition.voice!r}; there are {', '.join(VOICES)}")
    return SpokenTrial(condition, *_said(condition.script, condition.voice, condition.jitter))


@lru_cache(maxsize=4)
def _said(script, voice, jitter):
    """What leaves the mouth: samples, truth, stretches, number of syllables, when the glide begins."""
    chance = store.rng(f"spoken script {script} {voice}")
    stretches, at_s = [], LEAD_S
    for _ in LOUDER_DB:
        lasts_s = round(chance.uniform(0.9, 1.7), 2)
        stretches.append((at_s, round(at_s + lasts_s, 2)))
        at_s = round(at_s + lasts_s + chance.uniform(0.3, 0.9), 2)
    glide_s = round(stretches[-1][1] + 0.8, 2)
    whole_s = round(glide_s + GLIDE_S + LEAD_S, 2)
    who = replace(VOICES[voice], jitter=jitter)
    talk = say(stretches, who, whole_s, f"{script} {voice}")
    louder = _gains(stretches, chance.permutation(LOUDER_DB), whole_s)
    samples = talk.samples * 10 ** (np.repeat(louder, RATE_HZ // 100)[: len(talk.samples)] / 20)
    truth = talk.truth.assign(level_db=talk.truth["level_db"] + louder[: len(talk.truth)], is_glide=False)
    _add_glide(samples, truth, who, glide_s, chance)
    return samples, truth, pd.DataFrame(stretches, columns=["start_s", "end_s"]), len(talk.syllables), glide_s


def _gains(stretches, louder, whole_s):
    """Decibels every 10 ms; they change in the middle of a pause, where nothing is heard."""
    middles = [0.5 * (end + start) for (_, end), (start, _) in pairwise(stretches)]
    time_s = np.arange(round(whole_s * 100)) / 100
    return np.asarray(louder)[np.searchsorted(middles, time_s)]


def _add_glide(samples, truth, who, glide_s, chance):
    """The held vowel: an octave up or down, evenly in semitones, while it swells by 12 dB."""
    lines = round(GLIDE_S / STEP_S)
    st = np.linspace(-GLIDE_ST / 2, GLIDE_ST / 2, lines)[:: chance.choice([-1, 1])]
    vowel = steady(who.f0_hz * 2 ** (st / 12), np.linspace(-30, -18, lines), who, name=f"glide {glide_s} {who.f0_hz}")
    at, row = round(glide_s * RATE_HZ), round(glide_s * 100)
    samples[at : at + len(vowel.samples)] += vowel.samples
    rows = slice(row, row + len(vowel.truth) - 1)
    for name in ("f0_hz", "voiced", "level_db"):
        truth.loc[rows, name] = vowel.truth[name].to_numpy()
    truth.loc[rows, "is_glide"] = True


def _speaking(stretches, count):
    flags = np.zeros(count, bool)
    for start_s, end_s in stretches.itertuples(index=False):
        flags[round(start_s * RATE_HZ) : round(end_s * RATE_HZ)] = True
    return flags


def _heard(samples, speaking, condition):
    """What arrives in the file: room, noise, microphone, gain, line and codec, in this order."""
    name = f"{condition.script} {condition.voice}"
    if condition.rt60_s is not None:
        samples = room.echoed(samples, condition.rt60_s, name)
    samples = room.noisy(samples, condition.snr_db, speaking, name)
    if condition.clipped_share is not None:
        samples = room.overdriven(samples, condition.clipped_share, speaking)
    if condition.has_gain:
        samples = room.levelled(samples)
    if condition.is_telephone:
        samples = room.telephoned(samples)
    for ending, kbit_s in ((".opus", condition.opus_kbit_s), (".m4a", condition.aac_kbit_s)):
        if kbit_s is not None:
            samples = room.coded(samples, ending, kbit_s)
    return np.clip(samples, -1, 1)
