"""``mien score``: turns of one's own scored, shown as far as consent goes, with what must be said beside it.

Conventions: a *side* is who is judged (B) against all others (A). By default nothing is shown of fewer than
:data:`LEAST_PEOPLE` people; a score of one person needs the scope ``score_people`` of everybody in the recording.
"""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from mien import scores, sources, tables, turns
from mien.evidence import intervals
from mien.study.score import dosed
from mien.study.truth import conversations
from mien.turns.group import UNDEFINED

LEAST_PEOPLE = 10
SCOPE = "score_people"
NOT_FOR_DECISIONS = (
    "Not for decisions about people: the vendor whose wording is re-implemented says that its results are "
    '"not intended to be used for employment decisions or other comparable decisions" [Z3], and nothing here shows '
    "that they follow how engaged anybody is"
)
DOSE = (
    "the tolerance dose is how much later every answer would have to come, nothing else changed, to cost 10 points: it "
    "says how fragile a score is, and nothing about whoever it is of"
)


@dataclass(frozen=True)
class Talk:
    """One recording to score: who spoke when, how long it lasts, who is on which side, and what is known of it.

    ``roles`` {person_id: A or B}; None where nobody said who is on which side. ``undefined`` is why timing means
    something else, or None.
    """

    recording_id: str
    segments: pd.DataFrame
    duration_s: float
    roles: dict | None = None
    undefined: str | None = None
    is_synthetic: bool = False

    @property
    def people(self):
        """Everybody who speaks or has a role."""
        return sorted({*self.segments["person_id"].astype(str), *(self.roles or {})})

    def sides(self):
        """The roles under which it is scored: those that were given, or each person in turn as B."""
        if self.roles is not None:
            return [self.roles]
        alone = len(self.people) < 2
        return [{p: "B" if p == b else "A" for p in self.people} for b in self.people[: 1 if alone else None]] or [{}]


# --- reading ----------------------------------------------------------------------------------------------------------


def of_built(folder, roles=None):
    """The recordings of a folder made by ``mien build``, as :class:`Talk`."""
    folder = Path(folder)
    said = tables.read(folder / "turns.csv", tables.TURNS)
    seen = tables.read(folder / "windows.csv", tables.WINDOWS)
    about = json.loads((folder / "report.json").read_text("utf-8"))["recordings"]
    found = []
    for recording_id, rows in seen.groupby("recording_id", sort=False):
        own = said[(said["recording_id"] == recording_id) & (said["kind"] == "speech")]
        why = " ".join(rows["why"].dropna().astype(str)) if "why" in rows else ""
        undefined = next((word for word in UNDEFINED if f": {word}" in why), None)
        undefined = "mixed_sound" if (own["person_id"] == f"{recording_id}_mixed").any() else undefined
        made_up = bool(about.get(recording_id, {}).get("is_synthetic", False))
        talk = Talk(recording_id, own, float(rows["end_s"].max()), None, undefined, made_up)
        found.append(with_roles(talk, roles, list(rows["person_id"].unique())))
    return found


def of_turns(path, roles=None, duration_s=None):
    """The recordings of a file of who spoke when (any that ``turns.read`` reads), as :class:`Talk`.

    A CSV may have a column recording_id (several recordings) and one ``kind`` (rows of speech are used). Without
    ``duration_s`` a recording lasts until its last turn ends.
    """
    path = Path(path)
    if path.suffix.lower() == ".csv":
        table = tables.read(
            path, replace(turns.SEGMENTS, columns=(*turns.SEGMENTS.columns, *_MORE)), ("recording_id", "kind")
        )
    else:
        table = turns.read(path)
    return of_turns_table(table, roles, duration_s, path.stem)


def of_turns_table(table, roles=None, duration_s=None, name="recording"):
    """The same of a table that is already read; ``name`` is that of the recording where no column says it."""
    table = table if "kind" not in table else table[table["kind"].isin(["speech", ""])]
    table = table if "recording_id" in table else table.assign(recording_id=name)
    if table.empty:
        return [with_roles(Talk(name, table, duration_s or 0.0), roles, [])]
    groups = table.groupby("recording_id", sort=False)
    return [with_roles(Talk(str(name), own, duration_s or own["end_s"].max()), roles, []) for name, own in groups]


