"""What does a still, half-still or occluded face do to a face score? The London faces, with one thing changed.

The score is 100 × the probability of "smiling" that the study's logistic regression gives to a photograph of somebody
it never saw (102 adults, asked to look neutral and to smile; people held out in folds). Each photograph is edited and
measured anew, or what was measured of it is edited; the model is not fitted again. Smiles are acted, and nothing here
is about engagement: it shows what a score of faces does when the face, or the camera, does something else.

The photographs stay with their makers (CC BY 4.0); the tables here are aggregates over people, made by :func:`remake`.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from mien import evidence, face, media, models, store, tables, verdict
from mien.corpora import london
from mien.edits import face as moves
from mien.edits import picture
from mien.evidence import checks, quantities, splits
from mien.study import others, shifts, verdicts
from mien.study.pictured_words import LOSS, answer

NOTEBOOKS = ("12e_faces_changed",)
FILES = {"pictured_scores": "pictured_scores.csv", "pictured_quantities": "pictured_quantities.csv"}
ASKED = next(one for one in verdicts.ASKED if one.name == london.NAME)
BOX = ["box_x_px", "box_y_px", "box_w_px", "box_h_px"]


@dataclass(frozen=True)
class Dose:
    """One change: on which ``axis``, how much of it in which ``unit``, and whether it decides (AUDIT 6.7 and 6.9)."""

    axis: str
    dose: float | str
    unit: str
    decides: bool = False

    @property
    def said(self):
        """The dose as text."""
        return self.dose if isinstance(self.dose, str) else f"{self.dose:g}"

    @property
    def part(self):
        """The name of the dose in a table of quantities."""
        return f"{self.axis} {self.said} {self.unit}"


def _doses(axis, unit, deciding, rest=()):
    return [Dose(axis, dose, unit, True) for dose in deciding] + [Dose(axis, dose, unit) for dose in rest]


PICTURES = (
    Dose("nothing", "none", "kind"),
    *_doses("occlusion", "kind", ["glasses"]),
    *_doses("h264", "crf", [23, 35]),
    *_doses("light", "gamma", [0.7, 1.4]),
    *_doses("resolution", "px_height", [720, 360]),
    *_doses("occlusion", "kind", [], ["dark glasses", "mask", "hand", "hair"]),
    *_doses("side_light", "share", [], [0.5, 0.25, 0.125]),
    *_doses("light", "gamma", [], [0.4, 2.5]),
    *_doses("resolution", "px_height", [], [180, 90]),
    *_doses("face_width", "px", [], [96, 48]),
    *_doses("h264", "crf", [], [45]),
    *_doses("jpeg", "quality", [], [30]),
    *_doses("colour_cast", "stops", [], [1.0, -1.0]),
)
"""Changes of the photograph, after which the face is looked for and measured again; ``decides`` as the rules have it.
Doses that AUDIT 6.7 does not number (side light, colour cast) are ours. Photographs have no frame rate, and a head in
them cannot be turned."""

FACES = (
    *_doses("face_excursion_factor", "factor", [], [0.5, 0.25, 0.0]),
    *_doses("one_side_excursion_factor", "factor", [], ["0 left", "0 right"]),
    *_doses("constant_smile", "mouthSmile", [], [0.3]),
    *_doses("gaze_to_camera_factor", "factor", [], [0.0]),
    *_doses("gaze_lock", "on", [], [1.0]),
)
"""Changes of what was measured (AUDIT 6.8 g4 and g5, 6.9): none decides, since no size of them has a public source.
In one photograph eyes look at the camera or do not, so the factor is 0."""

REST = "neutral"
"""The photograph in which people were asked to look neutral: their own face at rest."""

EDITS = {
    "nothing": lambda rgb, dose, box, points: rgb,
    "occlusion": lambda rgb, dose, box, points: picture.COVERS[dose](rgb, points),
    "h264": lambda rgb, dose, box, points: picture.h264_still(rgb, dose),
    "light": lambda rgb, dose, box, points: picture.gamma(rgb, dose),
    "resolution": lambda rgb, dose, box, points: picture.resolution(rgb, dose),
    "side_light": lambda rgb, dose, box, points: picture.side_light(rgb, dose, box),
    "face_width": lambda rgb, dose, box, points: picture.face_width(rgb, dose, box),
    "jpeg": lambda rgb, dose, box, points: picture.jpeg(rgb, dose),
    "colour_cast": lambda rgb, dose, box, points: picture.colour_cast(rgb, dose),
}


MOVES = {
    "face_excursion_factor": lambda faces, person, dose, rest: moves.excursion(faces, person, dose, rest),
    "one_side_excursion_factor": lambda faces, person, dose, rest: moves.one_side(
        faces, person, 0.0, dose.split()[1], rest
    ),
    "constant_smile": lambda faces, person, dose, rest: moves.constant_smile(faces, person, dose),
    "gaze_to_camera_factor": lambda faces, person, dose, rest: moves.gaze_away(
        faces, person, dose, rng=store.rng(f"pictured gaze {person}")
    ),
    "gaze_lock": lambda faces, person, dose, rest: moves.gaze_locked(faces, person),
}
SWEPT = (0.9, 0.75)
"""Factors of excursion that are tried beside the doses, so that the tolerance dose can be found between them."""


# --- measured anew ----------------------------------------------------------------------------------------------------


def remeasured(folder, work, pictures=PICTURES, tick=lambda *_: None):
    """The face of every photograph under every dose of ``pictures``: {dose: a table of faces, a row a picture}.

    ``folder`` holds the London set; ``work`` keeps what was measured, so that a stopped run goes on where it stopped.
    Where several faces are found the largest counts; a photograph in which none is found has no row.
    """
    rows = london.recordings(folder)
    first, found = None, {}
    for number, dose in enumerate(pictures, 1):
        causes = {"dose": dose, "set": len(rows), "model": face.MODEL.sha256}
        causes["code"] = store.code("media", "face", "edits/picture", without=("face/features",))
        path = Path(work) / f"{store.file_name(dose.part)}.csv"
        found[dose] = pd.read_csv(store.kept(path, causes, _maker(rows, dose, first)), dtype={"why": str})
        found[dose]["why"] = found[dose]["why"].fillna("")
        first = found[dose] if first is None else first
        tick("edited photographs", number, len(pictures))
    return found


def _maker(rows, dose, first):
    def make(part):
        measured = [_measured(row, dose, first) for row in rows.to_dict("records")]
        pd.concat(measured, ignore_index=True).to_csv(part, index=False)

    return make


def _measured(row, dose, first):
    """The largest face of one photograph under one dose; ``first`` has the faces of all photographs as they are."""
    rgb, box, points = next(media.frames(row["path"]))[1], None, None
    if first is not None:
        box = first.loc[first["recording_id"] == row["recording_id"], BOX].to_numpy(float)[0]
        points = face.landmarks(rgb, box) if dose.axis == "occlusion" else None
    seen = face.extract([(0.0, EDITS[dose.axis](rgb, dose.dose, box, points))])
    if len(seen):
        seen = seen.loc[[(seen["box_w_px"] * seen["box_h_px"]).idxmax()]]
    return seen.assign(recording_id=row["recording_id"], person_id=row["person_id"])


# --- scored -----------------------------------------------------------------------------------------------------------


class Scorer:
    """The study's model of the committed windows, fitted in each fold: it scores photographs of people it never saw."""

    def __init__(self, data, settings):
        self.table = tables.read(Path(data) / ASKED.file, tables.WINDOWS)
        given = checks.cases(self.table, ASKED.target)
        self.columns, self.codes = checks.signal_columns(given, ASKED.signals), given.codes
        self.smiling = given.classes.index("smiling")
        (self.plan,) = splits.repeats(given.codes, given.groups, replace(settings, n_repeats=1))
        self.model = models.make(ASKED.model, [ASKED.signals], settings.seed, settings.model)

    @splits.one_thread
    def scores(self, windows):
        """100 × the probability of smiling (n,) of windows in the order of the table; NaN without a measured face."""
        unseen, told = windows[self.columns.columns].astype(float), np.full(len(windows), np.nan)
        for train, test in self.plan:
            seen = self.columns.iloc[train]
            told[test] = splits.elsewhere(self.model, seen, self.codes[train], unseen.iloc[test], 2)[0][:, self.smiling]
        return np.where(unseen["face_smile_mean"].isna(), np.nan, 100 * told)

    def windows(self, found):
        """The window of every photograph in which these faces were ``found``, in the order of the table."""
        by = dict(iter(found.groupby("recording_id")))
        rows = [
            others.picture_window(row, by.get(row["recording_id"], found.iloc[:0]))
            for row in self.table.to_dict("records")
        ]
        return others.rounded(pd.DataFrame(rows).reindex(columns=self.table.columns))


