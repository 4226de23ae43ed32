"""Edits of timelines: the thing changed is the dose asked for, by tools that are not mien's, and nothing else changed.

Conversations are made up (SYNTHETIC) so that each row says which turn it belongs to: what an edit did is then read off
rows, with no notion of a turn but the one by which they were written. Real meetings follow where they are at hand.
"""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from pyannote.core import Segment, Timeline

from mien import edits, store, turns
from mien.edits import floor

SHAPES = st.integers(0, 2**16), st.integers(4, 40), st.sampled_from([("ana", "ben"), ("ana", "ben", "cyd")])
CONVERSATIONS = st.builds(lambda *shape: conversation(*shape), *SHAPES)
WITHOUT_OVERLAP = st.builds(lambda *shape: conversation(*shape, soonest_ms=0), *SHAPES)
B = ["ben"]
WRONG = [
    (kind, place) for kind in edits.KINDS for place in edits.PLACES if place != "short" or kind in ("swap", "miss")
]
QUICK = settings(max_examples=40, deadline=None)


def conversation(seed=1, n_turns=60, people=("ana", "ben"), soonest_ms=-400):
    """Turns in a round, whole milliseconds: person_id, start_s, end_s, turn, kind (stretch or token), and duration_s.

    Offsets from -0.4 (``soonest_ms``) to 2 s; one to three stretches of 1.2 to 5 s a turn with pauses of 0.3 to 1 s; in
    long stretches a token of 0.4 s of another, far from both ends.
    """
    rng, rows, end = store.rng("test/conversation", seed), [], 500
    for number in range(n_turns):
        who = people[number % len(people)]
        start = end + int(rng.integers(soonest_ms, 2000))
        for part in range(rng.integers(1, 4)):
            start = start if part == 0 else end + int(rng.integers(300, 1000))
            end = start + int(rng.integers(1200, 5000))
            rows.append((who, start, end, number, "stretch"))
            if end - start > 3500 and rng.random() < 0.5:
                rows.append((people[(number + 1) % len(people)], start + 1200, start + 1600, number, "token"))
    table = pd.DataFrame(rows, columns=["person_id", "start_s", "end_s", "turn", "kind"])
    table[["start_s", "end_s"]] /= 1000
    return table, end / 1000 + 3.0


def offsets(table):
    """By turn: who takes it, and its start less the end of the turn before, read off the rows; the first has none."""
    said = table[table["kind"] == "stretch"].groupby("turn")
    found = pd.DataFrame({"person_id": said["person_id"].first(), "start": said["start_s"].min()})
    found["fto"] = found["start"] - said["end_s"].max().shift()
    return found


def own_pauses(table):
    """Every pause inside a turn, by the row that ends it."""
    said = table[table["kind"] == "stretch"]
    gap = said["start_s"] - said.groupby("turn")["end_s"].shift()
    return gap.dropna(), said.loc[gap.dropna().index, "person_id"]


def lengths(table):
    return table["end_s"] - table["start_s"]


def union_s(table, people):
    """Seconds in which any of the people talk: pyannote's support."""
    own = table[table["person_id"].isin(people)]
    return spans(own).support().duration()


def alone_s(table):
    """Seconds in which B talks and nobody else does."""
    return spans(table[is_b(table)]).support().extrude(spans(table[~is_b(table)]).support()).duration()


def spans(table):
    return Timeline([Segment(row.start_s, row.end_s) for row in table.itertuples()])


def same(a, b):
    np.testing.assert_allclose(a, b, rtol=0, atol=1e-6)


def is_b(table):
    return table["person_id"].isin(B)


def token_places(table):
    """Where tokens stand from the start of the stretch they lie in, which is the row before."""
    at = np.flatnonzero(table["kind"] == "token")
    return table["start_s"].to_numpy()[at] - table["start_s"].to_numpy()[at - 1]


def unchanged_but(before, after, lengths_of=None, pauses_too=True, offsets_of=None, tokens=True):
    """The same people in the same order; lengths, pauses and offsets (of those not named) are as before."""
    assert list(before["person_id"]) == list(after["person_id"])
    assert list(before["turn"]) == list(after["turn"])
    assert list(np.argsort(before["start_s"], kind="stable")) == list(np.argsort(after["start_s"], kind="stable"))
    kept = ~before["person_id"].isin(lengths_of or [])
    same(lengths(before)[kept], lengths(after)[kept])
    if pauses_too:
        same(own_pauses(before)[0], own_pauses(after)[0])
    if tokens:
        same(token_places(before), token_places(after))
    was, now = offsets(before), offsets(after)
    kept = ~was["person_id"].isin(offsets_of or []) & was["fto"].notna()
    same(was["fto"][kept], now["fto"][kept])


