"""DAiSEE: students filmed by their own webcams as they learn; strangers say how bored, engaged, confused they look.

Labels are a crowd's impression of a silent picture (observer), in four steps. Nobody was asked how they felt: a label of
engagement here is perceived engagement, and very low engagement is nearly absent.
"""

from mien import corpora
from mien.corpora import sheets

NAME = "daisee"
WHAT = "webcam video of students: 112 people, 9,068 clips of 10 s, four affective states in four steps by a crowd"
LICENCE = "research only, by agreement"
CITATION = (
    "Gupta A, D'Cunha A, Awasthi K, Balasubramanian V (2016) DAiSEE: towards user engagement recognition in the wild. "
    "arXiv:1609.01885"
)
ORIGIN = "https://people.iith.ac.in/vineethnb/resources/daisee/index.html, on request"
TERMS = "research use, on request at people.iith.ac.in/vineethnb/resources/daisee"
STATES = ("Boredom", "Engagement", "Confusion", "Frustration")
LABELS = {f"label_perceived_{state.lower()}": "observer" for state in STATES}
TABLES = ("recordings",)

CLIP = r"(?P<person>\d{6})(?P<number>\d+)"
EXPECTED = (
    "DAiSEE: DataSet/{Train,Validation,Test}/PERSON/CLIP/CLIP.avi (the first six digits of a clip are its person) and "
    f"Labels/{{Train,Validation,Test}}Labels.csv with ClipID, {', '.join(STATES)}"
)


def recordings(folder, told=None):
    """DAiSEE in ``folder`` as a RECORDINGS table: a row per clip, with labels 0 (very low) to 3 (very high).

    Clips without labels are left out and counted in ``told["unlabelled"]``; ``confound_part`` is the makers' split.
    Refuses a folder without ``AGREEMENT.txt``; raises :class:`mien.corpora.CorpusError` also for unreadable names, for
    a clip in two parts, and for one that lies in the folder of another person.
    """
    corpora.agreed(folder, "DAiSEE", TERMS, EXPECTED)
    told = {} if told is None else told
    labels = _labels(folder, told)
    files = corpora.media(folder, CLIP, EXPECTED, (".avi", ".mp4"))
    corpora.once(folder, [path.stem for path, _ in files])
    strays = [path.name for path, parts in files if path.parents[1].name != parts["person"]]
    if strays:
        raise corpora.CorpusError(
            f"{folder}: {', '.join(strays)} not in the folder of their person; expected {EXPECTED}"
        )
    told["unlabelled"] = [path.stem for path, _ in files if path.stem not in labels]
    rows = [_row(path, parts, labels[path.stem]) for path, parts in files if path.stem in labels]
    if not rows:
        raise corpora.CorpusError(f"{folder}: no clip has labels; expected {EXPECTED}")
    return corpora.table(rows, folder)


def _labels(folder, told):
    """The labels of every clip by its name, from the tables of the three parts that are there."""
    found = {}
    for path in corpora.files(folder, "*Labels.csv", EXPECTED):
        part = path.stem.removesuffix("Labels").lower()
        if part == "all":
            continue
        rows = sheets.text_table(path, ["ClipID", *STATES], EXPECTED)
        values = sheets.numbers(rows, list(STATES), path, told, 0, 3).rename(
            columns=lambda one: f"label_perceived_{one.lower()}"
        )
        clips = rows["ClipID"].str.rsplit(".", n=1).str[0]
        corpora.once(path, [*found, *clips])
        found |= {
            clip: {"confound_part": part, **row} for clip, row in zip(clips, values.to_dict("records"), strict=True)
        }
    return found


def _row(path, parts, labels):
    return {
        "recording_id": f"{NAME}_{path.stem}",
        "path": str(path),
        "kind": "video",
        "person_id": f"{NAME}_{parts['person']}",
        "licence": LICENCE,
        "source": NAME,
        **labels,
    }
