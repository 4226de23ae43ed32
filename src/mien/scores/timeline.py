"""The floor of one recording as arrays, so that sides, stretches of time and resamples are matters of milliseconds.

Conventions: ``b`` is an array of flags over people, true for the side that is judged; times are milliseconds inside,
seconds outside; components are (talk share of B, lag of B in seconds, changes a minute) as in ``profiles``.
"""

from dataclasses import dataclass, replace

import numpy as np

from mien import store
from mien.scores.profiles import COMPONENTS
from mien.turns import TurnSettings
from mien.turns.floor import ms


@dataclass(frozen=True)
class Timeline:
    """Who talks and who follows whom: ``talk_ms`` (people, edges) is each person's talk up to ``edges_ms``.

    Changes of person: ``at_ms``, ``before``, ``after`` (places in ``people``) and ``fto_ms`` (NaN where timing is no
    response), each (changes,).
    """

    people: tuple[str, ...]
    duration_ms: float
    edges_ms: np.ndarray
    talk_ms: np.ndarray
    at_ms: np.ndarray
    before: np.ndarray
    after: np.ndarray
    fto_ms: np.ndarray

    def side(self, people):
        """The flags of the side that ``people`` make up."""
        return np.array([person in people for person in self.people])

    def of(self, b):
        """The arrays of two sides: (edges, talk of A, talk of B, times of transfers, their offsets, whether into B)."""
        crossing = b[self.before] != b[self.after] if len(self.at_ms) else np.zeros(0, bool)
        talk_a, talk_b = self.talk_ms[~b].sum(axis=0), self.talk_ms[b].sum(axis=0)
        into_b = b[self.after[crossing]]
        return self.edges_ms, talk_a, talk_b, self.at_ms[crossing], self.fto_ms[crossing], into_b


def timeline(everything, duration_s, people=None):
    """A :class:`Timeline` of a :class:`mien.turns.Floor`; ``people`` may name silent ones too."""
    names = tuple(sorted({*map(str, people or ()), *everything.people}))
    place = {name: number for number, name in enumerate(names)}
    spans, changes = everything.stretches, everything.changes
    edges = np.unique([0, ms(duration_s), *(t for s in spans for t in (s.start_ms, s.end_ms))])
    steps = np.zeros((len(names), len(edges)))
    rows = [place[s.person_id] for s in spans]
    np.add.at(steps, (rows, np.searchsorted(edges, [s.start_ms for s in spans])), 1)
    np.add.at(steps, (rows, np.searchsorted(edges, [s.end_ms for s in spans])), -1)
    talk = np.zeros_like(steps)
    talk[:, 1:] = np.cumsum(np.cumsum(steps, axis=1)[:, :-1] * np.diff(edges), axis=1)
    return Timeline(
        names,
        float(ms(duration_s)),
        edges.astype(float),
        talk,
        np.array([change.time_ms for change in changes], float),
        np.array([place[change.person_before] for change in changes], int),
        np.array([place[change.person_after] for change in changes], int),
        np.array([np.nan if change.fto_ms is None else change.fto_ms for change in changes], float),
    )


def components(line, b, turn=None, positive_lag=False, denominator="speech"):
    """The three components of side B of a whole recording, NaN where too little is there: (values (3,), reasons).

    The same numbers and reasons as :func:`mien.turns.measures` gives, for the many sides of many recordings.
    """
    turn = turn or TurnSettings()
    _, talk_a, talk_b, at, fto, into_b = line.of(b)
    spoken, minutes = talk_a[-1] + talk_b[-1], line.duration_ms / 60_000
    lags = fto[responses(fto, into_b, turn, positive_lag)]
    reasons = {}
    if not spoken or spoken < ms(turn.min_total_s):
        reasons["talk_share_B"] = "little_speech"
    if len(lags) < max(turn.min_transfers, 1):
        reasons["lag_B_s"] = "few_transfers"
    if line.duration_ms < ms(turn.min_duration_s) or line.duration_ms <= 0:
        reasons["changes_per_min"] = "short_recording"
    if b.all() or not b.any():
        reasons = dict.fromkeys(COMPONENTS, "no_person_on_side")
    of = spoken if denominator == "speech" else line.duration_ms
    values = (
        lambda: talk_b[-1] / of,
        lambda: float(np.median(lags)) / 1000,
        lambda: len(at) / minutes,
    )
    found = [np.nan if name in reasons else value() for name, value in zip(COMPONENTS, values, strict=True)]
    return np.array(found), reasons


def responses(fto_ms, into_b, turn, positive_lag=False):
    """Which transfers count as responses of B: timed, within the limits, and (if asked) gaps only."""
    with np.errstate(invalid="ignore"):
        ok = into_b & (fto_ms >= ms(turn.fto_min_s)) & (fto_ms <= ms(turn.lapse_s))
        return ok & (fto_ms > 0) if positive_lag else ok


