"""Do picture and sound keep one clock? The lag between lips and voice on real clips, and how wrong it is at known lags.

Needs video clips of people who talk, in folders of yours. What is committed, ``data/lip_lag.csv``, holds lags only: no
frame and no track of a face.
"""

from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from mien import face, media, people, sources, store, synthetic, tables, voice
from mien.study.answer import Answer

FILE = "lip_lag.csv"
COLUMNS = (
    *("kind", "material", "rate_hz", "asked_s", "shift_s", "n", "speech_s", "lag_s", "low_s", "high_s", "trust"),
    *("error_s", "error_low_s", "error_high_s", "wrong_share", "sure_share", "held_share", "is_synthetic"),
)


@dataclass(frozen=True)
class LipStudySettings:
    """What is tried: lags put into the sound, lengths of talk, pictures a second, and how many talks of each length."""

    shifts_s: tuple[float, ...] = (-0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3)
    lengths_s: tuple[float, ...] = (6.0, 12.0, 24.0)
    rates_hz: tuple[float, ...] = (10.0, 25.0)
    talks: int = 8
    scripts: tuple[str, ...] = ("lips 1", "lips 2", "lips 3")
    script_s: float = 30.0
    lips: people.LipSettings = field(default_factory=people.LipSettings)


@dataclass(frozen=True)
class Seen:
    """What was measured of a recording: faces, sound and speech; ``sound_rows`` and ``speech`` are on its clock."""

    faces: pd.DataFrame
    sound_rows: pd.DataFrame
    speech: pd.DataFrame

    def lag(self, shift_s, settings, rate_hz=None):
        """The lag of the sound after it was moved by ``shift_s``, at every picture or ``rate_hz`` of them a second."""
        edges = {name: self.speech[name] + shift_s for name in ("start_s", "end_s")}
        rows = self.sound_rows.assign(time_s=self.sound_rows["time_s"] + shift_s)
        return people.lip_lag(thinned(self.faces, rate_hz), rows, self.speech.assign(**edges), settings)


def thinned(faces, rate_hz):
    """The rows of about ``rate_hz`` pictures a second, as :func:`media.pictures` takes them; all where it is None."""
    if rate_hz is None or not len(faces):
        return faces
    step = np.floor((faces["time_s"] + media.ROUNDING_S) * rate_hz)
    first = faces["time_s"].groupby(step).transform("min")
    return faces[np.isclose(faces["time_s"], first)]


def measured(path):
    """The faces, sound and speech of a video, as a build measures them with every picture."""
    told = {}
    tracks = face.extract(media.frames(path), None, sources.find(face.MODEL), told)
    sound = media.sound(path)
    faces = people.assign(tracks, told["frame_times_s"])[0][["time_s", "person_id", "mouth_opening"]]
    return Seen(faces, voice.frames(sound)[["time_s", "level_db"]], voice.speech(sound))


def write(folder, whole, alone, settings=None, tick=lambda *_: None):
    """Write ``lip_lag.csv`` into ``folder``; return its path.

    ``whole``: paths of videos that are measured as they are. ``alone``: of those in which one person alone is seen and
    heard; they are put one after the other into talks whose sound is moved by known lags. Rows by ``kind``: ``clip``,
    one video; ``real``, talks of ``alone``; ``synthetic``, painted mouths. ``error_s`` is the median of what is off,
    its interval a bootstrap of the talks; these share few clips, so with other people it would be wider.
    """
    settings, seen, rows = settings or LipStudySettings(), {}, []
    for number, path in enumerate(sorted({*map(Path, whole), *map(Path, alone)})):
        tick("clips", number, len({*whole, *alone}))
        seen[path] = measured(path)
        rows.append(_clip(path, seen[path], settings))
    real = [seen[Path(path)] for path in sorted(map(str, alone))]
    rows += _tried("real", lambda length_s, k: _talk(real, length_s, f"lip talk {length_s:g} {k}"), settings, tick)
    painted = [_painted(name, settings) for name in settings.scripts]
    rows += _tried("synthetic", lambda length_s, k: _cut(painted[k % len(painted)], length_s), settings, tick)
    table = pd.DataFrame(rows, columns=list(COLUMNS)).round(4)
    return tables.write(table, Path(folder) / FILE)