def answered(table):
    """Offsets of B's turns that answer somebody else."""
    found = offsets(table)
    return found["fto"][(found["person_id"].isin(B)) & found["fto"].notna()].to_numpy()


# --- moving -----------------------------------------------------------------------------------------------------------


@given(CONVERSATIONS, st.sampled_from([-0.2, 0.1, 0.35, 1.2, 5.0]))
@QUICK
def test_latency_moves_each_answer_by_the_dose(talk, dose):
    before, duration_s = talk
    after, longer = edits.latency(before, B, dose, duration_s)
    same(answered(after) - answered(before), dose)
    unchanged_but(before, after, offsets_of=B)
    assert longer == pytest.approx(duration_s + dose * len(answered(before)))


@given(CONVERSATIONS, st.sampled_from([0.1, 0.35, 1.2]))
@QUICK
def test_latency_makes_no_overlap(talk, dose):
    before, duration_s = talk
    after, _ = edits.latency(before, B, dose, duration_s)
    people = sorted(set(before["person_id"]))

    def both(table):
        return sum(union_s(table, [person]) for person in people) - union_s(table, people)

    assert both(after) <= both(before) + 1e-6


def test_time_is_not_taken_away_where_there_is_none():
    """B answers 0.5 s after a stretch of 0.2 s began; 1 s sooner is too much, and B's own pause would close."""
    before = pd.DataFrame({"person_id": ["ben", "ana", "ben"], "start_s": [0, 2.0, 2.5], "end_s": [1.8, 2.2, 6]})
    after, shorter = edits.latency(before, B, -1.0, 10.0)
    assert after["start_s"].round(6).tolist() == [0, 2.0, 2.001]
    assert shorter == pytest.approx(10 - 0.499)
    near = before.assign(end_s=[2.1, 2.2, 6])
    assert edits.latency(near, B, -1.0, 10.0)[0]["start_s"].round(6).tolist() == [0, 2.0, 2.28]


@given(WITHOUT_OVERLAP, st.sampled_from([1.3, 1.6, 0.5]))
@QUICK
def test_latency_sd_widens_the_spread_about_the_median(talk, dose):
    before, duration_s = talk
    after, _ = edits.latency_sd(before, B, dose, duration_s)
    was, now = answered(before), answered(after)
    same(np.median(was), np.median(now))
    same(now - np.median(was), dose * (was - np.median(was)))
    same(now.std(), dose * was.std())
    unchanged_but(before, after, offsets_of=B)


@given(CONVERSATIONS, st.sampled_from([1.5, 2.0, 0.8]))
@QUICK
def test_pauses_inside_turns_last_longer(talk, dose):
    before, duration_s = talk
    after, longer = edits.pauses(before, B, dose, duration_s)
    (was, who), (now, _) = own_pauses(before), own_pauses(after)
    mine = who.isin(B)
    same(now[mine], np.maximum(dose * was[mine], 0.18))
    same(now[~mine], was[~mine])
    unchanged_but(before, after, pauses_too=False)
    assert longer - duration_s == pytest.approx((now - was).sum())


# --- sooner, and shorter turns ----------------------------------------------------------------------------------------


@given(CONVERSATIONS, st.sampled_from([0.1, 0.3]))
@QUICK
def test_fillers_begin_sooner_with_sound(talk, dose):
    before, duration_s = talk
    after, same_s = edits.early_fillers(before, B, dose, duration_s)
    n = len(answered(before))
    same(answered(after) - answered(before), -dose)
    assert union_s(after, B) - union_s(before, B) == pytest.approx(n * dose)
    same(before["end_s"], after["end_s"])
    same(before["start_s"][~is_b(before)], after["start_s"][~is_b(before)])
    unchanged_but(before, after, lengths_of=B, offsets_of=B, tokens=False)
    assert same_s == duration_s


