"""A figure is a function from tables to a drawing; what is compared is the numbers behind the picture, never pixels."""

import ast
import inspect
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mien import figures, study, tables, turns, verdict


def ribbon_tables(people=("ada", "ben")):
    times = np.round(np.arange(0, 4, 0.04), 3)
    turns = pd.DataFrame(
        [
            ("r", person, 2.0 * n, 2.0 * n + 1.5, kind, "segments")
            for n, person in enumerate(people)
            for kind in ("speech", "turn")
        ],
        columns=tables.TURNS.names,
    )
    faces = pd.concat(
        [
            pd.DataFrame(
                {
                    "person_id": person,
                    "time_s": times,
                    "bs_mouthSmileLeft": 0.2,
                    "bs_mouthSmileRight": 0.6,
                    "bs_jawOpen": np.where(times < 2, 0.5, np.nan),
                    "yaw_deg": 10.0,
                    "face_trust": 1.0,
                }
            )
            for person in people
        ]
    )
    voice = pd.concat(
        [
            pd.DataFrame(
                {"person_id": person, "time_s": times, "f0_hz": np.where(times < 2, 100.0, 200.0), "level_db": -20.0}
            )
            for person in people
        ]
    )
    return {"turns": turns, "faces": faces, "voice": voice}


def evidence_rows():
    row = dict.fromkeys(["corpus", "signals", "model", "metric", "best_baseline_name"], "x")
    numbers = {"value": 0.6, "low": 0.5, "high": 0.7, "chance": 0.33, "best_baseline": 0.35, "p_permuted": 0.001}
    rows = [
        row | numbers | {"corpus": corpus, "model": model, "metric": metric, "n_people": 24, "n_windows": 100}
        for corpus in ("A", "B")
        for model in ("logistic", "forest", "B0_majority")
        for metric in ("balanced_accuracy", "auc")
    ]
    return pd.DataFrame(rows)


def leak_rows():
    rows = [
        {"corpus": c, "model": m, "metric": "balanced_accuracy", "rung": rung, "split": "s", "value": v}
        for c in ("A", "B")
        for m in ("logistic", "forest")
        for rung, v in zip(figures.RUNGS, (0.8, 0.7, 0.5), strict=True)
    ]
    return pd.DataFrame(rows).assign(low=0.4, high=0.9, chance=0.33, n_people=10, n_windows=50)


def face_error_rows():
    keys = [("face", "found_share"), ("yaw", "error_deg"), ("smile", "correlation"), ("blink", "recall")]
    doses = [("face width", "40"), ("face width", "120"), ("bitrate", "as drawn"), ("bitrate", "25"), ("yaw", "0–10")]
    rows = [
        {"axis": axis, "dose": dose, "unit": "u", "quantity": quantity, "metric": metric, "value": 0.5}
        for axis, dose in doses
        for quantity, metric in keys
    ]
    return pd.DataFrame(rows).assign(low=0.4, high=0.6, n_trials=4)


def voice_error_rows():
    keys = [("pitch", "gross_share"), ("pitch", "error_cents"), ("level", "slope"), ("noise", "value_db")]
    doses = [("noise", "40"), ("noise", "20"), ("echo", "none"), ("echo", "0.3"), ("together", "harsh"), ("plain", "")]
    rows = [
        {"axis": axis, "dose": dose, "unit": "u", "voice": who, "quantity": quantity, "metric": metric, "value": 0.5}
        for axis, dose in doses
        for who in ("all", "male")
        for quantity, metric in keys
    ]
    return pd.DataFrame(rows).assign(low=0.4, high=0.6, n_trials=4)


def voice_praat_rows():
    rows = [
        {"corpus": "SYNTHETIC", "axis": "noise", "dose": dose, "tool": tool, "metric": "missed_share", "value": 0.1}
        for dose in ("40", "10")
        for tool in ("mien", "Praat")
    ]
    return pd.DataFrame(rows).assign(quantity="voicing", low=0.05, high=0.2)


def agreement_rows():
    keys = [("cremad", "emotion", c, m) for c in ("voice", "face", "both") for m in figures.agreed.LINES]
    keys += [("cremad", e, c, "hit_rate") for c in ("voice", "face", "both") for e in figures.agreed.EMOTIONS]
    keys += [(corpus, "x", "face", m) for corpus in ("haines", "gap") for m in ("alpha_ordinal", "pairs_agree")]
    keys += [("cremad", p, c, w) for p in figures.agreed.PAIRS for c in ("voice", "face") for w in figures.agreed.WAYS]
    rows = pd.DataFrame(keys, columns=["corpus", "target", "channel", "measure"])
    return rows.assign(value=0.5, low=0.4, high=0.6, chance=1 / 6, n_people=91, why="")


