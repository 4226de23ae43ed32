"""What each table promises: its columns, their units and bounds, and what one row stands for."""

import difflib
import unicodedata
import warnings
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

REASONS = {
    "no_person_on_side": "one side of the conversation has nobody on it",
    "little_speech": "too little speech to measure",
    "few_transfers": "too few changes of floor to take a median of",
    "short_recording": "the recording is too short for this measure",
    "no_turns": "nobody took a turn",
    "no_words": "there is no transcript, or too few words",
    "no_sentences": "the words carry no sentence ends (. ? !)",
    "no_face": "no face was found here",
    "little_face": "the face was seen for too short a time to count this",
    "no_blink": "there was no blink to measure",
    "no_smile": "no smile began here",
    "camera_off": "the camera was off",
    "interpreter": "an interpreter adds seconds and a third voice",
    "signer": "a signer has no voice to time",
    "out_of_reference_language": "the language is outside the reference",
    "component_nan": "a component is missing",
    "too_few_people": "too few people",
    "not_converged": "the fit did not converge",
    "constant": "the signal never changes, so nothing can follow it",
    "few_partners": "too few other recordings to make up pairs who never met",
    "no_video": "the recording has no picture",
    "no_audio": "the recording has no sound for this person",
    "silent": "the sound is digital silence",
    "unvoiced": "no voiced frame here",
    "no_pause": "the person made no pause to measure",
    "no_calibration": "the person was seen or heard for too short a time in the calibration span",
    "mixed_sound": "several people share one track, and who speaks is not known",
    "low_frame_rate": "the picture has fewer frames a second than this measure needs",
    "pose_out_of_range": "the head is turned too far for the landmarks to be trusted",
    "too_small": "the face is too small in the picture for its landmarks to be trusted",
    "too_dark": "the face is too dark for its landmarks to be trusted",
    "too_blurred": "the face is too blurred for its landmarks to be trusted",
    "unsteady": "the landmarks are too unsteady to be trusted",
    "covered": "the landmarks differ in a mirror: something covers the face, or too little of it shows",
    "not_sure": "the detector is not sure that this is a face",
    "still_picture": "the face never moves: a picture, not a person",
    "one_class": "only one class is present",
    "not_permuted": "the permutation test was run for the primary model only",
    "no_confounds": "the table has no confound_ or trust_ column",
    "is_baseline": "the row is itself a baseline",
    "no_values": "no signal column has a single value",
    "not_computed": "there is no independent estimate to compute this from",
}
"""Why a value is missing. Every NaN in a mien table is explained by one of these words."""


class TableError(ValueError):
    """A table does not keep its promise; the message says what was expected, what was found and what would work."""


@dataclass(frozen=True)
class Column:
    """One promise: a column's name, what it means (with its unit), its kind and its bounds.

    ``kind`` is ``number``, ``text`` or ``flag``; ``low`` and ``high`` are inclusive; ``missing`` allows NaN.
    """

    name: str
    meaning: str
    kind: str = "number"
    low: float = -np.inf
    high: float = np.inf
    missing: bool = False


