"""EmoDB, the Berlin Database of Emotional Speech: ten people say ten German sentences in seven acted emotions.

The emotions were asked for, not felt, and only recordings that listeners recognised and found natural were kept by
its makers, which makes the displays clearer than life. Many recordings peak at full scale: loudness compared between
recordings says nothing here. Copies are in circulation in which every recording was cut to exactly 2 s, most of them in
mid-speech: there, length says nothing either, and the end of long sentences is missing.
"""

from mien import corpora

NAME = "emodb"
WHAT = "acted German speech: 10 people (5 women, 5 men), 7 emotions, 10 sentences, 535 recordings of 1 to 9 s"
LICENCE = "free for research"
CITATION = (
    "Burkhardt F, Paeschke A, Rolfes M, Sendlmeier W, Weiss B (2005) A database of German emotional speech. "
    "Interspeech 2005, 1517-1520. https://doi.org/10.21437/Interspeech.2005-446"
)
ORIGIN = "Berlin Database of Emotional Speech, Technische Universität Berlin, folder wav of its download"
LABELS = {"label_emotion": "acted", "label_valence": "acted"}
TABLES = ("recordings",)

EMOTIONS = {
    "W": "angry",
    "L": "bored",
    "E": "disgust",
    "A": "fearful",
    "F": "happy",
    "T": "sad",
    "N": "neutral",
}
VALENCE = {
    "neutral": "neutral",
    "happy": "positive",
    "angry": "negative",
    "disgust": "negative",
    "fearful": "negative",
    "sad": "negative",
    # Unpleasant and quiet: boredom lies on the negative side of the circumplex of affect (Russell 1980, Journal of
    # Personality and Social Psychology 39: 1161). It is also the mildest, so it may well sound neutral.
    "bored": "negative",
}
SEX = {
    "03": "male",
    "08": "female",
    "09": "female",
    "10": "male",
    "11": "male",
    "12": "male",
    "13": "female",
    "14": "female",
    "15": "male",
    "16": "female",
}

SPEECH = rf"(?P<person>{'|'.join(SEX)})(?P<sentence>[ab]\d\d)(?P<emotion>[WLEAFTN])(?P<take>[a-z])"
EXPECTED = (
    "EmoDB: wav/PPTTTEV.wav or .flac (person 03 or 08-16, text a01-b10, emotion W L E A F T N, take a-z), "
    "for example wav/03a01Fa.wav"
)


def recordings(folder):
    """EmoDB in ``folder`` as a RECORDINGS table: one row per sound file, with what was acted and by whom.

    Reads the layout as published (``wav/*.wav``) and the same names as ``.flac``, at any depth. Columns beside the
    promised ones: ``label_emotion``, ``label_valence`` (by :data:`VALENCE`), ``confound_sex``,
    ``confound_sentence``. Raises :class:`mien.corpora.CorpusError` for a missing folder or unreadable names.
    """
    return corpora.table([_row(path, parts) for path, parts in corpora.sounds(folder, SPEECH, EXPECTED)], folder)


def _row(path, parts):
    emotion = EMOTIONS[parts["emotion"]]
    return {
        "recording_id": f"{NAME}_{path.stem}",
        "path": str(path),
        "kind": "person_audio",
        "person_id": f"{NAME}_{parts['person']}",
        "licence": LICENCE,
        "source": NAME,
        "label_emotion": emotion,
        "label_valence": VALENCE[emotion],
        "confound_sex": SEX[parts["person"]],
        "confound_sentence": parts["sentence"],
    }
