"""What mien stores of people in corpora that stay with their makers, laid out for linking: London, AMI and Haines.

The pictures of London are measured again for what is *not* stored, the landmarks; AMI for how people talk in each of
four meetings; Haines for spontaneous faces by another program. Only how often people were linked leaves this place:
with the corpora at hand, :func:`remake` makes the committed table anew.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from mien import corpora, face, media, scores, sources, tables, turns
from mien.corpora import ami, haines, london
from mien.face import landmarker
from mien.study.identity import who
from mien.study.identity.artefacts import CONFOUND, LEFT_OUT, N_ROUNDS, PART, STORED, Artefact, laid, of_pairs
from mien.turns import anchors

NOTEBOOKS = ()
FILES = {"reid_unshared": "reid_unshared.csv"}
PLACES = {"london": "london_faces", "ami": "ami_rttm", "haines": "haines"}
"""The corpora, and what their folders are called where they lie side by side."""

LOOKS = 3
"""How often a face in a picture is looked at again in the square that its landmarks ask for."""
MEETINGS = "abcd"
"""The scenario meetings of AMI: four a group, the same four people in the same roles."""


def remake(folders, out, settings=None, tick=lambda *_: None):
    """Make the table from the corpora in ``folders`` ({name: folder}, all names of :data:`PLACES`); return its path.

    Raises :class:`mien.corpora.CorpusError` for a missing name and for a folder that does not hold its corpus.
    """
    lost = sorted(set(PLACES) - set(folders))
    if lost:
        raise corpora.CorpusError(f"no folder for {', '.join(lost)}; expected one for each of {', '.join(PLACES)}")
    pictures = measured(london.recordings(folders["london"]), tick)
    faces = of_pictures(pictures)
    every = [*faces, *of_ami(meetings(folders["ami"], tick)), *of_haines(folders["haines"])]
    about = pictures.drop_duplicates("person_id").set_index("person_id")
    rows = [who.rows(one, settings) for one in every]
    rows += [who.attributes(one, who.of_people(about), settings) for one in faces]
    Path(out).mkdir(parents=True, exist_ok=True)
    return tables.write(who.REID.check(pd.concat(rows, ignore_index=True)), Path(out) / FILES["reid_unshared"])


def read(data, names=tuple(FILES)):
    """Those of the tables that are among ``names``, by name."""
    return {name: who.rows_of(Path(data) / file) for name, file in FILES.items() if name in names}


def answers(read):
    """Nothing of its own: what was found is part of what ``12c_who_are_you`` says."""
    return {}


# --- faces ------------------------------------------------------------------------------------------------------------


def measured(pictures, tick=lambda *_: None):
    """The pictures with box, pose and blendshapes as in ``faces.parquet``, and with landmarks turned to the front."""
    see = landmarker.Landmarker(sources.find(face.MODEL).read_bytes())
    rows = []
    for number, row in enumerate(pictures.to_dict("records"), 1):
        ((time_s, rgb),) = list(media.frames(row["path"]))
        faces = face.extract([(time_s, rgb)])
        if len(faces):
            mine = faces.loc[(faces["box_w_px"] * faces["box_h_px"]).idxmax()]
            rows.append(_picture(row, mine, landmarks(see, rgb, mine)))
        tick("London faces", number, len(pictures))
    return pd.DataFrame(rows)


def landmarks(see, rgb, row):
    """The landmarks of a face in a picture (478, 3) in pixels; ``row`` has its box."""
    region = landmarker.Region.around([row[f"box_{side}_px"] for side in "xywh"])
    for _ in range(LOOKS):
        seen = see.see(np.ascontiguousarray(rgb), 0.0, region)
        if seen is None:
            raise corpora.CorpusError("London faces: a face was found and has no landmarks; expected one frontal face")
        region = landmarker.Region.of(seen.points)
    return seen.points


def to_the_front(points):
    """Landmarks (n, 3) without place, size and turn of the head: what is called a de-identified face.

    x right, y up, z to the camera; the root mean square distance from the middle is 1.
    """
    turned = (points * [1, -1, -1]) @ face.head_turn(points)
    middle = turned - turned.mean(axis=0)
    return middle / np.sqrt((middle**2).sum(axis=1).mean())


def _picture(row, mine, points):
    about = {name: value for name, value in row.items() if name.startswith(("label_", "confound_"))}
    ids = {"recording_id": row["recording_id"], "person_id": row["person_id"], "group_id": row["person_id"]}
    kept = [name for name in mine.index if name.startswith(("bs_", "box_")) or name.endswith("_deg")]
    shape = {f"face_landmark_{place}": value for place, value in enumerate(to_the_front(points).ravel())}
    return ids | about | {f"face_{name}": float(mine[name]) for name in kept if name != "box_motion"} | shape


def of_pictures(table):
    """London: neutral in the gallery, smiling as the probe."""
    shape, boxes = (list(table.filter(regex=f"^face_{kind}_")) for kind in ("landmark", "box"))
    frame = [name for name in table.filter(regex="^face_") if name not in shape]
    parts = {
        "a row of faces.parquet: box, pose, blendshapes": ("face", STORED, frame),
        "landmarks turned to the front": ("face", LEFT_OUT, shape),
        "where the face is in the picture": ("face", CONFOUND, boxes),
    }
    return of_pairs(table, "London", table["label_expression"] == "smiling", parts)


def of_haines(folder):
    """Spontaneous faces: clips of one sitting, every other clip on the other side."""
    table = haines.windows(folder, as_published=True)
    is_probe = (table.groupby("person_id").cumcount() % 2 == 1).to_numpy()
    parts = {
        "action units by FACET": (LEFT_OUT, list(table.filter(regex="^face_au"))),
        "share of frames with a face": (CONFOUND, ["trust_face"]),
    }
    return [
        laid(table, columns, is_probe, "Haines", "face", name, role, given, drawn)
        for name, (role, columns) in parts.items()
        for given, drawn in (("one clip", N_ROUNDS), ("many clips", 0))
    ]


# --- turns ------------------------------------------------------------------------------------------------------------


def meetings(folder, tick=lambda *_: None):
    """Each person's turn statistics, components and scores in each scenario meeting of AMI; ``group_id`` its series."""
    every, rows = ami.recordings(folder), []
    every = every[every["recording_id"].str[-1].isin(list(MEETINGS)) & ~every["recording_id"].str.startswith("ami_EN")]
    for number, meeting in enumerate(every.itertuples(), 1):
        segments = anchors.from_first_word(ami.segments(meeting.path))
        end_s = segments["end_s"].max()
        floor = turns.floor(segments, turns.TurnSettings(), end_s)
        line = scores.timeline(floor, end_s)
        for person in line.people:
            ids = {"recording_id": meeting.recording_id, "person_id": person, "group_id": meeting.recording_id[:-1]}
            parts = scores.components(line, line.side([person]))[0]
            rows.append(
                ids
                | turns.features(floor, person, 0.0, end_s)[0]
                | dict(zip(scores.COMPONENTS, parts, strict=True))
                | {"norm_referenced": float(scores.norm_referenced(parts, scores.norms("ami_each_v1")))}
                | {"fixed_curve": float(scores.fixed_curve(parts)), "length_s": end_s}
            )
        tick("AMI meetings", number, len(every))
    return pd.DataFrame(rows)


