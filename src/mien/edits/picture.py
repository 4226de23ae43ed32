"""The same picture with one thing changed: smaller, coarser, darker, lit from one side, tinted, covered, or standing.

A picture is uint8 RGB (height, width, 3); a video is an iterator of ``(time_s, rgb)``. Nothing that is given is
changed. A dose is a size in the unit that its function names (AUDIT 6.7). What covers a face is **drawn** over it in
flat colours at its landmarks: it hides what a real thing of that shape would hide, throws no shadow, bends no light and
mirrors nothing, so a real one can do more, or less. A video file as a whole is edited by :func:`of_file`, and can then
be built again.
"""

import cv2
import numpy as np

from mien import media
from mien.media import Grid
from mien.media.picture import scaled

GAMMA = 2.2
"""Light is about this power of what is stored."""


# --- size and coding --------------------------------------------------------------------------------------------------


def resolution(rgb, height_px):
    """The picture at another height, sides in proportion and even: averaged when made smaller.

    More pixels than there were (a 720p meeting of a smaller camera) are interpolated and show no more.
    """
    height = max(2, round(height_px / 2) * 2)
    width = max(2, round(rgb.shape[1] * height / rgb.shape[0] / 2) * 2)
    return scaled(rgb, (width, height)).copy()


def face_width(rgb, width_px, box):
    """The picture made smaller until the face is ``width_px`` wide; ``box`` (x, y, w, h) of the face in it.

    A face that is already smaller is left as it is.
    """
    share = width_px / box[2]
    return resolution(rgb, share * rgb.shape[0]) if share < 1 else rgb.copy()


def h264(frames, crf):
    """A video as it looks after H.264 at a constant rate factor (0 to 51, coarser and coarser); times are kept."""
    return media.through_h264(frames, crf)


def h264_still(rgb, crf):
    """One picture as H.264 shows it when it is coded whole (an I frame)."""
    ((_, coded),) = media.through_h264([(0.0, rgb)], crf)
    return coded


def jpeg(rgb, quality):
    """The picture after JPEG at a quality from 1 to 100 (libjpeg's scale; colour at half the size)."""
    if not 1 <= quality <= 100:
        raise ValueError(f"jpeg: a quality of {quality}; expected 1 to 100")
    _, coded = cv2.imencode(".jpg", rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(quality)])
    return np.ascontiguousarray(cv2.imdecode(coded, cv2.IMREAD_COLOR)[..., ::-1])


def blurred(rgb, sigma_px):
    """The picture out of focus: a Gaussian of this width, pixels."""
    return cv2.GaussianBlur(rgb, None, sigma_px) if sigma_px > 0 else rgb.copy()


# --- light ------------------------------------------------------------------------------------------------------------


def gamma(rgb, dose):
    """Every value (0 to 1) to the power of ``dose``: below 1 lighter, above 1 darker; black and white stay."""
    if not dose > 0:
        raise ValueError(f"gamma: {dose}; expected more than 0")
    return cv2.LUT(rgb, np.round(255 * (np.arange(256) / 255) ** dose).astype(np.uint8))


def side_light(rgb, share, box, from_left=True):
    """Light that falls off across the face: at its far side ``share`` (0 to 1) of the light at its near side is left.

    Near and far are the edges of ``box`` (x, y, w, h); between them light falls evenly in stops, beyond them it stays.
    """
    if not 0 < share <= 1:
        raise ValueError(f"side_light: a share of {share} of the light; expected more than 0 and at most 1")
    across = np.clip((np.arange(rgb.shape[1]) - box[0]) / box[2], 0, 1)
    across = across if from_left else 1 - across
    return _lit(rgb, (share**across)[None, :, None])


def colour_cast(rgb, stops):
    """Light of another colour: red gains and blue loses ``stops`` / 2 (doublings of light); negative the other way.

    What would be brighter than white is cut.
    """
    return _lit(rgb, 2.0 ** (np.array([stops, 0.0, -stops]) / 2))


def _lit(rgb, gain):
    """The picture with its light multiplied."""
    light = (rgb.astype(np.float32) / 255) * np.asarray(gain, np.float32) ** (1 / GAMMA)
    return np.round(255 * np.clip(light, 0, 1)).astype(np.uint8)


