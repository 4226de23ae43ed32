"""Short recordings of one face under one condition, with the exact truth of every frame: how wrong is the instrument?

A *script* is what the face does: four seconds of talk (small sway, speech, a smile, blinks), four seconds in which the
head sweeps through ±45° of yaw, ±20° of pitch and ±15° of roll with blinks on the way, and half a second in which
nobody is there. A *condition* is who is seen and through what: appearance, size, blur, light, bitrate, lost frames.
The same script under two conditions can be compared moment by moment. It is SYNTHETIC: nobody moved so.
"""

from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
import pandas as pd

from mien import media, store
from mien.synthetic import faces, photograph

POSED = ("yaw_deg", "pitch_deg", "roll_deg", "mouth_opening", "smile", "eye_closure", "x_px", "y_px")
TALK_S, TURN_S, AWAY_S = 4.0, 4.0, 0.6
TILE_WIDTHS = 2.6
WELL_ELECTRONS, READ_ELECTRONS = 4000.0, 5.0
"""A pixel of a small camera: how many electrons are white in full light, and the noise of reading them out."""

GAIN_BACK = 0.7
"""A dim picture is brightened by its camera: by this power of what is missing."""

SKINS = {
    "very light": (1.0, 1.0, 1.0),
    "light brown": (0.77, 0.71, 0.66),
    "brown": (0.53, 0.45, 0.40),
    "dark brown": (0.34, 0.28, 0.25),
}
"""Gains on the photographed skin, from hers to dark; see :func:`photograph.skin_lightness` for what they come to."""