def test_a_filler_does_not_begin_before_what_it_answers():
    before = pd.DataFrame({"person_id": ["ben", "ana", "ben"], "start_s": [0, 3.0, 3.3], "end_s": [1.8, 3.2, 6]})
    after, _ = edits.early_fillers(before, B, 1.0, 10.0)
    assert after["start_s"].round(6).tolist() == [0, 3.0, 3.001]
    near = before.assign(end_s=[3.1, 3.2, 6])
    assert edits.early_fillers(near, B, 1.0, 10.0)[0]["start_s"].round(6).tolist() == [0, 3.0, 3.28]


@given(CONVERSATIONS, st.sampled_from([0.25, 0.5, 1.0]))
@QUICK
def test_tokens_split_turns(talk, dose):
    before, duration_s = talk
    after, longer = edits.split_turns(before, B, dose, duration_s)
    new, old = after[after["turn"].isna()], after[after["turn"].notna()].reset_index(drop=True)
    was, who = own_pauses(before)
    quiet = was[who.isin(B)]
    assert len(new) == round(dose * len(quiet))
    same(lengths(new), 0.3)
    assert not new["person_id"].isin(B).any()
    for token in new.itertuples():  # nobody else talks then, and B goes on 0.2 s later
        assert not ((old["start_s"] < token.end_s) & (old["end_s"] > token.start_s)).any()
        assert old.loc[old["start_s"] > token.end_s, "start_s"].min() == pytest.approx(token.end_s + 0.2)
    order = before.sort_values(["start_s", "end_s"], kind="stable", ignore_index=True)
    unchanged_but(order, old, pauses_too=False, tokens=False)
    wider = own_pauses(old)[0].to_numpy() - own_pauses(order)[0].to_numpy()
    assert (wider >= -1e-6).all()
    assert longer - duration_s == pytest.approx(wider.sum())


# --- more or less talk ------------------------------------------------------------------------------------------------


@given(CONVERSATIONS, st.sampled_from([0.1, 0.3, 0.5, 0.7]))
@QUICK
def test_talk_share_is_what_was_asked_for(talk, dose):
    before, duration_s = talk
    others = sorted(set(before["person_id"]) - set(B))
    t_a, over = sum(union_s(before, [person]) for person in others), union_s(before, B) - alone_s(before)
    if dose <= over / (t_a + over):
        with pytest.raises(edits.EditError):
            edits.talk_share(before, B, dose, duration_s)
        return
    after, _ = edits.talk_share(before, B, dose, duration_s)
    t_a, t_b = sum(union_s(after, [person]) for person in others), union_s(after, B)
    assert t_b / (t_a + t_b) == pytest.approx(dose, abs=1e-6)
    unchanged_but(before, after, lengths_of=B, tokens=False)


def test_a_share_below_what_is_said_over_others_is_refused():
    """B talks 1 s of 11 over A and 4 s alone."""
    before = pd.DataFrame({"person_id": ["ana", "ben"], "start_s": [0.0, 9.0], "end_s": [10.0, 14.0]})
    with pytest.raises(edits.EditError, match=r"0\.05: what B says while others talk is 0\.091"):
        edits.talk_share(before, B, 0.05, 20.0)


@given(CONVERSATIONS, st.sampled_from([0.85, 0.7, 1.1]))
@QUICK
def test_speech_rate_stretches_what_b_says_alone(talk, dose):
    before, duration_s = talk
    after, longer = edits.speech_rate(before, B, dose, duration_s)
    assert alone_s(after) == pytest.approx(alone_s(before) / dose)
    over = union_s(before, B) - alone_s(before)
    assert union_s(after, B) - alone_s(after) == pytest.approx(over, abs=1e-6)
    assert longer - duration_s == pytest.approx(alone_s(before) * (1 / dose - 1))
    unchanged_but(before, after, lengths_of=B, tokens=False)


