"""Tables of quantities: what a study of one question found, in one shape, for the rules to ask for.

A row of :data:`mien.tables.QUANTITIES` says one number of AUDIT 7.3 of one corpus, with its interval. Where ``target``,
``signals``, ``profile`` or ``metric`` is empty, it counts for each. What is found of a score itself has the target
``score`` and counts for each target of that corpus, signals and profile: the score does not know what it is held
against. A row about the target itself comes before it. A quantity found in several corpora, doses or
components has a row for each ``part``; the rules then see the least and the largest of them, taken after the limit.
"""

import pandas as pd

from mien import tables
from mien.verdict.names import QUANTITIES, SCORE, VerdictError, known_quantity, one_of, parts

ABOUT = ("target", "signals", "profile", "metric")
LIMITS = {"lo95": "low", "hi95": "high", "lo90": "low90", "hi90": "high90"}
"""The column in which each limit of an interval stands."""
EXTREMES = {"min": min, "max": max}
NO_WORD = "-"
NO_PROFILES = ("", "none")


def checked(rows, rules):
    """A table of quantities, if the rules know each name and each missing number says why.

    Raises :class:`mien.tables.TableError` and :class:`mien.verdict.VerdictError` with the row and the nearest name.
    """
    columns = [column.name for column in tables.QUANTITIES.columns if column.kind == "text"]
    found = rows.assign(**{name: rows[name].fillna("").astype(str) for name in columns if name in rows})
    tables.QUANTITIES.check(found, "quantities")
    for place, row in zip(found.index, found.to_dict("records"), strict=True):
        known_quantity(row["quantity"], f"quantities/row {place}", rules["intervals"])
        if row["claim"]:
            one_of(row["claim"], rules.names, f"quantities/row {place}", "claim or statement")
        if pd.isna(row["value"]) and "value: " not in row["why"]:
            raise VerdictError(f"quantities/row {place}: {row['quantity']} is missing and nobody says why")
    return found


def quantity_id(row):
    """The name by which a verdict points to a row of quantities: its key, ``-`` where it counts for each."""
    return "quantity:" + "/".join(str(row[name]) or NO_WORD for name in tables.QUANTITIES.key)


def about(rows, corpus, **scope):
    """The rows that count for a scope: of this corpus, and about nothing else than its target, signals and the rest.

    ``scope`` has each of :data:`ABOUT`; with a profile, what is found of the score itself counts too, where no row of
    the target itself says the same.
    """
    kept = rows["corpus"] == corpus
    for name in ABOUT[1:]:
        kept &= rows[name].isin(["", scope[name]])
    mine = rows[kept & rows["target"].isin(["", scope["target"]])]
    if scope["target"] == SCORE or scope["profile"] in NO_PROFILES:
        return mine
    own = rows[kept & (rows["target"] == SCORE)]
    said = set(zip(mine["claim"], mine["quantity"], strict=True))
    new = [key not in said for key in zip(own["claim"], own["quantity"], strict=True)]
    return pd.concat([mine, own[new]])


def metric(rows, corpus, default, **scope):
    """The one metric that the rows of a scope name, or else ``default``.

    Raises :class:`mien.verdict.VerdictError` where they name two.
    """
    mine = rows[(rows["corpus"] == corpus) & (rows["metric"] != "")]
    for name, value in scope.items():
        mine = mine[mine[name].isin([value, "" if value in NO_PROFILES else value])]
    found = list(dict.fromkeys(mine["metric"]))
    if len(found) > 1:
        where = "/".join((corpus, *scope.values()))
        raise VerdictError(f"quantities: {where} is measured in {' and '.join(found)}; expected one metric of a scope")
    return found[0] if found else default


def scopes(rows):
    """Each corpus, target, signals and profile that a table names in full, in the order of its rows."""
    named = rows[(rows["target"] != "") & (rows["signals"] != "")]
    return named[["corpus", "target", "signals", "profile"]].drop_duplicates()


