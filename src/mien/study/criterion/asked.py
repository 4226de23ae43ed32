"""What of the construct question the rules ask for: rows of quantities, each with the scope that it counts for."""

import numpy as np
import pandas as pd

from mien import scores, tables
from mien.evidence import many
from mien.study.criterion import criteria
from mien.study.criterion.construct_rows import NAME, SCORE
from mien.verdict.added import V3

V2, GAPS_OF = "V2_the_line_at_50_separates", "C1_detectable"
METRIC = "auc"
"""The one metric in which gaps of these scopes are told; labels are cut in two (:func:`.as_it_is.cut`)."""
SOURCE = "construct.csv"
ADDS = {"share": "talk share", "lag": "response lag", "changes": "changes of floor"}


def quantities(rows):
    """A :data:`mien.tables.QUANTITIES` table of the rows that were found (:data:`construct_rows.ROWS`)."""
    made = []
    for corpus in dict.fromkeys(rows.loc[rows["target"] == SCORE, "corpus"]):
        made += [one for profile in scores.PROFILES for one in _of_score(rows, corpus, profile)]
    rows = rows[rows["corpus"] == "GAP"].assign(p_holm=_holm(rows))
    targets = [target for target in dict.fromkeys(rows["target"]) if target != SCORE]
    for target in targets:
        for profile in scores.PROFILES:
            made += _of_criterion(rows[rows["target"] == target], target, profile)
    blank = dict.fromkeys(tables.QUANTITIES.names, "")
    found = pd.DataFrame([blank | row for row in made])[tables.QUANTITIES.names]
    return tables.QUANTITIES.check(found, "construct_quantities")


def _holm(rows):
    """Holm over the profiles of the primary criterion, and over all that is asked of the others."""
    asked = rows["p_permuted"].where((rows["what"] == METRIC) & (rows["measure"] == NAME))
    first = many.holm(asked.where(rows["role"] == "primary"))
    return first.fillna(many.holm(asked.where(rows["role"] == "secondary")))


def _row(row, quantity, scope, **more):
    """A quantity from a row that was found; without that row it is missing, because nobody could ask it."""
    numbers = ("value", "low", "high", "low90", "high90")
    if row is None:
        told = dict.fromkeys(numbers, np.nan) | {"interval": "", "why": "value: not_asked"}
        return scope | told | {"quantity": quantity, "n_people": np.nan, "n_groups": np.nan, "n_windows": np.nan} | more
    told = {name: row[name] for name in numbers} | {"interval": row["interval"], "why": row["why"]}
    told |= {"n_people": row["n_people"], "n_groups": row["n_groups"], "n_windows": np.nan}
    return scope | told | {"quantity": quantity, "source": f"{SOURCE}: {row['what']}, {row['measure']}"} | more


def _plain(quantity, value, scope, like, why="not_computed", **more):
    """A number without an interval, about the people of the row ``like``."""
    told = dict.fromkeys(("low", "high", "low90", "high90", "n_windows"), np.nan) | {"value": value, "interval": ""}
    counts = {"n_people": like["n_people"], "n_groups": like["n_groups"]}
    lost = "" if np.isfinite(value) else f"value: {why}"
    return scope | told | counts | {"quantity": quantity, "source": SOURCE, "why": lost} | more


def _pick(rows, what, measure, profile=""):
    found = rows[(rows["what"] == what) & (rows["measure"] == measure) & (rows["profile"] == profile)]
    return None if found.empty else found.iloc[0]


def _of_score(rows, corpus, profile):
    """What is known of the score without a label: retest, trait share, and the choices of the analyst."""
    scope = {"corpus": corpus, "target": SCORE, "signals": "turn", "profile": profile}
    mine = rows[(rows["corpus"] == corpus) & (rows["target"] == SCORE)]
    wanted = {"icc_retest": "icc_retest", "sem_pts": "sem_pts", "trait_share": "trait_share", "coverage": "coverage"}
    wanted |= {"spec_rank_r_median": "spec_rank_r_median", "spec_range_pts_median": "spec_range_pts_median"}
    made = [_row(_pick(mine, what, NAME, profile), name, scope) for name, what in wanted.items()]
    like = _pick(mine, "coverage", NAME, profile)
    made.append(_plain("n_groups", float(like["n_groups"]), scope, like))
    made.append(_plain("n_leakage_failures", float(_pick(mine, "leaks", NAME, profile)["value"]), scope, like))
    return made


