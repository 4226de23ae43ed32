"""How sure the landmarks are of themselves: the picture and its mirror image ought to give the same face.

MediaPipe gives no sign when a hand lies over half a face: its landmarks stay where a face would have them. But what
was guessed and not seen is guessed differently in a mirror. In the clip of one woman with her hands to her face,
the two differ by 0.005 to 0.010 face widths in plain view (0.016 at most for two others who talk and turn), by 0.012 to
0.021 with a hand over cheek and mouth, by 0.028 to 0.045 with it over the eye as well. So do poor pictures of a
SYNTHETIC face: 0.009 as drawn, 0.012 at 40 px, 0.023 at 20 px, 0.013 blurred by 0.02 face widths, 0.025 by 0.045; and
turned heads, 0.017 at 25° to 40°.
"""

from functools import cache

import numpy as np
from scipy.spatial import cKDTree

from .pose import canonical


@cache
def twins():
    """Of each of the 468 landmarks the one at the same place of the other half of the face, (468,)."""
    return cKDTree(canonical()).query(canonical() * [-1, 1, 1])[1]


class Mirror:
    """Looks at the mirror image of a face; one for all faces of a recording."""

    def __init__(self, landmarker):
        self.landmarker = landmarker

    def gap(self, picture, seen, region):
        """How far the landmarks lie from those of the mirror image, face widths (root mean square over 468).

        ``picture`` is the crop of a face, uint8 RGB (n, n, 3), ``seen`` its landmarks in pixels (468 or more, 2 or 3),
        found in the square ``region``; the mirror image is looked at in the same square. NaN where it shows no face.
        """
        width = picture.shape[1]
        there = region._replace(x=width - region.x, turn=-region.turn)
        mirrored = self.landmarker.see(np.ascontiguousarray(picture[:, ::-1]), 0.0, there)
        if mirrored is None:
            return np.nan
        points = seen[:468, :2]
        back = mirrored.points[twins(), :2] * [-1, 1] + [width, 0]
        return float(np.sqrt(((points - back) ** 2).sum(axis=1).mean()) / np.ptp(points[:, 0]))