def rows_of(seen, about, counts=None):
    """Quantities of one scope as rows that say the same when they are put back: a list of dictionaries.

    ``seen`` :class:`mien.verdict.Quantities`; ``about`` the columns of the scope, and ``counts`` n_people and others.
    """
    blank = {column.name: "" if column.kind == "text" else float("nan") for column in tables.QUANTITIES.columns}
    rows = []
    for name in [*seen.numbers, *seen.missing]:
        claim, _, quantity = name.rpartition("/")
        _, limit, in_sesoi, ending = parts(quantity, LIMITS)
        bare = name.removesuffix(f"_{limit}")
        if limit and not (in_sesoi or ending) and bare in seen.numbers:
            continue  # it stands in a column of the number's own row
        why = "" if name in seen.numbers else tables.why({"value": seen.missing[name] or "not_computed"})
        one = {"claim": claim, "quantity": quantity, "value": seen.numbers.get(name, float("nan")), "why": why}
        one |= {column: seen.numbers.get(f"{name}_{end}", float("nan")) for end, column in LIMITS.items()}
        rows.append(blank | about | (counts or {}) | one | {"source": "; ".join(seen.rests_on.get(name, ()))})
    return rows


def put(seen, rows, rules):
    """Add the numbers of the rows of one scope to :class:`mien.verdict.Quantities`, with reasons for what is missing.

    Raises :class:`mien.verdict.VerdictError` where a number is said twice.
    """
    for (claim, quantity), mine in rows.groupby(["claim", "quantity"], sort=False):
        before = f"{claim}/" if claim else ""
        said = [_numbers(row, rules["intervals"]) for row in mine.to_dict("records")]
        ids = tuple(quantity_id(row) for row in mine.to_dict("records"))
        twice = len(mine) > 1 and (mine["part"].duplicated().any() or (mine["part"] == "").any())
        if twice or before + quantity in seen.rests_on:
            raise VerdictError(f"quantities: {quantity!r} is said twice of one scope: {'; '.join(ids)}")
        whole = mine["part"].iloc[0] == ""
        for name, numbers in _together(said, quantity, whole, rules["intervals"]).items():
            _put(seen, before + name, numbers, ids)
    return seen


def _numbers(row, intervals):
    """{name: (number, reason)} of one row: the number itself and the limits of its interval."""
    base, limit, in_sesoi, ending = parts(row["quantity"], intervals)
    reasons = dict(item.split(": ") for item in row["why"].split("; ") if ": " in item)
    found = {row["quantity"]: (row["value"], reasons.get("value", ""))}
    if not (limit or in_sesoi or ending) and "interval" in QUANTITIES[base][1].split():
        for limit in intervals:
            column = LIMITS[limit]
            found[f"{base}_{limit}"] = (row[column], reasons.get(column, reasons.get("value", "not_computed")))
    return found


def _together(said, quantity, whole, intervals):
    """The numbers of all parts: as they are where there is one whole, else the least and the largest of them."""
    if whole:
        return said[0]
    ends = EXTREMES if "many" in QUANTITIES[parts(quantity, intervals)[0]][1].split() else {}
    if not ends:
        raise VerdictError(f"quantities: {quantity!r} is one number of a scope; expected no part, found several")
    found = {}
    for name in said[0]:
        numbers = [one[name] for one in said]
        lost = [reason for number, reason in numbers if pd.isna(number)]
        for ending, extreme in ends.items():
            found[f"{name}_{ending}"] = (float("nan"), lost[0]) if lost else (extreme(n for n, _ in numbers), "")
    return found


def _put(seen, name, numbers, ids):
    value, reason = numbers
    if pd.isna(value):
        seen.missing[name] = reason
    else:
        seen.numbers[name] = float(value)
        seen.missing.pop(name, None)
    seen.rests_on[name] = ids