@dataclass(frozen=True)
class Table:
    """A named table: one row per what, its columns, its key, and the prefixes under which more columns may come."""

    name: str
    one_row_per: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()

    @property
    def names(self):
        """The names of the promised columns, in order."""
        return [column.name for column in self.columns]

    def empty(self):
        """A table without rows that keeps every promise."""
        kinds = {"number": float, "text": str, "flag": bool}
        return pd.DataFrame({column.name: pd.Series(dtype=kinds[column.kind]) for column in self.columns})

    def check(self, frame, where=""):
        """Return ``frame`` if it keeps the table's promises, else raise :class:`TableError` naming the first break."""
        place = f"{where}: " if where else ""
        for column in self.columns:
            self._check_column(frame, column, place)
        if {"start_s", "end_s"} <= set(frame.columns):
            backwards = frame[frame["end_s"] < frame["start_s"]]
            if len(backwards):
                row = backwards.iloc[0]
                raise TableError(
                    f"{place}{self.name}: row {backwards.index[0]} ends before it starts "
                    f"(start_s {row['start_s']}, end_s {row['end_s']}); an interval is start_s <= t < end_s"
                )
        if self.key:
            twice = frame[frame.duplicated(list(self.key), keep=False)]
            if len(twice):
                keys = ", ".join(f"{name}={twice.iloc[0][name]}" for name in self.key)
                raise TableError(f"{place}{self.name}: two rows for {keys}; one row per {self.one_row_per}")
        return frame

    def _check_column(self, frame, column, place):
        if column.name not in frame.columns:
            near = difflib.get_close_matches(column.name, map(str, frame.columns), 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            found = ", ".join(map(str, frame.columns)) or "no columns"
            raise TableError(f"{place}{self.name}: no column {column.name!r} ({column.meaning}); found {found}{hint}")
        values = frame[column.name]
        if not column.missing and values.isna().any():
            row = values.index[values.isna()][0]
            raise TableError(f"{place}{self.name}: {column.name!r} is missing in row {row} ({column.meaning})")
        if column.kind != "number":
            return
        numbers = pd.to_numeric(values, errors="coerce")
        words = values[numbers.isna() & values.notna()]
        if len(words):
            raise TableError(
                f"{place}{self.name}: {column.name!r} holds {words.iloc[0]!r} in row {words.index[0]}; "
                f"expected a number ({column.meaning})"
            )
        outside = numbers[(numbers < column.low) | (numbers > column.high)]
        if len(outside):
            raise TableError(
                f"{place}{self.name}: {column.name!r} is {outside.iloc[0]:g} in row {outside.index[0]}; "
                f"expected {column.low:g} to {column.high:g} ({column.meaning})"
            )


@dataclass(frozen=True)
class Track:
    """A signal on explicit times, because the clocks of video stutter.

    ``time_s`` (T,) seconds from the start of the recording; ``values`` (T, …); ``names`` of the value columns;
    ``trust`` (T,) in 0..1; ``made_by`` the room and the settings that made it.
    """

    time_s: np.ndarray
    values: np.ndarray
    names: tuple[str, ...]
    trust: np.ndarray
    made_by: str = ""
    extra: dict = field(default_factory=dict)

    def __post_init__(self):
        if not len(self.time_s) == len(self.values) == len(self.trust):
            raise TableError(
                f"track: {len(self.time_s)} times, {len(self.values)} values and {len(self.trust)} trusts; "
                "expected as many of each"
            )
        if np.any(np.diff(self.time_s) <= 0):
            raise TableError("track: times must increase; sort them and drop repeats first")


def _recording():
    return Column("recording_id", "which recording", "text")


def _person():
    return Column("person_id", "which person; 'mixed' where several people share one track", "text")


def _interval(what):
    return (
        Column("start_s", f"seconds; a {what} is start_s <= t < end_s", low=0),
        Column("end_s", f"seconds; a {what} is start_s <= t < end_s", low=0),
    )


def _share(name, meaning, missing=True):
    return Column(name, f"{meaning}, 0 to 1", low=0, high=1, missing=missing)


RECORDINGS = Table(
    "recordings",
    "media file of a recording",
    (
        _recording(),
        Column("path", "where the file is, relative to this table or absolute", "text"),
        Column("kind", "video, person_audio, mixed_audio, transcript or segments", "text"),
        Column("person_id", "whose file it is; empty where several people share it", "text", missing=True),
        Column("licence", "the licence of the recording", "text"),
        Column("source", "where it comes from", "text"),
    ),
    ("recording_id", "path"),
    ("label_", "confound_"),
)

FACES = Table(
    "faces",
    "person per sampled frame",
    (
        _recording(),
        Column("time_s", "seconds from the start of the recording", low=0),
        _person(),
        _share("face_trust", "how far the landmarks can be trusted"),
        Column("box_x_px", "left edge of the face, pixels of the frame as displayed", missing=True),
        Column("box_y_px", "top edge of the face, pixels of the frame as displayed", missing=True),
        Column("box_w_px", "width of the face, pixels", low=0, missing=True),
        Column("box_h_px", "height of the face, pixels", low=0, missing=True),
        Column("yaw_deg", "degrees, positive when the person turns to the right of the picture", missing=True),
        Column("pitch_deg", "degrees, positive when the person looks up", missing=True),
        Column("roll_deg", "degrees, positive when the head tilts clockwise in the picture", missing=True),
    ),
    ("recording_id", "person_id", "time_s"),
    ("bs_",),
)

VOICE = Table(
    "voice",
    "person per 10 ms",
    (
        _recording(),
        Column("time_s", "seconds from the start of the recording, centre of the analysis frame", low=0),
        _person(),
        Column("f0_hz", "fundamental frequency, hertz; NaN where unvoiced", low=0, missing=True),
        Column("voiced", "whether the frame is voiced", "flag"),
        _share("voiced_probability", "probability of voicing"),
        Column("level_db", "root mean square level, dB re full scale; NaN in digital silence", missing=True),
    ),
    ("recording_id", "person_id", "time_s"),
)

TURNS = Table(
    "turns",
    "stretch of speech, turn or backchannel",
    (
        _recording(),
        _person(),
        *_interval("turn"),
        Column("kind", "speech (a stretch without a pause), turn or backchannel", "text"),
        Column("source", "person_audio, mixed_audio, active_speaker (by mouths), transcript or segments", "text"),
    ),
)

WINDOWS = Table(
    "windows",
    "person per window",
    (
        _recording(),
        _person(),
        *_interval("window"),
        Column("group_id", "connected component of people and recordings", "text"),
    ),
    ("recording_id", "person_id", "start_s"),
    ("face_", "voice_", "turn_", "trust_", "label_", "confound_", "why"),
)

COUPLING = Table(
    "coupling",
    "pair of people, signal and recording",
    (
        _recording(),
        Column("person_a", "the person whose id comes first", "text"),
        Column("person_b", "the other person", "text"),
        Column("signal", "smile, face_motion, head_motion or voice_level", "text"),
        Column("n_windows", "how many windows were whole in both", low=0),
        Column("mean_r", "correlation averaged over windows, at its best lag", low=-1, high=1, missing=True),
        Column("lag_s", "that lag, seconds; positive where b follows a", missing=True),
        Column("peak_r", "largest |r| of a window at any lag, averaged over windows", low=0, high=1, missing=True),
        *(
            column
            for null in ("shift", "shuffle", "pseudo")
            for column in (
                Column(f"n_{null}", f"how many values of the null {null!r}", low=0),
                Column(f"mean_effect_{null}", "|mean_r| above the null, in its standard deviations", missing=True),
                _share(f"mean_p_{null}", "rank of |mean_r| in the null"),
                Column(f"peak_effect_{null}", "peak_r above the null, in its standard deviations", missing=True),
                _share(f"peak_p_{null}", "rank of peak_r in the null"),
            )
        ),
        Column("bleed_r", "level of the silent one's track with that of who speaks", low=-1, high=1, missing=True),
        Column("why", "why a value is missing: 'column or null: reason', joined by '; '", "text", missing=True),
    ),
    ("recording_id", "person_a", "person_b", "signal"),
)

PEOPLE = Table(
    "people",
    "found face or sound, and span of time",
    (
        Column("found", "the face (p1, p2, …) or the name of the sound", "text"),
        Column("person_id", "who that is; empty for nobody", "text", missing=True),
    ),
)

LAYOUT = Table(
    "layout",
    "change of the layout of a meeting's picture",
    (
        _recording(),
        Column("time_s", "seconds from the start of the recording, of the first frame after the change", low=0),
        Column("event", "cut, layout, join, leave, camera_off, camera_on, other, swap or move", "text"),
        Column("person_id", "whose tile; empty where it is the whole picture", "text", missing=True),
        Column("box_x_px", "left edge of the face, pixels of the frame as displayed", missing=True),
        Column("box_y_px", "top edge of the face, pixels", missing=True),
        Column("box_w_px", "width of the face, pixels", low=0, missing=True),
        Column("box_h_px", "height of the face, pixels", low=0, missing=True),
    ),
)

PREDICTIONS = Table(
    "predictions",
    "window per model and fold",
    (
        _recording(),
        _person(),
        Column("start_s", "seconds; start of the window", low=0),
        Column("group_id", "connected component of people and recordings", "text"),
        Column("target", "the label predicted", "text"),
        Column("signals", "the column prefixes the model saw", "text"),
        Column("model", "which classifier", "text"),
        Column("split", "how people were kept apart", "text"),
        Column("repeat", "which repetition of the split", low=0),
        Column("fold", "which held-out part", low=0),
        Column("truth", "the label", "text"),
    ),
    prefixes=("probability_",),
)

EVIDENCE = Table(
    "evidence",
    "claim tested",
    (
        Column("target", "the label predicted", "text"),
        Column("signals", "the column prefixes the model saw", "text"),
        Column("model", "which classifier", "text"),
        Column("corpus", "which recordings", "text"),
        Column("split", "how people were kept apart", "text"),
        Column("metric", "which score", "text"),
        Column("value", "the score on people never seen", missing=True),
        Column("low", "lower end of the 95 % interval over groups", missing=True),
        Column("high", "upper end of the 95 % interval over groups", missing=True),
        Column("chance", "what the guesser reaches", missing=True),
        Column("best_baseline", "what the best baseline reaches on the same folds", missing=True),
        Column("ceiling", "the best any model could reach; NaN where it has no independent estimate", missing=True),
        _share("p_permuted", "share of label permutations that score as high"),
        Column("n_people", "number of people", low=0),
        Column("n_groups", "number of independent groups", low=0),
        Column("n_windows", "number of windows", low=0),
        Column("seed", "the written seed"),
        Column("why", "why a value is missing: 'column: reason', joined by '; '", "text", missing=True),
    ),
)

BUILT = (FACES, VOICE, TURNS, WINDOWS, COUPLING, PEOPLE, LAYOUT)
ALL = {t.name: t for t in (RECORDINGS, *BUILT, PREDICTIONS, EVIDENCE)}


def name_key(name):
    """How a person's name is compared: without case, spaces and punctuation (Unicode NFKC, case folded).

    >>> name_key("Ada  LOVELACE (she/her)") == name_key("adaLovelace_sheher"), name_key("Ada") == name_key("Eda")
    (True, False)
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", str(name)).casefold())
    return "".join(letter for letter in folded if unicodedata.category(letter)[0] in "LMN") or folded.strip()


def read(path, table):
    """Read a CSV or parquet file and check it against ``table``; text columns stay text (a person may be '007')."""
    path = Path(path)
    if not path.exists():
        raise TableError(f"{path}: no such file; expected the table {table.name!r} (one row per {table.one_row_per})")
    try:
        frame = pd.read_parquet(path) if path.suffix == ".parquet" else _read_csv(path, table)
    except UnicodeDecodeError as error:
        raise TableError(
            f"{path}: not a CSV table in UTF-8; expected the table {table.name!r}, saved as such (Excel: 'CSV UTF-8')"
        ) from error
    except (ValueError, pd.errors.ParserWarning) as error:
        kind = "parquet" if path.suffix == ".parquet" else "CSV"
        raise TableError(
            f"{path}: not a readable {kind} table ({error}); expected the columns {table.names}"
        ) from error
    optional = [column.name for column in table.columns if column.kind == "text" and column.missing]
    frame = frame.fillna({name: "" for name in optional if name in frame.columns})
    return table.check(frame, str(path))


MISSING = ("", "NA", "N/A", "n/a", "#N/A", "nan", "NaN")
"""What stands for a missing value in a column that is not text; in text only nothing does (a person may be 'NA')."""


def _read_csv(path, table):
    """A CSV table as spreadsheets write it: commas, semicolons or tabs, a byte-order mark, names in any case."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        first = file.readline()
    sep = max(",;\t", key=first.count)
    how = {"sep": sep, "decimal": "," if sep == ";" else ".", "encoding": "utf-8-sig", "index_col": False}
    promised = {column.name.casefold(): column.name for column in table.columns}
    found = [str(name).strip() for name in pd.read_csv(path, nrows=0, **how).columns]
    names = [promised.get(name.casefold(), name) for name in found]
    text = [column.name for column in table.columns if column.kind == "text" and column.name in names]
    missing = {name: [""] if name in text else MISSING for name in names}
    how |= {"names": names, "header": 0, "dtype": dict.fromkeys(text, str), "na_values": missing}
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)  # a row with more values than names
        return pd.read_csv(path, keep_default_na=False, **how)