def moved(faces, dose, labels):
    """What was measured of all photographs (a table of faces) with everybody's face changed by a dose of FACES.

    ``labels`` maps recording_ids to neutral and smiling: each person's rest is their own neutral photograph.
    """
    at_rest = faces[faces["recording_id"].map(labels) == REST].set_index("person_id")
    each = (MOVES[dose.axis](own, person, dose.dose, at_rest.loc[person]) for person, own in faces.groupby("person_id"))
    return pd.concat(each)


# --- the tables -------------------------------------------------------------------------------------------------------

ABOUT = {"corpus": ASKED.corpus, "target": ASKED.target, "signals": ASKED.signals}
PICTURED = tables.Table(
    "pictured_scores",
    "dose and quantity",
    (
        *(tables.Column(name, f"the {name} of the scope", "text") for name in ABOUT),
        tables.Column("score", "which score", "text"),
        tables.Column("axis", "what was changed", "text"),
        tables.Column("dose", "by how much, or with what", "text"),
        tables.Column("unit", "of the dose", "text"),
        tables.Column("decides", "whether the rules let the dose decide", "flag"),
        tables.Column("quantity", "what was found", "text"),
        tables.Column("value", "points of 100, shares 0 to 1, correlations, or a factor", missing=True),
        tables.Column("low", "lower end of the 95 % interval over people", missing=True),
        tables.Column("high", "upper end of the 95 % interval over people", missing=True),
        tables.Column("n", "photographs it rests on", low=0),
        tables.Column("n_people", "people it rests on", low=0),
        tables.Column("licence", "the licence of the corpus, and of the row", "text"),
        tables.Column("why", "why a value is missing", "text", missing=True),
    ),
    ("axis", "dose", "quantity"),
)