@given(CONVERSATIONS, st.sampled_from([0.5, 2.0]), st.sampled_from([0.02, 0.1]))
@QUICK
def test_blocks_are_silence_inside_stretches(talk, dose, share):
    before, duration_s = talk
    after, longer = edits.blocks(before, B, dose, duration_s, rng=store.rng("test/blocks"), share_of_words=share)
    n = round(share * 3.0 * lengths(before)[is_b(before)].sum())
    assert len(after) == len(before) + n
    assert longer == pytest.approx(duration_s + n * dose)
    same(lengths(before)[~is_b(before)], lengths(after)[~is_b(after)])
    assert union_s(after, B) == pytest.approx(union_s(before, B))
    same(offsets(before)["fto"].dropna(), offsets(after)["fto"].dropna())
    whole = after.groupby(["turn", "person_id", "kind"], sort=False).agg(start=("start_s", "min"), end=("end_s", "max"))
    was = before.groupby(["turn", "person_id", "kind"], sort=False).agg(start=("start_s", "min"), end=("end_s", "max"))
    grown = (whole["end"] - whole["start"] - was["end"] + was["start"]).xs("stretch", level="kind")
    assert grown.sum() == pytest.approx(n * dose)
    assert grown[grown.index.get_level_values("person_id") != "ben"].abs().max() < 1e-6 or n == 0


# --- an interpreter ---------------------------------------------------------------------------------------------------


@given(CONVERSATIONS, st.sampled_from([1.0, 4.0]))
@QUICK
def test_an_interpreter_makes_both_sides_wait(talk, dose):
    before, duration_s = talk
    after, longer = edits.interpreter_delay(before, B, dose, duration_s)
    was, now = offsets(before), offsets(after)
    across = was["fto"].notna() & (was["person_id"].isin(B) != was["person_id"].shift().isin(B))
    same((now["fto"] - was["fto"])[across], dose)
    same(now["fto"][~across].dropna(), was["fto"][~across].dropna())
    unchanged_but(before, after, offsets_of=["ana", "ben", "cyd"])
    assert longer == pytest.approx(duration_s + dose * across.sum())


@given(CONVERSATIONS, st.sampled_from([1.0, 4.0]))
@QUICK
def test_an_interpreter_may_be_heard(talk, dose):
    before, duration_s = talk
    silent, longer = edits.interpreter_delay(before, B, dose, duration_s)
    after, same_s = edits.interpreter_voice(before, B, dose, duration_s)
    voice = after[after["person_id"] == "interpreter"]
    others = after[after["person_id"] != "interpreter"].sort_values(["turn", "start_s"])
    same(others[["start_s", "end_s"]], silent.sort_values(["turn", "start_s"])[["start_s", "end_s"]])
    assert longer == same_s
    assert not spans(voice).support().crop(spans(others).support()).duration() > 1e-6
    starts = offsets(silent).loc[lambda one: one["fto"].notna(), "start"]
    assert all(np.isclose(starts, end, atol=1e-6).any() for end in voice["end_s"])


def test_two_people_of_one_name_are_refused():
    with pytest.raises(edits.EditError, match="'ana' already speaks"):
        edits.interpreter_voice(*conversation()[:1], B, 1.0, 900.0, name="ana")


# --- a network --------------------------------------------------------------------------------------------------------


@given(CONVERSATIONS, st.sampled_from([0.03, 0.07, 0.15]), st.sampled_from(edits.POINTS))
@QUICK
def test_a_round_trip_is_charged_by_where_it_is_recorded(talk, dose, at):
    """By hand: into B +d, into A +d at the server; +2d and 0 at A's end; 0 and +2d at B's end; 0 within a side."""
    before, duration_s = talk
    after, longer = edits.network_delay(before, B, dose, duration_s, at=at)
    was, now = offsets(before), offsets(after)
    mine, mine_before = was["person_id"].isin(B), was["person_id"].shift().isin(B)
    answered_any = was["fto"].notna()
    into_b, into_a = answered_any & mine & ~mine_before, answered_any & ~mine & mine_before
    of_b, of_a = {"server": (1, 1), "A": (2, 0), "B": (0, 2)}[at]
    change = now["fto"] - was["fto"]
    same(change[into_b], of_b * dose)
    same(change[into_a], of_a * dose)
    same(change[answered_any & ~into_b & ~into_a], 0)
    same(lengths(before), lengths(after))
    same(own_pauses(before)[0], own_pauses(after)[0])
    far = dose * (at != "server")
    assert longer == pytest.approx(duration_s + dose * (into_a.sum() + into_b.sum()) + far)


@pytest.mark.parametrize(("at", "late"), [("server", 0.1), ("A", 0.2), ("B", 0.0)])
def test_a_token_goes_with_what_is_heard(at, late):
    """B says mhm 3 s into 6 s of A: A has made a sound when B hears it, 0.1 s later, and B's comes back 0.1 s late."""
    before = pd.DataFrame({"person_id": ["ana", "ben"], "start_s": [0.0, 3.0], "end_s": [6.0, 3.4]})
    after, _ = edits.network_delay(before, B, 0.1, 10.0, at=at)
    assert after["start_s"][1] - after["start_s"][0] == pytest.approx(3.0 + late)


