"""What the study found, in one sentence a notebook: computed, short, and the same in README, notebooks and tables."""

import re
from pathlib import Path

import numpy as np
import pytest

from mien import study
from mien.study import findings
from mien.study.answer import LONGEST, Answer, digits, ends, joined, spanned, yes_no

ROOT = Path(__file__).parents[1]
NOTEBOOKS = ROOT / "notebooks"
README = (ROOT / "README.md").read_text(encoding="utf-8")
INTERVAL = re.compile(r"\[[+-]?[\d.]+, [+-]?[\d.]+\]")
WHY_NOT = ("no interval", "(counts)")
LEADS = {name: answers[0] for group in findings.GROUPS.values() for name, answers in group.items()}
OWN = ("evidence", "leaks", "face_error", "voice_error", "voice_praat", "lip_lag")


@pytest.fixture(scope="module")
def read():
    """The committed tables: all but those of the synthetic recording, which is built on the spot and not committed."""
    return study.Study().load([*study.questions.FILES, *OWN])


@pytest.fixture(scope="module")
def found(read):
    return study.answers(read)


def one_line(text):
    return " ".join(text.split())


# --- the README -------------------------------------------------------------------------------------------------------


def test_the_readme_says_what_the_tables_say(found):
    assert findings.current(ROOT / "README.md", found, NOTEBOOKS) == README
    assert findings.faults(ROOT / "README.md", found, NOTEBOOKS) == []


def test_every_notebook_stands_in_the_readme_with_its_question():
    assert set(study.NOTEBOOKS) == {path.stem for path in NOTEBOOKS.glob("*.ipynb")}
    for name in study.NOTEBOOKS:
        assert README.count(f"([`{name}`](notebooks/{name}.ipynb))") == 1
        assert f"* **{findings.question(NOTEBOOKS / f'{name}.ipynb')}** " in one_line(README)


def test_every_answer_is_told_somewhere(found):
    """In the README, or in a notebook of its own question (observers of CREMA-D, in 10_people)."""
    told = {one for group in findings.GROUPS.values() for answers in group.values() for one in answers}
    assert set(found) | {"tour"} == told | {"people"}
    assert "people_answer" in (NOTEBOOKS / "10_people.ipynb").read_text(encoding="utf-8")
    for name in told - {"tour"}:
        assert found[name].short in one_line(README)


def test_a_readme_that_says_something_else_is_a_broken_promise_and_mended(tmp_path, found):
    other = tmp_path / "README.md"
    other.write_text(README.replace("3 of 14 real clips", "9 of 14 real clips"), encoding="utf-8")
    assert "not what the tables say; run `mien reproduce`" in findings.faults(other, found, NOTEBOOKS)[0]
    assert findings.write(other, found, NOTEBOOKS)
    assert other.read_text(encoding="utf-8") == README
    before = other.stat().st_mtime_ns
    assert not findings.write(other, found, NOTEBOOKS)
    assert other.stat().st_mtime_ns == before


def test_check_names_a_readme_that_is_not_what_the_tables_say(tmp_path, monkeypatch, found):
    monkeypatch.setattr(study.Study, "told", lambda _: found)
    for name in ("notebooks", "data", "figures"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "README.md").write_text(README, encoding="utf-8")
    assert study.Study(tmp_path)._finding_faults() == []
    (tmp_path / "README.md").write_text(README.replace("of 627 claims", "of 628 claims"), encoding="utf-8")
    assert [fault for fault in study.Study(tmp_path).check() if "what it says was found" in fault]


def test_a_readme_without_marks_is_named_and_left_alone(tmp_path, found):
    bare = tmp_path / "README.md"
    bare.write_text("# mien\n", encoding="utf-8")
    assert "no findings between" in findings.faults(bare, found, NOTEBOOKS)[0]
    assert not findings.write(bare, found, NOTEBOOKS)
    assert "no findings between" in findings.faults(tmp_path / "none.md", found, NOTEBOOKS)[0]


def test_an_answer_that_cannot_be_computed_here_keeps_its_line(found):
    """The tour rests on a recording that is built on the spot."""
    text = findings.block(found, NOTEBOOKS, before=README)
    (line,) = re.findall(r"\* \*\*What does one minute.*?00_tour\.ipynb\)\)", text, re.DOTALL)
    assert line in README
    assert "`00_tour`: not computed yet; run `mien reproduce`" in findings.block(found, NOTEBOOKS)
    new = findings.block(found | {"tour": Answer("Another: 1 [0, 2].")}, NOTEBOOKS, before=README)
    assert "Another: 1 [0, 2]. ([`00_tour`]" in one_line(new)


