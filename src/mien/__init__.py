"""mien, n.: a person's look and manner, as it shows feeling, or seems to.

This package measures displays and timing (faces, voices, turns) and tests, by rules fixed in advance, whether they
say anything about how a person feels or how engaged they are. It measures no minds.

Rooms are imported by name (``from mien import turns``); ``import mien`` itself loads nothing heavy. AUDIT in docstrings
is the specification; ``data/specification.csv`` says what each id asks and where it is kept.
"""

import warnings
from importlib import import_module

# librosa and scikit-image fetch examples with pooch, which asks for tqdm's widgets as soon as tqdm is there. mien shows
# none, so a notebook need not say that ipywidgets is missing.
warnings.filterwarnings("ignore", message="IProgress not found")

__version__ = "0.1.0"

ROOMS = (
    "tables",
    "store",
    "sources",
    "recordings",
    "corpora",
    "media",
    "synthetic",
    "face",
    "people",
    "voice",
    "turns",
    "coupling",
    "windows",
    "river",
    "scores",
    "edits",
    "models",
    "evidence",
    "verdict",
    "figures",
    "study",
    "command",
)
"""The rooms in the order in which data flows through them; a room imports only from rooms before it."""


def __getattr__(name):
    if name in ROOMS:
        return import_module(f"mien.{name}")
    raise AttributeError(f"mien has no room {name!r}; it has {', '.join(ROOMS)}")


def __dir__():
    return sorted({*globals(), *ROOMS})
