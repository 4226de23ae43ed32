"""CREMA-D: 91 actors say twelve sentences in six acted emotions; some 2,400 people voted on what they heard and saw.

Two kinds of label, never to be mixed: what the actor was asked for (``label_emotion``, acted), and what observers named
from the voice, the face or both (:func:`votes`). Of the observers nothing is known. Every clip is one actor alone.
"""

import pandas as pd

from mien import corpora
from mien.corpora import sheets

NAME = "cremad"
WHAT = "acted English speech: 91 actors, 6 emotions, 12 sentences, 7,442 clips, votes on voice, face and both"
LICENCE = "ODbL 1.0, contents DbCL 1.0"
CITATION = (
    "Cao H, Cooper DG, Keutmann MK, Gur RC, Nenkova A, Verma R (2014) CREMA-D: crowd-sourced emotional multimodal "
    "actors dataset. IEEE Transactions on Affective Computing 5(4): 377-390. https://doi.org/10.1109/TAFFC.2014.2336244"
)
ORIGIN = "https://github.com/CheyneyComputerScience/CREMA-D (AudioWAV, VideoFlash, processedResults; media by Git LFS)"
LABELS = {"label_emotion": "acted", "label_valence": "acted", "label_intensity": "acted", "votes_": "observer"}
TABLES = ("recordings", "votes", "people")

EMOTIONS = {"ANG": "angry", "DIS": "disgust", "FEA": "fearful", "HAP": "happy", "NEU": "neutral", "SAD": "sad"}
VALENCE = {
    "neutral": "neutral",
    "happy": "positive",
    "angry": "negative",
    "disgust": "negative",
    "fearful": "negative",
    "sad": "negative",
}
VOTES = {name[0]: f"votes_{emotion}" for name, emotion in EMOTIONS.items()}
"""The column of the counts of each letter that observers could choose."""
CHANNELS = {1: "voice", 2: "face", 3: "both"}
"""What the observers were given, by the hundred thousands of a row's number."""
INTENSITY = {"LO": "low", "MD": "medium", "HI": "high", "XX": None}  # XX: no strength was asked for

CLIP = r"(?P<actor>10\d\d)_(?P<sentence>[A-Z]{3})_(?P<emotion>ANG|DIS|FEA|HAP|NEU|SAD)_(?P<level>LO|MD|HI|XX?)"
EXPECTED = (
    "CREMA-D: AudioWAV/*.wav, AudioMP3/*.mp3 or VideoFlash/*.flv named AAAA_SSS_EEE_LL (actor, sentence, emotion, "
    "level), for example AudioWAV/1001_DFA_ANG_XX.wav"
)
VOTES_EXPECTED = "CREMA-D: processedResults/tabulatedVotes.csv with the columns '' (number), A, D, F, H, N, S, fileName"
PEOPLE_EXPECTED = "CREMA-D: VideoDemographics.csv with the columns ActorID, Age, Sex, Race, Ethnicity"


def recordings(folder):
    """CREMA-D in ``folder`` as a RECORDINGS table: a row per file, video and sound of a clip being one recording.

    Of a clip, the video (.flv) and the best sound (.wav or .flac, else .mp3) are taken. Columns beside those promised:
    ``label_emotion``, ``label_valence``, ``label_intensity`` (missing where none was asked for), ``confound_sentence``,
    and, where ``VideoDemographics.csv`` is in the folder, ``confound_sex``, ``confound_race``, ``confound_ethnicity``,
    ``confound_age``. Raises :class:`mien.corpora.CorpusError` for a missing folder or unreadable names.
    """
    files = corpora.media(folder, CLIP, EXPECTED, (".flv", ".wav", ".flac", ".mp3"))
    kept = {}
    for path, parts in sorted(files, key=lambda one: (".flv", ".wav", ".flac", ".mp3").index(one[0].suffix.lower())):
        kind = "video" if path.suffix.lower() == ".flv" else "person_audio"
        kept.setdefault((path.stem, kind), (path, parts))
    known = (
        people(folder).set_index("person_id") if list(corpora.existing(folder, EXPECTED).rglob("VideoDemo*")) else None
    )
    return corpora.table([_row(path, parts, kind, known) for (_, kind), (path, parts) in kept.items()], folder)


def votes(folder):
    """How observers voted: a row per clip and channel, with the counts of each emotion they could name.

    ``folder`` holds ``tabulatedVotes.csv`` at any depth (or is that file). Columns: recording_id, person_id, channel
    (voice, face, both), label_emotion and label_intensity (acted), confound_sentence, and VOTES (observer): every row
    as published, without a least number of votes.
    """
    path = sheets.one_file(folder, "tabulatedVotes.csv", VOTES_EXPECTED)
    rows = sheets.text_table(path, ["", *VOTES, "fileName"], VOTES_EXPECTED)
    clips = rows["fileName"].str.extract(f"^{CLIP}$")
    if clips.isna().any(axis=None):
        bad = rows["fileName"][clips.isna().any(axis=1)].iloc[0]
        raise corpora.CorpusError(f"{path}: {bad!r} is no name of a clip; expected AAAA_SSS_EEE_LL, as 1001_DFA_ANG_XX")
    counts = sheets.numbers(rows, list(VOTES), path, low=0).rename(columns=VOTES)
    channel = (sheets.numbers(rows, [""], path)[""] // 100_000).map(CHANNELS)
    if channel.isna().any() or counts.isna().any(axis=None):
        raise corpora.CorpusError(f"{path}: a row without a channel or with a count that is none; {VOTES_EXPECTED}")
    found = pd.DataFrame({"recording_id": f"{NAME}_" + rows["fileName"], "person_id": f"{NAME}_" + clips["actor"]})
    found["channel"], found["label_emotion"] = channel, clips["emotion"].map(EMOTIONS)
    found["label_intensity"], found["confound_sentence"] = clips["level"].map(INTENSITY), clips["sentence"]
    found = pd.concat([found, counts.astype(int)], axis=1)
    return found.sort_values(["recording_id", "channel"], ignore_index=True)


def people(folder):
    """Who the actors are, as they told: person_id, age (years), sex, race, ethnicity, by ``VideoDemographics.csv``."""
    path = sheets.one_file(folder, "VideoDemographics.csv", PEOPLE_EXPECTED)
    columns = ["ActorID", "Age", "Sex", "Race", "Ethnicity"]
    rows = sheets.text_table(path, columns, PEOPLE_EXPECTED)
    found = rows[columns].rename(columns=str.lower).rename(columns={"actorid": "person_id"})
    found["person_id"] = f"{NAME}_" + found["person_id"]
    found["age"] = sheets.numbers(rows, ["Age"], path, low=0, high=120)["Age"]
    found["sex"] = found["sex"].str.lower()
    return found.sort_values("person_id", ignore_index=True)


def _row(path, parts, kind, known):
    emotion, person = EMOTIONS[parts["emotion"]], f"{NAME}_{parts['actor']}"
    about = {}
    if known is not None and person in known.index:
        about = {f"confound_{name}": known.loc[person, name] for name in ("sex", "race", "ethnicity", "age")}
    return {
        "recording_id": f"{NAME}_{path.stem}",
        "path": str(path),
        "kind": kind,
        "person_id": person,
        "licence": LICENCE,
        "source": NAME,
        "label_emotion": emotion,
        "label_valence": VALENCE[emotion],
        "label_intensity": INTENSITY[parts["level"].ljust(2, "X")],
        "confound_sentence": parts["sentence"],
        **about,
    }