def remake(folders, out, work, settings=None, pictures=PICTURES, tick=lambda *_: None):
    """Make the tables from the London set, ``folders = {"london": folder}``; return their paths.

    ``out`` holds the committed ``london_windows.csv``, from which the model learns, and takes the tables; ``work``
    keeps what was measured of edited photographs. The scores before are those of the same photographs, not edited and
    measured here and now. ``pictures``: those doses of :data:`PICTURES` that are run, nothing changed being the first.
    """
    scorer = Scorer(Path(out), settings or evidence.EvidenceSettings())
    seen = remeasured(folders["london"], work, pictures, tick)
    first = seen.pop(PICTURES[0])
    before, labels = scorer.scores(scorer.windows(first)), scorer.table.set_index("recording_id")[ASKED.target]
    after = {PICTURES[0]: before} | {dose: scorer.scores(scorer.windows(found)) for dose, found in seen.items()}
    milder = [Dose(FACES[0].axis, factor, FACES[0].unit) for factor in SWEPT]
    still = {}
    for number, dose in enumerate([*milder, *FACES], 1):
        still[dose] = scorer.scores(scorer.windows(moved(first, dose, labels)))
        tick("edited faces", number, len(milder) + len(FACES))
    after |= {dose: still[dose] for dose in FACES}
    swept = {dose.dose: scores for dose, scores in still.items() if dose.axis == FACES[0].axis}
    return written(scorer.table, before, after, swept, Path(out))


def written(table, before, after, swept, out):
    """Write both tables from the scores before (n,), after each dose, and after each factor that was swept."""
    people = table["person_id"].to_numpy()
    found = {dose: shifts.Pairs(before, scores, people) for dose, scores in after.items()}
    rows = [_row(dose, name, one) for dose, pairs in found.items() for name, one in told(dose, pairs, table).items()]
    rows.append(_row(FACES[0], "tolerance_dose", tolerance(before, swept, table), dose="all"))
    made = {"pictured_scores": PICTURED.check(pd.DataFrame(rows)[list(PICTURED.names)])}
    made["pictured_quantities"] = asked_for(found)
    return [tables.write(made[name], out / file) for name, file in FILES.items()]


