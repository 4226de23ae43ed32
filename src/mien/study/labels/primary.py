"""The primary models: which label from which signals of which corpus, and what they say of people held out."""

from dataclasses import dataclass, replace
from pathlib import Path

from mien import corpora, evidence, tables
from mien.corpora import mit
from mien.study.labels import engagement

METRICS, MODELS = ("auc", "ccc"), ("logistic", "ridge")
"""The primary metric and model of classes, and of ratings, named before any outcome was seen."""


@dataclass(frozen=True)
class Asked:
    """One scope of a model: the label ``target`` from ``signals`` in a corpus, and whose table has its evidence.

    ``name`` and ``corpus`` as a module of :mod:`mien.corpora` and in words; ``scale`` the ends of a rating, where the
    label is one; ``groups`` columns of the windows table that say which group of people somebody is of.
    """

    name: str
    corpus: str
    target: str
    signals: str
    population: str
    evidence: str
    scale: tuple[float, ...] = ()
    groups: tuple[str, ...] = ()

    @property
    def about(self):
        """The scope as its columns."""
        return {"corpus": self.corpus, "target": self.target, "signals": self.signals}

    @property
    def file(self):
        """The committed windows table."""
        return f"{self.name}_windows.csv"

    @property
    def label_source(self):
        """Who says what the label says."""
        return corpora.named(self.name).LABELS[self.target]

    @property
    def model(self):
        """The primary model."""
        return MODELS[self.is_rated]

    @property
    def is_rated(self):
        """Whether the label is a rating, evaluated as question 07 does."""
        return self.evidence == engagement.FILES["engagement"]


SEX = ("confound_sex",)
SCALES = {"mit": mit.SCALE}
"""The ends of ratings, by corpus; GAP's have different ones, and each person gave each once."""
ACTED, SMILES, RATED = "evidence.csv", "sentiment.csv", engagement.FILES["engagement"]
ASKED = (
    Asked("ravdess", "RAVDESS", "label_valence", "voice", "24 professional actors in Toronto", ACTED, groups=SEX),
    Asked("emodb", "EmoDB", "label_valence", "voice", "10 actors in Berlin", ACTED, groups=SEX),
    Asked(
        "london", "London", "label_expression", "face", "102 adults, instructed faces in pictures", SMILES, groups=SEX
    ),
    *(
        Asked(name, corpus, target, signals, engagement.POPULATION[corpus], RATED, SCALES.get(name, ()))
        for name, (targets, every) in engagement.ASKED.items()
        for corpus in [engagement.CORPORA[name]]
        for target in targets
        for signals in every
    ),
)


def predicted(data, asked, settings):
    """The windows of a scope and what the primary model says of them while they are held out: two tables.

    People are kept apart as they were when its evidence row was made; nothing is permuted.
    """
    table = tables.read(Path(data) / asked.file, tables.WINDOWS)
    settings = engagement.fewer(settings) if asked.is_rated else settings
    once = replace(settings, n_permutations=0)
    found = evidence.evaluate(table, asked.target, asked.signals, asked.model, once, asked.corpus).predictions
    return table, found[found["model"] == asked.model].dropna(axis=1, how="all")
