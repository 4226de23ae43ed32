"""What may be said: the rules fixed in advance, applied to evidence.

``judge`` turns a mapping of quantities into a table of verdicts on twelve claims, four statements of the vendor and
four of the critics; ``found`` reads the quantities of one claim out of evidence rows; ``of_evidence`` does both for
every primary claim of an evidence table. The rules (``verdict_rules.yaml``) are hashed into every row. No verdict, in
either direction, comes from a missing number.
"""

import dataclasses
from dataclasses import dataclass

import pandas as pd

from mien import tables
from mien.verdict import added, bench, change, quantities
from mien.verdict.elsewhere import elsewhere, joined
from mien.verdict.found import FROM_ROW, GIVEN, Given, Quantities, each, found, primary_rows, said_of
from mien.verdict.names import NO_LABEL, SCORE, VERDICTS, VerdictError, of_label
from mien.verdict.rules import FILE, Rules, load, place
from mien.verdict.words import sentences

__all__ = [
    "FILE",
    "FROM_ROW",
    "NO_LABEL",
    "SCORE",
    "VERDICTS",
    "Given",
    "Quantities",
    "Rules",
    "Scope",
    "VerdictError",
    "added",
    "elsewhere",
    "found",
    "judge",
    "load",
    "of_evidence",
    "place",
    "primary_rows",
    "quantities",
    "sentences",
]


@dataclass(frozen=True)
class Scope:
    """What a verdict is about (AUDIT J5); it holds for nothing else.

    ``label_source`` is one of the rules' ``label_sources`` (acted, observer, partner, self, outcome), or ``none`` where
    no label is involved: then only what is not about a label is judged. Without it (empty: nobody said) no verdict is
    given. ``profile`` is that of the score under test, where there is one.
    """

    corpus: str
    signals: str
    target: str
    label_source: str = ""
    population: str = "not described"
    profile: str = "none"


def judge(quantities, rules, scope, metric="auc", *, missing=None, rests_on=None, counts=None):
    """Judge every claim and statement: a :data:`mien.tables.VERDICTS` table, a row each.

    ``quantities`` maps names of AUDIT 7.3 to numbers (``claim/name`` for one claim only); NaN, None and absence mean
    not known, for the reason ``missing[name]``; what is missing for one claim is not taken from another. ``metric`` is
    the one gaps are measured in. ``rests_on`` maps quantities to the ids of the evidence rows they come from,
    ``counts`` has n_people, n_groups, n_windows.
    Raises :class:`VerdictError` for names that neither the rules nor AUDIT know, and for a number about a label where
    there is none.
    """
    labelled, missing = scope.label_source != NO_LABEL, dict(missing or {})
    own = {name: None for name in missing if "/" in name}
    known = bench.facts(own | dict(quantities), rules, metric, labelled)
    missing |= {} if labelled else _without_label(rules)
    if scope.label_source not in ("", NO_LABEL, *rules["label_sources"]):
        bench.one_of(scope.label_source, rules["label_sources"], "scope/label_source", "label source")
    settled = bench.settle(rules, known)
    if not scope.label_source:
        settled = {name: _without_scope(rules, name, one) for name, one in settled.items()}
    verdicts = {name: one.verdict for name, one in settled.items()}
    rows = []
    for name, one in settled.items():
        row = {"claim": name, "side": rules.of(name).get("side", "none"), "metric": metric}
        row |= dataclasses.asdict(scope) | {"verdict": one.verdict, "wording": bench.words(one, rules)}
        row |= {"individual_use": "yes" if one.individual_use else "no"}
        row |= _explained(rules, name, one, known, verdicts, missing, scope)
        row |= {"mirror": _mirror(rules, name, settled), "rests_on": _rests_on(rules, name, rests_on or {})}
        rows.append(row | {"rules_sha256": rules.sha256} | (counts or {}))
    return tables.VERDICTS.check(pd.DataFrame(rows))


def _without_label(rules):
    """Why quantities about a label are missing where there is none."""
    every = [quantity for name in rules.names for quantity in bench.asked(rules, name)]
    return {quantity: "no_label" for quantity in every if of_label(quantity, rules["intervals"])}


def _without_scope(rules, name, one):
    return one if "fixed" in rules.of(name) else bench.Settled(bench.NOT_ASSESSABLE, bench.NOT_ASSESSABLE)


def _explained(rules, name, one, known, verdicts, missing, scope):
    """Why, and what would change it."""
    if not scope.label_source and "fixed" not in rules.of(name):
        expected = ", ".join(rules["label_sources"])
        return {
            "why": "scope: nobody said where the labels come from",
            "would_change_if": f"label_source is one of {expected}",
        }
    ask = (rules, name, one, known, verdicts, missing)
    return {"why": change.reasons(*ask), "would_change_if": change.would(*ask)}