def of_ami(table):
    """AMI: every meeting of a series as the gallery of every other; among all people, and within the series alone."""
    columns = list(table.filter(regex="^turn_"))
    by = table.groupby("recording_id")
    shared = table.assign(**by[columns].transform("mean").to_dict("series"))
    apart = table.assign(**(table[columns] - shared[columns]).to_dict("series"))
    parts = {
        "turn statistics": (STORED, columns, table),
        "turn statistics less the meeting's mean": (PART, columns, apart),
        "the three components of the score": (PART, list(scores.COMPONENTS), table),
        "the scores alone": (PART, ["norm_referenced", "fixed_curve"], table),
        "what everybody in the meeting shares": (CONFOUND, [*columns, "length_s"], shared),
    }
    found = []
    for name, (role, own, rows) in parts.items():
        among_all = _rounds(rows, own, name, role)
        found.append(among_all)
        if role != CONFOUND:
            found.append(among_all.within("one meeting, own group only"))
    return found


def _rounds(table, columns, name, role):
    """Every ordered pair of meetings is a round: the first is everybody's gallery, the second the probe."""
    home = table.drop_duplicates("person_id").set_index("person_id")["group_id"].sort_index()
    which = table["recording_id"].str[-1]
    wide = {
        one: table[which == one].set_index("person_id")[columns].reindex(home.index).to_numpy(float) for one in MEETINGS
    }
    pairs = [(first, second) for first in MEETINGS for second in MEETINGS if first != second]
    gallery, probe = (np.stack([wide[pair[side]] for pair in pairs]) for side in (0, 1))
    about = ("AMI", "turn", name, role, "one meeting", tuple(columns), home.index.to_numpy(), home.to_numpy())
    return Artefact(*about, gallery, probe, len(table))