def write(frame, path):
    """Write a table so that the same numbers always give the same bytes (nine significant digits in CSV)."""
    path = Path(path)
    if path.suffix == ".parquet":
        frame.to_parquet(path, index=False)
    else:
        frame.to_csv(path, index=False, float_format="%.9g", lineterminator="\n")
    return path


def _schema(frame):
    """The types of a table's columns; a column in which nothing is filled in yet is text."""
    schema = pa.Schema.from_pandas(frame, preserve_index=False)
    fields = [field.with_type(pa.string()) if pa.types.is_null(field.type) else field for field in schema]
    return pa.schema(fields, schema.metadata)


@contextmanager
def writing(path):
    """Write a parquet table piece by piece, so that it never lies in memory whole: ``with writing(p) as write: …``.

    Every piece must have the columns of the first; an empty one is left out unless all are.
    """
    empty, writer = None, None

    def write(frame):
        nonlocal empty, writer
        if frame.empty:
            empty = frame if empty is None else empty
            return
        rows = pa.Table.from_pandas(frame, writer.schema if writer else _schema(frame), preserve_index=False)
        writer = writer or pq.ParquetWriter(path, rows.schema)
        writer.write_table(rows)

    try:
        yield write
    finally:
        if writer:
            writer.close()
    if writer is None and empty is not None:
        empty.to_parquet(path, index=False)


def why(reasons):
    """Join reasons by name, ``{'voice_f0_hz': 'unvoiced'}`` → ``'voice_f0_hz: unvoiced'``."""
    for name, reason in reasons.items():
        if reason not in REASONS:
            near = difflib.get_close_matches(reason, REASONS, 1)
            raise TableError(f"{name}: unknown reason {reason!r}; the nearest known one is {near or list(REASONS)}")
    return "; ".join(f"{name}: {reason}" for name, reason in reasons.items())