# --- time -------------------------------------------------------------------------------------------------------------


def frame_rate(frames, rate_hz):
    """A video at another rate: of each step of 1 / ``rate_hz`` seconds the first picture stays, with its own time.

    Steps count from the first picture. A video that has fewer pictures stays as it is.
    """
    grid, before = None, -np.inf
    for time_s, rgb in frames:
        grid = grid or Grid(time_s, rate_hz)
        if grid.begins(before, time_s):
            yield time_s, rgb
        before = time_s


def frozen(frames, start_s, length_s):
    """A video that stands still: start_s <= t < start_s + length_s shows the last picture before; times go on.

    A video that begins within that span shows its first picture instead.
    """
    held = None
    for time_s, rgb in frames:
        stands = start_s <= time_s < start_s + length_s and held is not None
        held = held if stands else rgb
        yield time_s, held.copy() if stands else rgb


# --- what covers a face -----------------------------------------------------------------------------------------------

EYES = (33, 133), (263, 362)
BROWS, NOSE_BRIDGE, NOSE_TIP, CHIN, FOREHEAD = (105, 334), 168, 4, 152, 10
EARS, CHEEKS, MOUTH = (127, 356), (123, 352), (61, 291)
JAW = (234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361, 323, 454)
HAIRLINE = (127, 162, 21, 54, 103, 67, 109, 10, 338, 297, 332, 284, 251, 389, 356)
"""Landmarks of MediaPipe's mesh: corners of the eyes (outer, inner), and the rims of jaw and forehead from the person's
right to their left."""

FRAME_RGB, DARK_RGB, CLOTH_RGB = (40, 34, 32), (22, 22, 26), (150, 185, 205)
HAND_RGB, HAIR_RGB = (200, 160, 135), (60, 44, 36)
SUPERSAMPLED = 4
"""Edges are drawn to a quarter of a pixel."""


def glasses(rgb, points):
    """Spectacles with dark rims and clear lenses, **drawn**: two rims, a bridge, and temples to the ears."""
    strokes, width = _rims(points)
    return _drawn(rgb, [(line, None) for line in strokes], FRAME_RGB, width)


def dark_glasses(rgb, points):
    """Sunglasses, **drawn**: rims as of :func:`glasses`, filled, so that neither eye nor lid is seen."""
    strokes, width = _rims(points)
    return _drawn(rgb, [(line, "fill" if number < 2 else None) for number, line in enumerate(strokes)], DARK_RGB, width)


def mask(rgb, points):
    """A cloth mask, **drawn**: from the bridge of the nose over cheeks and mouth to below the chin."""
    p, middle = points[:, :2], points[NOSE_BRIDGE, :2]
    top = 0.55 * p[NOSE_TIP] + 0.45 * middle
    jaw = p[list(JAW)][2:-2]
    jaw = jaw + 0.04 * (jaw - p[NOSE_TIP])
    left, right = (0.35 * p[ear] + 0.65 * p[cheek] for ear, cheek in zip(EARS, CHEEKS, strict=True))
    return _drawn(rgb, [(np.array([right, top, left, *jaw]), "fill")], CLOTH_RGB, 1)


def hand(rgb, points, side="left"):
    """A hand at the cheek, **drawn** as an ellipse: from below the eye to the chin, on the person's own left or right.

    It covers that side's cheek and the corner of the mouth.
    """
    p, number = points[:, :2], 1 if side == "left" else 0
    corner, cheek = p[MOUTH[number]], p[CHEEKS[number]]
    middle = 0.5 * (corner + cheek) + 0.10 * (p[CHIN] - p[FOREHEAD])
    up = p[CHIN] - p[FOREHEAD]
    length, wide = 0.36 * np.linalg.norm(up), 0.62 * np.linalg.norm(corner - cheek)
    turn = np.degrees(np.arctan2(up[1], up[0]))
    return _drawn(rgb, [(_ellipse(middle, length, wide, turn), "fill")], HAND_RGB, 1)