# --- tools that are wrong ---------------------------------------------------------------------------------------------


def annotated(table):
    from pyannote.core import Annotation

    found = Annotation()
    for number, row in enumerate(table.itertuples()):
        found[Segment(row.start_s, row.end_s), number] = row.person_id
    return found


@given(CONVERSATIONS, st.sampled_from([0.05, 0.2]), st.sampled_from(WRONG))
@QUICK
def test_the_error_rate_is_what_was_asked_for(talk, dose, wrong):
    from pyannote.metrics.identification import IdentificationErrorRate

    before, duration_s = talk
    kind, place = wrong
    rng = store.rng("test/error")
    try:
        after, same_s = edits.diarisation_error(before, B, dose, duration_s, rng=rng, kind=kind, place=place)
    except edits.EditError:
        reject()  # few turns have few edges and few short turns
    whole = Timeline([Segment(0, duration_s)])
    told = IdentificationErrorRate()(annotated(before), annotated(after), uem=whole, detailed=True)
    parts = {"swap": "confusion", "miss": "missed detection", "false_alarm": "false alarm"}
    for part, word in parts.items():
        wanted = dose * edits.SHARES[kind].get(part, 0)
        assert told[word] / told["total"] == pytest.approx(wanted, abs=1e-6 if place == "pieces" else 1e-3)
    assert turns.agreement(before, after, same_names=True).error_rate == pytest.approx(dose, abs=2e-3)
    assert same_s == duration_s
    assert set(after["person_id"]) <= set(before["person_id"])


def differences(before, after):
    """What of anybody's speech was taken away or added: person_id, start_s, end_s of each run, and whether added."""
    rows = []
    for person in sorted(set(before["person_id"])):
        was, now = (
            Timeline([Segment(row.start_s, row.end_s) for row in table[table["person_id"] == person].itertuples()])
            for table in (before, after)
        )
        whole = Timeline([Segment(0, 1e4)])
        for kept, other, added in ((was, now, False), (now, was, True)):
            gone = kept.support().crop(other.gaps(whole[0]), mode="intersection").support()
            rows += [(person, one.start, one.end, added) for one in gone if one.duration > 1e-4]
    return pd.DataFrame(rows, columns=["person_id", "start_s", "end_s", "added"])


def changes(table):
    """Begins and ends of what is said at which the last or next to begin is somebody else: {person_id: times}."""
    said = table.sort_values(["start_s", "end_s", "person_id"])
    begins, ends = (said[said["person_id"] != said["person_id"].shift(by)] for by in (1, -1))
    return {
        who: {*begins.loc[begins["person_id"] == who, "start_s"], *ends.loc[ends["person_id"] == who, "end_s"]}
        for who in set(table["person_id"])
    }


@pytest.mark.parametrize("kind", ["miss", "false_alarm", "swap"])
def test_errors_at_edges_begin_or_end_where_who_speaks_changes(kind):
    before, duration_s = conversation(seed=4, n_turns=120, people=("ana", "ben", "cyd"))
    after, _ = edits.diarisation_error(before, B, 0.02, duration_s, kind=kind, place="edges")
    found, edge = differences(before, after), changes(before)
    assert len(found) > 20
    own = found if kind == "false_alarm" else found[~found["added"]]
    assert (found["added"].all(), found["added"].any()) == {
        "miss": (False, False),
        "false_alarm": (True, True),
        "swap": (False, True),
    }[kind]
    for row in own.itertuples():
        assert min(abs(time - side) for time in edge[row.person_id] for side in (row.start_s, row.end_s)) < 1e-6
        assert row.end_s - row.start_s <= 0.5 + 1e-6
    assert own["end_s"].sub(own["start_s"]).max() > 0.4


