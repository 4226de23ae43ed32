"""How far people agree on what they saw and heard: committed rows, and how they are remade.

Four corpora: CREMA-D (some 2,400 people named an acted emotion from the voice, the face or both), Haines (three trained
raters, how affected spontaneous faces look), GAP (members of a meeting rate it afterwards) and MIT Interview (mean
ratings of the same people before and after coaching; single answers are not published, so no agreement). The corpora
stay with their makers; what lies in ``data/`` are the rows found in them, and one row per actor of CREMA-D and channel.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from mien import corpora, tables
from mien.corpora import cremad, gap, haines, mit
from mien.evidence import agreement, groups, intervals, reliability
from mien.study.ratings_words import CHANNELS, answer, people_answer

NOTEBOOKS = ("05_ratings",)
FILES = {"agreement": "agreement.csv", "agreement_people": "agreement_people.csv"}
"""The tables, by name: a row per corpus, target, channel and measure; a row per actor of CREMA-D and channel."""

PLACES = {"cremad": "cremad", "haines": "haines", "gap": "gap", "mit": "mit_interview"}
"""The corpora, and what their folders are called where they lie side by side."""

CORPORA = {"cremad": "CREMA-D", "haines": "Haines", "gap": "GAP", "mit": "MIT Interview"}
LICENCES = {
    "cremad": "ODbL 1.0",
    "haines": "found in data without a licence",
    "gap": "CC BY-NC 4.0",
    "mit": "MIT",
}
EMOTIONS = tuple(cremad.EMOTIONS.values())
MOMENT_S = 60.0
"""How long a moment of a meeting is, when a person's share of the talk is followed through it."""


def _number(name, meaning):
    return tables.Column(name, meaning, missing=True)


ROWS = tables.Table(
    "agreement",
    "corpus, what was rated, channel and measure",
    (
        tables.Column("corpus", "where the ratings come from", "text"),
        tables.Column("target", "what was rated", "text"),
        tables.Column("channel", "what the raters were given", "text"),
        tables.Column("measure", "which number of agreement or reliability", "text"),
        _number("value", "the number"),
        _number("low", "lower end of the 95 % interval over groups"),
        _number("high", "upper end of the 95 % interval over groups"),
        tables.Column("interval", "how the interval was made", "text", missing=True),
        _number("chance", "what guessing reaches"),
        tables.Column("n_groups", "independent groups of people who were rated", low=0),
        tables.Column("n_people", "people who were rated", low=0),
        tables.Column("n_units", "clips, meetings or interviews", low=0),
        _number("n_ratings", "single ratings or measurements; NaN where only means are published"),
        tables.Column("licence", "of the corpus", "text"),
        tables.Column("why", "why a value is missing: 'column: reason', joined by '; '", "text", missing=True),
    ),
    ("corpus", "target", "channel", "measure"),
)
"""What ``agreement.csv`` promises."""


def remake(folders, out, settings=None, tick=lambda *_: None):
    """Make the tables from the corpora in ``folders`` ({name: folder}, all names of :data:`PLACES`); return the paths.

    Raises :class:`mien.corpora.CorpusError` for a missing name and for a folder that does not hold its corpus.
    """
    lost = sorted(set(PLACES) - set(folders))
    if lost:
        raise corpora.CorpusError(f"no folder for {', '.join(lost)}; expected one for each of {', '.join(PLACES)}")
    votes, people = cremad.votes(folders["cremad"]), cremad.people(folders["cremad"])
    parts = []
    for number, name in enumerate(PLACES, 1):
        tick(CORPORA[name], number, len(PLACES))
        given = (votes, people) if name == "cremad" else (folders[name],)
        parts += {"cremad": of_votes, "haines": of_haines, "gap": of_gap, "mit": of_mit}[name](*given, settings)
    found = ROWS.check(pd.DataFrame(parts)[ROWS.names])
    Path(out).mkdir(parents=True, exist_ok=True)
    made = {"agreement": found, "agreement_people": by_person(votes, people)}
    return [tables.write(rounded(table), Path(out) / FILES[name]) for name, table in made.items()]


def rounded(table):
    """The table with six decimals in its numbers: the same bytes everywhere."""
    return table.round(dict.fromkeys(table.select_dtypes("float").columns, 6))


