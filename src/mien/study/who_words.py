"""What is stored of people and how well it tells who they are: what the rows of ``who`` say, in computed sentences."""

from mien import scores
from mien.evidence import linking
from mien.study.answer import Answer, above, ends, joined, yes_no

VOICE, OWN, FRONT = "voice, all measures", "voice as distance from own usual", "landmarks turned to the front"
TURNS, OWN_GROUP = "turn statistics", "one meeting, own group only"
CONFOUNDS = {
    "London, where the face is in the picture": ("London", "where the face is in the picture"),
    "RAVDESS, the length of the clips": ("RAVDESS", "length of the clip"),
    "MIT Interview, the length of the interview": ("MIT Interview", "length of the interview"),
    "AMI, what everybody in the meeting shares": ("AMI", "what everybody in the meeting shares"),
}
"""What else could have linked them: how they were recorded, and with whom."""


def answer(found, kept, facts):
    """Which of the things mien stores tell who somebody is; ``kept`` has a row per artefact that is stored."""
    details = (_kept(kept), *_faces(found), *_voices(found), *_turns(found), *_confounds(found), *_trait(facts))
    return Answer(_short(found, kept), details)


def _short(found, kept):
    n = kept["retention"].value_counts().get("biometric", 0)
    face, voice = (_one(found, "London", "blendshapes"), _one(found, "RAVDESS", VOICE, "many clips"))
    tells = [above(row["rank1"], row["rank1"]["chance"]) for row in (face, voice)]
    lead = yes_no(tells, "It tells who you are", "It tells in part", "It is not shown to tell who you are")
    return (
        f"{lead}: from stored voice measures the right one of {voice['rank1']['n_people']:.0f} people comes first in "
        f"{_percent(voice)}; RAVDESS), from stored face measures the right one of {face['rank1']['n_people']:.0f} in "
        f"{_percent(face)}; London); {n} of {len(kept)} stored sets are to be kept as biometric data."
    )


def _one(found, corpus, artefact, given=None):
    """The rows of an artefact by quantity, of the distance that links most."""
    return linking.worst(found, corpus=corpus, artefact=artefact, given=given).set_index("quantity").to_dict("index")


def _percent(one):
    return f"{ends(one['rank1'], 0, 0, 100, unit=' %')} (chance {100 * one['rank1']['chance']:.0f} %"


def _first(found, corpus, artefact, given=None):
    """How often the right person comes first, with chance, equal error rate and n."""
    one = _one(found, corpus, artefact, given)
    first = one["rank1"]
    return (
        f"{ends(first, 0, 0, 100)} % (chance {100 * first['chance']:.1f} %, equal error rate {ends(one['eer'])}, "
        f"{first['n_people']:.0f} people)"
    )


def _kept(kept):
    n, open_ = kept["retention"].value_counts(), (kept["by_rule"] == "inconclusive").sum()
    most = kept.iloc[0]
    return (
        f"By the rule of C12 (gates aside) {n.get('biometric', 0)} are to be kept as biometric data ({open_} of them "
        f"because it can't decide), {n.get('personal', 0)} as personal data and {n.get('statistics', 0)} as neither; "
        f"most is told by {most['artefact']} in {most['corpus']} ({most['value']:.0f} times chance)."
    )


def _faces(found):
    return (
        f"London, neutral to smiling, the right person comes first: {_first(found, 'London', 'blendshapes')}.",
        f"Landmarks without place, size and turn of the head, which are not stored: {_first(found, 'London', FRONT)}.",
    )


def _voices(found):
    guess = found.set_index(["corpus", "artefact", "quantity"])
    of_all, of_own = (guess.loc[("RAVDESS", artefact, "auc_sex")] for artefact in (VOICE, OWN))
    return (
        f"RAVDESS, another sentence: voice measures {_first(found, 'RAVDESS', VOICE, 'many clips')}, from one clip "
        f"{_first(found, 'RAVDESS', VOICE, 'one clip')}.",
        f"As distances from each side's own usual {_first(found, 'RAVDESS', OWN, 'many clips')}, and the sex of people "
        f"never heard is then told with an AUC of {ends(of_own)} instead of {ends(of_all)}.",
        f"EmoDB: {_first(found, 'EmoDB', VOICE, 'many clips')}.",
        f"MIT Interview, before to after: {_first(found, 'MIT Interview', 'timbre alone')}.",
    )


def _turns(found):
    return (
        f"AMI, another meeting: turn statistics {_first(found, 'AMI', TURNS, 'one meeting')}, among the four of a "
        f"group {_first(found, 'AMI', TURNS, OWN_GROUP)}.",
        f"AMI, the scores alone: {_first(found, 'AMI', 'the scores alone', 'one meeting')}.",
    )


def _confounds(found):
    said = []
    for words, (corpus, artefact) in CONFOUNDS.items():
        rows = linking.worst(found, corpus=corpus, artefact=artefact)
        row = rows[rows["quantity"] == "rank1_over_chance"].sort_values("value").iloc[-1]
        said.append(f"{words} {ends(row, 0, 1)}")
    return (
        f"What says nothing of the person links too, in times chance: {'; '.join(said)}.",
        "Pictures of one sitting, voices from one studio, people who keep group and role: camera, microphone, seat and "
        "room can't be told from the person here, and other rooms or other days may link less.",
    )


def _trait(facts):
    """How much of the score is who is scored."""
    own = facts[(facts["quantity"] == "trait_share") & (facts["corpus"] == "ami")].set_index("profile")
    said = joined(f"{ends(own.loc[one])} of the {one.replace('_', '-')} score" for one in scores.PROFILES)
    row = own.iloc[0]
    return (
        f"Who is scored, and in which role, makes up {said} (share of variance, AMI, {row['n_sides']:.0f} scores in "
        f"{row['n_recordings']:.0f} meetings, {row['n_groups']:.0f} groups).",
        "In GAP everybody was in one meeting: nobody can be found again, and no such share be had.",
    )
