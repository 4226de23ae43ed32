"""Gallery recordings with known truth, cut together from the real clips of ``shared/data/clips``; never committed.

A *source* is one living person in one clip: a crop in which nobody else is seen. A *tile* is one participant: which
source, from where in it, when the camera is on, and at which place of the layout at which time. The picture is drawn
as a meeting program would: letterboxed tiles on near black, a name bar, initials on grey where the camera is off. A
clip shorter than the recording is played forwards and backwards, so that it never jumps.

    mosaic = build(folder, "talk", shared, [Tile("a", "webcam"), Tile("b", "split_left", on=((0, 4), (6, 20)))],
                   layouts=((0.0, grid(1, 2)),), seconds=10)
    mosaic.path, mosaic.truth, mosaic.events
"""

from bisect import bisect_right
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
import pandas as pd

from mien import media

SIZE = (1280, 720)
NEVER_OFF = ((0.0, float("inf")),)
CLIP_MAX_S = 20.0
WALL, OFF, BAR = (18, 18, 20), (44, 46, 52), (30, 30, 34)


@dataclass(frozen=True)
class Source:
    """One living person: a clip, the crop (x, y, w, h) in its pixels (None: all) and the usable span in seconds."""

    clip: str
    crop: tuple | None = None
    span_s: tuple = (0.0, float("inf"))
    moves_mouth: bool = True


SOURCES = {
    "gallery_a": Source("clips/four_person_gallery.mp4", (158, 32, 468, 266)),
    "gallery_b": Source("clips/four_person_gallery.mp4", (652, 32, 466, 266)),
    "gallery_c": Source("clips/four_person_gallery.mp4", (262, 312, 300, 166)),
    "gallery_d": Source("clips/four_person_gallery.mp4", (812, 312, 170, 200)),
    "split_left": Source("clips/two_person_split.mp4", (178, 30, 450, 420)),
    "split_right": Source("clips/two_person_split.mp4", (652, 20, 462, 440)),
    "podium_left": Source("clips/two_person_podium.mp4", (26, 24, 108, 120), moves_mouth=False),
    "podium_right": Source("clips/two_person_podium.mp4", (142, 4, 130, 140)),
    "man_blue": Source("clips/grid_speaker_1.mpg"),
    "woman_blue": Source("clips/grid_speaker_2.mpg"),
    "hands": Source("clips/one_person_hands_on_face.mp4"),
    "laughing": Source("clips/one_person_short.mp4"),
    "webcam": Source("clips/one_person_webcam_silent.webm"),
    "actor": Source("cremad/VideoFlash/1001_DFA_HAP_XX.flv"),
    "stage": Source("clips/stage_cuts_profile.mp4", (0, 0, 560, 360), (3.75, 7.7)),
}
"""Fifteen different people."""


@dataclass(frozen=True)
class Tile:
    """One participant: ``who`` (the truth), source, where in the clip it begins, and what happens to the tile.

    ``on`` are the spans of time with the camera on; ``places`` says at which place of the layout it is from which
    time on (None: not in the meeting). ``clock`` maps time to clip time instead of forwards and backwards.
    """

    who: str
    source: str
    offset_s: float = 0.0
    mirrored: bool = False
    on: tuple = NEVER_OFF
    places: tuple | None = None
    clock: object = None


@dataclass
class Mosaic:
    """A built recording: ``truth`` has one row per frame and participant in the meeting, ``events`` one per change.

    ``truth``: time_s, who, place, visible, x, y, w, h (the picture of the tile, pixels), ``layout`` (its number).
    ``events``: time_s, event (camera_off, camera_on, join, leave, swap, move, layout), who.
    """

    path: Path
    truth: pd.DataFrame
    events: pd.DataFrame
    told: dict = field(default_factory=dict)


def grid(rows, columns, size=SIZE, gap=6):
    """Places of a gallery: equal cells, row by row, as (x, y, w, h)."""
    width, height = size[0] // columns, size[1] // rows
    cells = [(c * width, r * height) for r in range(rows) for c in range(columns)]
    return tuple((x + gap, y + gap, width - 2 * gap, height - 2 * gap) for x, y in cells)