def _of_criterion(rows, target, profile):
    """What is known of the score as far as it should follow a criterion: C1, C4, C9, V2, V3, and the gates."""
    scope = {"corpus": "GAP", "target": target, "signals": "turn", "profile": profile}
    auc, gap = _pick(rows, METRIC, NAME, profile), _pick(rows, f"{METRIC}_gap", NAME, profile)
    in_metric = {"metric": METRIC}
    made = [
        _row(gap, "gap", scope, **in_metric),
        _plain("p_perm_holm", auc["p_holm"], scope, auc, "not_permuted", **in_metric),
        _plain("headroom", np.nan, scope, auc, "not_given", **in_metric),
        _row(_pick(rows, f"{METRIC}_above_b3", NAME, profile), "model_minus_b3", scope, **in_metric),
        _plain("minimum_detectable_gap", gap["minimum_detectable_gap"], scope, auc, claim=GAPS_OF, **in_metric),
        *_gates(rows, scope, profile, auc),
        *_followed(rows, scope, target, profile, auc),
        _row(_pick(rows, "specs_same_sign", NAME, profile), "share_specs_same_sign", scope),
    ]
    return made + _line(rows, scope, profile) + _drops(rows, scope)


def _gates(rows, scope, profile, like):
    return [
        _plain("n_groups", float(like["n_groups"]), scope, like),
        _row(_pick(rows, "coverage", NAME, profile), "coverage", scope),
        _plain("n_leakage_failures", float(_pick(rows, "leaks", NAME, profile)["value"]), scope, like),
    ]


def _followed(rows, scope, target, profile, like):
    """C4: the correlation without the error of both, what it is above nuisances, and one's own timing (T13)."""
    of_self = like["label_source"] == "self"
    right = _pick(rows, "r_disattenuated", NAME, profile)
    made = [_plain("self_report_available", float(of_self), scope, like)]
    if right is None:
        made.append(_plain("r_self_disattenuated", np.nan, scope, like, "one_rating" if of_self else "not_asked"))
    else:
        made.append(_row(right, "r_self_disattenuated", scope))
    if of_self:
        made.append(_row(_pick(rows, "r_minus_nuisance", NAME, profile), "r_self_minus_max_abs_r_nuisance", scope))
    if of_self and target != criteria.PRIMARY:  # that of the primary criterion is told by question 07
        made.append(_row(_pick(rows, "actor_slope", "lag"), "actor_effect", scope))
    return made


def _line(rows, scope, profile):
    """V2: what the line at 50 separates, in balanced accuracy above the best baseline."""
    gap = _pick(rows, "balanced_accuracy_gap", NAME, profile)
    return [
        _row(gap, "balanced_accuracy_at_50_gap", scope, claim=V2),
        _plain("minimum_detectable_gap", gap["minimum_detectable_gap"], scope, gap, claim=V2),
    ]


def _drops(rows, scope):
    """V3: what is lost without each part, how many parts add, and the gap that one would find."""
    drops = {name: _pick(rows, f"auc_lost_without_{name}", "parts_fitted") for name in ADDS}
    known = [row for row in drops.values() if row is not None and np.isfinite(row["value"])]
    like = next(iter(drops.values()))
    n = float(sum(row["low"] > 0 for row in known)) if len(known) == len(drops) else np.nan
    most = max((row["minimum_detectable_gap"] for row in known), default=np.nan)
    about = {"claim": V3, "metric": METRIC}
    made = [_row(row, "drop_one_gap", scope, part=ADDS[name], **about) for name, row in drops.items()]
    made.append(_plain("n_components_that_add", n, scope, like, "component_nan", **about))
    return [*made, _plain("minimum_detectable_gap", most, scope, like, "not_permuted", **about)]
