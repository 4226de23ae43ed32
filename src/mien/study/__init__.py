"""The default study: a synthetic recording and two real corpora of acted speech, from media to notebooks and words."""

import difflib
import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from mien import evidence, figures, recordings, river, sources, store, synthetic, tables
from mien.evidence import EvidenceSettings
from mien.river import RiverSettings
from mien.study import findings, notebooks, questions, specification
from mien.study.labels import leaks_words, ratings
from mien.study.truth import conversations, instrument, lips, oracle, trust, voices
from mien.study.truth.instrument import InstrumentSettings
from mien.study.truth.voices import VoiceTrialSettings
from mien.synthetic import ConversationSettings
from mien.turns import anchors

CORPORA = {"ravdess": "RAVDESS", "emodb": "EmoDB"}
TARGET, SIGNALS, MODELS = "label_valence", "voice", ("logistic", "forest")
NOTEBOOKS = findings.NOTEBOOKS
LEAK_MODELS = ("logistic", "forest")
TOUR_FIGURES = ("tour_ribbon", "tour_truth")


@dataclass(frozen=True)
class StudySettings:
    """The settings of the default study; every one of them enters the causes of what it decides."""

    conversation: ConversationSettings = ConversationSettings()
    river: RiverSettings = RiverSettings(rate_hz=None)  # every picture, for the blinks
    instrument: InstrumentSettings = field(default_factory=InstrumentSettings)
    voices: VoiceTrialSettings = field(default_factory=VoiceTrialSettings)
    evidence: EvidenceSettings = EvidenceSettings()


def here():
    """The folder of the study: ``MIEN_STUDY`` where it is set, else the checkout that mien runs from."""
    return Path(os.environ.get("MIEN_STUDY") or sources.home().parent)