def _clip(path, seen, settings):
    found = seen.lag(0.0, settings.lips)
    row = {"kind": "clip", "material": path.name, "n": 1, "shift_s": 0.0, "speech_s": found.speech_s}
    row |= {"lag_s": found.lag_s, "low_s": found.low_s, "high_s": found.high_s, "trust": found.trust}
    return row | {"sure_share": float(found.is_sure(settings.lips)), "is_synthetic": False}


def _talk(clips, length_s, name):
    """Clips drawn one after the other with short pauses until ``length_s`` is full, as one recording of one face."""
    rng, at_s, parts = store.rng(name), 0.0, []
    while at_s < length_s:
        one = clips[rng.integers(len(clips))]
        loud_db = one.sound_rows["level_db"].quantile(0.95)
        level = one.sound_rows.assign(level_db=one.sound_rows["level_db"] - loud_db - 20)
        parts.append([_later(table, at_s) for table in (one.faces.assign(person_id="p1"), level, one.speech)])
        at_s += max(one.faces["time_s"].max(), level["time_s"].max()) + rng.uniform(0.04, 0.5)
    return Seen(*(pd.concat(tables, ignore_index=True) for tables in zip(*parts, strict=True)))


def _later(table, by_s):
    return table.assign(**{name: table[name] + by_s for name in ("time_s", "start_s", "end_s") if name in table})


def _painted(name, settings):
    """A SYNTHETIC conversation, painted, filmed and measured; its mouths open with the voice and not before it."""
    asked = synthetic.ConversationSettings(
        name, duration_s=settings.script_s, width_px=640, height_px=320, face_width_px=110.0
    )
    with TemporaryDirectory() as folder:
        synthetic.write_recording(Path(folder) / "talk", asked)
        seen = measured(Path(folder) / "talk" / "gallery.mp4")
    return Seen(seen.faces, _later(seen.sound_rows, settings.lips.usual_s), _later(seen.speech, settings.lips.usual_s))


def _cut(seen, length_s):
    speech = seen.speech[seen.speech["start_s"] < length_s]
    near = [table[table["time_s"] < length_s] for table in (seen.faces, seen.sound_rows)]
    return Seen(*near, speech.assign(end_s=speech["end_s"].clip(upper=length_s)))


def _tried(kind, made, settings, tick):
    """A row per length, pictures a second and lag put in: how wrong the lag was over all talks."""
    rows, asked = [], list(product(settings.lengths_s, settings.rates_hz))
    for number, (length_s, rate_hz) in enumerate(asked):
        tick(kind, number, len(asked))
        talks = [made(length_s, k) for k in range(settings.talks if kind == "real" else len(settings.scripts))]
        for shift_s in settings.shifts_s:
            found = [one.lag(shift_s, settings.lips, rate_hz) for one in talks]
            row = {"kind": kind, "material": f"{length_s:g} s", "rate_hz": rate_hz, "asked_s": length_s}
            rows.append(
                row | {"shift_s": shift_s, "is_synthetic": kind == "synthetic"} | _wrong(found, shift_s, settings)
            )
    return rows


def _wrong(found, shift_s, settings):
    lags = np.array([one.lag_s for one in found])
    off, n = np.abs(lags - shift_s), len(found)
    drawn = store.rng("lip talks").choice(off, (1000, n))
    low_s, high_s = np.nanquantile(np.nanmedian(drawn, axis=1), (0.025, 0.975))
    held = [one.low_s <= shift_s <= one.high_s for one in found]
    sure = [one.is_sure(settings.lips) and one.is_large(settings.lips) for one in found]
    return {
        "n": n,
        "speech_s": float(np.mean([one.speech_s for one in found])),
        "lag_s": float(np.nanmedian(lags)),
        "low_s": float(np.nanmin(lags)),
        "high_s": float(np.nanmax(lags)),
        "trust": float(np.mean([one.trust for one in found])),
        "error_s": float(np.nanmedian(off)),
        "error_low_s": float(low_s),
        "error_high_s": float(high_s),
        "wrong_share": float(np.mean(~(off <= settings.lips.large_s))),
        "sure_share": float(np.mean(sure)),
        "held_share": float(np.mean(held)),
    }


