"""Does a model of acted emotion work in a corpus it never heard? RAVDESS (English) and EmoDB (German), both ways."""

from dataclasses import replace
from pathlib import Path

import pandas as pd

from mien import evidence, tables
from mien.evidence import transfer

NOTEBOOK = "11_travel"
FILES = {"travel": "travel.csv"}
INPUTS = ("ravdess_windows.csv", "emodb_windows.csv")
ROOMS = ("tables", "models", "evidence", "study")

CORPORA = {"ravdess": "RAVDESS", "emodb": "EmoDB"}
SHARED = ("angry", "disgust", "fearful", "happy", "neutral", "sad")
"""The emotions that actors of both corpora were asked for; calm, surprised (RAVDESS) and bored (EmoDB) are left out."""

TARGETS = {
    "label_valence": "valence: negative, neutral, positive",
    "label_emotion": "six emotions",
    "label_angry": "angry, or another of the six",
    "label_sad": "sad, or another of the six",
    "label_happy_or_angry": "happy or angry",
}
"""What is asked in both corpora. Happy or angry is valence where both are aroused: the rest may be loudness alone."""

TREATED = {
    "own_norm_to_4_khz": "distance from the person's usual voice, without measures that reach beyond 4 kHz",
    "own_norm": "distance from the person's usual voice",
    "as_measured": "as measured",
}
"""What a model is given; the first is the primary claim, named before any result was seen (AUDIT S2, S3, S6)."""

BEYOND_4_KHZ = ("voice_alpha_ratio_db", "voice_hammarberg_db", "voice_mfcc_", "voice_flux_")
"""Measures of the spectrum that look at sound above 4 kHz, where microphones, rooms and codecs differ most."""

PRIMARY, METRIC = "logistic", "auc"
MODELS = {"own_norm_to_4_khz": ("logistic", "forest")}


def make(data, settings, workers=1, tick=lambda *_: None):
    """The transfer matrix of every target and treatment: {"travel": table}; ``data`` the folder of committed tables.

    A forest is judged beside the logistic regression for the primary treatment only. Deterministic; ``workers`` is
    not used.
    """
    clips = {name: tables.read(Path(data) / f"{key}_windows.csv", tables.WINDOWS) for key, name in CORPORA.items()}
    harmonised = {name: labelled(table) for name, table in clips.items()}
    parts = []
    asked = [(treatment, target) for treatment in TREATED for target in TARGETS]
    for number, (treatment, target) in enumerate(asked, 1):
        given = {name: treated(table, treatment) for name, table in harmonised.items()}
        permuted = settings.n_permutations if treatment == next(iter(TREATED)) else 0
        about = replace(settings, n_permutations=permuted, primary=PRIMARY)
        found = transfer.matrix(given, target, "voice", MODELS.get(treatment, (PRIMARY,)), about)
        parts.append(found.assign(treatment=treatment))
        tick("transfer", number, len(asked))
    return {"travel": pd.concat(parts, ignore_index=True)}


def labelled(table):
    """The clips of the shared emotions with the labels of :data:`TARGETS`; calibration clips stay, unlabelled by need.

    Valence is that of the corpora: happy positive, neutral neutral, the other four negative. In ``label_happy_or_angry``
    every other emotion is missing.
    """
    emotion = table["label_emotion"]
    kept = table[emotion.isin(SHARED) | table["is_calibration"]].reset_index(drop=True)
    emotion = kept["label_emotion"].where(kept["label_emotion"].isin(SHARED))
    known = emotion.notna()
    both = emotion.where(emotion.isin(["happy", "angry"]))
    return kept.assign(
        label_emotion=emotion,
        label_valence=kept["label_valence"].where(known),
        label_angry=emotion.eq("angry").map({True: "angry", False: "other"}).where(known),
        label_sad=emotion.eq("sad").map({True: "sad", False: "other"}).where(known),
        label_happy_or_angry=both,
    )


def treated(table, treatment):
    """The table as a model is given it: see :data:`TREATED`."""
    if treatment == "as_measured":
        return table
    table = transfer.from_own_usual(table, "voice")
    wide = [column for column in table if column.startswith(BEYOND_4_KHZ)]
    return table.drop(columns=wide) if treatment == "own_norm_to_4_khz" else table


def read(data, names=tuple(FILES)):
    """Those of the tables that are among ``names``, by name."""
    found = {name: tables.read(Path(data) / file, transfer.TRANSFER) for name, file in FILES.items() if name in names}
    return {name: table.fillna({"interval": "", "null": "", "best_baseline_name": ""}) for name, table in found.items()}


def cell(rows, target, trained_on, corpus, treatment="own_norm_to_4_khz", model=PRIMARY, metric=METRIC):
    """One row of the matrix."""
    keys = ["target", "trained_on", "corpus", "treatment", "model", "metric"]
    return rows.set_index(keys).loc[(target, trained_on, corpus, treatment, model, metric)]
