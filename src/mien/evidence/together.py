"""Many logistic regressions on one table, fitted together: the same optimum as one by one, in a fraction of the time.

Permuted labels, folds and left-out groups ask for thousands of fits that differ in labels and in who is in training,
never in the columns. Newton's method with conjugate gradients (Steihaug 1983, SIAM Journal on Numerical Analysis 20:
626) needs the table only in products with all weights at once, which is what a computer does fastest. What it reaches
is checked against scikit-learn one fit at a time.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

TOLERANCE = 1e-8
"""Largest slope per training window at which a fit counts as finished."""

LOOSE = 0.1
"""A step far from the optimum is worth this (squared) precision and no more; near it precision grows by itself."""

CELLS = 2**17
"""How many numbers (windows × fits × classes) are worked on at once: small enough for the cache of a processor."""


@dataclass(frozen=True)
class _Fits:
    """Fits under way. ``weight`` (n, fits, 1) of each row; ``wanted`` (n, fits, m) the weight in its true column."""

    made: object
    parts: object
    weight: np.ndarray
    wanted: np.ndarray
    penalty: float

    def take(self, which):
        return _Fits(self.made, self.parts.take(which), self.weight[:, which], self.wanted[:, which], self.penalty)

    def forward(self, theta):
        """(n, fits, m) linear predictors of coefficients (columns, fits, m) in the units of each training part."""
        beta = theta * self.parts.scale[:, :, None]
        beta[-1] -= np.sum(beta * self.parts.centre[:, :, None], axis=0)
        p, q = self.made.n_numbers, len(self.made.gappy)
        beta[p : p + q] += self.parts.fill[:, :, None] * beta[self.made.gappy]
        return (self.made.table @ beta.reshape(len(beta), -1)).reshape(-1, *beta.shape[1:])

    def back(self, residual):
        """The transpose of :meth:`forward`."""
        found = (self.made.table.T @ residual.reshape(len(residual), -1)).reshape(-1, *residual.shape[1:])
        p, q = self.made.n_numbers, len(self.made.gappy)
        np.add.at(found, self.made.gappy, self.parts.fill[:, :, None] * found[p : p + q])
        return (found - self.parts.centre[:, :, None] * found[-1]) * self.parts.scale[:, :, None]

    def seen(self, eta, theta):
        """At some point of each fit: probabilities (n, fits, m) of the columns' classes, and the whole loss (fits,)."""
        if eta.shape[2] == 1:
            small = np.exp(-np.abs(eta))
            told = np.where(eta >= 0, 1, small)
            small += 1
            told /= small
            each = np.log(small, out=small)
            each += np.maximum(eta, 0)
        else:
            top = eta.max(axis=2, keepdims=True)
            told = np.exp(eta - top)
            total = told.sum(axis=2, keepdims=True)
            told /= total
            each = np.log(total) + top
        loss = np.einsum("nfi,nfi->f", self.weight, each) - np.einsum("nfm,nfm->f", self.wanted, eta)
        return told, loss + self.penalty / 2 * np.einsum("cfm,cfm->f", theta[:-1], theta[:-1])

    def curvature(self, probability):
        """What :meth:`bent` needs at a point: the weighted variance of one column, the weighted shares of several."""
        weighted = self.weight * probability
        return weighted * (1 - probability) if probability.shape[2] == 1 else weighted

    def bent(self, probability, curvature, eta):
        """Second derivatives of the loss times changes of the linear predictors."""
        if eta.shape[2] == 1:
            return curvature * eta
        return curvature * (eta - np.einsum("nfm,nfm->nf", probability, eta)[:, :, None])

    def shrunk(self, theta):
        """The slope of the penalty: the last row, the intercepts, goes free."""
        free = self.penalty * theta
        free[-1] = 0
        return free

    def eased(self, slope):
        """A slope divided by the curvature at the start, where every class is as likely: the preconditioner."""
        values, vectors = self.made.spectrum
        m = slope.shape[2]
        height = (0.25 if m == 1 else 1 / m) * self.parts.n.mean()
        turned = vectors.T @ slope[:-1].reshape(len(values), -1)
        turned /= (height * values + self.penalty)[:, None]
        return np.concatenate([(vectors @ turned).reshape(slope[:-1].shape), slope[-1:] / height])


