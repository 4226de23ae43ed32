"""What tricks add to the open score and what machines get: what the rows of ``gaming`` say, in computed sentences."""

import numpy as np

from mien import scores
from mien.edits import tricks
from mien.study.answer import Answer, ends, in_each, joined
from mien.study.gains import LINE, REAL

CRITERIA = ("label_satisfaction", "label_leadership")
"""What people of GAP said themselves; the first is the criterion of the ratio, named before any result was seen."""
MOST_POINTS = 10
"""A trick that adds more makes C8 fail (``verdict_rules.yaml``)."""
MACHINES = {"two_radios": "halves", "random_talker": "each", "out_of_step": "each"}
"""The machines that are told, and how their sides are made."""


def answer(rows, for_rules):
    """What each trick adds under each profile, and whether machines pass 50; ``for_rules``: what C8 asks for."""
    own = rows[rows["target"] == "score"].set_index(["policy", "quantity", "profile", "sides"]).sort_index()
    n = _of(own, (REAL, "score", scores.PROFILES[0], "each"))
    meetings = ", ".join(
        f"{row['corpus']} {row['n_sides']:.0f} sides of {row['n_recordings']:.0f} meetings" for row in n
    )
    about = (
        f"Real meetings ({meetings}; each person in turn against the others; in brackets 95 % intervals over groups of "
        "people, of which ICSI has one)."
    )
    tricked = (one for profile in scores.PROFILES for one in _tricks(own, profile))
    machines = (one for profile in scores.PROFILES for one in _machines(own, profile))
    made = "Machines are constructed from real stretches of speech."
    caveat = "Such a score says how somebody talks, and not whether anybody is engaged."
    ruled = _by_the_rules(for_rules)
    return Answer(_short(own), (about, *tricked, *machines, made, *_quarters(rows), ruled, caveat))


def _short(own):
    norm = scores.PROFILES[0]
    gain, radios = (_of(own, (name, quantity, norm, how)) for name, quantity, how in SHOWN)
    real = _of(own, (REAL, "score", norm, "each"))
    tricked = all((row["low"] if np.isfinite(row["low"]) else row["value"]) > 0 for row in gain)
    score = all(row["value"] >= LINE for row in radios)
    both = "Yes, both" if tricked and score else "Not shown everywhere" if not (tricked or score) else "In part"
    real_ = joined(f"{row['value']:.0f}" for row in real)
    return (
        f"{both}: three empty tricks add "
        f"{_said(gain, 0, 0, sign=True)} points to the norm-referenced score, and two unrelated monologues at once get "
        f"{_said(radios, 0, 0)} of 100 where real people get {real_}."
    )


SHOWN = (("all_of_b", "gain", "each"), ("two_radios", "score", "halves"))


def _of(own, key, dose=None):
    """The rows of a quantity, one per corpus; at the trick's own dose."""
    found = own.loc[[key]] if key in own.index else own.iloc[:0]
    dose = tricks.POLICIES[key[0]].dose if key[0] in tricks.POLICIES else np.nan
    found = found[found["dose"].isna()] if np.isnan(dose) else found[found["dose"] == dose]
    return found.reset_index().to_dict("records")


def _said(found, least=0, most=1, **more):
    """'+1.0 [+0.5, +1.5] (AMI), … and +0.3 (ICSI)'."""
    return in_each(((row["corpus"], row) for row in found), least=least, most=most, **more)


def _tricks(own, profile):
    gain = {name: _of(own, (name, "gain", profile, "each")) for name in tricks.POLICIES}
    alone = [name for name, policy in tricks.POLICIES.items() if len(policy.edits) == 1]
    best = max(alone, key=lambda name: np.mean([row["value"] for row in gain[name]]))
    lifted = _of(own, ("all_of_b", "lifted_over_50", profile, "each"))
    under = [row for row in lifted if np.isfinite(row["value"])]
    over = f"; of those under 50 they lift {_said(under, 0, 0, times=100)} % over it" if under else ""
    name = profile.replace("_", "-")
    yield (
        f"{name.capitalize()} score, the single trick that adds most on average over corpora "
        f"({tricks.POLICIES[best].said}): {_said(gain[best], sign=True)} points."
    )
    both = _said(gain["all_of_b"], sign=True)
    yield f"{name.capitalize()} score, all three tricks of B together: {both} points{over}."


def _machines(own, profile):
    name = profile.replace("_", "-")
    for machine, how in MACHINES.items():
        score, share = (_of(own, (machine, quantity, profile, how)) for quantity in ("score", "share_at_50"))
        at_50 = ", ".join(f"{100 * row['value']:.0f}" for row in share)
        had = ", ".join(f"{100 * row['value']:.0f}" for row in _of(own, (machine, "scored_share", profile, how)))
        yield (
            f"Mean {name} score of {WHAT[machine]}: {_said(score, 0, 0)} ({at_50} % at 50 or more, of the {had} % that "
            "have a score)."
        )
    yield f"Mean {name} score of real people: {_said(_of(own, (REAL, 'score', profile, 'each')), 0, 0)}."


WHAT = {
    "two_radios": "two radios (monologues of two meetings on one clock)",
    "random_talker": "a random talker (B's stretches at random times)",
    "out_of_step": "one out of step (B's own track moved round the clock)",
}
"""What the machines are, in words."""


def _quarters(rows):
    """What a gain is of the difference between quarters of the criterion, or why there is no such ratio."""
    mine = rows[rows["target"] == CRITERIA[0]].set_index(["policy", "quantity", "profile"])
    name = CRITERIA[0].removeprefix("label_")
    for profile in scores.PROFILES:
        apart = mine.loc[(REAL, "quarter_difference", profile)]
        ratio, least = (mine.loc[("all_of_b", f"gain_over_quarters{end}", profile)] for end in ("", "_at_least"))
        told = f"{ends(ratio, 1, 1)} times that"
        if np.isnan(ratio["value"]):
            told = f"at least {least['value']:.1f} times that, with no upper limit"
        yield (
            f"Between the top and bottom quarter in {name} (GAP, self) the {profile.replace('_', '-')} score differs "
            f"by {ends(apart, 0, 1, sign=True)} points; the three tricks of B are worth {told}."
        )


def _by_the_rules(rows):
    """In which corpora and profiles the rules say that C8 does not hold, and by what."""
    most = rows.groupby(["quantity", "corpus", "profile"])["value"].max()
    scopes = list(dict.fromkeys(zip(rows["corpus"], rows["profile"], strict=True)))
    gain, *machine = ("gain_pts", "two_radio_score", "random_talker_score")
    beyond = [{one for one in scopes if most[(gain, *one)] > MOST_POINTS}]
    beyond += [{one for one in scopes if most[(name, *one)] >= LINE} for name in machine]
    tricked, radios, talkers = map(len, beyond)
    return (
        f"The rules say of C8 that it does not hold where a trick adds more than {MOST_POINTS} points ({tricked} of "
        f"{len(scopes)} corpora and profiles), two radios score {LINE} or more ({radios}) or a random talker does "
        f"({talkers}): {len(set.union(*beyond))} of {len(scopes)}."
    )
