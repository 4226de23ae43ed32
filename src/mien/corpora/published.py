"""What others published about corpora and tasks that mien judges: set beside its own numbers, never mixed with them.

Only ``checked`` numbers were read in a public source by us; the others are remembered and must be looked up before they
are cited. Protocols differ: a number from clips shuffled over people is no number about people never seen.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Number:
    """One published number: whose, on what, in which metric of how many classes, how people were split, and where."""

    corpus: str
    channel: str
    what: str
    metric: str
    n_classes: int
    value: float
    split: str
    source: str
    checked: bool


NUMBERS = (
    Number("RAVDESS", "voice", "people who listen", "accuracy", 8, 0.60, "people", "Livingstone & Russo 2018", False),
    Number("RAVDESS", "face", "people who look", "accuracy", 8, 0.75, "people", "Livingstone & Russo 2018", False),
    Number(
        "RAVDESS",
        "voice+face",
        "people who look and listen",
        "accuracy",
        8,
        0.80,
        "people",
        "Livingstone & Russo 2018",
        False,
    ),
    Number(
        "RAVDESS", "voice+face", "model, people held out", "accuracy", 8, 0.788, "people held out", "romia.dev", True
    ),
    Number(
        "RAVDESS", "voice", "model, people held out", "accuracy", 8, 0.481, "people held out", "Ibrahim et al.", True
    ),
    Number("RAVDESS", "voice", "model, clips shuffled", "accuracy", 8, 0.958, "clips shuffled", "Ibrahim et al.", True),
    Number(
        "CREMA-D", "voice", "model, people held out", "accuracy", 6, 0.531, "people held out", "Ibrahim et al.", True
    ),
    Number("CREMA-D", "voice", "model, clips shuffled", "accuracy", 6, 0.735, "clips shuffled", "Ibrahim et al.", True),
    Number("MELD", "voice", "model of sound", "weighted_f1", 7, 0.43, "makers' parts", "emergentmind", False),
    Number("MELD", "text", "model of words", "weighted_f1", 7, 0.57, "makers' parts", "emergentmind", False),
    Number("MOSI", "text+voice+face", "models, lowest", "accuracy", 2, 0.78, "makers' parts", "MMSA", False),
    Number("MOSI", "text+voice+face", "models, highest", "accuracy", 2, 0.85, "makers' parts", "MMSA", False),
    Number("MOSEI", "text+voice+face", "models, lowest", "accuracy", 2, 0.81, "makers' parts", "MMSA", False),
    Number("MOSEI", "text+voice+face", "models, highest", "accuracy", 2, 0.86, "makers' parts", "MMSA", False),
    Number(
        "CH-SIMS",
        "text+voice+face",
        "model that says the commonest class",
        "accuracy",
        2,
        0.69,
        "makers' parts",
        "MMSA",
        True,
    ),
)
"""From section 8 of the audit's specification, with its marks: public source read, or remembered."""
