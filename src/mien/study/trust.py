"""How far the instrument can be believed, in sentences: the tour, faces and voices of known truth (SYNTHETIC)."""

import numpy as np

from mien.study import instrument, voices
from mien.study.answer import Answer, ends, joined, spanned
from mien.synthetic import Condition
from mien.synthetic.spoken import SpokenCondition

FACE_TARGETS = {
    ("face", "found_share"): "A face is found in at least {:.0%} of pictures",
    ("yaw", "error_deg"): "How far a head is turned is known to {:g}° (median)",
    ("mouth opening", "correlation"): "The mouth's opening is followed with r of at least {:g}",
    ("blink", "precision"): "Of the blinks found at least {:.0%} are blinks",
    ("blink", "recall"): "At least {:.0%} of blinks are found",
}
VOICE_TARGETS = {
    ("pitch", "gross_share"): "Pitch is grossly wrong in at most {:.0%} of frames",
    ("pitch", "error_cents"): "Pitch is known to {:g} cents (median)",
    ("voicing", "error_share"): "Voicing is wrong in at most {:.0%} of frames",
    ("level", "slope"): "Level follows with a slope of at least {:g}",
    ("speech rate", "ratio"): "Speech rate is at least {:g} of the true one",
    ("pause", "recall"): "At least {:.0%} of pauses are found",
    ("pause", "precision"): "Of the pauses found at least {:.0%} are pauses",
    ("noise", "error_db"): "Noise is known to {:g} dB (median)",
}
"""What the targets of an instrument ask for, in plain words."""
NO_AXIS = ("plain", "way", "gallery of 9")
FACES = {
    "yaw": "turned heads",
    "skin": "some skin tones",
    "face width": "small faces",
    "blur": "blur",
    "light": "dim light",
    "bitrate": "strong compression",
    "lost frames": "lost frames",
    "head depth": "some head shapes",
    "camera distance": "some distances of the camera",
    "together": "several faults at once",
}
"""What was made worse of a picture, in plain words."""
VOICES = {
    "noise": "noise",
    "echo": "echo",
    "Opus": "strong compression",
    "AAC": "strong compression",
    "line": "a telephone line",
    "clipping": "clipping",
    "gain": "automatic gain",
    "jitter": "hoarseness",
    "together": "several faults at once",
}
"""What was made worse of a sound, in plain words."""


# --- the tour ---------------------------------------------------------------------------------------------------------


def tour(read):
    """How right the instrument is on the synthetic recording."""
    truth = read["truth"]
    error = (truth["measured"] - truth["scripted"]).abs()
    pitch = truth[truth["quantity"] == "pitch"]
    cents = 1200 * np.log2(pitch["measured"] / pitch["scripted"]).abs().median()
    onset = 1000 * error[truth["quantity"] == "speech onset"].median()
    yaw = error[truth["quantity"] == "head yaw"].median()
    people, length_s = read["windows"]["person_id"].nunique(), read["windows"]["end_s"].max()
    near = cents <= voices.TARGETS["pitch", "error_cents"][0] and yaw <= instrument.TARGETS["yaw", "error_deg"][0]
    return Answer(
        f"{'Much like what it is' if near else 'Not like what it is'}: in a SYNTHETIC recording of known truth "
        f"({length_s:.0f} s, {people} people) pitch is off by {cents:.0f} cents, the onset of speech by {onset:.0f} ms "
        f"and the turn of a head by {yaw:.1f}° (medians of one recording, hence no interval).",
        (
            "A cent is a hundredth of a semitone.",
            "This says how right the instrument is on an easy recording, and nothing about people.",
        ),
    )


# --- faces ------------------------------------------------------------------------------------------------------------


def face(table):
    """How wrong the face numbers are, and when they stop being trustworthy."""
    rows = table.set_index(["axis", "dose", "quantity", "metric"]).sort_index()
    missed = _beyond(instrument.limits(table), _mild_faces())
    short = (
        f"{_enough(instrument.TARGETS, missed, 'plain pictures', 'bad ones')}: a head's turn is off by "
        f"{ends(_at(rows, 'yaw', 'error_deg'), 1, 1, unit='°')} and a smile followed with r = "
        f"{ends(_at(rows, 'smile', 'correlation'))} on SYNTHETIC faces of known truth "
        f"({rows.loc['plain', 'n_trials'].max():.0f} trials); {_fails(instrument.TARGETS, missed, FACES)}."
    )
    units = {axis: unit for axis, (unit, _, _) in instrument.AXES.items()} | {"yaw": "°"}
    stops = _stops(instrument.TARGETS, missed, FACE_TARGETS, units)
    caveat = "All faces are SYNTHETIC, bent out of one photographed head: this is about the instrument, not people."
    return Answer(short, (_plain_faces(rows), *stops, _ways(rows), _gallery(rows), caveat))