def test_reproduce_says_question_and_short_answer_of_every_notebook(found):
    said = findings.sentences(found | {"tour": Answer("So it looks.")}, NOTEBOOKS)
    assert len(said) == len(study.NOTEBOOKS) + 1
    assert said[0] == "What does one minute of conversation look like to the machine? So it looks."
    assert said[-1] == findings.DETAILS


# --- every short answer -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted({*LEADS.values(), "score", "gaming_models", "people"} - {"tour"}))
def test_a_short_answer_is_one_sentence_with_a_number_and_how_sure_it_is(name, found):
    short = found[name].short
    assert len(short) <= LONGEST
    assert INTERVAL.search(short) or any(words in short for words in WHY_NOT)
    assert "nan" not in short
    assert short.endswith(".")
    assert len(re.findall(r"[a-z)]\. [A-Z]", short)) == 0
    assert all(one.endswith((".", "!")) and "nan" not in one.split() for one in found[name].details)


@pytest.mark.parametrize("name", ["face", "voice"])
def test_what_is_synthetic_says_so_in_one_breath(name, found):
    assert "SYNTHETIC" in found[name].short


def test_corpora_and_whose_labels_are_named_in_one_breath(found):
    for name, words in {
        "sentiment": ("Acted", "RAVDESS", "London", "24 people"),
        "engagement": ("observers", "MIT Interview", "GAP", "own satisfaction"),
        "fusion": ("observers", "self", "MIT Interview", "GAP"),
        "construct": ("self", "GAP"),
        "model_people": ("London", "CREMA-D"),
        "recorded": ("acted", "RAVDESS"),
        "pictured": ("acted", "London"),
        "travel": ("acted", "RAVDESS", "EmoDB"),
    }.items():
        assert [word for word in words if word not in found[name].short] == []


CAVEATS = {
    "turns": "not to be read person by person",
    "clock": "No single clip says it to the frame",
    "ratings": "not what is felt",
    "sentiment": "none is evidence of what anybody feels",
    "fusion": "would change that",
    "travel": "says nothing of felt emotion",
    "score": "nothing about how engaged anybody was",
    "one_thing_changed": "no diagnosis",
    "gaming": "not whether anybody is engaged",
    "recorded": "not of engagement",
    "pictured": "never what anybody felt",
    "verdict": "out of scope for any signal",
    "model_people": "cannot be told here",
    "face": "not people",
}


@pytest.mark.parametrize("name", CAVEATS)
def test_the_caveat_stands_last(name, found):
    assert CAVEATS[name] in found[name].details[-1]


# --- the words follow the numbers -------------------------------------------------------------------------------------


def lowered(table, where, by=1.0):
    """The table with value and both ends of the interval of some rows moved down."""
    moved = table.copy()
    for name in ("value", "low", "high"):
        moved.loc[where, name] = moved.loc[where, name] - by
    return moved


def of(table, **keys):
    return np.logical_and.reduce([table[name] == value for name, value in keys.items()])


def sentiment_lost(read):
    return {name: read[name].assign(gap_low=-0.1) for name in ("evidence", "sentiment", "sentiment_unshared")}


def turns_alike(read):
    return {"turn_anchors": read["turn_anchors"].assign(fto_median_s=0.1)}


def turns_apart(read):
    return {"turn_anchors": read["turn_anchors"].assign(fto_median_s=0.6)}


def clip_apart(read):
    table = read["lip_lag"].copy()
    table.loc[(table["kind"] == "clip") & (table["trust"] >= 0.5), "low_s"] = 0.01
    return {"lip_lag": table}


def no_clip(read):
    return {"lip_lag": read["lip_lag"].assign(trust=0.0)}


def engaged_above(read):
    return {"engagement": read["engagement"].assign(gap_low=0.1)}


def engaged_ruled(read):
    return {"verdicts": read["verdicts"].assign(wording="holds", why="")}


def face_adds(read):
    table = read["fusion"].copy()
    table.loc[table["what"].isin(["added", "drop_one"]), "low"] = 0.001
    return {"fusion": table}


def nothing_adds(read):
    return {"fusion": read["fusion"].assign(low=-0.5)}


def no_leak(read):
    table = read["leaks"].copy()
    return {"leaks": table.assign(value=table["value"].where(table["rung"] != "rows", 0.1))}


def women_alike(read):
    table = read["people_gaps"].copy()
    apart = table["group"] == "female minus male"
    return {"people_gaps": table.assign(low=table["low"].where(~apart, -0.1))}


def travels_badly(read):
    return {"travel": read["travel"].assign(low=0.4)}


def nothing_turned(read):
    return {"travel": read["travel"].assign(high=0.9)}


