"""Does the open score follow what people say of themselves: what the rows of ``construct`` say."""

from mien import scores
from mien.study import asked, criteria
from mien.study.answer import Answer, above, ends, joined, yes_no
from mien.study.construct_rows import NAME, SCORE, source

PROFILES = scores.PROFILES
LEAST_GROUPS = 30
"""How many groups of people the rules ask for (``verdict_rules.yaml``)."""
WORDS = dict(zip(PROFILES, ("norm-referenced", "fixed curves"), strict=True))


def picked(rows, target, what, measure=NAME, profile="", corpus="GAP"):
    """One row by its key."""
    keys = ["corpus", "target", "what", "measure", "profile"]
    return rows.set_index(keys).sort_index().loc[(corpus, target, what, measure, profile)]


def answer(rows):
    """Whether the open score follows what people say of themselves, and whether it is the same again."""
    details = (*_primary(rows), *_others(rows), *_fixed(rows), *_same_again(rows), *_not_asked(rows))
    return Answer(_short(rows), details)


def _both(rows, target, what, corpus="GAP", least=2, most=2):
    """A number of both profiles: '0.17 [-0.05, 0.38] and 0.09 [-0.11, 0.29]'."""
    return joined(ends(picked(rows, target, what, profile=one, corpus=corpus), least, most) for one in PROFILES)


def _short(rows):
    found = [picked(rows, criteria.PRIMARY, "r", profile=one) for one in PROFILES]
    lead = yes_no([above(row) and row["p_adjusted"] < 0.05 for row in found])
    each = joined(f"{ends(row)} ({words})" for row, words in zip(found, WORDS.values(), strict=True))
    talk = joined(f"{picked(rows, SCORE, 'r_with_talk_share', profile=one)['value']:.2f}" for one in PROFILES)
    n = found[0]["n_groups"]
    few = f" (by the rules not assessable: {n:.0f} meetings are too few)" if n < LEAST_GROUPS else ""
    return (
        f"{lead}{few}: the satisfaction of {found[0]['n_people']:.0f} students with their meeting (GAP, self) goes "
        f"with the score by r = {each}; how much they talked does by {talk}."
    )


def _primary(rows):
    target = criteria.PRIMARY
    n = picked(rows, target, "r", "talk_share")
    p = joined(f"{picked(rows, target, 'r', profile=one)['p_adjusted']:.2f}" for one in PROFILES)
    most = joined(f"{picked(rows, target, 'r_attainable', profile=one)['value']:.2f}" for one in PROFILES)
    return (
        f"GAP ({n['n_people']:.0f} students, {n['n_groups']:.0f} meetings) was asked about the meeting, never about "
        "engagement; in each pair of numbers the first is of the norm-referenced profile, the second of fixed curves.",
        "Satisfaction, the criterion named beforehand (reliability "
        f"{ends(picked(rows, target, 'reliability', 'label'))}), goes with the score by r {_both(rows, target, 'r')} "
        f"(Holm p = {p}); without the error of both {_both(rows, target, 'r_disattenuated')}; with talk share held "
        f"{_both(rows, target, 'r_beyond_talk')}; score and label could show {most} at most.",
        f"With talk share itself the score goes by {_both(rows, SCORE, 'r_with_talk_share')}.",
        f"One's own score counts for {_both(rows, target, 'actor_slope')} standard deviations of satisfaction, that of "
        f"the others for {_both(rows, target, 'partner_slope')}.",
    )


def _others(rows):
    mine = rows[(rows["role"] == "secondary") & (rows["what"] == "r")]
    mine = mine[mine["target"].isin(criteria.CRITERIA)]
    found = mine[mine["p_adjusted"] < 0.05]
    each = [_clear(rows, target) for target in dict.fromkeys(found["target"])]
    yield (
        f"Of {len(mine)} correlations with {mine['target'].nunique()} other criteria {len(found)} are clear of luck "
        f"(false discovery rate 5 %){': ' if each else ''}{'; '.join(each)}."
    )


def _clear(rows, target):
    talk = ends(picked(rows, target, "r", "talk_share"))
    return (
        f"{criteria.CRITERIA[target]} ({source(target)}) {_both(rows, target, 'r')}, where talk share alone has "
        f"{talk}, and with talk share held {_both(rows, target, 'r_beyond_talk')} is left"
    )


def _fixed(rows):
    target = criteria.PRIMARY
    line = [picked(rows, target, f"balanced_accuracy{end}", profile=one) for one in PROFILES for end in ("", "_gap")]
    drops = ", ".join(
        f"{words} {ends(picked(rows, target, f'auc_lost_without_{name}', 'parts_fitted'))}"
        for name, words in asked.ADDS.items()
    )
    told = joined(f"{line[at]['value']:.2f} ({ends(line[at + 1])} above the best baseline)" for at in (0, 2))
    return (
        f"The line at 50 tells the more from the less satisfied with a balanced accuracy of {told}.",
        f"Fitted together, the parts lose this much AUC for satisfaction when one is left out: {drops}.",
    )


def _same_again(rows):
    icc, sem = (picked(rows, SCORE, what, profile=PROFILES[0], corpus="AMI") for what in ("icc_retest", "sem_pts"))
    other = picked(rows, SCORE, "sem_pts", profile=PROFILES[1], corpus="AMI")
    change = _both(rows, SCORE, "minimal_detectable_change_pts", "AMI", 0, 0)
    return (
        f"The same again (AMI, {icc['n_people']:.0f} people in four meetings each): ICC(A,1) "
        f"{_both(rows, SCORE, 'icc_retest', 'AMI')}, standard error {sem['value']:.0f} and {other['value']:.0f} "
        f"points; two meetings of one person must differ by {change} points to say more than chance.",
        f"The person's share of the variance is {_both(rows, SCORE, 'trait_share', 'AMI')}.",
    )


def _not_asked(rows):
    n = picked(rows, criteria.PRIMARY, "r", profile=PROFILES[0])["n_groups"]
    if n < LEAST_GROUPS:
        yield (
            f"By the rules all of GAP is not assessable ({n:.0f} groups, {LEAST_GROUPS} are asked for), whatever the "
            "numbers."
        )
    yield (
        "ICSI's hot spots are mostly amusement and MIT Interview kept one side of each interview: neither can be asked."
    )
