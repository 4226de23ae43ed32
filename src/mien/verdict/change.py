"""Why a verdict is what it is, and what would change it: the one number nearest to the line beyond which it differs."""

import dataclasses

from mien.verdict import bench
from mien.verdict.names import NEGATED, VERDICTS, of_label


def said(leaf, known, name=""):
    """A leaf in words with the number that was found: ``gap_lo95 > 0 (0.031)``."""
    if "quantity" in leaf:
        value = known.get(leaf["quantity"], name)
        return f"{leaf['quantity']} {leaf['op']} {leaf['value']:g} ({'missing' if value is None else f'{value:.3g}'})"
    return f"{leaf.get('claim') or leaf.get('statement')} is {' or '.join(leaf['is'])}"


def reasons(rules, name, settled, known, verdicts, missing):
    """Why: the failed gates; or what was met, what stronger verdicts lacked, which caps bit, and what is missing.

    ``missing`` says for quantities that are not known why not.
    """
    if settled.unlabelled:
        return f"scope: no label is involved{_asks(rules, name)}"
    if settled.gates:
        return "; ".join(
            f"gate {gate['id']}: {said(gate, known, name)}{_lost(gate, missing, name)}" for gate in settled.gates
        )
    rule = rules.of(name)
    if "fixed" in rule:
        return "no computation may change this"
    told = []
    for verdict in rules.order(name):
        is_met = verdict == settled.first
        mine = [leaf for leaf in bench.leaves(rule[verdict]) if bench.met(leaf, known, verdicts, name) == is_met]
        mine = [leaf for leaf in mine if "quantity" not in leaf or known.get(leaf["quantity"], name) is not None]
        if mine and (is_met or verdict != UNTESTED):
            words = VERDICTS[verdict].partition(":")[0]
            leaves = ", ".join(said(x, known, name) for x in mine)
            told.append(f"{words}: {leaves}" if is_met else f"short of '{words}': {leaves}")
        if is_met:
            break
    told += [f"cap {cap['id']}: {said(cap['when'], known, name)}" for cap in settled.caps]
    told += _unlabelled(rules, name, known)
    return "; ".join([*told, *_needs(rules, name, known, missing, "missing")])


def would(rules, name, settled, known, verdicts, missing):
    """What would change the verdict.

    The one number, or the verdict of one claim, that is nearest to a line beyond which the verdict differs; where no
    single one is enough, the failing leaf nearest to its threshold; and what has to be known first.
    """
    if settled.unlabelled:
        return "a label of the same people, and who gave it: " + ", ".join(rules["label_sources"])
    if settled.gates:
        return "first of all, " + " and ".join(said(gate, known, name) for gate in settled.gates)
    if "fixed" in rules.of(name):
        return "nothing that signals can show"
    told = _single(rules, name, settled, known, verdicts) or _nearest(rules, name, settled, known, verdicts)
    return "; ".join(filter(None, [told, *_needs(rules, name, known, missing, "needs")]))


def _asks(rules, name):
    """What a claim asks for that is about a label, in words."""
    mine = [quantity for quantity in bench.asked(rules, name) if of_label(quantity, rules["intervals"])]
    return f"; it asks for {', '.join(mine)}" if mine else ""


def _unlabelled(rules, name, known):
    """Of a statement where no label is involved: which of its claims are about one, and so say nothing here."""
    rule = rules.of(name)
    inside = [leaf for verdict in rules.order(name) for leaf in bench.leaves(rule[verdict])]
    others = dict.fromkeys(leaf.get("claim") or leaf.get("statement") for leaf in inside if "quantity" not in leaf)
    silent = [] if known.labelled else [other for other in others if other in bench.about_labels(rules)]
    return [f"says nothing without a label: {', '.join(silent)}"] if silent else []


def _reason(quantity, missing, name):
    """Why a quantity is missing for a claim or statement; that of its own counts first."""
    return missing.get(f"{name}/{quantity}") or missing.get(quantity)


def _lost(gate, missing, name):
    reason = _reason(gate["quantity"], missing, name)
    return f" [{reason}]" if reason else ""


