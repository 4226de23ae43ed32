"""How much better a model looks when rows instead of people are split: what the ladder of leaks says, in sentences."""

from mien.study.answer import Answer, ends, spanned

METRIC = "balanced_accuracy"


def ladder(leaks):
    """How good one would look by cheating, for each corpus and model."""
    own = leaks[leaks["metric"] == METRIC].set_index("rung")
    found = dict(iter(own.groupby(["corpus", "model"], sort=False)))
    gains = [rows.loc["rows", "value"] - rows.loc["people", "value"] for rows in found.values()]
    lead = "Better" if min(gains) > 0 else "Not always better"
    (corpus, _), first = next(iter(found.items()))
    short = (
        f"{lead}, by {spanned([100 * gain for gain in gains], '{:.0f}')} points: acted mood is told from voices in "
        f"{_percent(first, 'rows')} of cases when clips of the same person may stand on both sides of the split, in "
        f"{_percent(first, 'people')} when none may (chance {100 * first['chance'].iloc[0]:.0f} %; {corpus}, "
        f"{first['n_people'].iloc[0]:.0f} people)."
    )
    each = (
        f"{corpus}, {model}: rows {ends(rows.loc['rows'], 3, 3)}, people {ends(rows.loc['people'], 3, 3)} "
        f"({rows.loc['rows', 'value'] - rows.loc['people', 'value']:+.3f})."
        for (corpus, model), rows in found.items()
    )
    about = (
        "Balanced accuracy on the same data and model, splitting rows where people must be split; in brackets how much "
        "better cheating looks (no interval of its own: both are of the same clips)."
    )
    return Answer(short, (about, *each))


def _percent(rows, rung):
    return ends(rows.loc[rung], 0, 0, 100, unit=" %")