def falls_nowhere(read):
    return {"changed_scores": read["changed_scores"].assign(high=1.0)}


def tricks_fail(read):
    table = read["gaming"]
    return {"gaming": lowered(table, of(table, policy="all_of_b", quantity="gain"), 100.0)}


def radios_fail(read):
    table = read["gaming"]
    return {"gaming": lowered(table, of(table, policy="two_radios", quantity="score"), 60.0)}


def nobody_found(read):
    table = read["reid"]
    return {"reid": table.assign(low=table["low"].where(table["quantity"] != "rank1", 0.0))}


def stays_put(read):
    table = read["recorded_scores"]
    still = {name: table[name].where(~table["decides"], 0.0) for name in ("value", "low", "high")}
    return {"recorded_scores": table.assign(**still)}


def smiles_alike(read):
    return {"pictured_scores": read["pictured_scores"].assign(high=1.0)}


def follows(read):
    table = read["construct"]
    is_r = (table["what"] == "r") & (table["target"] == "label_satisfaction")
    return {
        "construct": table.assign(low=table["low"].mask(is_r, 0.1), p_adjusted=table["p_adjusted"].mask(is_r, 0.01))
    }


def enough_groups(read):
    return {"construct": read["construct"].assign(n_groups=40)}


def raters_agree(read):
    return {"agreement": lowered(read["agreement"], read["agreement"]["measure"] == "alpha_nominal", -0.6)}


def raters_guess(read):
    return {"agreement": lowered(read["agreement"], read["agreement"]["measure"] == "hit_rate", 0.6)}


def faces_wrong(read):
    table = read["face_error"].copy()
    table.loc[of(table, axis="plain", quantity="yaw", metric="error_deg"), "value"] = 20.0
    return {"face_error": table}


def voices_wrong(read):
    table = read["voice_error"].copy()
    table.loc[of(table, axis="plain", quantity="pitch", metric="error_cents"), "value"] = 90.0
    return {"voice_error": table}


def nothing_detectable(read):
    table = read["verdicts"].copy()
    mine = (table["claim"] == "C1_detectable") & (table["verdict"] == "partly")
    return {"verdicts": table.assign(verdict=table["verdict"].mask(mine, "does_not_hold"))}


def tricks_resisted(read):
    table = read["verdicts"].copy()
    return {"verdicts": table.assign(verdict=table["verdict"].mask(of(table, claim="C8_gaming"), "holds"))}


TURNS = [
    ("face", faces_wrong, "Well enough in plain pictures", "By 4 of 5 targets well enough"),
    ("voice", voices_wrong, "Well enough in a quiet room", "By 7 of 8 targets well enough"),
    ("turns", turns_alike, "In part:", "Yes:"),
    ("turns", turns_apart, "In part:", "No:"),
    ("clock", clip_apart, "No lag is shown:", "Not all do:"),
    ("clock", no_clip, "No lag is shown:", "Cannot be said here: none of 14 real clips"),
    ("ratings", raters_agree, "Little, though above chance", "Well, though above chance"),
    ("ratings", raters_guess, "though above chance", "not shown to be above chance"),
    ("sentiment", sentiment_lost, "Acted displays yes", "Acted displays not shown"),
    ("engagement", engaged_above, "neither is shown to be above", "both are above"),
    ("engagement", engaged_ruled, "Not assessable by the rules (too few people)", "Holds by the rules:"),
    ("fusion", face_adds, "a face table is not shown to add", "a face table adds to the voice"),
    ("fusion", face_adds, "only share adds", "lag, share and changes add"),
    ("fusion", nothing_adds, "only share adds", "none is shown to add"),
    ("leaks", no_leak, "Better, by 4 to 6 points", "Not always better"),
    ("model_people", women_alike, "Yes, by people and by models:", "Not shown: observers are not shown to name"),
    ("travel", travels_badly, "Only after an unplanned repair", "No: "),
    ("travel", nothing_turned, "Only after an unplanned repair", "Yes: as declared beforehand no test turned round"),
    ("one_thing_changed", falls_nowhere, "It falls:", "It is not shown to fall everywhere:"),
    ("gaming", tricks_fail, "Yes, both:", "In part:"),
    ("gaming", radios_fail, "Yes, both:", "In part:"),
    ("who", nobody_found, "It tells who you are:", "It is not shown to tell who you are:"),
    ("recorded", stays_put, "No: ", "Yes: "),
    ("pictured", smiles_alike, "It lowers it:", "It is not shown to lower it each time:"),
    ("construct", follows, "Not shown (", "Yes ("),
    ("construct", enough_groups, "by the rules not assessable: 28 meetings", "Not shown: the satisfaction"),
    ("verdict", nothing_detectable, "only acted labels are detectable", "no label is shown to be detectable"),
    ("verdict", tricks_resisted, "or resist empty tricks", "does not stay put in ordinary recordings; what"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "change", "is_so", "would_be"), TURNS, ids=[f"{t[0]}-{t[1].__name__}-{t[2][:9]}" for t in TURNS]
)
def test_a_short_answer_turns_with_the_numbers(name, change, is_so, would_be, read, found):
    assert is_so in found[name].short
    assert would_be not in found[name].short
    said = answer_of(name, read | change(read)).short
    assert would_be in said
    assert is_so not in said


