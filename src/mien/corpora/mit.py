"""MIT Interview: mock job interviews of students before and after coaching, rated by crowd workers; measures, no media.

Published are features that others computed and ratings averaged over workers (observer); the videos are not. The face
table is a mean over the first 75 frames of a video at most and holds head angle and point positions, so no claim about
a face can be tested on it. P and PP of one number are one person before and after: they are one group. The names of the
ratings come from the order of a list; only two were checked against a second source, and every other is called
``label_presumed_…``.
"""

import pandas as pd

from mien import corpora, tables
from mien.corpora import sheets

NAME = "mit"
WHAT = (
    "mock job interviews: 138 interviews of 69 people, voice and head position by others, 18 ratings by crowd workers"
)
LICENCE = "MIT (repository of face, voice and ratings); prosody: repository without a licence, do not pass it on"
CITATION = (
    "Naim I, Tanveer MI, Gildea D, Hoque ME (2015) Automated prediction and analysis of job interview performance. FG "
    "2015, 1-6. https://doi.org/10.1109/FG.2015.7163127; measures: Agrawal A et al. (2020) Leveraging multimodal "
    "behavioral analytics for automated job interview performance assessment and feedback. Challenge-HML 2020"
)
ORIGIN = "https://github.com/isunitha98selvan/Multimodal-Behavioral-Analytics, folder Combined"
TABLES = ("windows", "ratings")

RATINGS = (
    "overall",
    "presumed_recommend_hiring",
    "presumed_colleague",
    "presumed_engaged",
    "excited",
    *("presumed_eye_contact", "presumed_smiled", "presumed_speaking_rate", "presumed_no_fillers"),
    *("presumed_friendly", "presumed_paused", "presumed_engaging_tone", "presumed_structured_answers"),
    *("presumed_calm", "presumed_not_stressed", "presumed_focused", "presumed_authentic", "presumed_not_awkward"),
)
"""The ratings, 1 to 7, in the order of the columns; ``overall`` and ``excited`` equal a second source on all rows."""
LABELS = {f"label_{name}": "observer" for name in RATINGS}
SCALE = (1, 7)
"""The ends of each rating."""

POINTS = ("nose", "chin", "left_eye", "right_eye", "mouth_left", "mouth_right")
FACE = ("yaw", "roll", "pitch", *(f"{point}_{axis}" for point in POINTS for axis in "xy"))
"""Mean absolute head angle (degrees / 100) and mean position of points (in a frame 500 px wide, / 270)."""
SHORT_TERM = (
    *("zcr", "energy", "energy_entropy", "centroid", "spread", "entropy", "flux", "rolloff"),
    *(f"mfcc_{n}" for n in range(1, 14)),
    *(f"chroma_{n}" for n in range(1, 13)),
    "chroma_sd",
)
"""The short-term features of pyAudioAnalysis, in its order; their deltas follow in the same order."""
VOICE = ("power", "intensity_db", "duration_s", "f0_mean_hz", "f0_min_hz", "f0_max_hz")
VOICE += (*SHORT_TERM, *(f"delta_{name}" for name in SHORT_TERM))
"""The columns of the table of voices, by the script that wrote it (average_timeseries.py)."""
INTERVIEW = r"([Pp]{1,2})(\d+)"
EXPECTED = (
    "MIT Interview: audio_features_final.csv, facial_features_final.csv and 'y-output - Sheet1.csv', no headers, each "
    "row beginning with P<n> (before coaching) or PP<n> (after)"
)
PROSODY_EXPECTED = "MIT Interview: prosodic_features.csv with participant&question (P<n>Q<m>) and 35 numbers"