def fringe(rgb, points):
    """Hair over the forehead, **drawn**: from its rim down to the eyes, so that the brows are hidden."""
    p = points[:, :2]
    rim = p[list(HAIRLINE)]
    rim = rim + 0.12 * (rim - p[NOSE_BRIDGE])
    low = (0.62 * p[brow] + 0.38 * p[list(eye)].mean(axis=0) for brow, eye in zip(BROWS, EYES, strict=True))
    right, left = low
    return _drawn(rgb, [(np.array([*rim, p[EARS[1]], left, right, p[EARS[0]]]), "fill")], HAIR_RGB, 1)


COVERS = {"glasses": glasses, "dark glasses": dark_glasses, "mask": mask, "hand": hand, "hair": fringe}
"""What may cover a face, by name: functions of a picture and the landmarks of a face (478, 2 or 3), in pixels."""


def covered(frames, kind, places):
    """A video in which every face wears or holds one of :data:`COVERS`; ``places(time_s, rgb)`` gives their landmarks.

    ``places`` gives a list of (478, 2 or 3) arrays, one for each face to be covered.
    """
    cover = COVERS[kind]
    for time_s, rgb in frames:
        for points in places(time_s, rgb):
            rgb = cover(rgb, points)
        yield time_s, rgb


def _rims(points):
    """The strokes of spectacles: the two rims first, then bridge and temples; and how thick they are, pixels."""
    p = points[:, :2]
    eyes = [p[list(eye)] for eye in EYES]
    apart = eyes[1].mean(axis=0) - eyes[0].mean(axis=0)
    wide, turn = np.linalg.norm(apart), np.degrees(np.arctan2(apart[1], apart[0]))
    down = np.array([-apart[1], apart[0]]) / wide
    rims = [_ellipse(eye.mean(axis=0) + 0.05 * wide * down, 0.40 * wide, 0.31 * wide, turn) for eye in eyes]
    middles = [rim.mean(axis=0) for rim in rims]
    along = apart / wide
    ends = [middles[0] + 0.40 * wide * along, middles[1] - 0.40 * wide * along]
    outer = [middles[0] - 0.40 * wide * along, middles[1] + 0.40 * wide * along]
    temples = [np.array([end, p[ear]]) for end, ear in zip(outer, EARS, strict=True)]
    return [*rims, np.array(ends), *temples], max(1.0, 0.05 * wide)


def _ellipse(middle, length, wide, turn_deg):
    angle, turn = np.linspace(0, 2 * np.pi, 73), np.radians(turn_deg)
    x, y = length * np.cos(angle), wide * np.sin(angle)
    return np.stack([x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)], axis=1) + middle


def _drawn(rgb, shapes, colour, width_px):
    """Shapes (lines, or filled outlines) in one colour over a copy of the picture, with soft edges."""
    scale = SUPERSAMPLED
    ink = np.zeros((scale * rgb.shape[0], scale * rgb.shape[1]), np.uint8)
    for line, fill in shapes:
        at = np.round((np.asarray(line, float) + 0.5) * scale).astype(np.int32)
        if fill:
            cv2.fillPoly(ink, [at], 255)
        cv2.polylines(ink, [at], False, 255, max(1, round(width_px * scale)))
    part = cv2.resize(ink, rgb.shape[1::-1], interpolation=cv2.INTER_AREA)[..., None].astype(np.float32) / 255
    return np.round(rgb + part * (np.array(colour, np.float32) - rgb)).astype(np.uint8)


# --- whole files ------------------------------------------------------------------------------------------------------


def each(change):
    """A change of single pictures as a change of videos: ``change(rgb)`` for every picture, times kept."""
    return lambda frames: ((time_s, change(rgb)) for time_s, rgb in frames)


def of_file(path, out, change, crf=media.recoding.FINEST_CRF):
    """Write a video file again with its pictures changed, to be built again; its sound and its clock are kept.

    ``change`` takes an iterator of ``(time_s, rgb)`` and gives one (``lambda frames: frozen(frames, 3, 2)``, or
    :func:`each` of a change of pictures). For a dose of :func:`h264` leave the pictures as they are and name the dose
    as ``crf``. See :func:`mien.media.rewritten`.
    """
    return media.rewritten(path, out, change, crf)