def _mirror(rules, name, settled):
    """What the other side's statement on the same matter got: whoever reads one side's verdict reads both (J2)."""
    mine = rules.of(name).get("mirror")
    facing = [mine] if mine else [other for other, said in rules["statements"].items() if said.get("mirror") == name]
    return "; ".join(f"{other}: {bench.words(settled[other], rules)}" for other in facing)


def _rests_on(rules, name, rests_on):
    """The ids of the evidence rows behind the numbers that a claim asks for, or the claims a statement is made of."""
    asked = [name, *_claims_of(rules, name)]
    gates = [gate["quantity"] for gate in rules["gates"] if rules.guarded(gate, name)]
    wanted = [quantity for each in asked for quantity in bench.asked(rules, each)] + gates
    plain = [quantity.replace("_in_sesoi", "") for quantity in wanted]
    own = [f"{each}/{quantity}" for each in asked for quantity in plain]
    return "; ".join(dict.fromkeys(row for quantity in [*plain, *own] for row in rests_on.get(quantity, ())))


def _claims_of(rules, name):
    rule = rules.of(name)
    inner = [leaf for verdict in ([] if "fixed" in rule else rules.order(name)) for leaf in bench.leaves(rule[verdict])]
    others = [leaf.get("claim") or leaf["statement"] for leaf in inner if "quantity" not in leaf]
    return [each for other in dict.fromkeys(others) for each in (other, *_claims_of(rules, other))]


def of_evidence(rows, rules, given, metric="auc", model="logistic", more=None, *, transfer=None):
    """Verdicts on every primary claim of an evidence table: each corpus, target and set of signals by one model.

    ``rows`` a :data:`mien.tables.EVIDENCE` table; ``metric`` and ``model`` name the primary ones (AUDIT E12): one each,
    or as many of each in pairs, such as ("auc", "ccc") and ("logistic", "ridge") for classes and ratings; Holm runs
    over all claims judged together. ``given`` maps each corpus, or (corpus, target), to what its rows do not say
    (:class:`Given`); ``more`` a :data:`mien.tables.QUANTITIES` table, whose scopes that have no evidence row are judged
    too, and in which what is found of a score itself (target ``score``) counts for each target it is held against;
    ``transfer``, a :data:`mien.evidence.transfer.TRANSFER` table, tells what the same models did in other corpora (C2).
    Returns a :data:`mien.tables.VERDICTS` table, empty where no such row is there. Raises :class:`VerdictError` for a
    quantity that the rules do not know, or that is said twice.
    """
    more = quantities.checked(tables.QUANTITIES.empty() if more is None else more, rules)
    asked = [
        (row["corpus"], row["target"], row["signals"], NO_PROFILE, index)
        for index, row in primary_rows(rows, metric, model).iterrows()
    ]
    known = {scope[:4] for scope in asked}
    named = [(*scope[:3], scope[3] or NO_PROFILE) for scope in quantities.scopes(more).itertuples(index=False)]
    asked += [(*scope, None) for scope in dict.fromkeys(named) if scope not in known]
    parts = [_of_scope(rows, rules, given, metric, model, more, transfer, *scope) for scope in asked]
    return pd.concat(parts, ignore_index=True) if parts else tables.VERDICTS.empty()


NO_PROFILE = Scope.profile


def _of_scope(rows, rules, given, metric, model, more, transfer, corpus, target, signals, profile, place):
    """The verdicts of one scope, from its evidence row where it has one (``place``) and from its quantities."""
    one = given.get((corpus, target), given.get(corpus, Given()))
    seen = said_of(one) if place is None else found(rows, place, one, metric, model)
    if transfer is not None and place is not None:
        seen = joined(seen, elsewhere(transfer, rows.loc[place]))
    about = {"target": target, "signals": signals, "profile": profile}
    unit = quantities.metric(more, corpus, each(metric)[0], **about) if place is None else rows.at[place, "metric"]
    mine = quantities.about(more, corpus, metric=unit, **about)
    quantities.put(_said_by_rows(seen, mine), mine, rules)
    if one.n_leakage_failures is not None:  # who counts failed checks twice counts the more of them
        leaks = seen.numbers.get("n_leakage_failures", one.n_leakage_failures)
        seen.numbers["n_leakage_failures"] = max(leaks, float(one.n_leakage_failures))
    scope = Scope(corpus, signals, target, one.label_source, one.population, profile)
    counted = rows.loc[place] if place is not None else mine[list(COUNTS)].max()
    counts = {name: 0 if pd.isna(counted[name]) else int(counted[name]) for name in COUNTS}
    return judge(seen.numbers, rules, scope, unit, missing=seen.missing, rests_on=seen.rests_on, counts=counts)


def _said_by_rows(seen, mine):
    """The quantities without what was given by word and is said by a row too: the row can be traced."""
    for name in set(GIVEN) & set(mine["quantity"]):
        for part in (seen.numbers, seen.missing, seen.rests_on):
            part.pop(name, None)
    return seen


COUNTS = ("n_people", "n_groups", "n_windows")
