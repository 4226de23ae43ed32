"""An answer of the study: one computed sentence that stands alone, and behind it the details in order.

``print`` shows it as text, a notebook as a bold sentence over a list. Beside it the few ways in which a number is said:
with its 95 % interval, and with no more digits than that interval supports.
"""

import math
import textwrap
from dataclasses import dataclass

import numpy as np
import pandas as pd

WIDTH = 110
"""How wide an answer is printed, in characters."""
LONGEST = 300
"""The most characters of a short answer: what can be read in one breath."""


@dataclass(frozen=True, repr=False)
class Answer:
    """``short``: one computed sentence; ``details``: computed sentences, each about one thing, in the order of reading.

    >>> print(Answer("Yes: 0.74 [0.69, 0.78].", ("One corpus.", "Acted labels say what is displayed.")))
    Yes: 0.74 [0.69, 0.78].
    <BLANKLINE>
    • One corpus.
    • Acted labels say what is displayed.
    """

    short: str
    details: tuple[str, ...] = ()

    def __post_init__(self):
        object.__setattr__(self, "details", tuple(one for one in self.details if one))

    def __str__(self):
        wrap = textwrap.TextWrapper(WIDTH, break_long_words=False, break_on_hyphens=False)
        under = textwrap.TextWrapper(
            WIDTH, initial_indent="• ", subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
        )
        bullets = [under.fill(one) for one in self.details]
        return "\n".join([wrap.fill(self.short), *([""] if bullets else []), *bullets])

    __repr__ = __str__

    def _repr_markdown_(self):
        """The sentence in bold and the details as a list, as a notebook shows it."""
        return "\n".join([f"**{self.short}**", *([""] if self.details else []), *(f"* {one}" for one in self.details)])

    @property
    def text(self):
        """All of it in one line."""
        return " ".join([self.short, *self.details])

    def in_short(self):
        """The same without the details, for the top of a notebook."""
        return Answer(self.short)


# --- how numbers are said ---------------------------------------------------------------------------------------------


def ends(row, least=2, most=2, times=1.0, sign=False, names=("value", "low", "high"), missing="not computed", unit=""):
    """A number of a row with its 95 % interval: ``0.35 [0.15, 0.55]``; alone where there is none.

    Digits are between ``least`` and ``most`` after the point, as many as the interval's half-width supports;
    one more than ``least`` where there is none and the number is below 10. ``times`` 100 gives percent or points.
    ``unit`` follows the number. A number that is missing is said as ``missing``.

    >>> ends({"value": -19.95, "low": -21.04, "high": -18.81}, 0, 1), ends({"value": 0.2, "low": 0.15, "high": 0.26})
    ('-20 [-21, -19]', '0.20 [0.15, 0.26]')
    """
    value, low, high = (times * _of(row, name) for name in names)
    if not np.isfinite(value):
        return missing
    places = digits(low, high, least, most) if np.isfinite(low + high) else min(least + (abs(value) < 10), most)
    form = f"{{:{'+' if sign else ''}.{places}f}}"
    limits = f" [{form.format(low)}, {form.format(high)}]" if np.isfinite(low + high) else ""
    return form.format(value) + unit + limits


def digits(low, high, least, most):
    """How many digits after the point an interval supports; more where a limit that is not 0 would read as 0."""
    if high <= low:
        return least
    places = min(max(-math.floor(math.log10((high - low) / 2)), least), most)
    while places < most and any(end and not float(f"{end:.{places}f}") for end in (low, high)):
        places += 1
    return places


def joined(parts, word="and"):
    """Parts in words: ``a, b and c``."""
    parts = list(parts)
    return f"{', '.join(parts[:-1])} {word} {parts[-1]}" if len(parts) > 1 else "".join(parts)


def spanned(values, form="{:.2f}"):
    """From the least to the largest: ``0.03 to 0.06``; one number where both read alike."""
    low, high = (form.format(end) for end in (min(values), max(values)))
    return low if low == high else f"{low} to {high}"


def in_each(rows, **more):
    """A number in every corpus or condition: ``-20 [-21, -19] (AMI), -25 [-27, -23] (GAP) and -18 (ICSI)``.

    ``rows`` are pairs of a name and a row; what else is given is for :func:`ends`.
    """
    return joined(f"{ends(row, **more)} ({name})" for name, row in rows) or "not computed"


def above(row, zero=0.0):
    """Whether the whole interval of a row lies above ``zero``."""
    return bool(row["low"] > zero)


def clear(row, zero=0.0):
    """Whether the interval of a row lies wholly on one side of ``zero``."""
    return bool(row["low"] > zero or row["high"] < zero)


def yes_no(found, yes="Yes", some="In part", no="Not shown"):
    """One word for a list of findings: all, some or none of them were made."""
    found = list(found)
    return yes if found and all(found) else some if any(found) else no


def _of(row, name):
    value = getattr(row, name, np.nan) if not isinstance(row, dict | pd.Series) else row[name]
    return float(value)