_MORE = (
    tables.Column("recording_id", "which recording", "text"),
    tables.Column("kind", "speech, turn or backchannel", "text", missing=True),
)


def with_roles(talk, roles, silent):
    """A :class:`Talk` with the sides that ``roles`` (:data:`mien.tables.ROLES`) say; None: each person in turn."""
    if roles is None:
        return talk
    odd = sorted(set(roles["role"]) - {"A", "B", *UNDEFINED})
    if odd:
        raise tables.TableError(f"roles: {odd[0]!r} is no role; expected A, B, {' or '.join(UNDEFINED)}")
    given = dict(zip(roles["person_id"].astype(str), roles["role"], strict=True))
    speak = set(talk.segments["person_id"].astype(str))
    unknown = sorted(speak - set(given))
    if unknown:
        raise tables.TableError(
            f"roles: no role for {unknown[0]!r}, who speaks in {talk.recording_id!r}; expected a row with person_id "
            f"and role (A host side, B the side that is judged) for {', '.join(sorted(speak))}"
        )
    here = {person: role for person, role in given.items() if person in {*speak, *silent} or not silent}
    undefined = next((role for role in here.values() if role in UNDEFINED), talk.undefined)
    sides = {person: role if role in ("A", "B") else "A" for person, role in here.items()}
    return replace(talk, roles=sides, undefined=undefined)


def consented(path, talks):
    """Raise :class:`mien.tables.TableError` unless everybody in the recordings let scores of single people be shown.

    People who never lived (synthetic recordings) need not be asked.
    """
    real = [talk.recording_id for talk in talks if not talk.is_synthetic]
    if not real:
        return
    if path is None or not Path(path).is_file():
        raise tables.TableError(
            f"{path or 'no table of recordings'}: expected recordings.csv (name it with --recordings) with a column "
            f"consent_scope that holds {SCOPE} for {real[0]!r}; without it no score of a person is shown"
        )
    table = tables.read(path, tables.CONSENT)
    for recording_id in real:
        own = (
            table.loc[table["recording_id"] == recording_id, "consent_scope"]
            .fillna("")
            .str.split(r"\s*\+\s*", regex=True)
        )
        odd = sorted({word for words in own for word in words} - {"", *tables.CONSENT_SCOPES})
        if odd:
            raise tables.TableError(f"{path}: unknown scope {odd[0]!r}; expected {', '.join(tables.CONSENT_SCOPES)}")
        if not len(own) or not all(SCOPE in words for words in own):
            raise tables.TableError(
                f"{path}: consent_scope of {recording_id!r} does not hold {SCOPE} in every row; expected it of "
                "everybody who was recorded; without it no score of a person is shown"
            )


# --- scoring ----------------------------------------------------------------------------------------------------------


def norms_for(talk, name=None, table=None):
    """The norms for one recording: those named, else sides of a like kind in AMI; never any that may hold it."""
    table = scores.read() if table is None else table
    how = "halves" if talk.roles is not None or len(talk.people) == 2 else "each"
    norms = scores.norms(name or f"ami_{how}_v1", table)
    corpus = table.loc[table["id"] == norms.id, "corpus"].iloc[0]
    if talk.recording_id.startswith(f"{corpus}_") or f"{corpus}_{talk.recording_id}" in _known():
        raise tables.TableError(
            f"scores: the reference {norms.id!r} may hold the recording {talk.recording_id!r}; name another with "
            f"--reference: {', '.join(dict.fromkeys(table.loc[table['corpus'] != corpus, 'id']))}"
        )
    return norms


def _known():
    """The recordings that the references were made from, where the committed table of their turns lies."""
    path = sources.home() / conversations.FILES["turn_anchors"]
    return set(pd.read_csv(path, usecols=["recording_id"])["recording_id"]) if path.is_file() else set()


def every_score(talks, reference=None, settings=None, turn=None, tick=lambda *_: None):
    """Every score of every side, a row each of :data:`mien.tables.SCORES`; whoever is judged is in ``person_id``."""
    table, rows = scores.read(), []
    for number, talk in enumerate(talks):
        norms = norms_for(talk, reference, table)
        for roles in talk.sides():
            who = "+".join(sorted(person for person, side in roles.items() if side == "B"))
            told = {"recording_id": talk.recording_id, "person_id": who, "n_people": list(roles.values()).count("B")}
            rows += [told | score.row() for score in _scores(talk, roles, norms, settings, turn, who)]
        tick("scores", number + 1, len(talks))
    return tables.SCORES.check(pd.DataFrame(rows)[tables.SCORES.names])