def _plain_faces(rows):
    def said(quantity, metric, places=1):
        return ends(_at(rows, quantity, metric), places, places)

    return (
        "In a plain picture (120 px wide, turned up to 30°) the median error is "
        f"{said('yaw', 'error_deg')}° in yaw (slope {said('yaw', 'slope', 2)}), {said('pitch', 'error_deg')}° in pitch "
        f"({said('pitch', 'error_from_own_deg')}° about the face's own zero) and {said('roll', 'error_deg')}° in roll; "
        f"r = {said('mouth opening', 'correlation', 2)} for the mouth's opening and "
        f"{said('smile', 'correlation', 2)} for the smile; of blinks {said('blink', 'recall', 2)} are found, and "
        f"{said('blink', 'precision', 2)} of those found are blinks."
    )


def _ways(rows):
    direct, picture, video = (
        rows.loc["way", way, "mouth opening", "correlation"]["value"] for way in instrument.WAYS[:3]
    )
    return (
        f"The mouth of the same few faces: MediaPipe's own task would follow it with r = {video:.2f} in VIDEO mode, "
        f"which smooths over time, and {picture:.2f} in IMAGE mode; its networks run directly give {direct:.2f}."
    )


def _gallery(rows):
    whole, crops = (rows.loc["gallery of 9", how, "face", "found_share"]["value"] for how in ("whole picture", "crops"))
    return f"Of nine faces in a gallery, whole pictures show MediaPipe {100 * whole:.0f} %, crops {100 * crops:.0f} %."


def _mild_faces():
    """The conditions that are the plain one by another name."""
    plain = Condition()
    return {(axis, instrument.dose_said(getattr(plain, name))) for axis, (_, name, _) in instrument.AXES.items()}


# --- voices -----------------------------------------------------------------------------------------------------------


def voice(read):
    """How far the voice numbers can be believed, from ``voice_error`` and ``voice_praat``."""
    table = read["voice_error"]
    rows = table[table["voice"] == "all"].set_index(["axis", "dose", "quantity", "metric"]).sort_index()
    missed = _beyond(voices.limits(table), _mild_voices())
    apart = [numbers["pitch", "error_cents"] for _, _, numbers in _beside_praat(read["voice_praat"])]
    short = (
        f"{_enough(voices.TARGETS, missed, 'a quiet room', 'bad sound')}: pitch is off by "
        f"{ends(_at(rows, 'pitch', 'error_cents'), 1, 1, unit=' cents')} on SYNTHETIC voices of known truth "
        f"({rows.loc['plain', 'n_trials'].max():.0f} trials) and {spanned(apart, '{:.0f}')} from Praat's on real acted "
        f"speech; {_fails(voices.TARGETS, missed, VOICES)}."
    )
    units = {axis: unit for axis, (unit, _, _) in voices.AXES.items()}
    stops = _stops(voices.TARGETS, missed, VOICE_TARGETS, units)
    return Answer(short, (*_plain_voices(rows), *stops, *agreed(read["voice_praat"])))


def _plain_voices(rows):
    def percent(quantity, metric, places=1):
        return ends(_at(rows, quantity, metric), places, places, 100)

    return (
        f"In a quiet room the median error of pitch is {ends(_at(rows, 'pitch', 'error_cents'), 1, 1)} cents, with "
        f"{percent('pitch', 'gross_share')} % of frames grossly wrong.",
        f"Voicing is wrong in {percent('voicing', 'error_share')} % of frames: invented in "
        f"{percent('voicing', 'invented_share', 0)} % of unvoiced ones, missed in "
        f"{percent('voicing', 'missed_share')} % of voiced ones.",
        f"Level follows with slope {ends(_at(rows, 'level', 'slope'))}, speech rate is "
        f"{ends(_at(rows, 'speech rate', 'ratio'))} of the true one, pauses are "
        f"{1000 * _at(rows, 'pause', 'error_s')['value']:.0f} ms off.",
    )