def told(dose, pairs, table):
    """Every quantity of a dose: of all photographs, of neutral and smiling ones, and of women and men who smile."""
    found, change = shifts.described(pairs), pairs.change
    smiles, female = (table[ASKED.target] == "smiling").to_numpy(), (table["confound_sex"] == "female").to_numpy()
    found["mean_change_neutral"] = shifts.mean(pairs, change, ~smiles)
    found["mean_change_smiling"] = shifts.mean(pairs, change, smiles)
    right = np.where(np.isfinite(pairs.after), (pairs.after >= 50) == smiles, np.nan)
    found["accuracy"] = shifts.mean(pairs, right, bounds=(0, 1))
    lost = (~np.isfinite(pairs.after)).astype(float)
    for name, values, chosen, bounds in (
        ("mean_change_smiling", change, smiles, shifts.POINTS),
        ("accuracy", right, smiles | ~smiles, (0, 1)),
        ("coverage_lost", lost, smiles | ~smiles, (0, 1)),
    ):
        found[f"{name}_female"] = shifts.mean(pairs, values, chosen & female, bounds)
        found[f"{name}_male"] = shifts.mean(pairs, values, chosen & ~female, bounds)
        apart = shifts.difference(pairs, values, chosen & female, chosen & ~female, bounds)
        found[f"{name}_female_minus_male"] = apart
    if dose.axis in ("light", "side_light", "colour_cast"):
        found["mean_change_by_skin_tone"] = shifts.missing("not_given")
    return found


def tolerance(before, swept, table):
    """The factor of excursion at which the median person's smile loses 10 points, on straight lines between factors."""
    smiles = (table[ASKED.target] == "smiling").to_numpy()
    pairs = shifts.Pairs(before[smiles], before[smiles], table.loc[smiles, "person_id"].to_numpy())
    losses = np.stack([(before - scores)[smiles] for scores in swept.values()])
    factors, order = np.array([1.0, *swept]), np.argsort(losses, axis=1, kind="stable")

    def statistic(weights):
        found = [np.zeros(len(weights))]
        for loss, places in zip(losses, order, strict=True):
            reached = np.cumsum(weights[:, pairs.codes[places]], axis=1)
            found.append(loss[places][np.argmax(reached >= reached[:, -1:] / 2, axis=1)])
        lost = np.maximum.accumulate(np.stack(found, axis=1), axis=1)
        return np.array([np.interp(LOSS, one, factors, right=np.nan) for one in lost])

    return shifts.of_people(pairs, np.ones(len(pairs.people), bool), statistic, (0, 1.0))


def _row(change, name, one, **more):
    about = ABOUT | {"score": f"{ASKED.model}_smiling", "axis": change.axis, "dose": change.said}
    about |= {"unit": change.unit, "decides": change.decides} | more
    return about | {"quantity": name, "licence": london.LICENCE} | {key: one[key] for key in NUMBERS}


NUMBERS = ("value", "low", "high", "n", "n_people", "why")


def asked_for(found):
    """What the rules ask for: C5 of the doses that decide; of C6 that no dose of a face has a size with a source."""
    rows = []
    for dose, pairs in found.items():
        if dose.decides:
            said = shifts.described(pairs)
            for quantity, name in (("dscore_abs_p95", "p95_abs_change"), ("crossing", "crossing_50")):
                one = said[name]
                rows.append(
                    {"quantity": quantity, "part": dose.part, "claim": "C5_nuisance", "n_windows": one["n"]}
                    | {k: one[k] for k in ("value", "low", "high", "low90", "high90", "interval", "n_people", "why")}
                )
    counts = {"n_people": len(set(pairs.people)), "n_windows": len(pairs.people)}
    rows.append(quantities.plain("n_deciding_doses", 0.0) | {"claim": "C6_individual"} | counts)
    blank = dict.fromkeys(tables.QUANTITIES.names, "") | ABOUT
    made = pd.DataFrame(
        [blank | {"n_groups": row["n_people"], "source": "logistic, class smiling"} | row for row in rows]
    )
    return verdict.quantities.checked(made[list(tables.QUANTITIES.names)], verdict.load())


def read(data, names=tuple(FILES)):
    """Those of the tables that are among ``names``, checked."""
    promised = {"pictured_scores": PICTURED, "pictured_quantities": tables.QUANTITIES}
    return {name: tables.read(Path(data) / FILES[name], promised[name]) for name in names if name in FILES}


# --- what was found ---------------------------------------------------------------------------------------------------


def answers(read):
    """What was found, by name."""
    return {"pictured": answer(read["pictured_scores"])} if "pictured_scores" in read else {}
