"""What may be said, by rules fixed in advance: what the table of verdicts says, in computed sentences."""

from mien import verdict
from mien.study.answer import Answer, joined
from mien.verdict import words

SAID = {
    "no label": "{n} are about a label where none is involved",
    "a gate fails": "for {n} a gate fails (not assessable)",
    "nothing measured": "for {n} nothing that they ask for was measured (not assessable either)",
    "not testable": "{n} not testable",
    "inconclusive": "{n} inconclusive",
    "in part": "{n} in part",
    "found": "{n} found",
    "does not hold": "{n} not holding",
}
FOUND = ("in part", "found", "does not hold")
SCOPE = ["corpus", "target", "signals", "profile"]
MEANT = {
    "C1_detectable": "detect a label in people never seen",
    "C3_reliable": "give a person the same score again",
    "C4_construct": "follow what people report of themselves",
    "C5_nuisance": "stay put in ordinary recordings",
    "C6_individual": "be fair to people who answer later",
    "C8_gaming": "resist empty tricks",
}
"""What a claim promises of a score, in plain words."""


def answer(verdicts):
    """How many verdicts there are of each kind, which scopes fail which gate, and every finding in its own words."""
    judged = verdicts[verdicts["verdict"] != "out_of_scope"]
    states = judged.apply(words.state, axis=1)
    acted = (
        "Where labels were acted, the rules put the words 'detectable in acted speech' in place of every claim that "
        "would hold."
    )
    k4 = "K4, use that manipulates or punishes, is out of scope for any signal."
    details = (_counted(judged, states), _too_few(judged), *_findings(judged, states), acted, k4)
    return Answer(_short(judged, states), details)


def _short(judged, states):
    """The counts, and the bottom line for labels, for the open score and for what is stored."""
    n = states.value_counts()
    silent = len(judged) - sum(n.get(name, 0) for name in FOUND)
    few = "Little" if silent > len(judged) / 2 else "Much"
    return (
        f"{few}: of {len(judged)} claims {silent} cannot be decided here, {n.get('found', 0)} are borne out, "
        f"{n.get('in part', 0)} in part, {n.get('does not hold', 0)} are not (counts); {_labels(judged, states)}; the "
        f"open score {_score(judged, states)}; {_stored(judged, states)}."
    )


def _labels(judged, states):
    """Whether a label is found detectable in people never seen, and whose."""
    mine = judged[(judged["claim"] == "C1_detectable") & states.isin(["found", "in part"])]
    if mine.empty:
        return "no label is shown to be detectable in people never seen"
    whole = "" if states[mine.index].eq("found").any() else " (in part)"
    sources = joined(dict.fromkeys(mine["label_source"]))
    return f"only {sources} labels are detectable{whole} in people never seen"


def _score(judged, states):
    """What the open score is found not to do, under every profile that was judged."""
    of_score = judged["profile"] != verdict.Scope.profile
    fails = [
        meant
        for claim, meant in MEANT.items()
        if (mine := states[of_score & (judged["claim"] == claim) & states.isin(FOUND)]).size
        and mine.eq("does not hold").all()
    ]
    return f"does not {joined(fails, 'or')}" if fails else "fails no claim under every profile"


def _stored(judged, states):
    """In how many scopes what is stored is found to identify people."""
    mine = judged[(judged["claim"] == "C12_reid") & states.isin(FOUND)]
    identifies = (mine["verdict"] == "identifies").sum()
    return f"what is stored identifies people ({identifies} of {len(mine)} scopes)"


def _counted(judged, states):
    counts = ", ".join(SAID[one].format(n=(states == one).sum()) for one in SAID if (states == one).any())
    asked = judged.drop_duplicates(SCOPE)
    of_score = asked["profile"] != verdict.Scope.profile
    return (
        f"{len(judged)} claims and statements in {len(asked)} scopes ({(~of_score).sum()} of models, {of_score.sum()} "
        f"of the open score) by rules {judged['rules_sha256'].iloc[0][:12]}: {counts}."
    )


def _too_few(judged):
    asked = judged.drop_duplicates(SCOPE)
    few = asked[asked["n_groups"] < 30].drop_duplicates(["corpus"])
    units = ", ".join(f"{row.corpus} {row.n_groups:.0f}" for row in few.itertuples()) or "none"
    return f"Too few people to say anything, for or against (the floor is 30 independent groups): {units}."


def _findings(judged, states):
    """What is said of models, and what of the score, scope by scope in the rules' own words."""
    found = judged[states.isin(FOUND)]
    of_score = found["profile"] != verdict.Scope.profile
    for what, mine in (("models", found[~of_score]), ("the open score", found[of_score])):
        if mine.empty:
            yield f"Of {what} is said: nothing."
        for _, some in mine.groupby(SCOPE, sort=False):
            each = ", ".join(f"{row.claim.split('_')[0]} {row.wording}" for row in some.itertuples())
            yield f"Of {what} is said, {_scope(some.iloc[0])}: {each}."


def _scope(row):
    if row["profile"] != verdict.Scope.profile:
        criterion = "" if row["target"] == verdict.SCORE else f" against {row['target'].removeprefix('label_')}"
        labels = "no label" if row["label_source"] == verdict.NO_LABEL else f"{row['label_source']} labels"
        about = f"{row['profile'].replace('_', ' ')}{criterion} in {row['corpus']}"
        return f"{about} ({labels}, {row['n_groups']:.0f} groups)"
    about = f"{row['target'].removeprefix('label_')} from {row['signals']} in {row['corpus']}"
    return f"{about} ({row['label_source']} labels, {row['n_people']:.0f} people)"
