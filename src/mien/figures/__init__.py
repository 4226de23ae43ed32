"""Every figure: what it shows, what it reads, who asks for it. A figure never reads a file, fits or resamples."""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import matplotlib
import pandas as pd

from mien import tables
from mien.figures.added import engagement, engagement_numbers, fusion, fusion_numbers
from mien.figures.agreed import ceilings, ceilings_numbers, people, people_numbers
from mien.figures.changed import (
    dose_response,
    dose_response_numbers,
    errors_placed,
    errors_placed_numbers,
    one_thing_changed,
    one_thing_changed_numbers,
)
from mien.figures.construct import construct, construct_numbers
from mien.figures.conversations import anchors, anchors_numbers
from mien.figures.gaming import gaming, gaming_numbers
from mien.figures.hearing import voice_error, voice_error_numbers, voice_quality, voice_quality_numbers
from mien.figures.identified import who_are_you, who_are_you_numbers
from mien.figures.instrument import face_error, face_error_numbers, truth, truth_numbers
from mien.figures.judged import RUNGS, leaks, leaks_numbers, scores, scores_numbers
from mien.figures.lips import lip_lag, lip_lag_numbers
from mien.figures.minute import ribbon, ribbon_numbers, tour
from mien.figures.pictured import pictured, pictured_numbers
from mien.figures.recorded import recorded_conditions, recorded_conditions_numbers
from mien.figures.ruled import person_scores, person_scores_numbers, verdicts, verdicts_numbers
from mien.figures.sentiment import sentiment, sentiment_numbers
from mien.figures.style import STYLE
from mien.figures.travel import travel, travel_numbers

__all__ = [
    "ALL",
    "RUNGS",
    "Figure",
    "anchors",
    "anchors_numbers",
    "ceilings",
    "ceilings_numbers",
    "construct",
    "construct_numbers",
    "dose_response",
    "dose_response_numbers",
    "engagement",
    "engagement_numbers",
    "errors_placed",
    "errors_placed_numbers",
    "face_error",
    "face_error_numbers",
    "fusion",
    "fusion_numbers",
    "gaming",
    "gaming_numbers",
    "leaks",
    "leaks_numbers",
    "lip_lag",
    "lip_lag_numbers",
    "manifest",
    "named",
    "one_thing_changed",
    "one_thing_changed_numbers",
    "people",
    "people_numbers",
    "person_scores",
    "person_scores_numbers",
    "pictured",
    "pictured_numbers",
    "recorded_conditions",
    "recorded_conditions_numbers",
    "ribbon",
    "ribbon_numbers",
    "save",
    "scores",
    "scores_numbers",
    "sentiment",
    "sentiment_numbers",
    "show",
    "tour",
    "travel",
    "travel_numbers",
    "truth",
    "truth_numbers",
    "verdicts",
    "verdicts_numbers",
    "voice_error",
    "voice_error_numbers",
    "voice_quality",
    "voice_quality_numbers",
    "who_are_you",
    "who_are_you_numbers",
]


@dataclass(frozen=True)
class Figure:
    """One figure of the study: ``numbers`` takes named tables to one tidy table, ``draw`` takes that to a picture."""

    name: str
    shows: str
    reads: tuple[str, ...]
    asked_by: str
    numbers: Callable
    draw: Callable


DPI = 160
"""Dots per inch of a kept picture."""


def save(figure, read, folder):
    """Draw one figure into ``folder`` as .png, .svg and the .csv of the numbers behind it; return the three paths.

    ``read`` maps table names to tables and must hold every name in ``figure.reads``.
    """
    missing = [name for name in figure.reads if name not in read]
    if missing:
        raise tables.TableError(f"figure {figure.name!r} reads {missing[0]!r}; given {', '.join(read) or 'no tables'}")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    numbers = figure.numbers(*(read[name] for name in figure.reads))
    paths = [folder / f"{figure.name}{ending}" for ending in (".csv", ".png", ".svg")]
    tables.write(numbers, paths[0])
    with matplotlib.rc_context(STYLE):
        drawing = _settled(figure.draw(numbers))
        drawing.savefig(paths[1], dpi=DPI, metadata={"Software": None})
        drawing.savefig(paths[2], metadata={"Date": None, "Creator": None})
    return paths