@dataclass(frozen=True)
class Study:
    """The default study in the folder ``root``: where its files are, and how each is made.

    ``reproduce`` remakes what has changed and returns what was found, a sentence for each notebook; ``load`` gives the
    tables to a notebook; ``check`` names every broken promise.
    """

    root: Path = field(default_factory=here)
    settings: StudySettings = field(default_factory=StudySettings)

    @property
    def recording(self):
        """The folder of the synthetic recording."""
        return self.root / "data" / "media" / "synthetic_conversation"

    @property
    def tracks(self):
        """The folder of the tables built from it."""
        return self.root / "data" / "tracks" / "synthetic_conversation"

    @property
    def evidence(self):
        """The committed table of evidence rows."""
        return self.root / "data" / "evidence.csv"

    @property
    def face_error(self):
        """The committed table of how wrong the face numbers are on synthetic faces of known truth."""
        return self.root / "data" / "face_error.csv"

    @property
    def voice_error(self):
        """The committed table of how wrong the voice numbers are on synthetic voices of known truth."""
        return self.root / "data" / "voice_error.csv"

    @property
    def voice_praat(self):
        """The committed table of how far mien and Praat agree; made by :func:`oracle.write`, never here."""
        return self.root / "data" / oracle.FILE

    @property
    def lip_lag(self):
        """The committed table of lags between lips and voice; made by :func:`lips.write`, never here."""
        return self.root / "data" / lips.FILE

    @property
    def leaks(self):
        """The committed table of the ladder of leaks."""
        return self.root / "data" / "leaks.csv"

    def windows(self, corpus):
        """The committed windows table of a corpus."""
        return self.root / "data" / f"{corpus}_windows.csv"

    def reproduce(self, workers=1, progress=None):
        """Remake what has changed, from the synthetic recording to the README; return the findings as sentences."""
        tick = progress or (lambda *_: None)
        self.record(tick)
        self.build(workers, tick)
        self.draw(TOUR_FIGURES)
        self.try_faces(workers, tick)
        self.try_voices(workers, tick)
        self.judge(workers, tick)
        questions.make(self.root / "data", self.settings.evidence, workers, tick)
        self.draw()
        self.run_notebooks(tick)
        found = answers(self.load())
        self.write_findings(found)
        return findings.sentences(found, self.root / "notebooks")

    def record(self, tick=lambda *_: None):
        """Make the synthetic recording, unless it is there from the same settings and whole."""
        made = self.recording / "made.json"
        if made.is_file() and not _all_there(self.recording, json.loads(made.read_text())):
            made.unlink()
        causes = {"settings": self.settings.conversation, "code": store.code("synthetic", "media")}

        def make(part):
            synthetic.write_recording(
                self.recording,
                self.settings.conversation,
                lambda done, total: tick("synthetic recording", done, total),
            )
            files = [p for p in sorted(self.recording.rglob("*")) if p.is_file() and not p.name.startswith(".")]
            hashes = {str(p.relative_to(self.recording)): store.sha256(p) for p in files if p.name != made.name}
            part.write_text(json.dumps(hashes, indent=1) + "\n")

        return store.kept(made, causes, make)

    def build(self, workers=1, tick=None):
        """Take the synthetic recording down the river."""
        return river.build(recordings.read(self.recording), self.tracks, self.settings.river, workers, tick)

    def try_faces(self, workers=1, tick=lambda *_: None):
        """Measure synthetic faces of known truth under every condition, and sum up how wrong the numbers are."""
        causes = {
            "settings": self.settings.instrument,
            "code": store.code("media", "synthetic", "face", "evidence", "study"),
        }
        trials = self.root / "data" / "tracks" / "face_trials"

        def make(part):
            tables.write(instrument.error_table(self.settings.instrument, trials, workers, tick), part)

        return store.kept(self.face_error, causes, make)

    def try_voices(self, workers=1, tick=lambda *_: None):
        """Measure synthetic voices of known truth under every condition, and sum up how wrong the numbers are."""
        causes = {
            "settings": self.settings.voices,
            "code": store.code("media", "synthetic", "voice", "evidence", "study"),
        }
        trials = self.root / "data" / "tracks" / "voice_trials"

        def make(part):
            tables.write(voices.error_table(self.settings.voices, trials, workers, tick), part)

        return store.kept(self.voice_error, causes, make)

    def judge(self, workers=1, tick=lambda *_: None):
        """Evaluate acted valence from the voice in every corpus, and climb the ladder of leaks on the same data."""
        causes = {
            "windows": {corpus: store.sha256(self.windows(corpus)) for corpus in CORPORA},
            "asked": [TARGET, SIGNALS, MODELS, LEAK_MODELS],
            "settings": self.settings.evidence,
            "code": store.code("tables", "models", "evidence"),
        }

        def judged(part):
            rows = [self._judge(corpus, workers, tick).rows for corpus in CORPORA]
            tables.write(pd.concat(rows, ignore_index=True), part)

        def climbed(part):
            rows = [self._climb(corpus, model) for corpus in CORPORA for model in LEAK_MODELS]
            tables.write(pd.concat(rows, ignore_index=True), part)

        store.kept(self.evidence, causes, judged)
        store.kept(self.leaks, causes, climbed)

    def _judge(self, corpus, workers, tick):
        table = tables.read(self.windows(corpus), tables.WINDOWS)
        name = CORPORA[corpus]
        result = evidence.evaluate_table(
            table,
            TARGET,
            [SIGNALS],
            MODELS,
            self.settings.evidence,
            name,
            workers=workers,
            progress=lambda done, total, words: tick(f"{name}: {words}", done, total),
        )
        predictions = self.root / "data" / "tracks" / f"{corpus}_predictions.csv"
        predictions.parent.mkdir(parents=True, exist_ok=True)
        tables.write(result.predictions, predictions)
        return result

    def _climb(self, corpus, model):
        table = tables.read(self.windows(corpus), tables.WINDOWS)
        ladder = evidence.leak_ladder(table, TARGET, SIGNALS, model, self.settings.evidence)
        return ladder.assign(corpus=CORPORA[corpus])

    def load(self, names=None):
        """The tables of the study by name (all, if none are named), as figures and notebooks read them."""
        names = set(names or (*river.FILES, *questions.FILES, "truth", *self._own))
        missing = [path for name in sorted(names) for path in self._places(name) if not path.is_file()]
        if missing:
            raise tables.TableError(f"{missing[0]}: not made yet; run `make reproduce` (or `mien reproduce`) first")
        read = built(self.tracks) if names & {*river.FILES, "truth"} else {}
        if "truth" in names:
            read["truth"] = synthetic.against_truth(self.recording, read)
        read |= questions.read(self.root / "data", names)
        if "evidence" in names:
            read["evidence"] = tables.read(self.evidence, tables.EVIDENCE)
        for name in names & {"leaks", "lip_lag"}:
            read[name] = pd.read_csv(self._own[name])
        for name in names & {"face_error", "voice_error", "voice_praat"}:
            read[name] = pd.read_csv(self._own[name], dtype={"dose": str})
            texts = [column for column in ("axis", "dose", "unit") if column in read[name].columns]
            read[name][texts] = read[name][texts].fillna("")
        return read

    @property
    def _own(self):
        """The tables of the study that lie in one file of their own, by name."""
        names = ("evidence", "leaks", "face_error", "voice_error", "voice_praat", "lip_lag")
        return {name: getattr(self, name) for name in names}

    def _places(self, name):
        """The files from which a table of the study is read."""
        own = {name: [path] for name, path in self._own.items()}
        own |= {table: [self.root / "data" / file] for table, file in questions.FILES.items()}
        own["truth"] = [self.recording / "made.json", *(self.tracks / file for file in river.FILES.values())]
        return own[name] if name in own else [self.tracks / river.FILES[name]]

    def draw(self, names=None):
        """Draw the figures (all, if none are named) and the manifest; return their paths, remade or kept."""
        folder, paths = self.root / "figures", []
        for figure in [figures.named(name) for name in names] if names else figures.ALL:
            mine = [folder / f"{figure.name}{ending}" for ending in (".csv", ".png", ".svg")]
            causes = {"read": self._sources_of(figure), "code": store.code("tables", "figures", "study", "synthetic")}
            if not all(store.is_current(path, causes) for path in mine):
                for path in figures.save(figure, self.load(figure.reads), folder):
                    store.record(path, causes)
            paths += mine
        return [*paths, tables.write(figures.manifest(), folder / "figures.csv")]

    def _sources_of(self, figure):
        places = {path for name in figure.reads for path in self._places(name) if path.is_file()}
        return {path.name: store.sha256(path) for path in sorted(places)}

    def run_notebooks(self, tick=lambda *_: None):
        """Execute the notebooks in place, each only if its cells, the tables or the code have changed."""
        inputs = [*self._own.values(), *(self.tracks / file for file in river.FILES.values())]
        inputs += [self.root / "data" / file for file in questions.FILES.values()]
        causes = {"tables": {path.name: store.sha256(path) for path in inputs}, "code": store.code("figures", "study")}
        for number, name in enumerate(NOTEBOOKS):
            tick("notebooks", number, len(NOTEBOOKS))
            path = self.root / "notebooks" / f"{name}.ipynb"
            mine = causes | {"cells": notebooks.cells(path)}
            store.kept(path, mine, lambda part, path=path: notebooks.run(path, part))
        tick("notebooks", len(NOTEBOOKS), len(NOTEBOOKS))

    def write_findings(self, found):
        """Write what was found into README.md, where there is one, and only where it differs."""
        return findings.write(self.root / "README.md", found, self.root / "notebooks")

    def told(self):
        """The answers that the committed tables give; that of the tour only where its recording is built."""
        own = {*questions.FILES, *self._own}
        is_built = all(path.is_file() for path in self._places("truth"))
        return answers(self.load({*own, *river.FILES, "truth"} if is_built else own))

    def check(self):
        """Every broken promise of the committed tables, figures, notebooks and findings, as sentences."""
        faults = []
        promised = {self.evidence: tables.EVIDENCE, self.root / "data" / "recordings.csv": tables.RECORDINGS}
        promised[self.root / "data" / conversations.FILES["turn_anchors"]] = anchors.MEETINGS
        promised[self.root / "data" / ratings.FILES["agreement"]] = ratings.ROWS
        promised[self.root / "data" / specification.FILE] = specification.TABLE
        promised |= {self.windows(corpus): tables.WINDOWS for corpus in CORPORA}
        for path, table in promised.items():
            try:
                tables.read(path, table)
            except tables.TableError as error:
                faults.append(str(error))
        return faults + self._figure_faults() + self._notebook_faults() + self._finding_faults()

    def _figure_faults(self):
        """Files that are missing or in no manifest, and figures whose numbers are not those of the tables."""
        folder = self.root / "figures"
        drawn = {path.stem for path in folder.glob("*.png")} if folder.is_dir() else set()
        faults = [
            f"{folder}: {name}.png is in no manifest; remove it"
            for name in sorted(drawn - {f.name for f in figures.ALL})
        ]
        for figure in figures.ALL:
            lost = [e for e in (".csv", ".png", ".svg") if not (folder / f"{figure.name}{e}").is_file()]
            if lost:
                faults.append(f"{folder}: no figure {figure.name}{lost[0]}; run `mien draw`")
            elif not self._has_its_numbers(figure, folder / f"{figure.name}.csv"):
                faults.append(f"{folder}: {figure.name}.csv is not what the tables say; run `mien draw`")
        return faults

    def _has_its_numbers(self, figure, path):
        """Whether a figure's numbers are those of its tables; yes where the tables are not made yet."""
        try:
            read = self.load(figure.reads)
        except tables.TableError:
            return True
        numbers = figure.numbers(*(read[name] for name in figure.reads))
        with TemporaryDirectory() as folder:
            return path.read_bytes() == tables.write(numbers, Path(folder) / path.name).read_bytes()

    def _finding_faults(self):
        """Whether what README.md says was found is what the tables say; where one is lost, that was told already."""
        try:
            found = self.told()
        except tables.TableError:
            found = {}
        return findings.faults(self.root / "README.md", found, self.root / "notebooks")

    def _notebook_faults(self):
        faults = []
        for name in NOTEBOOKS:
            path = self.root / "notebooks" / f"{name}.ipynb"
            cells = json.loads(path.read_text())["cells"] if path.is_file() else []
            if not any(cell.get("outputs") for cell in cells):
                faults.append(f"{path}: not there, or without outputs; run `mien reproduce`")
        return faults