def read(folder, names=tuple(FILES)):
    """Those of the tables that are among ``names``, by name."""
    found = {name: pd.read_csv(Path(folder) / file) for name, file in FILES.items() if name in names}
    if "agreement" in found:
        texts = ["interval", "why"]
        found["agreement"][texts] = found["agreement"][texts].fillna("")
        ROWS.check(found["agreement"], FILES["agreement"])
    return found


def _row(place, measure, found, units, **more):
    """A row from an estimate; ``units``: (people, units, ratings); ``place``: (corpus, target, channel)."""
    corpus, target, channel = place
    n_people, n_units, n_ratings = units
    why = {} if np.isfinite(found.value) else {"value": found.why}
    why |= {} if np.isfinite(found.low) else dict.fromkeys(("low", "high"), found.why or "too_few_people")
    why |= {} if "chance" in more else {"chance": "not_computed"}
    why |= {"n_ratings": "not_published"} if n_ratings is None else {}
    return {
        "corpus": corpus,
        "target": target,
        "channel": channel,
        "measure": measure,
        **{name: getattr(found, name) for name in ("value", "low", "high", "interval", "n_groups")},
        "chance": more.get("chance", np.nan),
        "n_people": n_people,
        "n_units": n_units,
        "n_ratings": np.nan if n_ratings is None else n_ratings,
        "licence": LICENCES[corpus],
        "why": tables.why(why),
    }


# --- CREMA-D ----------------------------------------------------------------------------------------------------------


def _recognised(votes):
    """Counts of votes, what was meant, and the two hits of each row of votes."""
    counts = votes[[f"votes_{emotion}" for emotion in EMOTIONS]].to_numpy(dtype=float)
    meant = votes["label_emotion"].map({emotion: place for place, emotion in enumerate(EMOTIONS)}).to_numpy()
    return counts, meant, *agreement.recognised(counts, meant)


def of_votes(votes, people, settings=None):
    """Rows of CREMA-D: agreement and recognition by channel and by emotion, and how the channels' votes go together."""
    rows = []
    for channel in CHANNELS:
        mine = votes[votes["channel"] == channel]
        counts, _, hit, most = _recognised(mine)
        who = np.unique(mine["person_id"], return_inverse=True)[1]
        place, n = ("cremad", "emotion", channel), (mine["person_id"].nunique(), len(mine), int(counts.sum()))
        chance = {"chance": 1 / len(EMOTIONS)}
        rows += [
            _row(place, "alpha_nominal", agreement.alpha(counts, groups=who, settings=settings), n, chance=0.0),
            _row(place, "rater_vs_others", agreement.rater_against_majority(counts, who, settings), n, **chance),
            _row(place, "pairs_agree", agreement.pairwise_agreement(counts, who, settings), n, **chance),
            _row(place, "hit_rate", agreement.mean(hit, who, settings), n, **chance),
            _row(
                place, "hit_rate_votes", agreement.share(hit * counts.sum(1), counts.sum(1), who, settings), n, **chance
            ),
            _row(place, "majority_hit_rate", agreement.mean(most, who, settings), n, **chance),
        ]
        for emotion in EMOTIONS:
            of = (mine["label_emotion"] == emotion).to_numpy()
            found = agreement.mean(hit[of], np.unique(who[of], return_inverse=True)[1], settings)
            rows.append(
                _row(
                    ("cremad", emotion, channel),
                    "hit_rate",
                    found,
                    (n[0], int(of.sum()), int(counts[of].sum())),
                    **chance,
                )
            )
    return rows + _together(votes, settings) + _by_group(votes, by_person(votes, people), settings)


def _together(votes, settings):
    """How far the shares of votes from one channel go with those from another, over clips."""
    rows = []
    counts = votes[[f"votes_{emotion}" for emotion in EMOTIONS]]
    shares = counts.div(counts.sum(axis=1), axis=0).assign(channel=votes["channel"], recording_id=votes["recording_id"])
    wide = shares.pivot(index="recording_id", columns="channel")
    who = np.unique(wide.index.str.rsplit("_", n=3).str[0], return_inverse=True)[1]
    for one, other in (("voice", "face"), ("face", "both"), ("voice", "both")):
        for emotion in EMOTIONS:
            values = wide[f"votes_{emotion}"]
            found = reliability.correlation(values[one].to_numpy(), values[other].to_numpy(), who, settings)
            place = ("cremad", emotion, f"{one}+{other}")
            rows.append(
                _row(place, "vote_share_r", found, (who.max() + 1, len(wide), int(counts.to_numpy().sum())), chance=0.0)
            )
    return rows