def speaker_view(n_strip, size=SIZE, strip_px=160, gap=4):
    """Speaker view: place 0 is large, the others a film strip above it."""
    width, height = size
    side = min(strip_px * 16 // 9, width // n_strip)
    left = (width - side * n_strip) // 2
    strip = [(left + k * side + gap, gap, side - 2 * gap, strip_px - 2 * gap) for k in range(n_strip)]
    return ((gap, strip_px + gap, width - 2 * gap, height - strip_px - 2 * gap), *strip)


def picture_in_picture(size=SIZE, part=0.25, gap=16):
    """Place 0 fills the frame, place 1 is a small picture in its lower right corner."""
    width, height = size
    w, h = int(width * part), int(height * part)
    return ((0, 0, width, height), (width - w - gap, height - h - gap, w, h))


def build(folder, name, shared, tiles, layouts, seconds, size=SIZE, rate_hz=10.0, sound=None):
    """Draw the recording ``name.mp4`` into ``folder``; ``layouts`` are pairs (from time, places).

    ``sound`` is a ``media.Sound`` or None; ``shared`` the folder that holds ``data``.
    """
    times = np.round(np.arange(round(seconds * rate_hz)) / rate_hz, 6)
    states = [_state(tiles, layouts, t) for t in times]
    with TemporaryDirectory(dir=folder) as scratch:
        clips = Clips(shared, Path(scratch), rate_hz)
        pictures = (_drawn(clips, tiles, state, t, size) for t, state in zip(times, states, strict=True))
        path = media.write_video(Path(folder) / f"{name}.mp4", pictures, rate_hz, sound)
    rows = [
        {"time_s": t, "who": tile.who, "place": place, "visible": visible, "layout": layout}
        | dict(zip("xywh", box, strict=True))
        for t, (layout, state) in zip(times, states, strict=True)
        for tile, place, box, visible in state
    ]
    return Mosaic(path, pd.DataFrame(rows), _events(states, times))


def clip_time(tile, time_s, length_s, rate_hz):
    """Where in its clip a tile is at a time: forwards, then backwards, without showing an end frame twice."""
    if tile.clock is not None:
        return tile.clock(time_s)
    turn = max(length_s - 1 / rate_hz, 1 / rate_hz)
    phase = (tile.offset_s + time_s) % (2 * turn)
    return phase if phase <= turn else 2 * turn - phase


# ---- what happens when -----------------------------------------------------------------------------------------------


def _at(pairs, time_s):
    return pairs[bisect_right([start for start, _ in pairs], time_s + 1e-9) - 1]


def _state(tiles, layouts, time_s):
    """Number of the layout, and for each participant in the meeting: tile, place, box, whether the camera is on."""
    number = bisect_right([start for start, _ in layouts], time_s + 1e-9) - 1
    boxes, state = layouts[number][1], []
    for index, tile in enumerate(tiles):
        place = index if tile.places is None else _at(tile.places, time_s)[1]
        if place is not None:
            visible = any(a <= time_s + 1e-9 < b for a, b in tile.on)
            state.append((tile, place, boxes[place], visible))
    return number, state


def _events(states, times):
    found = []
    for time_s, (old_layout, old), (layout, new) in zip(times[1:], states, states[1:], strict=False):
        before, after = ({tile.who: (box, on) for tile, _, box, on in state} for state in (old, new))
        say = [("layout", "")] if layout != old_layout else []
        say += [("join", who) for who in after if who not in before]
        say += [("leave", who) for who in before if who not in after]
        for who in before.keys() & after.keys():
            (was, was_on), (now, now_on) = before[who], after[who]
            if was_on != now_on:
                say.append(("camera_on" if now_on else "camera_off", who))
            if was != now and layout == old_layout:
                taken = [other for other in before if other != who and before[other][0] == now]
                swapped = any(after.get(other, (None,))[0] == was for other in taken)
                say.append(("swap" if swapped else "move", who))
        found += [{"time_s": time_s, "event": event, "who": who} for event, who in sorted(say)]
    return pd.DataFrame(found, columns=["time_s", "event", "who"])


# ---- drawing ---------------------------------------------------------------------------------------------------------


def _drawn(clips, tiles, numbered, time_s, size):
    _, state = numbered
    frame = np.empty((size[1], size[0], 3), np.uint8)
    frame[:] = WALL
    for tile, _, box, visible in sorted(state, key=lambda one: -one[2][2] * one[2][3]):  # the small lie in front
        x, y, w, h = box
        frame[y : y + h, x : x + w] = _picture(clips, tile, time_s, (w, h)) if visible else _initials(tile, w, h)
        _name_bar(frame, tile, box)
    return frame


def _picture(clips, tile, time_s, size):
    length, rate_hz = clips.length(tile.source, size), clips.rate_hz
    number = round(clip_time(tile, time_s, length / rate_hz, rate_hz) * rate_hz)
    picture = clips.picture(tile.source, size, min(max(number, 0), length - 1))
    return picture[:, ::-1] if tile.mirrored else picture


class Clips:
    """All pictures of some sources at ``rate_hz``, cropped and letterboxed to a size: kept in files of ``folder``.

    In memory those of one mosaic are as much as a gigabyte.
    """

    def __init__(self, shared, folder, rate_hz):
        self.shared, self.folder, self.rate_hz = shared, folder, rate_hz
        self._lengths = {}

    def length(self, source, size):
        """How many pictures there are."""
        if (source, size) not in self._lengths:
            with self._path(source, size).open("wb") as file:
                self._lengths[source, size] = sum(bool(file.write(picture)) for picture in self._made(source, size))
        return self._lengths[source, size]

    def picture(self, source, size, number):
        """One of them, (height, width, 3) uint8."""
        pixels = size[0] * size[1] * 3
        flat = np.fromfile(self._path(source, size), np.uint8, pixels, offset=number * pixels)
        return flat.reshape(size[1], size[0], 3)

    def _path(self, source, size):
        return self.folder / f"{source}-{size[0]}x{size[1]}"

    def _made(self, source, size):
        about = SOURCES[source]
        first_s, last_s = about.span_s
        due_s = None
        for time_s, frame in media.pictures(self.shared / "data" / about.clip):
            if time_s < first_s:
                continue
            if time_s >= min(last_s, first_s + CLIP_MAX_S):
                break
            due_s = time_s if due_s is None else due_s
            picture = None
            while due_s <= time_s + 1e-6:
                picture = _letterboxed(frame, about.crop, size) if picture is None else picture
                yield picture
                due_s += 1 / self.rate_hz


def _letterboxed(frame, crop, size):
    x, y, w, h = crop or (0, 0, frame.shape[1], frame.shape[0])
    width, height = size
    scale = min(width / w, height / h)
    inside = (round(w * scale), round(h * scale))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    left, top = (width - inside[0]) // 2, (height - inside[1]) // 2
    picture = np.zeros((height, width, 3), np.uint8)
    shown = cv2.resize(frame.part(x, y, w, h), inside, interpolation=way)
    picture[top : top + inside[1], left : left + inside[0]] = shown
    return picture


def _initials(tile, w, h):
    picture = np.empty((h, w, 3), np.uint8)
    picture[:] = OFF
    middle, radius = (w // 2, h // 2), max(min(w, h) // 5, 8)
    shade = tuple(int(70 + 15 * (ord(letter) % 9)) for letter in (tile.who * 3)[:3])
    cv2.circle(picture, middle, radius, shade, -1, cv2.LINE_AA)
    at = (middle[0] - int(0.6 * radius), middle[1] + int(0.3 * radius))
    cv2.putText(picture, tile.who[:2].upper(), at, 0, radius / 30, (235, 235, 235), 2, cv2.LINE_AA)
    return picture


def _name_bar(frame, tile, box):
    x, y, w, h = box
    high = max(h // 14, 10)
    frame[y + h - high : y + h, x : x + w // 3] = BAR
    cv2.putText(frame, tile.who, (x + 4, y + h - high // 4), 0, high / 28, (230, 230, 230), 1, cv2.LINE_AA)


# ---- the recordings of the tests -------------------------------------------------------------------------------------

HD = (1920, 1080)


def pair():
    """1 × 2: a swap at 3.0 s, a short camera-off."""
    tiles = [
        Tile("ann", "split_left", on=((0, 5), (6.5, 99)), places=((0, 0), (3, 1))),
        Tile("bob", "webcam", places=((0, 1), (3, 0))),
    ]
    return tiles, ((0.0, grid(1, 2)),), 9.0, SIZE


def four():
    """2 × 2: a swap; one is off for 6 s, one comes back in another tile, and a swap just after a camera blinked."""
    tiles = [
        Tile("ann", "laughing", places=((0, 0), (2, 3))),
        Tile("bob", "gallery_b", 3.0, on=((0, 4), (10, 99)), places=((0, 1), (13, 2))),
        Tile("cai", "woman_blue", on=((0, 5), (9, 99)), places=((0, 2), (7, 0))),
        Tile("dee", "split_right", on=((0, 12.4), (12.8, 99)), places=((0, 3), (2, 0), (7, 2), (13, 1))),
    ]
    return tiles, ((0.0, grid(2, 2)),), 15.0, SIZE


def growing():
    """2 × 2 becomes 3 × 3 at 3.0 s as three join; one leaves at 7.0 s and the others close up."""
    new = ("actor", "gallery_a", "podium_right")
    tiles = [
        Tile("ann", "man_blue", places=((0, 0), (7, 0))),
        Tile("bob", "gallery_c", places=((0, 1), (7, None))),
        Tile("cai", "webcam", 5.0, places=((0, 2), (7, 1))),
        Tile("dee", "hands", 6.0, places=((0, 3), (7, 2))),
        *(Tile(f"new{k}", source, places=((0, None), (3, 4 + k), (7, 3 + k))) for k, source in enumerate(new)),
    ]
    return tiles, ((0.0, grid(2, 2)), (3.0, grid(3, 3))), 10.0, SIZE


def nine():
    """3 × 3: nine people, two swaps, one of them of neighbours below each other."""
    names = (
        "gallery_a",
        "gallery_b",
        "gallery_d",
        "split_left",
        "split_right",
        "man_blue",
        "woman_blue",
        "actor",
        "stage",
    )
    tiles = [Tile(name, name, 0.5 * k) for k, name in enumerate(names)]
    tiles[0] = Tile("gallery_a", "gallery_a", places=((0, 0), (2, 8)))
    tiles[8] = Tile("stage", "stage", places=((0, 8), (2, 0)))
    tiles[4] = Tile("split_right", "split_right", 2.0, places=((0, 4), (4, 7)))
    tiles[7] = Tile("actor", "actor", places=((0, 7), (4, 4)))
    return tiles, ((0.0, grid(3, 3)),), 6.0, SIZE


def speaker():
    """Speaker view with a film strip of four: who is large changes at 3.0 s."""
    tiles = [
        Tile("ann", "split_right", places=((0, 0), (3, 2))),
        Tile("bob", "laughing", places=((0, 1),)),
        Tile("cai", "man_blue", places=((0, 2), (3, 0))),
        Tile("dee", "podium_left", places=((0, 3),)),
        Tile("eve", "woman_blue", places=((0, 4),)),
    ]
    return tiles, ((0.0, speaker_view(4)),), 6.0, SIZE


def inset():
    """Picture in picture: both change places at 3.0 s."""
    tiles = [
        Tile("ann", "webcam", places=((0, 0), (3, 1))),
        Tile("bob", "gallery_d", places=((0, 1), (3, 0))),
    ]
    return tiles, ((0.0, picture_in_picture()),), 6.0, SIZE


def crowd():
    """5 × 5 at 1920 × 1080, ten of 25 are mirrored twins; strangers swap at 2.0 s, a person and the twin at 3.0 s."""
    names = list(SOURCES)
    tiles = [Tile(name, name, 0.7 * k) for k, name in enumerate(names)]
    tiles += [Tile(f"twin_{name}", name, 2.0 + 0.7 * k, mirrored=True) for k, name in enumerate(names[:10])]
    places = {2: ((0, 2), (2, 13)), 13: ((0, 13), (2, 2)), 4: ((0, 4), (3, 19)), 19: ((0, 19), (3, 4))}
    tiles = [replace(tile, places=places.get(k)) for k, tile in enumerate(tiles)]
    return tiles, ((0.0, grid(5, 5, HD)),), 5.0, HD


SCENES = {scene.__name__: scene for scene in (pair, four, growing, nine, speaker, inset, crowd)}


# ---- how well a recording was understood -----------------------------------------------------------------------------


def seen_as(faces, truth):
    """Every found face with whose tile it lies in: ``faces`` plus ``who`` ('' where nobody is) and ``second``."""
    seen = faces.dropna(subset="box_x_px").copy()
    seen["who"], time_s = "", seen["time_s"].round(3)
    middle_x, middle_y = seen["box_x_px"] + seen["box_w_px"] / 2, seen["box_y_px"] + seen["box_h_px"] / 2
    shown = truth[truth["visible"]].assign(area=truth["w"] * truth["h"])
    for (_, who, x, y, w, h), rows in shown.groupby(["area", "who", "x", "y", "w", "h"], sort=True):
        inside = middle_x.between(x, x + w) & middle_y.between(y, y + h) & time_s.isin(rows["time_s"].round(3))
        seen.loc[inside & (seen["who"] == ""), "who"] = who  # the smaller of two pictures lies in front
    seen["second"] = seen.duplicated(["time_s", "who"]) & (seen["who"] != "")
    return seen


def score(faces, truth):
    """Shares and counts: ``found`` of person-frames, ``false`` of frames, identity ``swaps``, ``splits``, per who."""
    seen = seen_as(faces, truth)
    shown = truth[truth["visible"]].groupby("who").size()
    good = seen[(seen["who"] != "") & ~seen["second"]]
    per_who = (good.groupby("who").size().reindex(shown.index, fill_value=0) / shown).round(3)
    bad_frames = seen.loc[(seen["who"] == "") | seen["second"], "time_s"].nunique()
    names = good.groupby("person_id")["who"].agg(lambda who: sorted(set(who)))
    ids = good.groupby("who")["person_id"].agg(lambda ids: sorted(set(ids)))
    return {
        "found": float(len(good) / shown.sum()),
        "false": float(bad_frames / truth["time_s"].nunique()),
        "swaps": int((names.str.len() - 1).sum()),
        "splits": int((ids.str.len() - 1).sum()),
        "people": faces["person_id"].nunique(),
        "per_who": per_who.to_dict(),
        "names": names.to_dict(),
    }


BRIEF_S = 0.55
"""A camera that is off for half a second or less is no event."""

SAME = {"swap": "move"}
"""Two who swap while one of them is off look like one who moves."""


def event_errors(found, mosaic, names):
    """How well the layout events were told: ``errors_s`` of those that were, and lists of ``missed`` and ``extra``.

    ``found`` are ``layout_events``, ``names`` maps a person_id to whose it is. Moves of those who stay are no extra
    where the layout changed, and what happens to a tile that is off can't be seen.
    """
    truth = _visible_events(mosaic)
    told = [(one["time_s"], SAME.get(one["event"], one["event"]), names.get(one["person_id"], "")) for one in found]
    errors, missed = [], []
    for time_s, event, who in truth:
        near = [one for one in told if one[1:] == (event, who) and abs(one[0] - time_s) < 2]
        if near:
            best = min(near, key=lambda one: abs(one[0] - time_s))
            told.remove(best)
            errors.append(best[0] - time_s)
        else:
            missed.append((time_s, event, who))
    anew = {time_s for time_s, event, _ in truth if event in ("layout", "leave")}
    extra = [one for one in told if not (one[1] in ("move", "layout") and one[0] in anew)]
    return {"errors_s": errors, "missed": missed, "extra": extra}


def _visible_events(mosaic):
    """(time_s, event, who) of what can be seen, swaps as moves, without brief blinks of a camera."""
    shown = mosaic.truth[mosaic.truth["visible"]]
    events = []
    for _, row in mosaic.events.iterrows():
        here = shown[(shown["who"] == row["who"]) & ((shown["time_s"] - row["time_s"]).abs() < BRIEF_S)]["time_s"]
        if row["event"] == "camera_off" and (here > row["time_s"] + 1e-6).any():
            continue
        if row["event"] == "camera_on" and (here < row["time_s"] - 1e-6).any():
            continue
        if row["event"] in ("swap", "move") and here.empty:
            continue
        events.append((row["time_s"], SAME.get(row["event"], row["event"]), row["who"]))
    return events