def _all_there(folder, hashes):
    return all((folder / name).is_file() and store.sha256(folder / name) == value for name, value in hashes.items())


def built(folder, recording_id=None):
    """The tables of a folder made by ``mien build``, for one recording (the first, if none is named)."""
    folder = Path(folder)
    read = {name: tables.read(folder / file, tables.ALL[name]) for name, file in river.FILES.items()}
    known = list(read["windows"]["recording_id"].unique())
    if recording_id is not None and recording_id not in known:
        near = difflib.get_close_matches(recording_id, known, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise tables.TableError(f"{folder}: no recording {recording_id!r}; it holds {', '.join(known[:10])}{hint}")
    chosen = recording_id or (known[0] if known else "")
    read = {name: table[table["recording_id"] == chosen].reset_index(drop=True) for name, table in read.items()}
    return read | {"recording_id": chosen}


# --- what was found ---------------------------------------------------------------------------------------------------


def answers(read):
    """The answers of the study (:class:`mien.study.answer.Answer`) by name; the tour only where its truth was read."""
    told = {"tour": trust.tour(read)} if "truth" in read else {}
    told |= {"face": trust.face(read["face_error"]), "voice": trust.voice(read), "clock": lips.answer(read)}
    return told | {"leaks": leaks_words.ladder(read["leaks"])} | questions.answers(read)


def versions():
    """The versions that a result depends on, for a notebook's last cell."""
    from importlib.metadata import version

    names = ("mien", "mediapipe", "ai-edge-litert", "librosa", "scikit-learn", "numpy", "av")
    return {"python": sys.version.split()[0]} | {name: version(name) for name in names}