def _scores(talk, roles, norms, settings, turn, who):
    """All scores of one side: the open score, its parts alone, and what else it is held against."""
    one = scores.heard(
        talk.segments, roles, talk.duration_s, settings, turn, None, talk.undefined, f"{talk.recording_id}/{who}"
    )
    words = talk.segments[talk.segments["person_id"].astype(str).map(roles) == "B"]
    try:
        said = scores.sentiment(None if talk.undefined else words)
    except scores.LexiconError:
        said = scores.Score("sentiment", "none", np.nan, why={"value": "no_lexicon"})
    undefined = talk.undefined or one.reasons.get("talk_share_B")
    talked = one.talk_b_s if not undefined else 0.0
    return [
        *scores.scored(one, norms),
        *scores.alone(one, norms),
        *scores.avaya(talked, talk.duration_s, undefined),
        said,
    ]


# --- showing ----------------------------------------------------------------------------------------------------------


def together(rows):
    """What may be shown without consent: per score the mean over all sides, and each recording without its numbers.

    A mean is given for at least :data:`LEAST_PEOPLE` people, with a 95 % interval over recordings that share nobody;
    else its value is NaN (too_few_people). A recording's own numbers are withheld, or missing for their own reason.
    """
    found = []
    for (score, profile), own in rows.groupby(["score", "profile"], sort=False):
        found.append(_mean(own) | {"score": score, "profile": profile})
        found += [_hidden(one) | {"recording_id": name} for name, one in own.groupby("recording_id", sort=False)]
    return tables.SCORES.check(pd.DataFrame(found)[tables.SCORES.names])


NUMBERS = [column.name for column in tables.SCORES.columns if column.kind == "number" and column.name != "n_people"]


def _mean(own):
    """The row 'all' of one score."""
    whole = own[own["value"].notna()]
    n = len({person for who in whole["person_id"] for person in who.split("+") if person})
    base = dict.fromkeys(NUMBERS, np.nan) | {"recording_id": "all", "person_id": "", "n_people": n}
    base |= {name: "+".join(sorted(set(own[name]) - {""})) for name in ("reference", "reference_sha256")}
    if n < LEAST_PEOPLE:
        reasons = set() if len(whole) else {item for cell in own["why"] for item in cell.split("; ") if item}
        kept = {item for item in reasons if item.split(": ")[0] not in NUMBERS[1:4]}
        return base | {"why": "; ".join(sorted(kept)) or "value: too_few_people"}
    named = whole.assign(person_id=whole["person_id"].str.split("+")).explode("person_id")
    home = dict(zip(named["recording_id"], _groups(named), strict=True))
    groups = np.unique(whole["recording_id"].map(home), return_inverse=True)[1]
    counts, totals = np.bincount(groups), np.bincount(groups, whole["value"])
    mean = intervals.estimate(lambda w: (w @ totals) / (w @ counts), len(counts), bounds=(0, 100))
    parts = {name: whole[name].mean() for name in scores.COMPONENTS}
    why = {} if np.isfinite(mean.low) else {"low": "too_few_people", "high": "too_few_people"}
    return base | parts | {"value": mean.value, "low": mean.low, "high": mean.high, "why": tables.why(why)}


def _groups(named):
    from mien import windows

    return windows.group_id(named[["recording_id", "person_id"]])


def _hidden(own):
    """A recording in the default export: why it has no score, and that what it has is withheld."""
    first = own.iloc[0]
    lost = own[own["value"].isna()]
    told = {} if own["value"].notna().any() else dict(item.split(": ") for item in lost.iloc[0]["why"].split("; "))
    why = tables.why({name: told.get(name, "withheld") for name in ("value", "low", "high", *scores.COMPONENTS)})
    kept = {name: first[name] for name in ("score", "profile", "reference", "reference_sha256")}
    return dict.fromkeys(NUMBERS, np.nan) | kept | {"person_id": "", "n_people": int(own["n_people"].sum()), "why": why}


