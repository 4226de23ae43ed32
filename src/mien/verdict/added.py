"""From tables of what signals add (:mod:`mien.evidence.ablation`) and of pairs to the quantities of V3, V4 and C4."""

import pandas as pd

from mien.evidence import many
from mien.verdict.found import Quantities

V3, V4 = "V3_lag_share_changes_each_add", "V4_face_and_voice_add"
LIMITS = {"": "value", "_lo95": "low", "_hi95": "high", "_lo90": "low90", "_hi90": "high90"}


def of_ablation(rows, corpus, target, metric="auc"):
    """Quantities of V3 and V4 for one corpus and target of a table of ablation.

    V4 speaks of face and voice beside turns and of nothing else: what voice adds to a face is no answer. Its p is
    corrected (Holm) over all such comparisons in the table, that of V3 is not asked for.
    """
    rows = rows[rows["metric"] == metric]
    every = rows[(rows["what"] == "added") & rows["signals"].str.match(r"turn \+ (face\+voice|voice\+face)$")]
    seen = Quantities()
    mine = every[(every["corpus"] == corpus) & (every["target"] == target)]
    if mine.empty:
        seen.missing.update(dict.fromkeys(["added_gap", "added_p_perm_holm"], "no_values"))
    else:
        row = mine.iloc[0]
        for ending, column in LIMITS.items():
            _put(seen, f"added_gap{ending}", row[column], row)
        _put(seen, "added_p_perm_holm", many.holm(every["p_permuted"])[row.name], row)
        _put(seen, f"{V4}/minimum_detectable_gap", row["minimum_detectable_gap"], row)
    drops = rows[(rows["what"] == "drop_one") & (rows["corpus"] == corpus) & (rows["target"] == target)]
    if len(drops) < 3 or drops["value"].isna().any():
        seen.missing.update(dict.fromkeys(["drop_one_gap", "n_components_that_add"], "component_nan"))
        return seen
    for ending, column in LIMITS.items():
        for name, pick in (("min", "min"), ("max", "max")):
            _put(seen, f"drop_one_gap{ending}_{name}", getattr(drops[column], pick)(), drops.iloc[0])
    _put(seen, "n_components_that_add", float((drops["low"] > 0).sum()), drops.iloc[0])
    _put(seen, f"{V3}/minimum_detectable_gap", drops["minimum_detectable_gap"].max(skipna=False), drops.iloc[0])
    return seen


def of_pairs(found, source):
    """``actor_effect`` of an :class:`mien.evidence.dyads.ActorPartner` of lags, signed so that quick is engaged."""
    slope, seen = found.slopes["actor"], Quantities()
    if pd.isna(slope.value):
        seen.missing["actor_effect"] = slope.why
        return seen
    numbers = {"": -slope.value, "_lo95": -slope.high, "_hi95": -slope.low}
    for ending, value in numbers.items():
        seen.numbers[f"actor_effect{ending}"] = float(value)
        seen.rests_on[f"actor_effect{ending}"] = (source,)
    return seen


def _put(seen, name, value, row):
    if pd.isna(value):
        seen.missing[name] = "not_permuted" if "perm" in name or "detectable" in name else "too_few_people"
        return
    seen.numbers[name] = float(value)
    seen.rests_on[name] = (
        "/".join(str(row[key]) for key in ("corpus", "target", "what", "signals", "model", "metric")),
    )