def _appearances():
    """Eight people: four skins, each as photographed and mirrored, with three depths of head, several hairs, cloths."""
    cloths, walls = tuple(photograph.CLOTHS), ((176, 168, 160), (118, 134, 140), (150, 140, 170), (205, 205, 200))
    hairs, depths = (1.0, 0.35, 0.6, 0.2, 0.45, 1.25, 0.25, 0.8), (1.0, 0.9, 1.1, 1.0, 1.1, 0.9, 1.0, 1.1)
    return tuple(
        photograph.Look(mirror, SKINS[skin], hairs[i], cloths[i % 4], walls[(i + i // 4) % 4], depths[i])
        for i, (mirror, skin) in enumerate(product((False, True), SKINS))
    )


LOOKS = _appearances()


@dataclass(frozen=True)
class Condition:
    """Who is seen through what. ``script`` is the name (the seed) of what the face does.

    ``face_px`` width of the face at rest; ``blur_widths`` sigma of a Gaussian blur in face widths; ``light`` share of
    full light that is left (sensor noise grows, the camera's gain answers); ``kbit_s`` H.264 at this bitrate (None: the
    pictures as drawn); ``lost_share`` of frames that never arrive, in bursts of up to three; ``distance_widths`` from
    the camera in face widths.
    """

    script: str = "0"
    look: photograph.Look = field(default_factory=photograph.Look)
    face_px: float = 120.0
    blur_widths: float = 0.0
    light: float = 1.0
    kbit_s: float | None = None
    lost_share: float = 0.0
    frame_rate_hz: float = 25.0
    distance_widths: float = 4.5

    @property
    def tile_px(self):
        """Width and height of the picture: 2.6 face widths, even."""
        return 2 * round(TILE_WIDTHS * self.face_px / 2)


@dataclass(frozen=True)
class Trial:
    """One recording and its truth.

    ``truth`` one row per frame: time_s, person_id, is_present, box_x_px, box_y_px, box_w_px, box_h_px, yaw_deg,
    pitch_deg, roll_deg (0°: facing the camera), mouth_opening, smile, eye_closure (0..1); NaN where nobody is there.
    ``events`` start_s, end_s, kind (``blink``, ``smile``). ``poses`` what is drawn, arrays of one value per frame.
    """

    condition: Condition
    truth: pd.DataFrame
    events: pd.DataFrame
    poses: faces.Pose

    def frames(self):
        """The pictures with their true times, ``(time_s, rgb)``; lost frames are missing."""
        kept = _kept(self.condition, len(self.truth))
        for arrived, seen in zip(kept, _sent(self), strict=True):
            if arrived:
                yield seen


def trial(condition=None):
    """The recording of a condition; the same condition always gives the same one.

    >>> len(trial(Condition(face_px=60)).truth)
    215
    """
    condition = condition or Condition()
    if condition.face_px < 16 or condition.frame_rate_hz <= 0:
        raise ValueError(f"trial: expected a face of at least 16 px and a frame rate above 0; found {condition}")
    chance = store.rng(f"trial script {condition.script}")
    events = _events(chance)
    script = _behaviour(events, condition, chance)
    poses = faces.Pose(**{name: script[name].to_numpy() for name in POSED})
    boxes = _portrait(condition).box(poses)
    truth = script.drop(columns=["x_px", "y_px"]).round(4)
    for place, name in enumerate(("box_x_px", "box_y_px", "box_w_px", "box_h_px")):
        truth.insert(3 + place, name, boxes[:, place].round(2))
    truth.loc[~truth["is_present"], truth.columns[3:]] = np.nan
    return Trial(condition, truth, events, poses)


# --- the script ------------------------------------------------------------------------------------------------------


def _events(chance):
    """When the person blinks (0.1 to 0.4 s, about once in 1.2 s) and smiles."""
    rows, at_s = [], 0.5 + chance.uniform(0, 0.5)
    while at_s < TALK_S + TURN_S - 0.5:
        lasts_s = chance.uniform(0.1, 0.4)
        rows.append((at_s, at_s + lasts_s, "blink"))
        at_s += lasts_s + chance.uniform(0.5, 1.4)
    smile_s = chance.uniform(0.8, 1.6)
    rows.append((smile_s, smile_s + chance.uniform(1.2, 2.0), "smile"))
    return pd.DataFrame(rows, columns=["start_s", "end_s", "kind"]).round(3).sort_values("start_s", ignore_index=True)


def _behaviour(events, condition, chance):
    """One row per frame: where the head points, and how far mouth and eyes are open."""
    step_s = 1 / condition.frame_rate_hz
    time_s = np.round(np.arange(0, TALK_S + TURN_S + AWAY_S - 1e-9, step_s), 6)
    sweep = np.clip((time_s - TALK_S) / 0.4, 0, 1) * np.clip((TALK_S + TURN_S - time_s) / 0.4, 0, 1)
    frame = pd.DataFrame({"time_s": time_s, "person_id": "one", "is_present": time_s < TALK_S + TURN_S})
    for name, sway_deg, reach_deg, per_s in (("yaw", 5, 45, 0.5), ("pitch", 4, 20, 0.75), ("roll", 3, 15, 0.6)):
        small = _sway(time_s, sway_deg, chance)
        turn = reach_deg * np.sin(2 * np.pi * per_s * (time_s - TALK_S) * chance.uniform(0.85, 1.15))
        frame[f"{name}_deg"] = (1 - sweep) * small + chance.choice([-1, 1]) * sweep * turn
    frame["mouth_opening"] = _speech(time_s, chance)
    frame["smile"] = _humps(time_s, events[events["kind"] == "smile"], 0.4)
    frame["eye_closure"] = _humps(time_s, events[events["kind"] == "blink"], 0.08)
    frame["x_px"], frame["y_px"] = (_sway(time_s, 0.03 * condition.face_px, chance) for _ in range(2))
    return frame


def _humps(time_s, events, rise_s):
    """From 0 to 1 and back within each event, with smooth flanks of ``rise_s`` or half of what is shorter."""
    shape = np.zeros_like(time_s)
    for event in events.itertuples():
        flank_s = min(rise_s, 0.5 * (event.end_s - event.start_s))
        inside = np.minimum(time_s - event.start_s, event.end_s - time_s) / flank_s
        shape = np.maximum(shape, 0.5 - 0.5 * np.cos(np.pi * np.clip(inside, 0, 1)))
    return shape


def _sway(time_s, size, chance):
    """A slow, small, never repeating movement, as living heads make."""
    rates_hz, phases = chance.uniform(0.1, 0.6, 4), chance.uniform(0, 2 * np.pi, 4)
    return size / 2 * np.sum(np.sin(2 * np.pi * rates_hz * time_s[:, None] + phases), axis=1)


def _speech(time_s, chance):
    """Syllables of 0.16 to 0.3 s in phrases with pauses: how far the mouth is open, 0 to 0.8."""
    opening, at_s, end_s = np.zeros_like(time_s), chance.uniform(0.2, 0.6), TALK_S + TURN_S
    while at_s < end_s:
        for _ in range(chance.integers(4, 9)):
            lasts_s, wide = chance.uniform(0.16, 0.3), chance.uniform(0.15, 0.8)
            phase = np.clip((time_s - at_s) / lasts_s, 0, 1)
            opening = np.maximum(opening, wide * np.sin(np.pi * phase) ** 2)
            at_s += 0.85 * lasts_s
        at_s += chance.uniform(0.3, 0.8)
    return opening


# --- the picture -----------------------------------------------------------------------------------------------------


def _portrait(condition):
    side = condition.tile_px
    return faces.Portrait(condition.look, side, side, condition.face_px, distance_widths=condition.distance_widths)


def _drawn(one):
    """Every picture as the camera gives it: the person or the empty room, in this light, through this lens."""
    condition, portrait = one.condition, _portrait(one.condition)
    chance = store.rng(f"trial sensor {condition.script} {condition.light}")
    moments = zip(*(vars(one.poses)[name] for name in POSED), strict=True)
    for present, moment in zip(one.truth["is_present"], moments, strict=True):
        picture = portrait.picture(faces.Pose(**dict(zip(POSED, moment, strict=True)))) if present else portrait.wall()
        if condition.blur_widths:
            picture = cv2.GaussianBlur(picture, None, condition.blur_widths * condition.face_px)
        yield dimmed(picture, condition.light, chance) if condition.light < 1 else picture


def dimmed(picture, light, chance):
    """A picture (uint8 RGB) in ``light`` times the light: shot and read noise, then the camera's gain."""
    electrons = WELL_ELECTRONS * light * (picture.astype(np.float32) / 255) ** 2.2
    noise = chance.standard_normal(picture.shape, dtype=np.float32)
    electrons += noise * np.sqrt(electrons + READ_ELECTRONS**2)
    return (255 * np.clip(electrons / WELL_ELECTRONS / light**GAIN_BACK, 0, 1) ** (1 / 2.2)).astype(np.uint8)


def _sent(one):
    """The pictures with their times, through the encoder where a bitrate is asked for."""
    rate_hz, kbit_s = one.condition.frame_rate_hz, one.condition.kbit_s
    if kbit_s is None:
        yield from zip(one.truth["time_s"].tolist(), _drawn(one), strict=True)
        return
    with TemporaryDirectory() as folder:
        yield from media.frames(media.write_video(Path(folder) / "trial.mp4", _drawn(one), rate_hz, kbit_s=kbit_s))


def _kept(condition, count):
    """Which frames arrive: all but the lost ones, which go in bursts of one to three; the first always arrives."""
    arrived = np.ones(count, dtype=bool)
    chance = store.rng(f"trial lost {condition.script} {condition.lost_share}")
    while 1 - arrived.mean() < condition.lost_share:
        at = chance.integers(1, count)
        arrived[at : at + chance.integers(1, 4)] = False
    return arrived