def conversation_tables():
    meetings = pd.DataFrame(
        [{"corpus": c, "recording_id": f"{c}_{n}"} for c in ("ami", "gap", "mrda") for n in range(3)]
    )
    measures = {name: np.linspace(0.1, 0.9, 9) for name in (*figures.conversations.PANELS, "fto_median_s")}
    bins = np.round(np.arange(-3, 3.01, 0.1), 1)
    offsets = pd.concat([pd.DataFrame({"corpus": c, "offset_s": bins, "changes": 5}) for c in ("ami", "gap", "mrda")])
    marked = pd.DataFrame({"min_pause_s": [0.18], "marked_per_speech_hour": [261.0]})
    return {
        "turn_anchors": meetings.assign(**measures),
        "turn_offsets": offsets.reset_index(drop=True),
        "turn_backchannels": marked,
    }


def lip_rows():
    talks = [
        {"kind": kind, "material": "m", "rate_hz": rate, "asked_s": length, "shift_s": shift, "error_s": 0.1 / length}
        for kind in ("real", "synthetic")
        for rate in (10.0, 25.0)
        for length in (6.0, 12.0)
        for shift in (-0.1, 0.2)
    ]
    talks = pd.DataFrame(talks).assign(error_low_s=0.001, error_high_s=0.1)
    talks = talks.assign(lag_s=talks["shift_s"] + 0.01, low_s=talks["shift_s"], high_s=talks["shift_s"] + 0.03)
    talks["speech_s"] = talks["asked_s"] / 2
    clips = [("a.mp4", 0.02, 0.9), ("b.mp4", np.nan, 0.0), ("c.mp4", 0.3, 0.1)]
    clips = pd.DataFrame(clips, columns=["material", "lag_s", "trust"]).assign(kind="clip", low_s=-0.1, high_s=0.4)
    return pd.concat([clips, talks.assign(trust=0.8)], ignore_index=True)


def verdict_rows():
    known = {"n_leakage_failures": 0, "n_groups": 60, "coverage": 1, "minimum_detectable_gap": 0.1, "icc_retest": 0.6}
    counts = {"n_people": 60, "n_groups": 60, "n_windows": 600}
    parts = []
    for corpus, more in (("A", {}), ("B", {"n_groups": 12}), ("C", {"calibration_slope": 2.0, "ece": 0.2})):
        scope = verdict.Scope(corpus, "voice", "label_x", "observer")
        parts.append(verdict.judge(known | more, verdict.load(), scope, counts=counts | {"n_groups": 60}))
    return pd.concat(parts, ignore_index=True)


def committed_tables():
    """Tables of questions that are drawn as they are committed."""
    names = ("sentiment", "sentiment_unshared", "published", "travel", "travel_measures", "engagement")
    names += ("engagement_more", "fusion", "changed_scores", "changed_errors", "latency_differences", "recorded_scores")
    names += ("pictured_scores", "reid", "construct", "gaming")
    return study.questions.read(Path(__file__).parents[1] / "data", names)


def people_tables():
    people = {"person_id": ["a", "b", "c", "d"], "sex": ["female", "male"] * 2, "corpus": ["A", "A", "B", "B"]}
    scores = pd.DataFrame(people).assign(signals="voice", balanced_accuracy=[0.5, 0.6, 0.7, 0.8], n_windows=9)
    columns = ["corpus", "who", "measure", "value", "low", "high"]
    gaps = [("A", "model", "balanced accuracy of a person", np.nan, np.nan, np.nan)]
    gaps += [
        ("B", "model", "balanced accuracy of a person", 0.1, 0.05, 0.15),
        ("C", "observers", "votes from face", 0, -1, 1),
    ]
    apart = pd.DataFrame(gaps, columns=columns).assign(
        group="female minus male", n_female=40, n_male=41, label_class=""
    )
    return {"person_scores": scores, "people_gaps": apart}


