"""From a transfer matrix to the quantities of C2: does the model still work in corpora it was not trained on?"""

from mien.evidence.words import row_id
from mien.verdict.found import Quantities

LIMITS = {"": "transfer_gap", "_lo95": "transfer_gap_low", "_hi95": "transfer_gap_high"}
LIMITS |= {"_lo90": "transfer_gap_low90", "_hi90": "transfer_gap_high90"}


def elsewhere(transfer, row):
    """The quantities of C2 (AUDIT 7.3) for the claim of an evidence row: its corpus is the one trained on.

    ``transfer`` a :data:`mien.evidence.transfer.TRANSFER` table; of it count the rows of the same target, signals,
    model and metric, tested in another corpus. Extremes are taken after the limits; if the number is missing in one
    corpus, so is the extreme: a corpus that could not be judged must not make a claim look better.
    """
    keys = ["target", "signals", "model", "metric"]
    mine = transfer[(transfer[keys] == row[keys]).all(axis=1) & (transfer["trained_on"] == row["corpus"])]
    away = mine[mine["corpus"] != row["corpus"]]
    seen = Quantities(numbers={"n_other_corpora": float(len(away))})
    if away.empty:
        return seen
    above = away["transfer_gap_low"] > 0
    seen.numbers["n_other_corpora_above_chance"] = float(above.sum())
    for limit, column in LIMITS.items():
        for ending in ("min", "max"):
            _put(seen, f"transfer_gap{limit}_{ending}", away[column], ending, away)
    for ending in ("min", "max"):
        _put(seen, f"headroom_ratio_{ending}", away["headroom_ratio"], ending, away)
    if above.any():
        _put(seen, "headroom_ratio_best", away.loc[above, "headroom_ratio"], "max", away[above])
    else:
        seen.missing["headroom_ratio_best"] = "no_headroom"
    ids = tuple(row_id(one) for one in away.to_dict("records"))
    return Quantities(seen.numbers, seen.missing, dict.fromkeys(seen.numbers, ids))


def _put(seen, name, values, ending, rows):
    if values.isna().any():
        seen.missing[name] = _why(rows.loc[values.isna()].iloc[0], values.name)
        return
    seen.numbers[name] = float(values.agg(ending))


def _why(row, column):
    reasons = dict(item.split(": ") for item in str(row["why"]).split("; ") if ": " in item)
    return reasons.get(column, "not_computed")


def joined(first, second):
    """Two sets of quantities as one; what the second knows counts."""
    known = first.numbers | second.numbers
    missing = {name: why for name, why in (first.missing | second.missing).items() if name not in known}
    return Quantities(known, missing, first.rests_on | second.rests_on)