def by_person(votes, people):
    """How often what an actor meant was recognised: a row per actor and channel, with what they told of themselves."""
    counts, _, hit, most = _recognised(votes)
    rows = votes[["person_id", "channel"]].assign(hit_rate=hit, majority_hit_rate=most, n_votes=counts.sum(axis=1))
    found = rows.groupby(["person_id", "channel"]).agg(
        hit_rate=("hit_rate", "mean"),
        majority_hit_rate=("majority_hit_rate", "mean"),
        n_recordings=("hit_rate", "size"),
        n_votes=("n_votes", "sum"),
    )
    found = found.reset_index().merge(people, on="person_id", how="left", validate="many_to_one")
    order = found["channel"].map({channel: place for place, channel in enumerate(CHANNELS)})
    return found.assign(order=order).sort_values(["person_id", "order"], ignore_index=True).drop(columns="order")


PAIRS = {
    "female_minus_male": ("sex", "female", "male"),
    "african_american_minus_caucasian": ("race", "African American", "Caucasian"),
}
"""Differences between groups of actors, as they told who they are."""


def _by_group(votes, actors, settings):
    """How much more often people recognise what one group of actors means than another; below the floor no verdict.

    ``hit_rate_difference`` has the actor as its unit; ``…_of_clips`` is the wrong way: as if each clip were a person.
    """
    rows = []
    about = groups.GroupSettings(interval=settings or intervals.IntervalSettings())
    for channel in CHANNELS:
        mine = actors[actors["channel"] == channel]
        for name, (column, first, second) in PAIRS.items():
            found = groups.difference_of_people(mine["hit_rate"], mine[column], first, second, about)
            two = mine[mine[column].isin([first, second])]
            n = len(two), int(two["n_recordings"].sum()), int(two["n_votes"].sum())
            row = _row(("cremad", name, channel), "hit_rate_difference", found["difference"], n, chance=0.0)
            why = {} if found["testable"] else {"why": "verdict: below_floor"}
            wrong = groups.welch(*(_hits(votes, two, channel, column, name) for name in (first, second)))
            rows += [
                row | why,
                _row(("cremad", name, channel), "hit_rate_difference_of_clips", wrong, n, chance=0.0) | why,
            ]
    return rows


def _hits(votes, actors, channel, column, group):
    """The share of votes for what was meant in every clip of a group of actors."""
    who = actors.loc[actors[column] == group, "person_id"]
    return _recognised(votes[(votes["channel"] == channel) & votes["person_id"].isin(who)])[2]


# --- Haines, GAP, MIT -------------------------------------------------------------------------------------------------


def of_haines(folder, settings=None):
    """Rows of Haines: how far three trained raters agree on how positive and negative a face looks."""
    rows = []
    rated = haines.ratings(folder)
    for target, mine in rated.groupby("scale", sort=False):
        values = mine.filter(regex=r"^rater_\d+$").to_numpy(dtype=float)
        who = np.unique(mine["person_id"], return_inverse=True)[1]
        place = ("haines", f"{target} affect", "face")
        n = who.max() + 1, len(mine), int((~np.isnan(values)).sum())
        rows += _scales(place, values, who, n, settings)
        rows += _iccs(place, values, who, n, ("1,1", "2,1", "2,k", "3,1"), settings)
        lower, upper = agreement.noise_ceiling(values, who, settings)
        rows += [_row(place, "noise_ceiling_lower", lower, n, chance=0.0)]
        rows += [_row(place, "noise_ceiling_upper", upper, n, chance=0.0)]
        share = reliability.trait_share(np.nanmean(values, axis=1), who, who, settings=settings)
        rows.append(_row(place, "trait_share", share, n))
    return rows