def test_what_is_swapped_at_an_edge_goes_to_who_spoke_beside():
    before = pd.DataFrame({"person_id": ["ana", "ben", "cyd"], "start_s": [1, 5, 20], "end_s": [4, 9, 24]})
    after, _ = edits.diarisation_error(before, B, 0.01, 30.0, kind="swap", place="edges", rng=store.rng("test/edge"))
    found = differences(before, after)
    taken, given_to = (found[found["added"] == added].sort_values("start_s") for added in (False, True))
    neighbours = {("ana", "ben"), ("ben", "ana"), ("ben", "cyd"), ("cyd", "ben")}
    assert set(zip(taken["person_id"], given_to["person_id"], strict=True)) <= neighbours
    same(taken["start_s"], given_to["start_s"])
    same(taken["end_s"], given_to["end_s"])


def test_where_edges_do_not_suffice_they_are_moved_further():
    before, duration_s = conversation(seed=4, n_turns=120, people=("ana", "ben"))
    after, _ = edits.diarisation_error(before, B, 0.1, duration_s, kind="miss", place="edges")
    found = differences(before, after)
    assert found["end_s"].sub(found["start_s"]).max() > 0.6
    assert turns.agreement(before, after, same_names=True).error_rate == pytest.approx(0.1, abs=1e-3)


@pytest.mark.parametrize("kind", ["miss", "swap"])
def test_short_turns_go_first_and_whole(kind):
    before, duration_s = conversation(seed=4, n_turns=120, people=("ana", "ben", "cyd"))
    spoken = before["end_s"].sub(before["start_s"])
    token, dose = before["kind"] == "token", 0.5 * spoken[before["kind"] == "token"].sum() / spoken.sum()
    after, _ = edits.diarisation_error(before, B, dose, duration_s, kind=kind, place="short")
    found = differences(before, after).query("not added")
    whole = {(row.person_id, row.start_s, row.end_s) for row in before[token].itertuples()}
    lost = {(row.person_id, round(row.start_s, 3), round(row.end_s, 3)) for row in found.itertuples()}
    assert len(lost - whole) <= 1  # the last is cut to fit
    assert len(lost) == pytest.approx(token.sum() / 2, abs=1.5)
    further, _ = edits.diarisation_error(before, B, 3 * dose, duration_s, kind=kind, place="short")
    more = differences(before, further).query("not added")
    if kind == "miss":  # all tokens, and then the shortest of the others
        assert whole <= {(row.person_id, round(row.start_s, 3), round(row.end_s, 3)) for row in more.itertuples()}
    assert more["end_s"].sub(more["start_s"]).max() < 2


def test_tools_err_where_who_speaks_changes_in_four_of_ten_seconds():
    before, duration_s = conversation(seed=4, n_turns=200, people=("ana", "ben", "cyd"))
    after, _ = edits.diarisation_error(before, B, 0.05, duration_s, kind="as_tools", place="as_tools")
    found, edge = differences(before, after), changes(before)
    found = found[~found["added"]]
    touches = [
        min(abs(time - side) for time in edge[row.person_id] for side in (row.start_s, row.end_s)) < 1e-6
        and row.end_s - row.start_s <= 0.5
        for row in found.itertuples()
    ]
    length = found["end_s"] - found["start_s"]
    assert length[touches].sum() / length.sum() == pytest.approx(0.4, abs=0.1)
    assert sum(edits.SHARES["as_tools"].values()) == pytest.approx(1)


@pytest.mark.parametrize("piece_s", [0.25, 0.5, 1.0, 2.0])
def test_pieces_are_as_long_as_asked_for(piece_s):
    before, duration_s = conversation(seed=4, n_turns=120)
    after, _ = edits.diarisation_error(before, B, 0.02, duration_s, kind="miss", piece_s=piece_s)
    length = differences(before, after).eval("end_s - start_s")
    assert length.median() > 0.6 * piece_s
    assert length.quantile(0.8) <= piece_s + 1e-6  # two may lie side by side


def test_too_much_error_is_refused():
    before, duration_s = conversation()
    with pytest.raises(edits.EditError, match="finds no place"):
        edits.diarisation_error(before, B, 1.5, duration_s, kind="miss")
    with pytest.raises(edits.EditError, match="finds no place at edges"):
        edits.diarisation_error(before, B, 0.9, duration_s, kind="miss", place="edges")
    with pytest.raises(edits.EditError, match="short turns: swap or miss"):
        edits.diarisation_error(before, B, 0.02, duration_s, kind="false_alarm", place="short")
    with pytest.raises(edits.EditError, match="no 'nowhere'"):
        edits.diarisation_error(before, B, 0.02, duration_s, place="nowhere")


