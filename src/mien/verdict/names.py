"""The words a rule may use: quantities with their meaning (AUDIT 7.3), verdicts, operators."""

import difflib
import operator
import re

OPERATORS = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le, "==": operator.eq}
NEGATED = {">": "<=", ">=": "<", "<": ">=", "<=": ">", "==": "!="}

VERDICTS = {
    "holds": "holds",
    "partly": "holds in part",
    "does_not_hold": "does not hold",
    "inconclusive": "inconclusive: the evidence decides neither way",
    "not_testable": "not testable with these recordings",
    "not_assessable": "not assessable",
    "out_of_scope": "out of scope: signals cannot decide it",
    "supported": "supported",
    "refuted": "refuted",
    "safe": "safe",
    "identifies": "identifies people",
    "state_measure": "measures a moment",
    "person_measure": "measures a person",
    "mixed": "measures a moment and a person",
}
"""Every verdict in words; those of vendor and critic are built alike, so that neither side gets a softer one."""

STRONGEST = ("holds", "supported", "safe")
"""What a claim, a critic's statement and the claim about identity say at best: a cap takes these down."""

QUANTITIES = {
    "n_leakage_failures": ("failed checks for leaks", ""),
    "n_groups": ("independent groups of people", ""),
    "coverage": ("share of windows with a prediction that rests on a signal", ""),
    "minimum_detectable_gap": ("gap found with 80 % power, from null worlds", "label"),
    "label_alpha": ("Krippendorff's alpha of the label", "label"),
    "label_is_acted": ("1 where labels say what was acted", "label"),
    "share_synthetic": ("share of recordings that are synthetic", ""),
    "model_minus_b3": ("score above that of confounds alone", "label"),
    "gap": ("score above the best baseline", "interval sesoi label"),
    "p_perm_holm": ("permutation p after Holm", "label"),
    "headroom": ("share of the way from chance to the ceiling", "label"),
    "n_other_corpora": ("corpora not trained on", "label"),
    "n_other_corpora_above_chance": ("corpora not trained on in which the score is above chance", "label"),
    "transfer_gap": ("score above chance in another corpus", "interval sesoi many label"),
    "headroom_ratio": ("headroom there over headroom at home", "many label"),
    "icc_retest": ("ICC(A,1) over recordings", "interval"),
    "sem_pts": ("standard error of measurement, points", ""),
    "self_report_available": ("1 where people say themselves how they felt", "label"),
    "r_self_disattenuated": ("correlation with self-report over the root of both reliabilities", "interval label"),
    "r_observer_disattenuated": ("correlation with observers over the root of both reliabilities", "interval label"),
    "r_self_minus_max_abs_r_nuisance": ("correlation with self-report above that with nuisances", "interval label"),
    "actor_effect": ("standardised slope of one's own timing on one's own report", "interval label"),
    "dscore_abs_p95": ("95th percentile of the change of score, points", "interval many"),
    "crossing": ("share that crosses the line", "interval many"),
    "pen": ("mean change of score, points", "interval many"),
    "pen_abs": ("size of the mean change of score, points", "interval many"),
    "n_deciding_doses": ("doses that decide and were run", ""),
    "n_groups_above_floor": ("groups of people above the floor", "label"),
    "eo_difference": ("equalised-odds difference", "interval label"),
    "dif_dr2": ("share of variance that group explains beyond the criterion", "interval label"),
    "ece_gap": ("largest less smallest calibration error of the groups", "label"),
    "gain_pts": ("points gained by an empty trick", "many"),
    "gain_over_quartile_difference": ("the same over the difference between quarters of the criterion", "many label"),
    "two_radio_score": ("score of two radios", ""),
    "random_talker_score": ("score of a random talker", ""),
    "share_specs_same_sign": ("share of specifications with the sign of the median one", "label"),
    "spec_rank_r": ("rank correlation with the mean over specifications", "many"),
    "spec_range_pts": ("range over specifications within a recording, points", "many"),
    "calibration_slope": ("slope of outcomes on what was predicted", "interval label"),
    "ece": ("expected calibration error", "interval label"),
    "trait_share": ("share of the score's variance that belongs to person and pair", "interval"),
    "rank1_over_chance": ("how often a person is found again, over chance", "interval"),
    "balanced_accuracy_at_50_gap": ("balanced accuracy of the line at 50 above baselines", "interval sesoi label"),
    "drop_one_gap": ("score lost without one component", "interval sesoi many label"),
    "n_components_that_add": ("components that add", "label"),
    "added_gap": ("score above that of turns alone", "interval sesoi label"),
    "added_p_perm_holm": ("permutation p of what is added, after Holm", "label"),
    "n_slope_reversals": ("signals with opposite slopes in two groups", "label"),
}
"""Quantities by name: what each means, and which endings it may have: limits of an interval (``gap_lo95``), units of
the smallest effect of interest (``gap_in_sesoi``), an extreme over corpora, doses or components (``pen_hi95_min``).
``label`` marks those that are about a label, and so can't be known where none is involved."""