def answer_of(name, read):
    """One answer of the study, without the others."""
    own = {"face": lambda: study.truth.trust.face(read["face_error"]), "voice": lambda: study.truth.trust.voice(read)}
    own |= {
        "clock": lambda: study.truth.lips.answer(read),
        "leaks": lambda: study.labels.leaks_words.ladder(read["leaks"]),
    }
    if name in own:
        return own[name]()
    modules = {
        "turns": "conversations",
        "model_people": "people",
        "one_thing_changed": "changed",
        "verdict": "verdicts",
    }
    known = {module.__name__.rsplit(".", 1)[-1]: module for module in study.questions.ALL}
    return known[modules.get(name, name)].answers(read)[name]


def test_shorts_say_other_numbers_when_the_tables_do(read, found):
    louder = answer_of("recorded", read | {"recorded_scores": read["recorded_scores"].assign(n_people=7)})
    assert "7 actors" in louder.short
    assert "7 actors" not in found["recorded"].short
    fewer = answer_of("verdict", read | {"verdicts": read["verdicts"].iloc[:50]})
    assert f"of {(read['verdicts']['verdict'].iloc[:50] != 'out_of_scope').sum()} claims" in fewer.short


# --- an answer, and how numbers are said ------------------------------------------------------------------------------


def test_an_answer_is_a_sentence_over_a_list():
    answer = Answer("Yes: 1 [0, 2].", ("First " + "word " * 40 + "ends.", "", "Last."))
    lines = str(answer).splitlines()
    assert lines[:2] == ["Yes: 1 [0, 2].", ""]
    assert [line[:2] for line in lines[2:]] == ["• ", "  ", "• "]
    assert max(map(len, lines)) <= 110
    assert repr(answer) == str(answer)
    assert answer._repr_markdown_().splitlines()[::3] == ["**Yes: 1 [0, 2].**", "* Last."]
    assert answer.details == (answer.details[0], "Last.")  # what is empty is left out
    assert answer.in_short() == Answer("Yes: 1 [0, 2].")
    assert answer.in_short()._repr_markdown_() == "**Yes: 1 [0, 2].**"
    assert answer.text == f"Yes: 1 [0, 2]. {answer.details[0]} Last."


@pytest.mark.parametrize(
    ("numbers", "more", "said"),
    [
        ((-19.95, -21.04, -18.81), {"least": 0, "most": 1}, "-20 [-21, -19]"),
        ((-0.42, -0.61, -0.26), {"least": 0, "most": 1}, "-0.4 [-0.6, -0.3]"),
        ((5.0, 0.3, 9.7), {"least": 0, "most": 1}, "5.0 [0.3, 9.7]"),  # a limit above 0 never reads as 0
        ((0.171, -0.05, 0.38), {}, "0.17 [-0.05, 0.38]"),
        ((0.74, 0.69, 0.78), {"least": 0, "most": 0, "times": 100, "unit": " %"}, "74 % [69, 78]"),
        ((0.12, 0.05, 0.19), {"sign": True}, "+0.12 [+0.05, +0.19]"),
        ((-18.4, np.nan, np.nan), {"least": 0, "most": 1}, "-18"),
        ((-3.6, np.nan, np.nan), {"least": 0, "most": 1}, "-3.6"),
        ((np.nan, np.nan, np.nan), {"missing": "not reached"}, "not reached"),
    ],
)
def test_a_number_has_as_many_digits_as_its_interval_supports(numbers, more, said):
    assert ends(dict(zip(("value", "low", "high"), numbers, strict=True)), **more) == said


def test_small_words():
    assert digits(0.0, 0.0, 1, 3) == 1
    assert [joined(parts) for parts in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]
    assert (spanned([0.4, 0.1]), spanned([0.1, 0.101])) == ("0.10 to 0.40", "0.10")
    assert [yes_no(found) for found in ([True, True], [True, False], [False], [])] == [
        "Yes", "In part", "Not shown", "Not shown",
    ]  # fmt: skip