@given(CONVERSATIONS, st.sampled_from([0.05, 0.1, -0.05]))
@QUICK
def test_padding_widens_every_stretch(talk, dose):
    before, duration_s = talk
    after, same_s = edits.padding(before, B, dose, duration_s)
    order = ["start_s", "end_s", "person_id"]
    was, now = before.sort_values(order, ignore_index=True), after.sort_values(order, ignore_index=True)
    assert list(was["person_id"]) == list(now["person_id"])
    same(now["start_s"], np.maximum(was["start_s"] - dose, 0))
    same(now["end_s"], was["end_s"] + dose)
    assert same_s == duration_s


# --- the compiled floor -----------------------------------------------------------------------------------------------


def ragged(seed, n, people):
    """Segments of any length at any time, touching, equal and without length among them."""
    rng = store.rng("test/ragged", seed)
    start = rng.integers(0, 6 * n, n) / 10
    end = start + rng.choice([0, 0.1, 0.3, 0.9, 1.0, 2.5, 7.0], n)
    return pd.DataFrame({"person_id": rng.choice(list("abcd")[:people], n), "start_s": start, "end_s": end})


@given(
    st.builds(ragged, st.integers(0, 2**16), st.integers(1, 60), st.integers(1, 4)),
    st.sampled_from([0.1, 0.18, 0.5]),
    st.sampled_from([0.0, 0.7, 1.0]),
)
@settings(max_examples=150, deadline=None)
def test_the_compiled_floor_is_the_floor(table, pause, token):
    chosen = turns.TurnSettings(min_pause_s=pause, bc_max_s=token)
    truth, talk = turns.floor(table, chosen), floor.heard(table, chosen)
    rows = list(zip(talk.start_ms, talk.end_ms, (talk.people[k] for k in talk.person), strict=True))
    assert rows == [tuple(span) for span in truth.stretches]
    assert {row for row, short in zip(rows, talk.backchannel, strict=True) if short} == set(
        map(tuple, truth.backchannels)
    )
    who = [talk.people[k] for k in talk.turn_person]
    found = list(zip(talk.turn_start_ms, talk.turn_end_ms, who, talk.turn_last_ms, talk.turn_contained, strict=True))
    assert found == [(t.start_ms, t.end_ms, t.person_id, t.last_start_ms, t.contained) for t in truth.turns]
    fto = [np.nan if change.fto_ms is None else change.fto_ms for change in truth.changes]
    np.testing.assert_array_equal(talk.offsets_ms(), fto)


# --- all of them ------------------------------------------------------------------------------------------------------

ALL = {
    edits.latency: (0, 0.35),
    edits.latency_sd: (1, 1.6),
    edits.pauses: (1, 2),
    edits.early_fillers: (0, 0.3),
    edits.split_turns: (0, 1.0),
    edits.speech_rate: (1, 0.7),
    edits.talk_share: (None, 0.3),
    edits.blocks: (0, 0.5),
    edits.interpreter_delay: (0, 1.0),
    edits.interpreter_voice: (0, 1.0),
    edits.network_delay: (0, 0.07),
    edits.padding: (0, 0.05),
    edits.diarisation_error: (0, 0.1),
}
"""Every edit, the dose that changes nothing, and one that does."""


@pytest.mark.parametrize(("edit", "none"), [(edit, none) for edit, (none, _) in ALL.items() if none is not None])
def test_no_dose_changes_nothing(edit, none):
    before, duration_s = conversation()
    after, same_s = edit(before, B, none, duration_s)
    pd.testing.assert_frame_equal(before, after)
    assert same_s == duration_s


@pytest.mark.parametrize("edit", ALL)
def test_what_is_given_is_left_as_it_was(edit):
    before, duration_s = conversation()
    given_table = before.copy()
    after, _ = edit(given_table, B, ALL[edit][1], duration_s)
    pd.testing.assert_frame_equal(before, given_table)
    assert after is not given_table
    assert not after[["start_s", "end_s"]].equals(before[["start_s", "end_s"]])


@pytest.mark.parametrize("edit", ALL)
def test_nobody_said_anything(edit):
    nothing = conversation()[0].iloc[:0]
    if edit is edits.talk_share:
        with pytest.raises(edits.EditError, match="somebody on each side who talks"):
            edit(nothing, B, 0.3, 10.0)
    else:
        assert edit(nothing, B, ALL[edit][1], 10.0)[0].empty