NO_LABEL = "none"
"""The label source of a scope in which no label is involved: a score alone, and what moves it."""
SCORE = "score"
"""The target of what is found of a score itself, whatever it is held against."""

ENDINGS = ("min", "max", "best", "median")


class VerdictError(ValueError):
    """The rules, or what is to be judged by them, break their schema; the message names the place and what would do."""


def parts(name, intervals):
    """Take a quantity's name apart: (base, limit, whether in sesoi, ending), or None where there is no such quantity.

    ``intervals`` are the limits that the rules know, such as ``("lo95", "hi90")``.

    >>> parts("transfer_gap_hi90_in_sesoi_max", ["lo95", "hi90"])
    ('transfer_gap', 'hi90', True, 'max')
    """
    pattern = rf"(.+?)(?:_({'|'.join(intervals)}))?(_in_sesoi)?(?:_({'|'.join(ENDINGS)}))?"
    base, limit, in_sesoi, ending = re.fullmatch(pattern, name).groups()
    _, may = QUANTITIES.get(base, ("", ""))
    wanted = {"interval": limit, "sesoi": in_sesoi, "many": ending}
    if base not in QUANTITIES or any(used and kind not in may.split() for kind, used in wanted.items()):
        return None
    return base, limit or "", bool(in_sesoi), ending or ""


def of_label(name, intervals):
    """Whether a quantity is about a label: it compares what is said with what a label says.

    >>> of_label("gap_lo95", ["lo95"]), of_label("crossing_lo95_max", ["lo95"])
    (True, False)
    """
    return "label" in QUANTITIES[parts(name, intervals)[0]][1].split()


def known_quantity(name, place, intervals):
    """Return ``name`` if it is a quantity with endings it may have, else raise with the nearest known one."""
    if isinstance(name, str) and name and parts(name, intervals):
        return name
    every = [base + limit + unit for base in QUANTITIES for limit in _limits(intervals) for unit in ("", "_in_sesoi")]
    every += [f"{each}_{ending}" for each in every for ending in ENDINGS]
    return one_of(name, [each for each in every if parts(each, intervals)], place, "quantity")


def _limits(intervals):
    return ("", *(f"_{limit}" for limit in intervals))


def one_of(name, known, place, what):
    """Return ``name`` if it is among ``known``, else raise :class:`VerdictError` with the place and the nearest."""
    known = list(known)
    if name in known:
        return name
    near = difflib.get_close_matches(str(name), map(str, known), 1)
    listed = ", ".join(map(str, known)) if len(known) <= 20 else f"{len(known)} names of AUDIT 7.3"
    raise VerdictError(
        f"{place}: no {what} {name!r}; " + (f"did you mean {near[0]!r}?" if near else f"known: {listed}")
    )
