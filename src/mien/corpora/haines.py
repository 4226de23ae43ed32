"""Haines and others: people alone before a camera look at pictures; three trained raters say how affected they look.

Perceived affect, not felt: the raters saw faces. The face numbers are evidence values of FACET (a program no longer
sold), not MediaPipe's blendshapes, so nothing here may be compared with ``face_`` columns that mien measures. Nothing
is known of the people, and what ``condition`` 1, 2, 3 means is not said in the data. The repository carries no licence:
the table stays with its makers, and only what was found in it may be published.
"""

import pandas as pd

from mien import corpora, tables
from mien.corpora import sheets

NAME = "haines"
WHAT = (
    "spontaneous faces: 4,810 clips of 141 people, 20 action units by FACET, positive and negative affect by 3 raters"
)
LICENCE = "none stated; data release of an open-access paper: publish what was found, not the table"
CITATION = (
    "Haines N, Southward MW, Cheavens JS, Beauchaine T, Ahn W-Y (2019) Using computer-vision and machine learning to "
    "automate facial coding of positive and negative affect intensity. PLOS ONE 14(2): e0211735. "
    "https://doi.org/10.1371/journal.pone.0211735"
)
ORIGIN = "https://github.com/CCS-Lab/Haines_CVML_2018, Data/allDat_1segment_overallQuality3.RData saved as CSV"
LABELS = {"label_positive": "observer", "label_negative": "observer"}
TABLES = ("windows", "ratings")

UNITS = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 18, 20, 23, 24, 25, 26, 28, 43)
"""The action units of FACET, by their numbers in the Facial Action Coding System."""
RATERS = (1, 2, 3)
SCALE = (1, 7)
"""The least and the greatest rating of intensity."""
FEWEST_CLIPS = 21
"""The paper leaves out who has fewer usable clips: half of the 42 that were shown."""
EXPECTED = (
    "Haines: allDat_1segment_overallQuality3.csv with subjNum, clip, qualityIdx, AU1overall …, rater1_posScore, "
    'rater1_negScore …; the release is an .RData: in R, load it and write.csv(allDat, "….csv", row.names = FALSE)'
)


def windows(folder, told=None, as_published=False):
    """Haines in ``folder`` as a WINDOWS table: a row per clip, which is all of its recording; each person is a group.

    The release says no times: start_s and end_s are both 0. Columns: ``face_auNN`` (FACET evidence, the logarithm to
    base 10 of the odds, averaged over the clip), ``trust_face`` (share of the clip in which a face was found),
    ``label_positive`` and ``label_negative`` (mean of the raters, 1 to 7), ``confound_condition``, ``why``.
    ``as_published`` leaves out what the paper left out: a clip with a rating beyond the scale, people with fewer than
    :data:`FEWEST_CLIPS` clips, a clip that not everybody rated. ``told["out_of_bounds"]`` lists ratings beyond the
    scale; they count as missing. Raises :class:`mien.corpora.CorpusError` for a missing or unreadable file.
    """
    path, rows = _rows(folder)
    told = {} if told is None else told
    names = {f"AU{unit}overall": f"face_au{unit:02d}" for unit in UNITS}
    rated = _rated(rows, path, told)
    found = _clips(rows).assign(start_s=0.0, end_s=0.0, group_id=lambda table: table["person_id"])
    found = pd.concat([found, sheets.numbers(rows, list(names), path, told).rename(columns=names)], axis=1)
    found["trust_face"] = sheets.numbers(rows, ["qualityIdx"], path, told, 0, 1)["qualityIdx"]
    for name in ("positive", "negative"):
        mine = rated[[f"{name}_{rater}" for rater in RATERS]]
        found[f"label_{name}"] = mine.mean(axis=1).where(mine.notna().all(axis=1))
    found["confound_condition"] = rows["condition"]
    found["why"] = [
        "; ".join(f"{name}: not_rated" for name in ("label_positive", "label_negative") if pd.isna(row[name]))
        for _, row in found.iterrows()
    ]
    if as_published:
        found = found[~_beyond(rows).to_numpy()]
        found = found[found.groupby("person_id")["person_id"].transform("size") >= FEWEST_CLIPS]
        found = found[found["why"] == ""]
    return tables.WINDOWS.check(found.sort_values("recording_id", ignore_index=True), str(path))


def ratings(folder, told=None):
    """What each rater said of each clip: recording_id, person_id, scale (positive, negative), rater_1 to rater_3.

    Values are 1 to 7; one beyond the scale is missing and listed in ``told["out_of_bounds"]``.
    """
    path, rows = _rows(folder)
    rated, clips = _rated(rows, path, told), _clips(rows)
    parts = []
    for name in ("positive", "negative"):
        mine = rated[[f"{name}_{rater}" for rater in RATERS]].rename(columns=lambda one: f"rater_{one[-1]}")
        parts.append(pd.concat([clips.assign(scale=name), mine], axis=1))
    return pd.concat(parts).sort_values(["recording_id", "scale"], ignore_index=True)


def _rows(folder):
    path = sheets.one_file(folder, "allDat_1segment_overallQuality3.csv", EXPECTED)
    columns = ["subjNum", "clip", "qualityIdx", "tossIdx", "condition", *(f"AU{unit}overall" for unit in UNITS)]
    columns += [f"rater{rater}_{kind}Score" for rater in RATERS for kind in ("pos", "neg")]
    rows = sheets.text_table(path, columns, EXPECTED)
    corpora.once(path, _clips(rows)["recording_id"])
    return path, rows[rows["tossIdx"].astype(float) != 1].reset_index(drop=True)


def _clips(rows):
    who = f"{NAME}_" + rows["subjNum"]
    return pd.DataFrame({"recording_id": who + "_" + rows["clip"].str.zfill(2), "person_id": who})


def _rated(rows, path, told):
    names = {f"rater{r}_{kind[:3]}Score": f"{kind}_{r}" for kind in ("positive", "negative") for r in RATERS}
    return sheets.numbers(rows, list(names), path, told, *SCALE).rename(columns=names)


def _beyond(rows):
    """The rows that have a rating beyond the scale, which the paper left out as a slip of the rater."""
    columns = [f"rater{rater}_{kind}Score" for rater in RATERS for kind in ("pos", "neg")]
    values = rows[columns].apply(pd.to_numeric, errors="coerce")
    return ((values < SCALE[0]) | (values > SCALE[1])).any(axis=1)