def _settled(drawing):
    """The drawing laid out once, as large as it is kept (letters do not grow evenly), its axes on round places: the
    solver's last digits differ from run to run.
    """
    drawing.set_dpi(DPI)
    drawing.draw_without_rendering()
    drawing.set_layout_engine("none")
    for axes in drawing.axes:
        axes.set_position([round(side, 4) for side in axes.get_position().bounds])
    return drawing


def manifest(figures=None):
    """The manifest of the figures: one row per figure with what it shows, reads, and which notebook asks for it."""
    rows = [(f.name, f.shows, " ".join(f.reads), f.asked_by) for f in figures or ALL]
    return pd.DataFrame(rows, columns=["figure", "shows", "reads", "asked_by"])


ALL = (
    Figure(
        "tour_ribbon",
        "One minute of a synthetic conversation: floor, voice and face of both people on one clock",
        ("turns", "faces", "voice"),
        "00_tour",
        ribbon_numbers,
        tour,
    ),
    Figure(
        "tour_truth",
        "What was measured on the synthetic conversation against what was scripted",
        ("truth",),
        "00_tour",
        truth_numbers,
        truth,
    ),
    Figure(
        "face_error",
        "How wrong the face numbers are on synthetic faces of known truth, as size, blur, light, bitrate … get worse",
        ("face_error",),
        "01_face",
        face_error_numbers,
        face_error,
    ),
    Figure(
        "voice_error",
        "How wrong the voice numbers are on synthetic voices of known truth, as noise, echo, codec … get worse",
        ("voice_error",),
        "02_voice",
        voice_error_numbers,
        voice_error,
    ),
    Figure(
        "voice_quality",
        "Whether noise, bandwidth, clipping and automatic gain are seen where they are; and voicing beside Praat's",
        ("voice_error", "voice_praat"),
        "02_voice",
        voice_quality_numbers,
        voice_quality,
    ),
    Figure(
        "turn_anchors",
        "When the next person begins, overlaps, turns, backchannels, lapses in 273 meetings, beside published values",
        ("turn_anchors", "turn_offsets", "turn_backchannels"),
        "03_turns",
        anchors_numbers,
        anchors,
    ),
    Figure(
        "lip_lag",
        "How far picture and sound are apart by the mouths: known lags, the error by the amount of speech, real clips",
        ("lip_lag",),
        "04_clock",
        lip_lag_numbers,
        lip_lag,
    ),
    Figure(
        "rating_ceilings",
        "How far people agree: votes on acted emotion by channel (CREMA-D), trained raters (Haines), meetings (GAP)",
        ("agreement",),
        "05_ratings",
        ceilings_numbers,
        ceilings,
    ),
    Figure(
        "acted_valence",
        "Acted valence (negative, neutral, positive) from the voice, in people never seen, RAVDESS and EmoDB",
        ("evidence",),
        "06_sentiment",
        scores_numbers,
        scores,
    ),
    Figure(
        "sentiment",
        "Feeling from voice, face and turns by the source of the label, and published numbers beside ours",
        ("evidence", "sentiment", "sentiment_unshared", "published"),
        "06_sentiment",
        sentiment_numbers,
        sentiment,
    ),
    Figure(
        "rated_engagement",
        "Rated engagement and self-ratings in people never seen, and whose lag they go with (MIT Interview, GAP)",
        ("engagement", "engagement_more"),
        "07_engagement",
        engagement_numbers,
        engagement,
    ),
    Figure(
        "what_adds",
        "What voice and face, and lag, share and changes, reach alone and add to each other (MIT Interview, GAP)",
        ("fusion",),
        "08_fusion",
        fusion_numbers,
        fusion,
    ),
    Figure(
        "leak_ladder",
        "How good the same model looks under ever more honest splits of the same data",
        ("leaks",),
        "09_leaks",
        leaks_numbers,
        leaks,
    ),
    Figure(
        "rating_people",
        "Whom observers of CREMA-D recognise more often: every actor by sex and channel, and differences of groups",
        ("agreement", "agreement_people"),
        "10_people",
        people_numbers,
        people,
    ),
    Figure(
        "person_scores",
        "How well the model does person by person (RAVDESS, EmoDB, London), women minus men, and observers of CREMA-D",
        ("person_scores", "people_gaps"),
        "10_people",
        person_scores_numbers,
        person_scores,
    ),
    Figure(
        "recorded_conditions",
        "How far a voice score moves when the same clip is recorded with noise, echo, a codec, losses, other gain",
        ("recorded_scores",),
        "12d_recording_conditions",
        recorded_conditions_numbers,
        recorded_conditions,
    ),
    Figure(
        "pictured_conditions",
        "What a score of posed smiles does when the camera, what covers the face, or the face itself changes (London)",
        ("pictured_scores",),
        "12e_faces_changed",
        pictured_numbers,
        pictured,
    ),
    Figure(
        "construct",
        "Whether the open score, its parts and talk share go with what people say of their meeting (GAP), and how far",
        ("construct",),
        "12f_whose_engagement",
        construct_numbers,
        construct,
    ),
    Figure(
        "gaming",
        "What empty tricks add to the open score in real meetings, and how machines that engage with nobody score",
        ("gaming",),
        "12b_gaming",
        gaming_numbers,
        gaming,
    ),
    Figure(
        "verdicts",
        "Every claim and statement in every scope that was asked: what the rules say, and which gate stops it",
        ("verdicts",),
        "13_verdict",
        verdicts_numbers,
        verdicts,
    ),
    Figure(
        "travel",
        "What a model of acted emotion is worth in a corpus it never heard, RAVDESS and EmoDB, and what turns round",
        ("travel", "travel_measures"),
        "11_travel",
        travel_numbers,
        travel,
    ),
    Figure(
        "one_thing_changed",
        "The score when each answer comes later and nothing else changes: three corpora, both profiles, what occurs",
        ("changed_scores", "latency_differences"),
        "12_one_thing_changed",
        one_thing_changed_numbers,
        one_thing_changed,
    ),
    Figure(
        "dose_response",
        "What every other edit of a timeline does to the score, by dose: mean, 95th percentile, share crossing 50",
        ("changed_scores",),
        "12_one_thing_changed",
        dose_response_numbers,
        dose_response,
    ),
    Figure(
        "errors_placed",
        "How far 2, 5 and 10 % of diarisation error move the score, by what goes wrong and where",
        ("changed_scores", "changed_errors"),
        "12_one_thing_changed",
        errors_placed_numbers,
        errors_placed,
    ),
    Figure(
        "who_are_you",
        "How often what is stored of faces, voices and turns finds the right person again, beside chance and confounds",
        ("reid",),
        "12c_who_are_you",
        who_are_you_numbers,
        who_are_you,
    ),
)


def named(name):
    """The figure of that name."""
    known = {figure.name: figure for figure in ALL}
    if name not in known:
        raise tables.TableError(f"no figure {name!r}; known are {', '.join(known)}")
    return known[name]


def show(name, read):
    """A figure of the study as a picture for a notebook; ``read`` maps table names to tables."""
    from IPython.display import Image

    figure = named(name)
    content = BytesIO()
    with matplotlib.rc_context(STYLE):
        figure.draw(figure.numbers(*(read[table] for table in figure.reads))).savefig(content, format="png", dpi=110)
    return Image(data=content.getvalue())
