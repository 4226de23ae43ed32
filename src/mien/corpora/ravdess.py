"""RAVDESS: 24 professional actors say two sentences in eight acted emotions, two strengths, twice, heard and seen.

The emotions were asked for, not felt: what is predicted here is a display. Strength (``label_intensity``) is part of
the instruction, and no neutral recording is strong: it tells something of the emotion, so it is a label and may
never serve as a signal or a confound.
"""

from mien import corpora

NAME = "ravdess"
WHAT = "acted English speech: 24 actors (12 women, 12 men), 8 emotions, 2 sentences, 1,440 recordings of 3 to 5 s"
LICENCE = "CC BY-NC-SA 4.0"
CITATION = (
    "Livingstone SR, Russo FA (2018) The Ryerson Audio-Visual Database of Emotional Speech and Song (RAVDESS). "
    "PLoS ONE 13(5): e0196391. https://doi.org/10.1371/journal.pone.0196391"
)
ORIGIN = "Zenodo, https://doi.org/10.5281/zenodo.1188976, Audio_Speech_Actors_01-24.zip, Video_Speech_Actor_01.zip …"
LABELS = {"label_emotion": "acted", "label_valence": "acted", "label_intensity": "acted"}
TABLES = ("recordings",)

EMOTIONS = {
    "01": "neutral",
    "02": "calm",
    "03": "happy",
    "04": "sad",
    "05": "angry",
    "06": "fearful",
    "07": "disgust",
    "08": "surprised",
}
VALENCE = {
    "neutral": "neutral",
    "calm": "neutral",
    "happy": "positive",
    "sad": "negative",
    "angry": "negative",
    "fearful": "negative",
    "disgust": "negative",
    "surprised": None,  # one may be surprised by good news or bad; the corpus does not say which was acted
}
INTENSITY = {"01": "normal", "02": "strong"}
SENTENCES = {"01": "kids", "02": "dogs"}

SPEECH = r"(?P<modality>0[1-3])-(?P<channel>0[12])-(?P<emotion>0[1-8])-(?P<intensity>0[12])-"
SPEECH += r"(?P<sentence>0[12])-(?P<repetition>0[12])-(?P<actor>0[1-9]|1\d|2[0-4])"
EXPECTED = (
    "RAVDESS: Actor_XX/MM-CC-EE-II-SS-RR-AA.wav, .flac or .mp4 (modality, channel, emotion 01-08, intensity, sentence, "
    "repetition, actor 01-24), for example Actor_01/03-01-05-02-01-01-01.wav"
)


def recordings(folder):
    """RAVDESS speech in ``folder`` as a RECORDINGS table: one row per file, with what was acted and by whom.

    Reads the layout as published (``Actor_XX/*.wav``, ``*.mp4``) and the same names as ``.flac``, at any depth. What an
    actor did once is one recording however often it was published: of a clip with picture and sound (01) neither the
    picture (02) nor the sound (03) alone is taken; without it, both are files of one recording. Sung recordings
    (channel 02) are left out. Columns beside the promised ones: ``label_emotion``, ``label_valence`` (by
    :data:`VALENCE`; missing for surprise), ``label_intensity``, ``confound_sex``, ``confound_sentence``,
    ``confound_repetition``. Raises :class:`mien.corpora.CorpusError` for a missing folder or unreadable names.
    """
    files = corpora.media(folder, SPEECH, EXPECTED, (".wav", ".flac", ".mp4"))
    corpora.once(folder, [path.stem for path, _ in files])
    bad = [path.name for path, parts in files if (path.suffix.lower() == ".mp4") != (parts["modality"] != "03")]
    if bad:
        raise corpora.CorpusError(f"{folder}: {', '.join(bad)}: 01 and 02 are video (.mp4), 03 is sound; {EXPECTED}")
    clips = {}
    for path, parts in files:
        if parts["channel"] == "01":
            clips.setdefault(path.stem[3:], {})[parts["modality"]] = (path, parts)
    if not clips:
        raise corpora.CorpusError(f"{folder}: only sung recordings (channel 02); expected speech (channel 01)")
    return corpora.table([row for clip in clips.values() for row in _rows(clip)], folder)


def _rows(clip):
    """The files of one clip that are taken, under the name of the one with the sound."""
    taken = ["01"] if "01" in clip else sorted(clip, reverse=True)
    return [_row(*clip[modality], f"{NAME}_{clip[taken[0]][0].stem}") for modality in taken]


def _row(path, parts, recording_id):
    emotion = EMOTIONS[parts["emotion"]]
    return {
        "recording_id": recording_id,
        "path": str(path),
        "kind": "person_audio" if parts["modality"] == "03" else "video",
        "person_id": f"{NAME}_{parts['actor']}",
        "licence": LICENCE,
        "source": NAME,
        "label_emotion": emotion,
        "label_valence": VALENCE[emotion],
        "label_intensity": INTENSITY[parts["intensity"]],
        "confound_sex": "male" if int(parts["actor"]) % 2 else "female",
        "confound_sentence": SENTENCES[parts["sentence"]],
        "confound_repetition": parts["repetition"],
    }
