"""The questions of the study that have a module each: which tables each owns, and how they are made, read and answered.

Such a module says NOTEBOOKS (the names of its notebooks) and FILES ({table: file} under ``data/``), and has
``read(data, names)``, its tables among ``names``, and ``answers(read)``, an answer by name (:mod:`mien.study.answer`).
Where the words of an answer are many they stand in a file of their own, ``<module>_words``. Where its tables can be
made from committed ones a module says from which (INPUTS, file names) and by which code (ROOMS), and has ``make(data,
settings, workers, tick)``, which returns the tables by name; ``settings`` are the study's for evidence. Tables that
need a corpus which stays with its makers are made by hand (``remake``) and only read here.
"""

from mien import store, tables
from mien.study import (
    changed,
    construct,
    conversations,
    engagement,
    fusion,
    gaming,
    people,
    pictured,
    posed,
    ratings,
    recorded,
    scored,
    sentiment,
    travel,
    unshared,
    verdicts,
    who,
    withheld,
)

ALL = (
    conversations,
    ratings,
    unshared,
    sentiment,
    travel,
    engagement,
    fusion,
    people,
    scored,
    changed,
    recorded,
    pictured,
    withheld,
    who,
    construct,
    gaming,
    posed,
    verdicts,
)
"""The modules, each after those whose tables it needs."""

FILES = {table: file for module in ALL for table, file in module.FILES.items()}
"""Every table of the questions, and its file."""

NOTEBOOKS = tuple(name for module in ALL for name in module.NOTEBOOKS)


def make(data, settings, workers=1, tick=lambda *_: None):
    """Remake the tables of every question whose causes have changed, in the folder ``data``."""
    for module in ALL:
        if hasattr(module, "make"):
            _made(module, data, settings, workers, tick)


def _made(module, data, settings, workers, tick):
    own = module.__name__.removeprefix("mien.").replace(".", "/")
    causes = {
        "inputs": {name: store.sha256(data / name) for name in module.INPUTS},
        "settings": settings,
        "code": store.code(own, *module.ROOMS),
    }

    def write(parts):
        made = module.make(data, settings, workers, tick)
        for name, part in parts.items():
            tables.write(made[name], part)

    store.kept_together({name: data / file for name, file in module.FILES.items()}, causes, write)


def read(data, names):
    """Those tables of the questions that are among ``names``, by name."""
    found = {}
    for module in ALL:
        if set(module.FILES) & set(names):
            found |= module.read(data, names)
    return found


def answers(read):
    """What the questions found: an :class:`mien.study.answer.Answer` by name."""
    return {name: said for module in ALL for name, said in module.answers(read).items()}