def sentences(rows, talks, per_person=False):
    """What is printed: what the score is, what it was held against, the summary, and what it is not for."""
    made_up = "SYNTHETIC recordings, no evidence about people: " if any(t.is_synthetic for t in talks) else ""
    lines = [
        f"{made_up}openengage v{scores.VERSION}. {scores.NOT_A_VENDORS}.",
        f"  {scores.PUBLIC}",
        f"  {scores.ASSUMED}",
    ]
    used = rows.loc[rows["reference"] != "", ["reference", "reference_sha256"]].drop_duplicates()
    lines += [
        f"  norms: {row.reference} (sha256 {row.reference_sha256[:16]}…), from meetings face to face, none a video call"
        for row in used.itertuples()
        if "+" not in row.reference
    ]
    if any(talk.roles is None for talk in talks):
        lines.append("  nobody said who is on which side: each person in turn is B, all others are A (see --roles)")
    told = together(rows)
    lines += _means(told[told["recording_id"] == "all"], len(talks))
    without = told[
        (told["recording_id"] != "all") & (told["score"] == "openengage") & ~told["why"].str.contains("value: withheld")
    ]
    for row in without[without["profile"] == "fixed_curve"].itertuples():
        lines.append(f"  {row.recording_id}: no score ({reasons(row.why)})")
    if per_person:
        lost = tolerances(rows, talks)
        lines += [_personal(row, lost) for row in rows[rows["score"] == "openengage"].itertuples()]
    return [*lines, f"{NOT_FOR_DECISIONS}{f'; {DOSE}' if per_person else ''}."]


def tolerances(rows, talks):
    """The tolerance dose of every side that has a score, seconds: {(recording_id, who, profile): dose or NaN}."""
    scored_rows = rows[(rows["score"] == "openengage") & rows["value"].notna()]
    found = {}
    for talk in talks:
        own = scored_rows[scored_rows["recording_id"] == talk.recording_id]
        norms = scores.norms(next(iter(set(own["reference"]) - {""}))) if len(own) else None
        for roles in talk.sides() if len(own) else ():
            who = "+".join(sorted(person for person, side in roles.items() if side == "B"))
            if (own["person_id"] == who).any():
                doses = dosed.tolerance_doses(talk.segments, roles, talk.duration_s, norms)
                found |= {(talk.recording_id, who, profile): dose for profile, dose in doses.items()}
    return found


def _means(rows, n_recordings):
    """A line per score that has a mean, and one for all that lack it for the same reason."""
    lines, without = [], {}
    for row in rows.itertuples():
        name = row.score if row.profile == "none" else f"{row.score}, {row.profile}"
        if np.isnan(row.value):
            reason = f"{row.n_people} people scored in {n_recordings} recordings; {reasons(row.why)}"
            without.setdefault(reason, []).append(name)
            continue
        ends = f" [{row.low:.1f}, {row.high:.1f}]" if np.isfinite(row.low) else " (too few groups for an interval)"
        lines.append(f"  {name}: mean {row.value:.1f}{ends} of 100, {row.n_people} people, {n_recordings} recordings")
    return lines + [f"  no mean of {'; '.join(names)} ({reason})" for reason, names in without.items()]


def _personal(row, lost):
    name = f"  {row.recording_id}, {row.person_id or 'nobody'}, {row.profile}"
    if np.isnan(row.value):
        return f"{name}: no score ({reasons(row.why)})"
    error = f", standard error of measurement {row.sem_points:.1f} points from length alone"
    ends = f" [{row.low:.1f}, {row.high:.1f}]{error}" if np.isfinite(row.low) else f" (no interval: {reasons(row.why)})"
    dose = lost[row.recording_id, row.person_id, row.profile]
    most = f"none up to {dosed.TRIED_S[-1]:g} s"
    return f"{name}: {row.value:.1f}{ends}, tolerance dose {f'{1000 * dose:.0f} ms' if np.isfinite(dose) else most}"


def reasons(why):
    """The reasons of a cell ``why`` in words, the components' own before the score's."""
    items = [item.split(": ") for item in str(why).split("; ") if ": " in item]
    own = [(name, reason) for name, reason in items if reason != "component_nan" and name not in ("low", "high")]
    said = [f"{name}: {tables.REASONS[reason]}" for name, reason in own or items]
    return "; ".join(dict.fromkeys(said)) or "no reason given"