def of_gap(folder, settings=None):
    """Rows of GAP: how far members of a meeting agree on how it went; whose variance the talk of a minute is."""
    rows = []
    people = gap.people(folder)
    seat = people.groupby("recording_id").cumcount()
    for column in gap.RATED.values():
        values = people.pivot_table(index="recording_id", columns=seat, values=column).to_numpy(dtype=float)
        place = ("gap", column.removeprefix("label_").replace("_", " "), "meeting")
        n = len(people), len(values), int((~np.isnan(values)).sum())
        rows += _scales(place, np.round(values, 6), None, n, settings)
        rows += _iccs(place, values, None, n, ("1,1", "1,k"), settings)
    talk = minutes_of_talk(folder)
    share = reliability.trait_share(talk["share"], talk["person_id"], talk["recording_id"], settings=settings)
    n = talk["person_id"].nunique(), talk["recording_id"].nunique(), len(talk)
    half = reliability.split_half(talk["share"], talk["person_id"], _home(talk), settings=settings)
    place = ("gap", "share of the talk in a minute", "turns")
    return [*rows, _row(place, "trait_share", share, n), _row(place, "split_half_sb", half, n, chance=0.0)]


def _home(talk):
    """The group of each person, in sorted order of people."""
    first = talk.drop_duplicates("person_id").sort_values("person_id")
    return np.unique(first["recording_id"], return_inverse=True)[1]


def minutes_of_talk(folder):
    """Each person's share of the talk in every whole minute of their GAP meeting: recording_id, person_id, share."""
    parts = []
    for meeting in gap.recordings(folder).itertuples():
        segments = gap.segments(meeting.path)
        start = segments["start_s"].min()
        edges = start + MOMENT_S * np.arange(1 + int((segments["end_s"].max() - start) // MOMENT_S))
        spans = segments[["start_s", "end_s"]].to_numpy()
        inside = np.minimum(spans[:, 1:], edges[1:]) - np.maximum(spans[:, :1], edges[:-1])
        talk = pd.DataFrame(np.maximum(inside, 0)).groupby(segments["person_id"]).sum()
        share = (talk / talk.sum()).rename_axis(columns="minute").stack().rename("share").reset_index()
        parts.append(share.assign(recording_id=meeting.recording_id))
    return pd.concat(parts, ignore_index=True).sort_values(["person_id", "minute"], ignore_index=True)


def of_mit(folder, settings=None):
    """Rows of MIT Interview: do people get the same mean rating again in the interview after coaching?"""
    rows = []
    rated = mit.ratings(folder)
    for column in ("label_overall", "label_excited"):  # the two whose names a second source confirms
        twice = rated.pivot(index="person_id", columns="confound_coached", values=column)[["no", "yes"]].to_numpy()
        place, n = ("mit", column.removeprefix("label_"), "interview"), (len(twice), twice.size, None)
        rows += _iccs(place, twice, None, n, ("2,1", "3,1"), settings)
        people = np.repeat(np.arange(len(twice)), 2)
        rows.append(
            _row(place, "trait_share", reliability.trait_share(twice.ravel(), people, people, settings=settings), n)
        )
        error = _error(twice, settings)
        rows.append(_row(place, "sem_points", error, n))
    return rows


def _error(twice, settings):
    """The standard error of measurement in points of the scale, with its interval over people."""
    parts = reliability.moments(twice)

    def statistic(weights):
        n, means, covariance = parts.weighted(weights)
        spread = np.trace(covariance, axis1=1, axis2=2) - covariance.sum(axis=(1, 2)) / 2  # what is not the person's
        level = n * means.var(axis=1, ddof=1) - spread
        return np.sqrt(np.maximum(spread + np.maximum(level, 0) / n, 0))

    return intervals.estimate(statistic, parts.n_groups, settings, (0, np.inf))


def _scales(place, values, who, n, settings):
    """Alpha under each reading of the scale, and the raw share of pairs that agree."""
    counts, levels = agreement.votes(values)
    rows = [
        _row(place, f"alpha_{scale}", agreement.alpha(counts, scale, levels, who, settings), n, chance=0.0)
        for scale in agreement.SCALES
    ]
    return [*rows, _row(place, "pairs_agree", agreement.pairwise_agreement(counts, who, settings), n)]


def _iccs(place, values, who, n, kinds, settings):
    return [
        _row(place, f"icc_{kind.replace(',', '_')}", reliability.icc(values, kind, who, settings), n, chance=0.0)
        for kind in kinds
    ]


# --- what was found ---------------------------------------------------------------------------------------------------


def answers(read):
    """What was found, by name."""
    return {"ratings": answer(read["agreement"]), "people": people_answer(read["agreement"])}
