"""Which takes show the same scene: after a cut, a picture that looks like one seen before."""

from .finder import change

SCENES_KEPT = 50
"""How many looks are remembered to tell whether a shot returns; a small grey picture each."""


class Scenes:
    """Numbers the scenes of a recording from 0, cut by cut; ``now`` is the present one."""

    def __init__(self, most_change):
        self.most_change, self.looks, self.now = most_change, {}, 0

    def cut(self, before, after):
        """A cut from one small grey picture to another: the number of the scene that begins, new or returning."""
        self.looks[self.now] = before
        returns = [k for k, look in self.looks.items() if change(look, after) < self.most_change]
        self.now = returns[-1] if returns else max(self.looks) + 1
        for old in sorted(self.looks)[:-SCENES_KEPT]:
            del self.looks[old]
        return self.now