def agreed(table):
    """How far mien and Praat agree, in sentences, from ``voice_praat.csv``."""
    rows = table.set_index(["corpus", "axis", "dose", "tool", "quantity", "metric"])["value"].sort_index()
    parts = [
        f"Beside Praat on real speech of {corpus} ({people} people): {mine['pitch', 'error_cents']:.0f} cents apart, "
        f"{100 * mine['pitch', 'gross_share']:.1f} % of frames grossly; "
        f"{100 * (1 - mine['voicing', 'missed_share']):.0f} % of Praat's voiced frames are voiced."
        for corpus, people, mine in _beside_praat(table)
    ]
    missed = [rows.loc["SYNTHETIC", "noise", "10", tool, "voicing", "missed_share"] for tool in ("mien", "Praat")]
    noise = f"in noise of 10 dB mien misses {100 * missed[0]:.0f} % of voiced frames, Praat {100 * missed[1]:.0f} %"
    return (*parts, f"On the SYNTHETIC voices {noise}.")


def _beside_praat(table):
    """Of each real corpus its name, its people, and mien held against Praat."""
    rows = table.set_index(["corpus", "axis", "dose", "tool", "quantity", "metric"])["value"].sort_index()
    for corpus in table.loc[~table["is_synthetic"], "corpus"].unique():
        people = int(table.loc[table["corpus"] == corpus, "n_units"].max())
        yield corpus, people, rows.loc[corpus, "", "", "mien against Praat"]


def _mild_voices():
    """The conditions that are the plain one by another name."""
    plain = SpokenCondition()
    return {(axis, voices.dose_said(axis, getattr(plain, name))) for axis, (_, name, _) in voices.AXES.items()}


# --- both -------------------------------------------------------------------------------------------------------------


def _at(rows, quantity, metric):
    """A number in the plain condition."""
    return rows.loc[("plain", "", quantity, metric)]


def _beyond(missed, mild):
    """Of each target that is missed, where: ``(axis, dose)`` pairs without those that are the plain one renamed."""
    found = {}
    for row in missed.itertuples():
        if row.axis not in NO_AXIS[1:] and (row.axis, row.dose) not in mild | {("together", "none")}:
            found.setdefault((row.quantity, row.metric), []).append((row.axis, row.dose))
    return found


def _in_plain(places):
    return any(axis == "plain" for axis, _ in places)


def _enough(targets, missed, plain, worse):
    """Whether the numbers reach their targets where nothing is made worse, and where something is."""
    kept = sum(not _in_plain(missed.get(key, [])) for key in targets)
    word = "Well enough" if kept == len(targets) else f"By {kept} of {len(targets)} targets well enough"
    return f"{word} in {plain}, {'not in' if missed else 'and in'} {worse}"


def _fails(targets, missed, names):
    """How many targets fail somewhere, and in which conditions, the most harmful first."""
    breaks = {}
    for places in missed.values():
        for name in dict.fromkeys(names.get(axis, axis) for axis, _ in places if axis != "plain"):
            breaks[name] = breaks.get(name, 0) + 1
    worst = sorted(breaks, key=breaks.get, reverse=True)[:4]
    where = f" in {joined(worst, 'or')}" if worst else ""
    return f"{len(missed)} of {len(targets)} targets fail{where}"


def _stops(targets, missed, promises, units):
    """For each target a sentence: whether it is kept throughout, or the conditions in which it is not."""
    for key, (target, _) in targets.items():
        places, what = missed.get(key, []), promises[key].format(target).replace("%", " %")
        if _in_plain(places):
            yield f"{what}: missed even in the plain condition."
        elif places:
            yield f"{what}: missed at {'; '.join(_grouped(places, units))}."
        else:
            yield f"{what}: kept throughout."


def _grouped(places, units):
    """Doses by what was made worse: ``blur 0.03, 0.06 (sigma in face widths)``."""
    doses = {}
    for axis, dose in places:
        doses.setdefault(axis, []).append(dose)
    for axis, own in doses.items():
        yield f"{axis} {', '.join(own)}{f' ({units[axis]})' if units.get(axis) else ''}"