def drawn(line, b, starts_ms, lengths_ms, turn=None, positive_lag=False, denominator="speech"):
    """The components of stretches of time put together: one row of blocks (rows, blocks) is one recording.

    A change belongs to the block in which the new turn begins. No floor is applied; what has no response at all has
    no lag. Returns (rows, 3).
    """
    turn = turn or TurnSettings()
    edges, talk_a, talk_b, at, fto, into_b = line.of(b)
    ends = starts_ms + lengths_ms
    t_a, t_b = ((np.interp(ends, edges, t) - np.interp(starts_ms, edges, t)).sum(axis=1) for t in (talk_a, talk_b))
    length = lengths_ms.sum(axis=1)
    n = (np.searchsorted(at, ends) - np.searchsorted(at, starts_ms)).sum(axis=1)
    ok = responses(fto, into_b, turn, positive_lag)
    lag = _medians(at[ok], fto[ok], starts_ms, ends) / 1000
    with np.errstate(invalid="ignore", divide="ignore"):
        share = t_b / (t_a + t_b if denominator == "speech" else length)
    return np.stack([share, lag, n / (length / 60_000)], axis=-1)


def _medians(at_ms, values, starts_ms, ends_ms):
    """The median, in each row of blocks, of the values whose times lie in them (each as often as it is drawn)."""
    n_rows, n = len(starts_ms), len(values)
    if not n:
        return np.full(n_rows, np.nan)
    row = np.repeat(np.arange(n_rows) * (n + 1), starts_ms.shape[1])
    first, last = (np.searchsorted(at_ms, t).ravel() + row for t in (starts_ms, ends_ms))
    steps = np.bincount(first, minlength=n_rows * (n + 1)) - np.bincount(last, minlength=n_rows * (n + 1))
    times = np.cumsum(steps.reshape(n_rows, n + 1), axis=1)[:, :-1]  # how often each value was drawn
    order = np.argsort(values, kind="stable")
    below = np.cumsum(times[:, order], axis=1)
    total, ranked = below[:, -1], values[order]
    low, high = (ranked[(below > k[:, None]).argmax(axis=1)] for k in ((total - 1) // 2, total // 2))
    return np.where(total > 0, (low + high) / 2, np.nan)


def resampled(line, b, name, settings, turn=None, length_s=None):
    """Components of moving-block resamples (AUDIT O6): (n_bootstrap, 3), each ``length_s`` long (the recording's own).

    Blocks of ``block_s`` begin at any millisecond and are put together to the length of the recording; the last is cut.
    Reference: Künsch 1989, Annals of Statistics 17: 1217.
    """
    block, whole = min(settings.block_s * 1000, line.duration_ms), line.duration_ms
    wanted = whole if length_s is None else length_s * 1000
    n_blocks = int(np.ceil(wanted / block))
    rng = store.rng(f"moving blocks/{name}", settings.seed)
    starts = np.floor(rng.random((settings.n_bootstrap, n_blocks)) * (whole - block + 1))
    lengths = np.full(n_blocks, block)
    lengths[-1] = wanted - block * (n_blocks - 1)
    more = settings.positive_lag, settings.denominator
    return drawn(line, b, starts, np.broadcast_to(lengths, starts.shape), turn, *more)


def pieces(line, b, length_s, turn=None):
    """The components of every whole piece of ``length_s`` of a recording, one after the other: (pieces, 3).

    A piece with fewer than ``min_transfers`` responses of B has no lag.
    """
    turn = turn or TurnSettings()
    starts = np.arange(0, line.duration_ms - length_s * 1000 + 1, length_s * 1000)[:, None]
    found = drawn(line, b, starts, np.full_like(starts, length_s * 1000), turn)
    _, _, _, at, fto, into_b = line.of(b)
    own = at[responses(fto, into_b, turn)]
    n = (np.searchsorted(own, starts + length_s * 1000) - np.searchsorted(own, starts))[:, 0]
    found[n < max(turn.min_transfers, 1), 1] = np.nan
    return found


def delayed(line, b, by_s):
    """The same recording with every timed response of B later by ``by_s``, and everything after it moved along.

    No overlap is made that was not there (the method of Petersen & Joshi 2025). A negative ``by_s`` lets B begin
    earlier, with sound (a filler): B then also talks that much more, and nothing else is moved. Only totals and offsets
    are kept up to date: the result is for :func:`components`, not to be cut into pieces.
    """
    into_b = b[line.after] & ~b[line.before] & np.isfinite(line.fto_ms)
    fto = line.fto_ms + np.where(into_b, by_s * 1000, 0)
    if by_s < 0:
        talk = line.talk_ms.copy()
        talk[np.flatnonzero(b)[:1], -1] += -by_s * 1000 * into_b.sum()
        return replace(line, fto_ms=fto, talk_ms=talk)
    longer = line.duration_ms + by_s * 1000 * into_b.sum()
    return replace(line, fto_ms=fto, duration_ms=longer)
