"""The bench on which claims are judged: gates first, then verdicts in their order, then caps; statements from claims.

Nothing here looks at data: a verdict is a function of the rules and of a mapping of quantities to numbers.
"""

import math
from dataclasses import dataclass, field

from mien.verdict.names import OPERATORS, STRONGEST, VERDICTS, VerdictError, known_quantity, of_label, one_of, parts
from mien.verdict.rules import LICENCE

NOT_ASSESSABLE = "not_assessable"
NOTHING = "not assessable: nothing that it asks for was measured here"
UNLABELLED = "not assessable: it is about a label, and none is involved here"


@dataclass(frozen=True)
class Facts:
    """What is known: ``numbers`` by quantity, without NaN, and ``metric``, in whose units gaps are given.

    A number named ``claim/quantity`` counts for that claim only (C5 and C6 each have a ``crossing_max`` of their own);
    where it is ``lost`` (NaN), that claim has none: the number of another one does not stand in for it.
    ``labelled`` whether a label is involved; where none is, what is about a label can't be judged.
    """

    numbers: dict
    metric: str
    labelled: bool = True
    lost: frozenset = frozenset()

    def get(self, quantity, name=""):
        """The number of a quantity for a claim or statement, or None where it is missing."""
        own = f"{name}/{quantity}"
        if own not in self.numbers and self.lost & {own, own.replace("_in_sesoi", "")}:
            return None
        return self.numbers.get(own, self.numbers.get(quantity))


@dataclass(frozen=True)
class Settled:
    """What the rules say of one claim or statement, and what of them decided it.

    ``first`` is the verdict before caps; ``gates`` and ``caps`` are those that failed and that bit; ``negligible``,
    ``individual_use`` whether these rules are met; ``wording`` replaces the verdict's own words where a cap says so;
    ``unmeasured`` that nothing it asks for is known: then it is open because nobody measured, and the words say so;
    ``unlabelled`` that it is about a label, and there is none.
    """

    verdict: str
    first: str
    gates: list = field(default_factory=list)
    caps: list = field(default_factory=list)
    wording: str = ""
    negligible: bool = False
    individual_use: bool = False
    unmeasured: bool = False
    unlabelled: bool = False


def facts(quantities, rules, metric, labelled=True):
    """Check a mapping of quantities, leave out what is missing (NaN, None) and add units of the smallest effect.

    Raises :class:`mien.verdict.VerdictError` for an unknown quantity, claim or metric, for an infinite number, and for
    a number that is about a label where none is involved (not ``labelled``).
    """
    one_of(metric, rules["sesoi"], "verdict", "smallest effect of interest for the metric")
    numbers, lost = {}, set()
    for name, value in quantities.items():
        claim, _, quantity = name.rpartition("/")
        if claim:
            one_of(claim, rules.names, f"quantities/{name}", "claim or statement")
        known_quantity(quantity, "quantities", rules["intervals"])
        if value is not None and not math.isnan(value):
            if not labelled and of_label(quantity, rules["intervals"]):
                raise VerdictError(f"quantities/{name}: it is about a label, and this scope has none (target 'score')")
            if math.isinf(value):
                raise VerdictError(f"quantities/{name}: expected a number or NaN; found {value}")
            numbers[name] = float(value)
        elif claim:
            lost.add(name)
    for name in [name for rule in rules.names for name in asked(rules, rule)]:
        _in_sesoi(numbers, name, rules, metric)
    return Facts(numbers, metric, labelled, frozenset(lost))


def _in_sesoi(numbers, name, rules, metric):
    """Add ``X_in_sesoi`` = X ÷ the smallest effect of interest, where X is known and it is not."""
    plain = name.replace("_in_sesoi", "")
    for whole, bare in [(known, known.replace(plain, name)) for known in numbers if known.rpartition("/")[2] == plain]:
        if plain != name:
            numbers_of = "balanced_accuracy" if name.startswith("balanced_accuracy") else metric
            numbers.setdefault(bare, numbers[whole] / rules["sesoi"][numbers_of])


def asked(rules, name):
    """The quantities that the rules of a claim or statement ask for, gates and caps left aside, in order."""
    rule = rules.of(name)
    order = [] if "fixed" in rule else [*rules.order(name), *([LICENCE] if LICENCE in rule else [])]
    found = [leaf["quantity"] for verdict in order for leaf in leaves(rule[verdict]) if "quantity" in leaf]
    if speaks_of_a_gap(found, rules):
        found += [leaf["quantity"] for leaf in leaves(_negligible(rules))]
    return list(dict.fromkeys(found))


def speaks_of_a_gap(quantities, rules):
    """Whether a claim is about the gap itself: only then can it be real but negligible."""
    return any(parts(name, rules["intervals"])[0] == "gap" for name in quantities)


def _negligible(rules):
    return {key: rule for key, rule in rules["negligible"].items() if key != "wording"}


def leaves(rule):
    """The leaves of a rule, from left to right.

    >>> [leaf["value"] for leaf in leaves({"any": [{"value": 1}, {"all": [{"value": 2}, {"value": 3}]}]})]
    [1, 2, 3]
    """
    inner = rule.get("all") or rule.get("any")
    return [leaf for each in inner for leaf in leaves(each)] if inner else [rule]


