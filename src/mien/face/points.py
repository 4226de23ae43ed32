"""The landmarks of one face in one picture, for those who draw on it; nothing of them is kept (AUDIT R1)."""

from functools import lru_cache
from pathlib import Path

from mien import sources

from .landmarker import Landmarker, Region

LOOKS = 3
"""So many times the square is laid anew around what was seen, as for a face that was just found."""


def landmarks(rgb, box, model_path=None):
    """Where the 478 landmarks of a face are: (478, 3), pixels of the picture (x right, y down, z away from the camera).

    ``rgb`` uint8 (height, width, 3); ``box`` (x, y, w, h) of the face in pixels, as :func:`mien.face.extract` gives it.
    None where no face is seen there.
    """
    landmarker, region = _landmarker(Path(model_path or sources.find(sources.FACE_LANDMARKER))), Region.around(box)
    for _ in range(LOOKS):
        seen = landmarker.see(rgb, 0.0, region)
        if seen is None:
            return None
        region = Region.of(seen.points)
    return seen.points


@lru_cache(maxsize=1)
def _landmarker(path):
    return Landmarker(path.read_bytes())