TRUSTED = 0.5
"""The least trust of a lag that is told of a clip."""


def answer(read):
    """Whether picture and sound keep one clock on real clips, and how far that can be told."""
    table = read["lip_lag"]
    clips, talks = table[table["kind"] == "clip"], table[table["kind"] != "clip"]
    heard = clips[clips["lag_s"].notna()]
    trusted = heard[heard["trust"] >= TRUSTED]
    found = 1000 * talks.groupby(["kind", "rate_hz", "asked_s"])["error_s"].mean()
    short = (
        f"{_one_clock(trusted, len(clips))}; lags of up to {1000 * talks['shift_s'].abs().max():.0f} ms put into "
        f"SYNTHETIC and real talk are found again to {found.max():.0f} ms in the median."
    )
    each = ", ".join(f"{Path(row.material).stem} {_span(row)}" for row in trusted.itertuples()) or "none"
    of_clips = (
        f"Of {len(clips)} real clips {len(heard)} have enough speech of a face in sight, and {len(trusted)} a lag "
        f"with a trust of {TRUSTED} or more: {each}."
    )
    caveat = "No single clip says it to the frame: people differ in how early their mouth opens."
    return Answer(short, (of_clips, *_put_in(talks), _told_apart(talks), caveat))


def _one_clock(trusted, n):
    """Whether the clips that can tell it are apart: none, some, or nobody knows."""
    if trusted.empty:
        return f"Cannot be said here: none of {n} real clips gives a lag that can be trusted"
    apart = int(((trusted["low_s"] > 0) | (trusted["high_s"] < 0)).sum())
    surest = trusted.loc[(trusted["high_s"] - trusted["low_s"]).idxmin()]
    return (
        f"{'Not all do' if apart else 'No lag is shown'}: {len(trusted)} of {n} real clips tell how far voice and "
        f"lips are apart, {apart or 'none'} of them surely (the surest {_span(surest)})"
    )


def _span(row):
    """The lag of a clip with its interval."""
    return f"{1000 * row.lag_s:+.0f} [{1000 * row.low_s:+.0f}, {1000 * row.high_s:+.0f}] ms"


def _put_in(talks):
    """How well lags put into the sound come back, by material and rate."""
    for kind, name in (("synthetic", "SYNTHETIC faces"), ("real", "real clips in a row")):
        for rate_hz in sorted(talks["rate_hz"].unique()):
            rows = talks[(talks["kind"] == kind) & (talks["rate_hz"] == rate_hz)]
            each = rows.groupby("asked_s")[["speech_s", "error_s", "wrong_share"]].mean()
            said = ", ".join(
                f"{1000 * row.error_s:.0f} ms off ({100 * row.wrong_share:.0f} % by more than 80) with "
                f"{row.speech_s:.0f} s of speech"
                for row in each.iloc[[0, -1]].itertuples()
            )
            yield f"Lags put into the sound of {name}, {rate_hz:.0f} pictures a second, come back {said}."


def _told_apart(talks):
    still, apart = talks[talks["shift_s"] == 0], talks[talks["shift_s"].abs() >= 0.2]
    longest = apart[apart["asked_s"] == apart["asked_s"].max()]
    return (
        f"Where nothing was put in, {100 * still['sure_share'].mean():.0f} % of talks are told to be apart for sure; "
        f"where 200 ms or more were, {100 * longest['sure_share'].mean():.0f} % of the longest."
    )