def probabilities(made, parts, codes, n_classes, inverse_penalty):
    """What logistic regressions, each fitted on its training part, say about every row: (n, fits, classes).

    ``made`` a :class:`mien.evidence.designs.Design`, ``parts`` its training parts, one for each fit; ``codes``
    (n, fits) true classes. Classes weigh the same in each part and must all be there.
    """
    fits, n = codes.shape[1], len(codes)
    m = 1 if n_classes == 2 else n_classes
    size = max(1, CELLS // (n * m))
    told = np.empty((n, fits, n_classes))
    for first in range(0, fits, size):
        some = slice(first, first + size)
        told[:, some] = _probabilities(made, parts.take(some), codes[:, some], n_classes, 1 / inverse_penalty)
    return told


def _probabilities(made, parts, codes, n_classes, penalty):
    member = codes[:, :, None] == np.arange(n_classes)
    inside = parts.inside.T[made.groups]
    counts = np.einsum("nf,nfk->fk", inside, member)
    weight = inside * np.take_along_axis((parts.n[:, None] / n_classes / counts).T, codes, axis=0)
    wanted = weight[:, :, None] * (member[:, :, 1:] if n_classes == 2 else member)
    eta = _newton(_Fits(made, parts, weight[:, :, None], wanted, penalty))
    if n_classes > 2:
        return special.softmax(eta, axis=2)
    return np.concatenate([special.expit(-eta), special.expit(eta)], axis=2)


def _newton(work):
    """Linear predictors (n, fits, m) at the optimum of every fit."""
    found = np.zeros_like(work.wanted)
    going = np.arange(found.shape[1])
    theta = np.zeros((work.made.table.shape[1], *found.shape[1:]))
    eta = np.zeros_like(found)
    at = work.seen(eta, theta)
    for _ in range(100):
        slope = work.back(work.weight * at[0] - work.wanted) + work.shrunk(theta)
        steep = np.abs(slope).max(axis=(0, 2)) > TOLERANCE * work.parts.n
        found[:, going[~steep]] = eta[:, ~steep]
        if not steep.any():
            return found
        if not steep.all():
            work, going, at = work.take(steep), going[steep], (at[0][:, steep], at[1][steep])
            theta, eta, slope = theta[:, steep], eta[:, steep], slope[:, steep]
        step, ahead = _towards(work, at[0], slope)
        theta, eta, at = _descended(work, theta, eta, at, slope, step, ahead)
    raise ArithmeticError(f"logistic regression: {len(going)} fits did not settle in 100 steps of Newton's method")


def _dot(one, other):
    return np.einsum("cfm,cfm->f", one, other)


def _towards(work, probability, slope):
    """Newton's step by conjugate gradients: changes of the coefficients and of the linear predictors."""
    step, ahead = np.zeros_like(slope), np.zeros_like(work.wanted)
    left, curvature = -slope, work.curvature(probability)
    eased = work.eased(left)
    course, size = eased.copy(), _dot(left, eased)
    goal = size * np.minimum(LOOSE, np.sqrt(size / work.parts.n))
    for _ in range(50):
        going = size > goal
        if not going.any():
            break
        view = work.forward(course)
        bent = work.back(work.bent(probability, curvature, view)) + work.shrunk(course)
        rate = np.divide(size, _dot(course, bent), out=np.zeros_like(size), where=going)[:, None]
        step += rate * course
        view *= rate
        ahead += view
        left -= rate * bent
        eased = work.eased(left)
        size, before = np.where(going, _dot(left, eased), size), size
        course = eased + np.divide(size, before, out=np.zeros_like(size), where=going)[:, None] * course
    return step, ahead


def _descended(work, theta, eta, at, slope, step, ahead):
    """One step, halved where the loss would not fall (Armijo's rule): where it ends, and what is seen there."""
    promised, length = _dot(slope, step), np.ones(len(at[1]))
    for _ in range(30):
        here = theta + length[:, None] * step, eta + length[:, None] * ahead
        seen = work.seen(here[1], here[0])
        short = seen[1] > at[1] + 1e-4 * length * promised + 1e-12 * np.abs(at[1])
        if not short.any():
            break
        length[short] /= 2
    return *here, seen