def windows(folder, told=None, prosody=False):
    """MIT Interview in ``folder`` as a WINDOWS table: a row per interview, all of its sound; a group per person.

    ``face_*`` as :data:`FACE`, ``voice_*`` as :data:`VOICE`, ``label_*`` the mean rating of each question (1 to 7), and
    ``confound_coached``. ``prosody`` adds ``voice_prosody_*``: the means over an interview's five answers of a table in
    another repository, which has no licence. Raises :class:`mien.corpora.CorpusError` for a missing or unreadable file,
    and for interviews that one table has and another has not.
    """
    voice = _table(folder, "audio_features_final.csv", VOICE, told)
    face = _table(folder, "facial_features_final.csv", FACE, told)
    rated = ratings(folder, told).set_index("interview")
    parts = {"voices": voice, "faces": face, "ratings": rated}
    if prosody:
        parts["prosody"] = _prosody(folder, told)
    _same_interviews(folder, parts)
    found = _who(voice.index).assign(start_s=0.0, end_s=voice["duration_s"], group_id=lambda table: table["person_id"])
    found = found.join(face.add_prefix("face_")).join(voice.drop(columns="duration_s").add_prefix("voice_"))
    if prosody:
        found = found.join(parts["prosody"].add_prefix("voice_prosody_"))
    found = found.join(rated.drop(columns=["recording_id", "person_id", "confound_coached"]))
    found["confound_coached"] = rated["confound_coached"]
    found["why"] = ""
    return tables.WINDOWS.check(found.sort_values("recording_id", ignore_index=True), str(folder))


def ratings(folder, told=None):
    """The mean rating of every question of every interview: recording_id, person_id, interview, labels (observer).

    The answers of single workers are not published, so no ceiling can be computed from this.
    """
    rated = _table(folder, "y-output - Sheet1.csv", (*RATINGS, "total"), told).drop(columns="total")
    found = _who(rated.index).join(rated.add_prefix("label_"))
    found["confound_coached"] = ["yes" if name.startswith("PP") else "no" for name in found.index]
    return found.rename_axis("interview").reset_index()


def _who(interviews):
    numbers = interviews.str.extract(INTERVIEW)[1].to_numpy()
    ids = {"recording_id": f"{NAME}_" + interviews, "person_id": [f"{NAME}_{int(number):02d}" for number in numbers]}
    return pd.DataFrame(ids, index=interviews)


def _table(folder, name, columns, told):
    """A table without a header, its numbers by interview."""
    path = sheets.one_file(folder, name, EXPECTED)
    rows = sheets.text_table(path, ("interview", *columns), EXPECTED, header=False)
    _check_names(path, rows["interview"])
    return sheets.numbers(rows, columns, path, told).set_axis(rows["interview"].str.upper(), axis=0)


def _check_names(path, names):
    bad = names[~names.str.fullmatch(INTERVIEW)]
    if len(bad):
        raise corpora.CorpusError(f"{path}: {bad.iloc[0]!r} names no interview ({len(bad)} such rows); {EXPECTED}")
    corpora.once(path, names.str.upper())


def _prosody(folder, told):
    """The mean of each prosodic feature over the answers of an interview in which Praat could tell it."""
    path = sheets.one_file(folder, "prosodic_features.csv", PROSODY_EXPECTED)
    rows = sheets.text_table(path, ["participant&question", "duration"], PROSODY_EXPECTED)
    answers = rows["participant&question"].str.extract(rf"^({INTERVIEW})Q\d+$")[0]
    if answers.isna().any():
        raise corpora.CorpusError(
            f"{path}: row {answers.index[answers.isna()][0] + 1} names no answer; {PROSODY_EXPECTED}"
        )
    found = sheets.numbers(rows.replace("--undefined--", ""), rows.columns[1:], path, told)
    return found.groupby(answers.str.upper()).mean().rename(columns=lambda name: name.split(":")[0].lower())


def _same_interviews(folder, parts):
    every = sorted(set().union(*(part.index for part in parts.values())))
    for name, part in parts.items():
        lacks = sorted(set(every) - set(part.index))
        if lacks:
            raise corpora.CorpusError(
                f"{folder}: the {name} lack {', '.join(lacks)}; expected every interview in each table"
            )