READ = ribbon_tables() | {
    "truth": pd.DataFrame(
        {"person_id": ["a", "b"], "quantity": "pitch", "unit": "Hz", "scripted": [1.0, 2.0], "measured": [1.1, 1.9]}
    ),
    "face_error": face_error_rows(),
    "voice_error": voice_error_rows(),
    "voice_praat": voice_praat_rows(),
    "lip_lag": lip_rows(),
    "evidence": evidence_rows(),
    **conversation_tables(),
    "agreement": agreement_rows(),
    "agreement_people": pd.DataFrame(
        {"person_id": ["a", "b"] * 3, "channel": np.repeat(["voice", "face", "both"], 2), "sex": ["female", "male"] * 3}
    ).assign(hit_rate=0.5),
    "leaks": leak_rows(),
    "verdicts": verdict_rows(),
    **people_tables(),
    **committed_tables(),
}


@pytest.mark.parametrize("figure", figures.ALL, ids=lambda f: f.name)
def test_each_figure_writes_its_picture_and_the_numbers_behind_it_the_same_every_time(figure, tmp_path):
    first = [path.read_bytes() for path in figures.save(figure, READ, tmp_path / "a")]
    again = [path.read_bytes() for path in figures.save(figure, READ, tmp_path / "b")]
    assert first == again
    assert len(pd.read_csv(tmp_path / "a" / f"{figure.name}.csv"))


def test_the_manifest_names_what_each_figure_shows_and_who_asks():
    made = figures.manifest()
    assert made["figure"].tolist() == [figure.name for figure in figures.ALL]
    assert set(made["asked_by"]) <= set(study.NOTEBOOKS)
    assert made["shows"].str.len().min() > 20


def test_a_figure_never_reads_a_file_fits_or_resamples():
    def calls(source):
        found = {
            n.func.attr for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Call) and hasattr(n.func, "attr")
        }
        return found & {
            "read_csv",
            "read_parquet",
            "read_text",
            "open",
            "fit",
            "predict",
            "sample",
            "choice",
            "default_rng",
        }

    assert calls("pd.read_csv('x')") == {"read_csv"}
    rooms = [figures, figures.agreed, figures.conversations, figures.instrument, figures.judged, figures.lips]
    rooms += [figures.minute]
    assert [calls(inspect.getsource(room)) for room in rooms] == [set()] * len(rooms)


def test_a_missing_table_is_named(tmp_path):
    with pytest.raises(tables.TableError, match="figure 'tour_truth' reads 'truth'; given turns"):
        figures.save(figures.named("tour_truth"), ribbon_tables(), tmp_path)
    with pytest.raises(tables.TableError, match="no figure 'tour'; known are tour_ribbon"):
        figures.named("tour")


def test_ribbon_numbers_are_means_of_a_tenth_of_a_second_and_missing_stays_missing():
    made = figures.ribbon_numbers(*ribbon_tables().values(), start_s=1.0, end_s=3.0)
    mine = made[made["person_id"] == "ada"].set_index("signal")
    assert mine.loc[["smile"], "value"].to_numpy() == pytest.approx(0.4)
    assert mine.loc[["jaw_open"], "start_s"].max() < 2.0
    assert mine.loc[["yaw_deg"], "end_s"].max() == pytest.approx(3.0)
    octave = mine.loc[["pitch_st"], "value"]
    assert octave.max() - octave.min() == pytest.approx(12)
    assert mine.loc[["turn"], ["start_s", "end_s"]].to_numpy().tolist() == [[1.0, 1.5]]


def test_nobody_gives_an_empty_ribbon_and_no_error(tmp_path):
    nobody = {name: table.iloc[:0] for name, table in ribbon_tables().items()}
    assert len(figures.save(figures.named("tour_ribbon"), nobody, tmp_path)) == 3


def test_every_published_value_and_every_meeting_is_behind_the_picture():
    read = conversation_tables()
    made = figures.anchors_numbers(*read.values())
    published = made[made["corpus"] == "published"]
    assert sorted(published["low"]) == sorted(p.low for p in turns.PUBLISHED)
    assert all(p.source in " ".join(published["label"]) for p in turns.PUBLISHED)
    shares = made[(made["panel"] == "offset_s") & (made["corpus"] == "gap")].dropna(subset="value")
    assert shares["value"].sum() == pytest.approx(1)
    dots = made[(made["panel"] == "overlap_rate") & made["value"].notna()]
    assert dots["value"].tolist() == read["turn_anchors"]["overlap_rate"].tolist()