def _needs(rules, name, known, missing, word):
    lost = [quantity for quantity in bench.asked(rules, name) if known.get(quantity, name) is None]
    reasons_ = [_reason(quantity, missing, name) for quantity in lost]
    told = [f"{quantity} ({why})" if why else quantity for quantity, why in zip(lost, reasons_, strict=True)]
    return [f"{word} {', '.join(told)}"] if told else []


def _single(rules, name, settled, known, verdicts):
    """The smallest change of one number, or of one claim's verdict, that alone changes the verdict; '' if none does."""
    found = []
    for leaf in _around(rules, name, settled):
        if "quantity" in leaf and known.get(leaf["quantity"], name) is not None:
            moved, words = _beyond(leaf, known, name)
            other = bench.settle_one(rules, name, moved, verdicts)
            if _is_other(other, settled):
                found.append((_distance(leaf, known, name, rules), words, bench.words(other, rules)))
        elif "quantity" not in leaf:
            found += _claims_moved(rules, name, settled, known, verdicts, leaf)
    if not found:
        return ""
    _, words, then = min(found, key=lambda one: one[0])
    return f"{words}: then {then}"


UNTESTED = "not_testable"
"""Fewer measurements would always unsay a verdict: that is no evidence which would change it."""


def _is_other(then, now):
    """Whether a change leads to another verdict, or to other words, by evidence."""
    return (then.verdict, then.wording) != (now.verdict, now.wording) and then.verdict != UNTESTED


def _around(rules, name, settled):
    """The leaves that decide between the verdicts of a claim or statement: of its rules, and of the caps that bit."""
    rule = rules.of(name)
    inside = [leaf for verdict in rules.order(name) for leaf in bench.leaves(rule[verdict])]
    return inside + [cap["when"] for cap in settled.caps]


def _claims_moved(rules, name, settled, known, verdicts, leaf):
    """Changes that one claim with another verdict would bring, each one as far away as all numbers of one claim."""
    other = leaf.get("claim") or leaf["statement"]
    found = []
    for verdict in rules.verdicts(other):
        then = bench.settle_one(rules, name, known, verdicts | {other: verdict})
        if verdict not in (verdicts[other], UNTESTED) and _is_other(then, settled):
            now = VERDICTS[verdicts[other]]
            found.append((1e6, f"{other} {verdict} (now: {now})", bench.words(then, rules)))
    return found


def _beyond(leaf, known, name):
    """The facts with one number moved just beyond the line of a leaf, and the line in words."""
    quantity, value, op = leaf["quantity"], leaf["value"], leaf["op"]
    now = known.get(quantity, name)
    wanted = op if not bench.met(leaf, known, name=name) else NEGATED[op]
    step = 1e-9 * max(1.0, abs(value))
    put = value + {">": step, "<": -step, "!=": step}.get(wanted, 0)
    key = f"{name}/{quantity}" if f"{name}/{quantity}" in known.numbers else quantity
    moved = dataclasses.replace(known, numbers=known.numbers | {key: put})
    return moved, f"{quantity} {wanted} {value:g} (now {now:.3g})"


def _distance(leaf, known, name, rules):
    """How far a number is from the line, in units of the line's value, or of the smallest effect where that is 0."""
    zero = rules["sesoi"]["r"] if leaf["quantity"].startswith(("r_", "actor")) else rules["sesoi"][known.metric]
    return abs(known.get(leaf["quantity"], name) - leaf["value"]) / (abs(leaf["value"]) or zero)


def _nearest(rules, name, settled, known, verdicts):
    """The failing leaf nearest its threshold, where more than one number would have to change."""
    rule, order = rules.of(name), rules.order(name)
    stronger = order[: order.index(settled.first)] if settled.first in order else order
    every = [leaf for verdict in stronger for leaf in bench.leaves(rule[verdict])]
    failing = [leaf for leaf in every if not bench.met(leaf, known, verdicts, name)]
    numbers = [leaf for leaf in failing if "quantity" in leaf and known.get(leaf["quantity"], name) is not None]
    if numbers:
        nearest = min(numbers, key=lambda leaf: _distance(leaf, known, name, rules))
        return f"{said(nearest, known, name)} is met, with others"
    claims = [said(leaf, known, name) for leaf in failing if "quantity" not in leaf]
    return f"{claims[0]}, with others" if claims else ""
