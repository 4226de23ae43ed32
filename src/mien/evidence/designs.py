"""One table of columns for all training parts: what filling and scaling each part would have made of it, as numbers.

A pipeline fills gaps by the median of its training part, flags them, and scales by that part's mean and deviation. All
of this is linear in the filled table and its flags; so the table is kept once, and a training part is a few numbers per
column. A column that is constant in a part gets scale 0: it carries no weight there, as in the pipeline.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder


def can(model):
    """Whether a model is the logistic regression of :mod:`mien.models`, the one whose fits are made together."""
    return isinstance(model, Pipeline) and isinstance(model[-1], LogisticRegression)


@dataclass(frozen=True)
class Design:
    """Columns of a table in units that suit all training parts.

    ``numbers`` (n, p) measured columns, NaN where missing; ``gappy`` (q,) which of them have gaps; ``table``
    (n, p + q + w + 1) the columns filled with 0, the flags of gaps, words as zeros and ones, and a column of ones.
    ``groups`` (n,) integers from 0.
    """

    numbers: np.ndarray
    gappy: np.ndarray
    table: np.ndarray
    groups: np.ndarray

    @property
    def n_numbers(self):
        """How many columns are measured."""
        return self.numbers.shape[1]

    @cached_property
    def members(self):
        """(g, n) which rows belong to which group, as zeros and ones."""
        return (self.groups == np.arange(self.groups.max() + 1)[:, None]).astype(float)

    @cached_property
    def sums(self):
        """Per group: rows (g,), and per column the sum, the sum of squares and the number of gaps (g, p)."""
        filled = np.nan_to_num(self.numbers)
        gaps = np.isnan(self.numbers).astype(float)
        return self.members.sum(axis=1), *(self.members @ each for each in (filled, filled**2, gaps))

    @cached_property
    def ends(self):
        """Smallest and largest value of each column (filled) in each group: (2, g, columns)."""
        rows = [self.table[self.groups == g] for g in range(len(self.members))]
        return np.array([[part.min(axis=0) for part in rows], [part.max(axis=0) for part in rows]])

    @cached_property
    def spectrum(self):
        """Eigenvalues (c,) and eigenvectors (c, c) of the correlations between all columns but the ones."""
        columns = self.table[:, :-1] - self.table[:, :-1].mean(axis=0)
        n_scaled = self.n_numbers + len(self.gappy)
        spread = columns[:, :n_scaled].std(axis=0)
        columns[:, :n_scaled] *= np.divide(1, spread, out=np.zeros_like(spread), where=spread > 0)
        values, vectors = np.linalg.eigh(columns.T @ columns / len(columns))
        return np.maximum(values, 0), vectors


def design(model, signals, groups):
    """The :class:`Design` of the columns that a logistic pipeline picks from ``signals`` (n rows)."""
    (_, _, pick_numbers), (_, _, pick_words) = model[0].transformers
    numbers = signals[pick_numbers(signals)].to_numpy(dtype=float)
    numbers = _in_round_units(numbers[:, ~np.isnan(numbers).all(axis=0)])
    gappy = np.flatnonzero(np.isnan(numbers).any(axis=0))
    parts = [np.nan_to_num(numbers), np.isnan(numbers[:, gappy]).astype(float)]
    if pick_words(signals):
        parts.append(OneHotEncoder(sparse_output=False).fit_transform(signals[pick_words(signals)]))
    return Design(numbers, gappy, np.column_stack([*parts, np.ones(len(signals))]), np.asarray(groups))


def _in_round_units(numbers):
    """Columns moved to their median and divided by their quartile range, so that sums of squares lose no digit."""
    if not numbers.size:
        return numbers
    low, middle, high = np.nanquantile(numbers, [0.25, 0.5, 0.75], axis=0)
    spread = np.where(high > low, high - low, np.nanstd(numbers, axis=0))
    return (numbers - middle) / np.where(spread > 0, spread, 1)


@dataclass(frozen=True)
class Parts:
    """Training parts of a design: which groups are in (parts, g), and per column its centre, scale and fill.

    A column of the pipeline is (column + ``fill`` × its flag - ``centre``) × ``scale``; all (columns, parts), ``fill``
    (q, parts). ``n`` (parts,) rows.
    """

    inside: np.ndarray
    n: np.ndarray
    centre: np.ndarray
    scale: np.ndarray
    fill: np.ndarray

    def take(self, which):
        """Some of the parts."""
        return Parts(
            self.inside[which], self.n[which], self.centre[:, which], self.scale[:, which], self.fill[:, which]
        )


def parts(made, inside):
    """The :class:`Parts` of a design for training on the groups ``inside`` (parts, g) of zeros and ones."""
    inside = np.asarray(inside, dtype=float)
    size, total, squares, gaps = made.sums
    n, p, q = inside @ size, made.n_numbers, len(made.gappy)
    fill = _medians(made, inside)
    missing = inside @ gaps
    medians = np.zeros((len(inside), p))
    medians[:, made.gappy] = fill.T
    mean = (inside @ total + medians * missing) / n[:, None]
    variance = (inside @ squares + medians**2 * missing) / n[:, None] - mean**2
    flagged = missing[:, made.gappy] / n[:, None]
    scale = np.ones((len(inside), made.table.shape[1]))
    scale[:, : p + q] = np.column_stack([variance, flagged * (1 - flagged)])
    scale = np.where(_constant(made, inside, medians, missing), 0, np.maximum(scale, 1e-300) ** -0.5)
    centre = np.zeros_like(scale)
    centre[:, : p + q] = np.column_stack([mean, flagged])
    scale[:, p + q :] = 1
    return Parts(inside, n, centre.T, scale.T, fill)


def _medians(made, inside):
    """(q, parts) the median of what each part measured, 0 where it measured nothing."""
    fill = np.zeros((len(made.gappy), len(inside)))
    if not len(made.gappy):
        return fill
    for place, part in enumerate(inside):
        columns = made.numbers[part[made.groups] > 0][:, made.gappy]
        known = ~np.isnan(columns).all(axis=0)
        fill[known, place] = np.nanmedian(columns[:, known], axis=0)
    return fill


def _constant(made, inside, medians, missing):
    """(parts, columns) whether a column, filled, has but one value in a part."""
    p, q = made.n_numbers, len(made.gappy)
    alike = np.empty((len(inside), made.table.shape[1]), dtype=bool)
    for place, part in enumerate(inside):
        low, high = made.ends[0][part > 0].min(axis=0), made.ends[1][part > 0].max(axis=0)
        alike[place] = low == high
    if q:
        # The table is filled with 0 and not with the median of the part: look at what was measured.
        for place, part in enumerate(inside):
            columns = made.numbers[part[made.groups] > 0][:, made.gappy]
            filled = np.where(np.isnan(columns), medians[place, made.gappy], columns)
            alike[place, made.gappy] = np.ptp(filled, axis=0) == 0
        alike[:, p : p + q] = (missing[:, made.gappy] == 0) | (
            missing[:, made.gappy] == (inside @ made.sums[0])[:, None]
        )
    return alike
