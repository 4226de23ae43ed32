"""The Face Research Lab London Set: photographs of adults looking neutral, and smiling because they were asked to.

Instructed smiles are acted. MediaPipe finds a face in all pictures, and yet reads smaller smiles in women's or men's
faces: without ratings of these pictures, smiling less and being seen less cannot be told apart. Groups other than sex
have 9 to 13 people, too few for any test. A picture is a recording of one frame; pictures are never passed on.
"""

from mien import corpora
from mien.corpora import sheets

NAME = "london"
WHAT = "photographs: 102 adults (53 men, 49 women), neutral and smiling on instruction, 204 pictures"
LICENCE = "CC BY 4.0"
CITATION = (
    "DeBruine L, Jones B (2017) Face Research Lab London Set. figshare. https://doi.org/10.6084/m9.figshare.5047666.v5"
)
ORIGIN = "https://doi.org/10.6084/m9.figshare.5047666, neutral_front.zip and smiling_front.zip, london_faces_info.csv"
LABELS = {"label_expression": "acted"}
TABLES = ("recordings", "people")

EXPRESSIONS = {"03": "neutral", "08": "smiling"}
PICTURE = r"(?P<person>\d{3})_(?P<expression>03|08)"
EXPECTED = "London faces: NNN_03.jpg (neutral) and NNN_08.jpg (smiling), for example neutral_front/001_03.jpg"
PEOPLE_EXPECTED = (
    "London faces: london_info.csv (or london_faces_info.csv) with face_id, face_age, face_gender, face_eth"
)


def recordings(folder):
    """The London set in ``folder`` as a RECORDINGS table: a row per picture, a video of one frame.

    Columns beside the promised ones: ``label_expression`` (neutral, smiling) and, where the table of people is there,
    ``confound_sex``, ``confound_ethnicity``, ``confound_age``. Other views of the set (profiles, three quarters) are
    not read. Raises :class:`mien.corpora.CorpusError` for a missing folder, unreadable names and unknown people.
    """
    found = corpora.media(folder, PICTURE, EXPECTED, (".jpg", ".jpeg", ".png"))
    corpora.once(folder, [path.stem for path, _ in found])
    known = (
        people(folder).set_index("person_id") if list(corpora.existing(folder, EXPECTED).rglob("*info.csv")) else None
    )
    return corpora.table([_row(path, parts, known) for path, parts in found], folder)


def people(folder):
    """Who the people are, as they told: person_id, age (years), sex, ethnicity ('mixed' where two are named)."""
    path = sheets.one_file(folder, "*info.csv", PEOPLE_EXPECTED)
    rows = sheets.text_table(path, ["face_id", "face_age", "face_gender", "face_eth"], PEOPLE_EXPECTED)
    found = rows[["face_gender", "face_eth"]].rename(columns={"face_gender": "sex", "face_eth": "ethnicity"})
    found["ethnicity"] = found["ethnicity"].where(~found["ethnicity"].str.contains("/"), "mixed")
    number = rows["face_id"].str.removeprefix("X").str.zfill(3)
    found.insert(0, "person_id", f"{NAME}_" + number)
    found.insert(1, "age", sheets.numbers(rows, ["face_age"], path, low=0, high=120)["face_age"])
    corpora.once(path, found["person_id"])
    return found.sort_values("person_id", ignore_index=True)


def _row(path, parts, known):
    person = f"{NAME}_{parts['person']}"
    if known is not None and person not in known.index:
        raise corpora.CorpusError(f"{path}: nobody {parts['person']} in the table of people; {PEOPLE_EXPECTED}")
    about = (
        {} if known is None else {f"confound_{name}": known.loc[person, name] for name in ("sex", "ethnicity", "age")}
    )
    return {
        "recording_id": f"{NAME}_{path.stem}",
        "path": str(path),
        "kind": "video",
        "person_id": person,
        "licence": LICENCE,
        "source": NAME,
        "label_expression": EXPRESSIONS[parts["expression"]],
        **about,
    }
