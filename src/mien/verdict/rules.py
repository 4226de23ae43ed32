"""The rules fixed in advance: read, hashed, and held against their schema (AUDIT 7.2) before anything is judged."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import yaml

from mien import sources
from mien.verdict.names import OPERATORS, VERDICTS, VerdictError, known_quantity, one_of

FILE = "verdict_rules.yaml"
SECTIONS = (
    *("version", "alpha", "intervals", "sesoi", "gates", "caps", "order", "default", "negligible", "claims"),
    *("statements", "doses", "instrument", "scope_fields", "label_sources"),
)
SCOPE = ("corpus", "label_source", "population", "profile", "signals")
LICENCE = "individual_use"


@dataclass(frozen=True)
class Rules:
    """Rules that keep their schema. ``said`` is the file as nested dictionaries, ``sha256`` the hash of its bytes."""

    said: dict
    sha256: str

    def __getitem__(self, section):
        return self.said[section]

    @property
    def names(self):
        """Every claim and statement, in the order of the file."""
        return [*self["claims"], *self["statements"]]

    def of(self, name):
        """What the rules say about a claim or statement."""
        return self["claims"].get(name) or self["statements"][name]

    def order(self, name):
        """The verdicts in the order in which they are tried: its own order, or else that of the whole file."""
        rule = self.of(name)
        return [verdict for verdict in rule.get("order", self["order"]) if verdict in rule]

    def verdicts(self, name):
        """Every verdict that a claim or statement can get, gates left aside."""
        rule = self.of(name)
        return [rule["fixed"]] if "fixed" in rule else [*self.order(name), self["default"]]

    def guarded(self, gate, name):
        """Whether a gate guards a claim or statement; what is fixed needs no guard."""
        return "fixed" not in self.of(name) and (gate["applies_to"] == "all" or name in gate["applies_to"])


def place():
    """Where the rules lie: ``data`` of the checkout, else the copy inside the installed package (the same bytes)."""
    committed = sources.home() / FILE
    return committed if committed.is_file() else Path(__file__).with_name(FILE)


def load(path=None):
    """Read the rules and check them against their schema.

    Raises :class:`VerdictError` for a missing file, for text that is no YAML, and for the first unknown or missing key,
    operator, quantity, verdict or name, with its place (``claims/C1_detectable/holds/all/1``) and the nearest known.
    """
    path = Path(path or place())
    if not path.is_file():
        raise VerdictError(f"{path}: no such file; expected the verdict rules ({FILE})")
    raw = path.read_bytes()
    try:
        said = yaml.load(raw, _Loader)  # a SafeLoader that also refuses a key written twice
    except yaml.YAMLError as error:
        raise VerdictError(f"{path.name}: not readable as YAML: {' '.join(str(error).split())}") from error
    rules = Rules(said, hashlib.sha256(raw).hexdigest())
    _check(rules)
    return rules


class _Loader(yaml.SafeLoader):
    """YAML in which a key may stand only once: of two, the first would be lost without a word."""

    def construct_mapping(self, node, deep=False):
        """The mapping of a node; raises where a key comes twice."""
        names = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = {str(name) for name in names if names.count(name) > 1}
        if twice:
            raise yaml.constructor.ConstructorError(None, None, f"{min(twice)!r} stands twice", node.start_mark)
        return super().construct_mapping(node, deep)


# ---- the schema


def _check(rules):
    _keys(rules.said, SECTIONS, (), "rules")
    _is(rules["version"] == 1, "version", "1", rules["version"])
    _number(rules["alpha"], "alpha", 0, 1)
    for limit, said in _mapping(rules["intervals"], "intervals").items():
        _keys(said, ("level", "side"), (), f"intervals/{limit}")
        _number(said["level"], f"intervals/{limit}/level", 0, 1)
        one_of(said["side"], ("lower", "upper"), f"intervals/{limit}/side", "side")
    for section in ("sesoi", "instrument"):
        for name, value in _mapping(rules[section], section).items():
            _number(value, f"{section}/{name}", 0)
    for verdict in _list(rules["order"], "order"):
        one_of(verdict, VERDICTS, "order", "verdict")
    one_of(rules["default"], VERDICTS, "default", "verdict")
    _list(rules["label_sources"], "label_sources")
    for name in _list(rules["scope_fields"], "scope_fields"):
        one_of(name, SCOPE, "scope_fields", "scope field")
    _mapping(rules["doses"], "doses")
    _check_claims(rules)
    _check_statements(rules)
    _check_gates_and_caps(rules)


def _check_claims(rules):
    for name, claim in _mapping(rules["claims"], "claims").items():
        place = f"claims/{name}"
        _verdict_keys(rules, claim, place, ("question",), ("doses", "group_floor", LICENCE))
        if "doses" in claim:
            one_of(claim["doses"], rules["doses"], f"{place}/doses", "set of doses")
        for part in (*rules.order(name), *([LICENCE] if LICENCE in claim else [])):
            _rule(claim[part], f"{place}/{part}", rules, {})


def _check_statements(rules):
    before = {}
    claims = {name: rules.verdicts(name) for name in rules["claims"]}
    for name, said in _mapping(rules["statements"], "statements").items():
        place = f"statements/{name}"
        _is(name not in claims, place, "a name that no claim has", name)
        if "fixed" in _mapping(said, place):
            _keys(said, ("side", "fixed"), ("mirror",), place)
            one_of(said["fixed"], VERDICTS, f"{place}/fixed", "verdict")
        else:
            _verdict_keys(rules, said, place, ("side", "order"), ("mirror",))
            for verdict in rules.order(name):
                _rule(said[verdict], f"{place}/{verdict}", rules, {"claim": claims, "statement": before})
        one_of(said["side"], ("vendor", "critic"), f"{place}/side", "side")
        if said.get("mirror") is not None:
            one_of(said["mirror"], rules["statements"], f"{place}/mirror", "statement")
        before[name] = rules.verdicts(name)


def _verdict_keys(rules, said, place, must, may):
    """The keys of a claim or statement: what it must have, may have, and one rule for each verdict of its order."""
    own = "order" in _mapping(said, place)
    order = _list(said["order"] if own else rules["order"], f"{place}/order")
    for verdict in order:
        one_of(verdict, VERDICTS, f"{place}/order", "verdict")
    _keys(said, (*must, *(order if own else ())), (*may, "order", *order), place)
    _is(any(verdict in said for verdict in order), place, "a rule for at least one verdict", ", ".join(said))


def _check_gates_and_caps(rules):
    names = rules.names
    for number, gate in enumerate(_list(rules["gates"], "gates")):
        place = f"gates/{number}"
        _keys(gate, ("id", "quantity", "op", "value", "applies_to"), (), place)
        _leaf({key: gate[key] for key in ("quantity", "op", "value")}, place, rules, {})
        for name in [] if gate["applies_to"] == "all" else _list(gate["applies_to"], f"{place}/applies_to"):
            one_of(name, names, f"{place}/applies_to", "claim or statement")
    for number, cap in enumerate(_list(rules["caps"], "caps")):
        place = f"caps/{number}"
        _keys(cap, ("id", "when"), ("max", "wording"), place)
        _is(("max" in cap) != ("wording" in cap), place, "either max or wording", ", ".join(cap))
        _leaf(cap["when"], f"{place}/when", rules, {})
        if "max" in cap:
            one_of(cap["max"], VERDICTS, f"{place}/max", "verdict")
    said = dict(_mapping(rules["negligible"], "negligible"))
    _is(isinstance(said.pop("wording", None), str), "negligible", "a wording", ", ".join(rules["negligible"]))
    _rule(said, "negligible", rules, {})


def _rule(rule, place, rules, verdicts):
    """Check a rule: ``all`` or ``any`` of a list of rules and leaves, nested as deep as one likes."""
    if not {"all", "any"} & set(_mapping(rule, place)):
        return _leaf(rule, place, rules, verdicts)
    _is(len(rule) == 1, place, "one key, all or any", ", ".join(rule))
    ((how, inner),) = rule.items()
    for number, each in enumerate(_list(inner, f"{place}/{how}")):
        _rule(each, f"{place}/{how}/{number}", rules, verdicts)
    return None


def _leaf(leaf, place, rules, verdicts):
    """Check a leaf: a quantity held against a number, or a claim or statement that got one of some verdicts."""
    kinds = [kind for kind in verdicts if kind in _mapping(leaf, place)]
    if not kinds:
        _keys(leaf, ("quantity", "op", "value"), (), place)
        one_of(leaf["op"], OPERATORS, f"{place}/op", "operator")
        _number(leaf["value"], f"{place}/value")
        known_quantity(leaf["quantity"], f"{place}/quantity", rules["intervals"])
        return
    kind = kinds[0]
    _keys(leaf, (kind, "is"), (), place)
    one_of(leaf[kind], verdicts[kind], f"{place}/{kind}", f"{kind} before this one" if kind == "statement" else kind)
    for verdict in _list(leaf["is"], f"{place}/is"):
        one_of(verdict, verdicts[kind][leaf[kind]], f"{place}/is", f"verdict of {leaf[kind]}")


def _keys(said, must, may, place):
    for key in _mapping(said, place):
        one_of(key, (*must, *may), place, "key")
    for key in must:
        _is(key in said, place, f"the key {key!r}", ", ".join(map(str, said)))


def _mapping(said, place):
    _is(isinstance(said, dict) and said, place, "names with values", said)
    return said


def _list(said, place):
    _is(isinstance(said, list) and said, place, "a list", said)
    return said


def _number(value, place, low=-float("inf"), high=float("inf")):
    fine = isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high
    _is(
        fine and abs(value) != float("inf"),
        place,
        "a number" + (f" from {low:g} to {high:g}" if low >= 0 else ""),
        value,
    )


def _is(fine, place, expected, found):
    if not fine:
        raise VerdictError(f"{place}: expected {expected}; found {found!r}")