def test_every_line_of_the_ceilings_has_a_dot_for_each_place():
    made = figures.ceilings_numbers(agreement_rows())
    assert made.groupby("panel").size().to_dict() == {"by channel": 12, "by emotion": 18, "elsewhere": 4}
    people = figures.people_numbers(agreement_rows(), READ["agreement_people"])
    assert people["panel"].value_counts().to_dict() == {"differences": 8, "actors": 6}


def test_scores_leave_out_what_is_no_model():
    assert set(figures.scores_numbers(evidence_rows())["model"]) == {"logistic", "forest"}


def test_the_ladder_goes_from_cheating_to_honest():
    drawing = figures.leaks(figures.leaks_numbers(leak_rows()))
    labels = [text.get_text() for text in drawing.axes[0].get_yticklabels()]
    assert labels == list(figures.RUNGS.values())
    line = drawing.axes[0].get_lines()[0]
    assert line.get_xdata().tolist() == [0.8, 0.7, 0.5]
    assert np.all(np.diff(line.get_ydata()) > 0)


def test_doses_of_the_face_error_go_from_mild_to_harsh():
    made = figures.face_error_numbers(face_error_rows())
    first = made[made["place"] == 0].drop_duplicates("axis").set_index("axis")["dose"]
    assert first.to_dict() == {"face width": "120", "bitrate": "as drawn", "yaw": "0–10"}
    assert made["line"].unique().tolist() == ["found", "yaw", "smile", "recall"]


def test_doses_of_the_voice_error_go_from_mild_to_harsh_and_all_voices_are_together():
    made = figures.voice_error_numbers(voice_error_rows())
    noise = made[(made["axis"] == "noise") & (made["line"] == "level (slope)")]
    assert noise[["place", "dose"]].to_numpy().tolist() == [[0, "40"], [1, "20"]]
    assert made["axis"].drop_duplicates().tolist() == ["noise", "echo", "together"]
    assert set(made["line"]) == {"pitch > 20 % off", "speech", "level (slope)"}


def test_the_quality_of_sound_is_drawn_beside_what_is_known():
    made = figures.voice_quality_numbers(voice_error_rows(), voice_praat_rows())
    assert made.loc[made["panel"] == "noise under the voice (dB)", "place"].tolist() == ["noise 40", "noise 20"]
    assert made.loc[made["panel"] == "beside Praat", "line"].unique().tolist() == ["mien: missed", "Praat: missed"]


def test_the_lags_of_clips_are_drawn_by_trust_and_the_error_by_speech():
    made = figures.lip_lag_numbers(lip_rows())
    assert made.loc[made["panel"] == "clip", "line"].tolist() == ["c.mp4", "a.mp4"]
    found = made[made["panel"] == "found"]
    assert found[["line", "place", "value"]].to_numpy().tolist() == [
        *(["real clips in a row", shift, shift + 0.01] for shift in (-0.1, 0.2)),
        *(["SYNTHETIC faces", shift, shift + 0.01] for shift in (-0.1, 0.2)),
    ]
    error = made[(made["panel"] == "error") & (made["line"] == "real clips in a row, 10 pictures/s")]
    assert error[["place", "value"]].to_numpy() == pytest.approx(np.array([[3.0, 0.1 / 6], [6.0, 0.1 / 12]]))


def test_every_verdict_has_a_square_in_its_state():
    numbers = figures.verdicts_numbers(READ["verdicts"])
    assert len(numbers) == len(READ["verdicts"])
    at = numbers.assign(corpus=READ["verdicts"]["corpus"], name=READ["verdicts"]["claim"]).set_index(["corpus", "name"])
    assert at.loc[("A", "C3_reliable"), "state"] == "in part"
    assert at.loc[("A", "C2_transfer"), "state"] == "nothing measured"
    assert at.loc[("B", "C3_reliable"), ["state", "gates"]].tolist() == ["a gate fails", "units"]
    assert at.loc[("C", "C10_calibrated"), "state"] == "does not hold"
    assert set(numbers["state"]) <= set(figures.ruled.COLOURS)


def test_a_difference_that_is_not_testable_stays_without_a_number():
    numbers = figures.person_scores_numbers(READ["person_scores"], READ["people_gaps"])
    apart = numbers[numbers["panel"] == "differences"].set_index("corpus")
    assert np.isnan(apart.at["A", "value"])
    assert (apart.at["B", "value"], apart.at["C", "place"]) == (0.1, "face")
    assert (numbers["panel"] == "people").sum() == 4
