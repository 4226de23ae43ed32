"""How far people agree, and whether some are read better than others: what the rows of ``ratings`` say."""

from mien.study.answer import Answer, above, clear, ends, in_each, joined, spanned, yes_no

CHANNELS = ("voice", "face", "both")
WHERE = {"voice": "the voice", "face": "the face", "both": "both"}
SURE_ALPHA = 0.667
"""The least alpha for even tentative conclusions (Krippendorff 2004, Content Analysis)."""
NOT_FELT = "Agreement of observers says what a face or voice displays to others, not what is felt."


def value(rows, corpus, target, channel, measure):
    """One row of the table by its key."""
    return rows.set_index(["corpus", "target", "channel", "measure"]).loc[(corpus, target, channel, measure)]


# --- how far they agree -----------------------------------------------------------------------------------------------


def answer(rows):
    """How far people agree on what they saw and heard, by channel, and beside it what is not agreed on."""
    alpha, meant = ([_emotion(rows, one, measure) for one in CHANNELS] for measure in ("alpha_nominal", "hit_rate"))
    little = yes_no([row["low"] >= SURE_ALPHA for row in alpha], "Well", "In part", "Little")
    luck = yes_no([above(row, row["chance"]) for row in meant], "though", "in part", "not shown to be")
    shown = joined(
        f"{ends(row, 0, 0, 100, unit=' %')} from {WHERE[channel]}" for channel, row in zip(CHANNELS, meant, strict=True)
    )
    short = (
        f"{little}, {luck} above chance: people name the emotion that an actor was asked to show in {shown} (chance "
        f"{100 * meant[0]['chance']:.0f} %; CREMA-D, {meant[0]['n_people']:.0f} actors), and agree with each other by "
        f"an alpha of {spanned([row['value'] for row in alpha])} (1: fully)."
    )
    n_votes = sum(row["n_ratings"] for row in alpha)
    whom = (
        f"CREMA-D (acted; {alpha[0]['n_people']:.0f} actors, {alpha[0]['n_units']:,.0f} clips, {n_votes:,.0f} votes); "
        f"alpha below {SURE_ALPHA} is too low for even tentative conclusions (Krippendorff 2004)."
    )
    mark = "The agreement of one rater with the others is the mark for a model of these labels."
    return Answer(
        short, (whom, *(_channel(rows, one) for one in CHANNELS), mark, _affect(rows), _meetings(rows), NOT_FELT)
    )


def _emotion(rows, channel, measure):
    return value(rows, "cremad", "emotion", channel, measure)


def _channel(rows, channel):
    meant = _emotion(rows, channel, "hit_rate")
    return (
        f"{channel.capitalize()}: alpha {ends(_emotion(rows, channel, 'alpha_nominal'))}; what was meant is named by "
        f"{ends(meant, 0, 0, 100)} % of votes (chance {100 * meant['chance']:.0f} %); one rater agrees with the "
        f"majority of the others in {ends(_emotion(rows, channel, 'rater_vs_others'))}."
    )


def _affect(rows):
    positive, negative = (
        value(rows, "haines", f"{one} affect", "face", "alpha_ordinal") for one in ("positive", "negative")
    )
    return (
        f"Haines ({positive['n_people']:.0f} people, {positive['n_units']:,.0f} clips, 3 trained raters): ordinal "
        f"alpha {ends(positive)} for positive, {ends(negative)} for negative affect."
    )


def _meetings(rows):
    inside = rows[(rows["corpus"] == "gap") & (rows["measure"] == "alpha_ordinal")]
    return (
        f"GAP ({inside['n_units'].iloc[0]:.0f} meetings): members agree about the same meeting above chance in "
        f"{int((inside['low'] > 0).sum())} of {len(inside)} ratings (ordinal alpha {spanned(inside['value'])})."
    )


# --- whom they read better --------------------------------------------------------------------------------------------


def people_answer(rows):
    """Whether people read some actors better than others; no verdict below the floor."""
    women = [value(rows, "cremad", "female_minus_male", one, "hit_rate_difference") for one in CHANNELS]
    verb = "recognise" if all(above(row) for row in women) else "were not shown to recognise"
    short = (
        f"{yes_no(map(clear, women))}: observers {verb} what actresses mean more often than what actors mean, by "
        f"{_by_channel(women)} points (CREMA-D, {women[0]['n_people']:.0f} people, acted)."
    )
    caveat = "A gap of a model of that size may come from its labels."
    return Answer(short, (_narrower(rows, women), _other_group(rows), _who_it_is(rows), caveat))


def _by_channel(rows):
    return in_each(zip(CHANNELS, rows, strict=True), least=1, most=1, times=100, sign=True)


def _narrower(rows, women):
    clips = [value(rows, "cremad", "female_minus_male", one, "hit_rate_difference_of_clips") for one in CHANNELS]
    times = [
        (row["high"] - row["low"]) / (wrong["high"] - wrong["low"]) for row, wrong in zip(women, clips, strict=True)
    ]
    return f"Counting clips as people would make these intervals {spanned(times, '{:.1f}')} times too narrow."


def _other_group(rows):
    other = [value(rows, "cremad", "african_american_minus_caucasian", c, "hit_rate_difference") for c in CHANNELS]
    verdict = "not testable, a reference and no verdict" if other[0]["why"] else "tested"
    return f"African American minus Caucasian actors ({verdict}): {_by_channel(other)} points."


def _who_it_is(rows):
    spread = rows[(rows["corpus"] == "haines") & (rows["measure"] == "trait_share")].to_dict("records")
    shares = joined(f"{100 * row['value']:.0f} % (perceived {row['target']})" for row in spread)
    return (
        f"In Haines ({spread[0]['n_people']:.0f} people) who it is makes up {shares} of the variance; the rest is the "
        "moment, what was seen, and the raters."
    )