def met(rule, known, verdicts=None, name=""):
    """Whether a rule is met; a leaf about a missing quantity, or about a claim not assessed, is not.

    ``known`` are :class:`Facts`; ``verdicts`` what claims and earlier statements got; ``name`` who asks.
    """
    if "all" in rule:
        return all(met(each, known, verdicts, name) for each in rule["all"])
    if "any" in rule:
        return any(met(each, known, verdicts, name) for each in rule["any"])
    if "quantity" in rule:
        value = known.get(rule["quantity"], name)
        return value is not None and bool(OPERATORS[rule["op"]](value, rule["value"]))
    return (verdicts or {})[rule.get("claim") or rule["statement"]] in rule["is"]


def settle(rules, known, verdicts=None):
    """What the rules say of every claim and statement: {name: :class:`Settled`}.

    ``known`` are :class:`Facts`; ``verdicts`` takes the place of what some claims or statements get (to ask "what if").
    """
    found, said = {}, dict(verdicts or {})
    bound = about_labels(rules) if not known.labelled else ()
    for name in rules.names:
        found[name] = _settle(rules, name, known, said, name in bound)
        said.setdefault(name, found[name].verdict)
    return found


def settle_one(rules, name, known, verdicts):
    """What the rules say of one claim or statement, given what all others got (to ask "what if")."""
    return _settle(rules, name, known, verdicts)


def about_labels(rules):
    """The claims and statements that are about a label: no verdict of theirs can be met where none is involved."""
    reached = {}
    for name in rules.names:
        rule = rules.of(name)
        order = [rule["fixed"]] if "fixed" in rule else rules.order(name)
        met_ = [verdict for verdict in order if "fixed" in rule or _without_label(rule[verdict], rules, reached)]
        reached[name] = [*met_, rules["default"]] if met_ else []
    return tuple(name for name, verdicts in reached.items() if not verdicts)


def _without_label(rule, rules, reached):
    """Whether a rule can be met where no label is involved, given what each claim before it can reach."""
    if "all" in rule:
        return all(_without_label(each, rules, reached) for each in rule["all"])
    if "any" in rule:
        return any(_without_label(each, rules, reached) for each in rule["any"])
    if "quantity" in rule:
        return not of_label(rule["quantity"], rules["intervals"])
    return bool(set(reached[rule.get("claim") or rule["statement"]]) & set(rule["is"]))


def _settle(rules, name, known, verdicts, is_bound=False):
    rule = rules.of(name)
    if "fixed" in rule:
        return Settled(rule["fixed"], rule["fixed"])
    if is_bound:
        return Settled(NOT_ASSESSABLE, NOT_ASSESSABLE, unlabelled=True)
    failed = [gate for gate in rules["gates"] if rules.guarded(gate, name) and not met(gate, known, name=name)]
    if failed:
        return Settled(NOT_ASSESSABLE, NOT_ASSESSABLE, failed)
    true = (verdict for verdict in rules.order(name) if met(rule[verdict], known, verdicts, name))
    first = next(true, rules["default"])
    verdict, caps, wording = _capped(rules, name, first, known)
    small = first == "does_not_hold" and speaks_of_a_gap(asked(rules, name), rules)
    return Settled(
        verdict,
        first,
        [],
        caps,
        wording,
        small and met(_negligible(rules), known, name=name),
        LICENCE in rule and verdict == "holds" and met(rule[LICENCE], known, name=name),
        first == rules["default"] and unmeasured(rules, name, known, verdicts),
    )


def _capped(rules, name, verdict, known):
    """The verdict after caps, those that bit, and the wording that one of them puts in its place.

    ``max`` takes the strongest verdict down, that of a critic like that of a vendor; a wording says what a finding is
    of, and so replaces only the words of a verdict that says something was found.
    """
    caps, wording = [], ""
    finding = verdict in STRONGEST or verdict == "partly"
    for cap in rules["caps"]:
        if not met(cap["when"], known, name=name):
            continue
        if "wording" in cap and finding and rules.of(name).get("side") != "critic":
            caps, wording = [*caps, cap], cap["wording"]
        elif "max" in cap and verdict in STRONGEST:
            caps, verdict = [*caps, cap], cap["max"]
    return verdict, caps, wording


def unmeasured(rules, name, known, verdicts):
    """Whether nothing that a claim or statement asks for is there: no quantity, and no verdict on any of its claims."""
    inside = [leaf for verdict in rules.order(name) for leaf in leaves(rules.of(name)[verdict])]
    there = [known.get(leaf["quantity"], name) is not None for leaf in inside if "quantity" in leaf]
    claims = [leaf.get("claim") or leaf["statement"] for leaf in inside if "quantity" not in leaf]
    open_ = (rules["default"], NOT_ASSESSABLE, "not_testable")
    return not any(there) and all(verdicts[claim] in open_ for claim in claims)


def words(settled, rules):
    """A verdict in the words that are printed: its own, or a cap's; with what makes it small, if it is.

    >>> words(Settled("does_not_hold", "does_not_hold", negligible=True), {"negligible": {"wording": "real but small"}})
    'does not hold: real but small'
    """
    if settled.unlabelled:
        return UNLABELLED
    if settled.unmeasured:
        return NOTHING
    said = settled.wording or VERDICTS[settled.verdict]
    if settled.wording and settled.verdict == "partly":
        said = f"in part {said}"
    return f"{said}: {rules['negligible']['wording']}" if settled.negligible else said
