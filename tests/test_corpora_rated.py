"""The corpora of ratings, votes and measures: real files where they are at hand, else made-up trees of their layout."""

import hashlib
import re
import threading
import zipfile
from functools import partial
from http.server import HTTPServer, SimpleHTTPRequestHandler

import numpy as np
import pandas as pd
import pytest

from mien import corpora, recordings, sources, tables
from mien.corpora import (
    cremad,
    daisee,
    downloads,
    emodb,
    gap,
    haines,
    london,
    meld,
    mit,
    mosi,
    mrda,
    noxi,
    ravdess,
    roomreader,
    sheets,
)


def write(path, text=""):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def tree(folder, *names):
    for name in names:
        write(folder / name)
    return folder


# --- all of one shape -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", corpora.ALL)
def test_every_corpus_says_what_it_is_and_who_says_what_its_labels_say(name):
    corpus = corpora.named(name)
    assert name == corpus.NAME
    for fact in ("WHAT", "LICENCE", "CITATION", "ORIGIN", "EXPECTED"):
        assert len(getattr(corpus, fact)) > 8
    assert set(corpus.LABELS.values()) <= set(corpora.LEVELS)
    assert corpus.TABLES
    for table in corpus.TABLES:
        assert getattr(corpus, table).__doc__


@pytest.mark.parametrize("name", corpora.ALL)
def test_every_table_of_every_corpus_names_a_folder_that_is_not_there(name, tmp_path):
    corpus = corpora.named(name)
    for table in corpus.TABLES:
        with pytest.raises(corpora.CorpusError, match=r"nowhere: no such folder; expected "):
            getattr(corpus, table)(tmp_path / "nowhere")


def labels_of(frame):
    return {name for name in frame.columns if name.startswith("label_")}


@pytest.mark.parametrize(
    ("corpus", "place"),
    [
        *((ravdess, "ravdess"), (emodb, "emodb"), (cremad, "cremad"), (gap, "gap"), (haines, "haines"), (meld, "meld")),
        *((mit, "mit_interview"), (london, "london_faces"), (mrda, "mrda")),
    ],
)
def test_every_label_of_the_real_tables_has_its_source(corpus, place, shared):
    for table in corpus.TABLES:
        found = getattr(corpus, table)(shared / "data" / place)
        assert labels_of(found) <= set(corpus.LABELS)


# --- tables as others write them ------------------------------------------------------------------------------------


def test_a_text_table_names_what_is_wrong_with_it(tmp_path):
    with pytest.raises(corpora.CorpusError, match="no column b; found a, c; expected this"):
        sheets.text_table(write(tmp_path / "t.csv", "a,c\n1,2\n"), ["a", "b"], "this")
    with pytest.raises(corpora.CorpusError, match=r"t\.csv: row 2 has 1 values instead of 2"):
        sheets.text_table(write(tmp_path / "t.csv", "a,b\n1,2\n3\n"), ["a"], "this")
    with pytest.raises(corpora.CorpusError, match=r"t\.csv: no rows; expected this"):
        sheets.text_table(write(tmp_path / "t.csv", "a,b\n"), ["a"], "this")
    with pytest.raises(corpora.CorpusError, match=r"t\.csv: cannot be read"):
        sheets.text_table(write(tmp_path / "t.csv", b"a,b\n\xff\xfe,1\n"), ["a"], "this")


def test_numbers_out_of_bounds_are_missing_and_told_and_words_are_refused():
    told = {}
    table = pd.DataFrame({"x": ["1", "8", "", "NA"]})
    assert sheets.numbers(table, ["x"], "f.csv", told, 1, 7)["x"].isna().tolist() == [False, True, True, True]
    assert told["out_of_bounds"] == ["f.csv: row 2, column x: 8 is not 1 to 7"]
    with pytest.raises(corpora.CorpusError, match=r"f\.csv: row 1, column x: 'high' is no number"):
        sheets.numbers(pd.DataFrame({"x": ["high"]}), ["x"], "f.csv")


SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
)
STRINGS = '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>name</t></si></sst>'


def book(path, rows):
    """A spreadsheet with a shared string, an inline string, a gap and a blank row."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/worksheets/sheet1.xml", SHEET.format(rows))
        archive.writestr("xl/sharedStrings.xml", STRINGS)
    return path


def test_a_spreadsheet_is_read_with_its_gaps(tmp_path):
    head = '<row><c r="A1" t="s"><v>0</v></c><c r="B1" t="inlineStr"><is><t>x</t></is></c>'
    head += '<c r="C1" t="str"><v>y</v></c></row>'
    body = '<row><c r="A2" t="str"><v>ana</v></c><c r="C2"><v>2.5</v></c></row><row><c r="A3"/></row>'
    table = sheets.sheet(book(tmp_path / "b.xlsx", head + body), ["name", "y"], "this")
    assert table.to_dict("records") == [{"name": "ana", "x": "", "y": "2.5"}]
    with pytest.raises(corpora.CorpusError, match=r"b\.xlsx: no column z; found name, x, y; expected this"):
        sheets.sheet(tmp_path / "b.xlsx", ["z"], "this")
    with pytest.raises(corpora.CorpusError, match=r"c\.xlsx: not a readable \.xlsx .*; expected this"):
        sheets.sheet(write(tmp_path / "c.xlsx", "no book"), ["z"], "this")


# --- CREMA-D --------------------------------------------------------------------------------------------------------


def test_cremad_takes_the_best_sound_and_the_picture_of_a_clip_as_one_recording(tmp_path):
    names = ("AudioWAV/1001_DFA_ANG_XX.wav", "AudioMP3/1001_DFA_ANG_XX.mp3", "VideoFlash/1001_DFA_ANG_XX.flv")
    table = cremad.recordings(tree(tmp_path, *names, "AudioMP3/1002_IEO_SAD_LO.mp3", "AudioWAV/1040_ITH_SAD_X.wav"))
    kinds = table.groupby("recording_id")["kind"].agg(sorted).to_dict()
    assert kinds["cremad_1001_DFA_ANG_XX"] == ["person_audio", "video"]
    assert not table["path"].str.contains("1001.*mp3").any()
    assert kinds["cremad_1002_IEO_SAD_LO"] == ["person_audio"]
    sad = table.set_index("recording_id").loc["cremad_1002_IEO_SAD_LO"]
    assert (sad["label_valence"], sad["label_intensity"], sad["confound_sentence"]) == ("negative", "low", "IEO")
    assert table["label_intensity"].isna().sum() == 3
    assert len(recordings.of_table(table)) == 3


def test_cremad_votes_name_the_clip_that_does_not_parse(tmp_path):
    head = '"","A","D","F","H","N","S","fileName"\n'
    write(tmp_path / "tabulatedVotes.csv", head + '"100001",0,0,0,1,10,0,"1001_IEO_NEU_XX"\n')
    assert cremad.votes(tmp_path)["votes_neutral"].tolist() == [10]
    write(tmp_path / "tabulatedVotes.csv", head + '"100001",0,0,0,1,10,0,"intro"\n')
    with pytest.raises(corpora.CorpusError, match="'intro' is no name of a clip"):
        cremad.votes(tmp_path)
    write(tmp_path / "tabulatedVotes.csv", head + '"900001",0,0,0,1,10,0,"1001_IEO_NEU_XX"\n')
    with pytest.raises(corpora.CorpusError, match="a row without a channel"):
        cremad.votes(tmp_path)


def test_the_real_cremad(shared):
    folder = shared / "data" / "cremad"
    votes, people = cremad.votes(folder), cremad.people(folder)
    assert (len(votes), votes["recording_id"].nunique(), votes["person_id"].nunique()) == (22326, 7442, 91)
    counts = votes.groupby("channel")[list(cremad.VOTES.values())].sum().sum(axis=1)
    assert counts.to_dict() == {"voice": 68568, "face": 71654, "both": 71778}
    assert people["sex"].value_counts().to_dict() == {"male": 48, "female": 43}
    table = cremad.recordings(folder)
    assert table["kind"].value_counts().to_dict() == {"person_audio": 12, "video": 6}
    assert table.groupby("person_id")["confound_sex"].first().tolist() == ["male", "female"]


# --- RAVDESS, heard and seen ----------------------------------------------------------------------------------------


def test_ravdess_counts_what_an_actor_did_once_however_often_it_was_published(tmp_path):
    take, other = "01-05-02-01-02-04", "01-03-01-01-01-04"
    names = [f"Actor_04/{modality}-{take}.mp4" for modality in ("01", "02")] + [f"Audio/Actor_04/03-{take}.wav"]
    names += [f"Actor_04/02-{other}.mp4", f"Audio/Actor_04/03-{other}.wav"]
    table = ravdess.recordings(tree(tmp_path, *names)).set_index("recording_id")
    assert table.loc[f"ravdess_01-{take}", "kind"] == "video"
    assert sorted(table.loc[f"ravdess_03-{other}", "kind"]) == ["person_audio", "video"]
    assert len(table) == 3
    assert len(recordings.of_table(table.reset_index())) == 2
    with pytest.raises(corpora.CorpusError, match=r"03-.*\.mp4: 01 and 02 are video"):
        ravdess.recordings(tree(tmp_path / "odd", f"03-{take}.mp4"))


# --- GAP ------------------------------------------------------------------------------------------------------------


def test_gap_marks_are_read_and_copies_of_meetings_are_no_meetings(tmp_path):
    head = "Participant,Start,End,Duration,Sentiment,Decision,Private,Survival Item,Sentence\n"
    lines = '1.Blue.1,00:01.0,00:02.0,00:01.0,"Positive, Negative","Proposal, Disagreement",,,"""x"""\n'
    lines += '1.Pink.1,00:02.0,00:03.5,00:01.5,Negative,,Private,,"""y"""\n1.Pink.2,oh,00:04.0,00:01.5,,,,,"""z"""\n'
    write(tmp_path / "Merged" / "CSV Group 1 Feb 8 429.csv", head + lines)
    write(tmp_path / "Merged" / "No-Punctuation" / "CSV Group 1 Feb 8 429.csv", head + lines)
    told = {}
    found = gap.sentences(tmp_path, told)
    assert found["label_sentiment"].tolist() == ["mixed", "negative"]
    assert found["label_decision"].tolist() == ["disagreement+proposal", "none"]
    assert found["label_private"].tolist() == ["no", "yes"]
    assert len(told["unread"]) == 1
    assert "CSV Group 1 Feb 8 429.csv: line 4" in told["unread"][0]


def test_the_real_gap(shared):
    folder = shared / "data" / "gap"
    told = {}
    marked, people, groups = gap.sentences(folder, told), gap.people(folder, told), gap.groups(folder, told)
    assert (len(marked), marked["recording_id"].nunique(), len(people), len(groups)) == (8009, 28, 84, 28)
    assert told == {"unread": [], "out_of_bounds": []}
    assert marked["label_sentiment"].value_counts().to_dict() == {
        **{"none": 7149, "positive": 643, "negative": 148, "mixed": 69}
    }
    assert set(marked["person_id"]) == set(people["person_id"])
    assert people.groupby("recording_id").size().to_dict() == groups.set_index("recording_id")["people"].to_dict()
    rated = people[list(gap.RATED.values())]
    assert np.allclose(rated.drop(columns="label_satisfaction").mean(axis=1), rated["label_satisfaction"], atol=0.051)
    assert rated["label_efficiency"].corr(rated["label_worked_well"]) > 0.3  # worded negatively, and so reversed
    means = people.groupby("recording_id")["label_satisfaction"].mean()
    assert np.allclose(means, groups.set_index("recording_id")["label_satisfaction"].loc[means.index], atol=0.15)


# --- Haines ---------------------------------------------------------------------------------------------------------


def test_the_real_haines(shared):
    told = {}
    table = haines.windows(shared / "data" / "haines", told)
    assert (len(table), table["person_id"].nunique()) == (4810, 141)
    assert len(told["out_of_bounds"]) == 1
    assert "rater1_negScore: 8 is not 1 to 7" in told["out_of_bounds"][0]
    missing = table[["label_positive", "label_negative"]].isna().any(axis=1)
    assert (table.loc[missing, "why"] != "").all()
    assert (missing.sum(), (table.loc[~missing, "why"] == "").all()) == (2, True)
    kept = haines.windows(shared / "data" / "haines", as_published=True)
    assert (len(kept), kept["person_id"].nunique()) == (4648, 125)
    rated = haines.ratings(shared / "data" / "haines")
    assert (len(rated), set(rated["scale"])) == (9620, {"positive", "negative"})
    theirs = pd.read_csv(shared / "data" / "haines" / haines.FILE)["raterAVG_posScores"].dropna()
    mine = (
        rated.loc[rated["scale"] == "positive", ["rater_1", "rater_2", "rater_3"]].mean(axis=1, skipna=False).dropna()
    )
    assert np.allclose(np.sort(theirs), np.sort(mine), atol=1e-5)


def test_haines_says_how_to_save_the_release_as_a_table(tmp_path):
    with pytest.raises(corpora.CorpusError, match=r"in R, load it and write\.csv"):
        haines.windows(tree(tmp_path, "allDat_1segment_overallQuality3.RData"))


# --- MIT Interview --------------------------------------------------------------------------------------------------


def made_up_mit(folder, people=("P1", "PP1", "P3")):
    for name, columns in (
        ("audio_features_final.csv", 74),
        ("facial_features_final.csv", 15),
        ("y-output - Sheet1.csv", 19),
    ):
        rows = [",".join([one, *(f"{0.5 + n:g}" for n in range(columns))]) for one in people]
        write(folder / name, "\n".join(rows) + "\n")
    return folder


def test_mit_interviews_of_one_person_are_one_group(tmp_path):
    table = mit.windows(made_up_mit(tmp_path)).set_index("recording_id")
    assert table.loc[["mit_P1", "mit_PP1"], "group_id"].tolist() == ["mit_01", "mit_01"]
    assert table["confound_coached"].to_dict() == {"mit_P1": "no", "mit_P3": "no", "mit_PP1": "yes"}
    assert (table.loc["mit_P1", "end_s"], table.loc["mit_P1", "voice_f0_mean_hz"]) == (2.5, 3.5)
    assert not [name for name in table if "engaged" in name and "presumed" not in name]


def test_mit_names_interviews_that_one_table_lacks(tmp_path):
    made_up_mit(tmp_path)
    write(tmp_path / "facial_features_final.csv", ",".join(["P1", *["1"] * 15]) + "\n")
    with pytest.raises(corpora.CorpusError, match="the faces lack P3, PP1"):
        mit.windows(tmp_path)
    write(tmp_path / "facial_features_final.csv", ",".join(["Q1", *["1"] * 15]) + "\n")
    with pytest.raises(corpora.CorpusError, match="'Q1' names no interview"):
        mit.windows(tmp_path)


def test_the_real_mit_interviews(shared):
    folder = shared / "data" / "mit_interview"
    table = mit.windows(folder, prosody=True)
    assert (len(table), table["person_id"].nunique()) == (138, 69)
    assert set(table.groupby("person_id").size()) == {2}
    assert not table.isna().any(axis=None)
    second = pd.read_csv(folder / "scores.csv")
    second.index = "mit_" + second["Participant"].str.upper()
    for mine, theirs in (("label_overall", "Overall"), ("label_excited", "Excited")):
        assert np.allclose(table.set_index("recording_id")[mine], second[theirs].loc[table["recording_id"]])
    prosody = pd.read_csv(folder / "prosodic_features.csv")
    answers = prosody.groupby(prosody.iloc[:, 0].str.extract(r"(P+\d+)")[0])["duration"].mean()
    assert np.allclose(
        table.set_index("recording_id")["voice_prosody_duration"], answers.loc[table["recording_id"].str[4:]]
    )


# --- London faces ---------------------------------------------------------------------------------------------------


def test_london_pictures_are_videos_of_one_frame_of_known_people(tmp_path):
    write(tmp_path / "london_info.csv", "face_id,face_age,face_gender,face_eth\n001,24,female,white\n")
    table = london.recordings(tree(tmp_path, "neutral_front/001_03.jpg", "smiling_front/001_08.jpg"))
    assert table["label_expression"].tolist() == ["neutral", "smiling"]
    assert set(table["kind"]) == {"video"}
    assert set(table["confound_sex"]) == {"female"}
    with pytest.raises(corpora.CorpusError, match=r"002_03\.jpg: nobody 002 in the table of people"):
        london.recordings(tree(tmp_path, "neutral_front/002_03.jpg"))


def test_the_real_london_faces(shared):
    table = london.recordings(shared / "data" / "london_faces")
    assert (len(table), table["person_id"].nunique()) == (204, 102)
    people = table.drop_duplicates("person_id")
    assert people["confound_sex"].value_counts().to_dict() == {"male": 53, "female": 49}
    counts = {"white": 69, "black": 13, "west_asian": 10, "east_asian": 9, "mixed": 1}
    assert people["confound_ethnicity"].value_counts().to_dict() == counts
    assert (people["confound_age"].min(), people["confound_age"].max()) == (18, 54)


# --- MELD -----------------------------------------------------------------------------------------------------------

MELD_HEAD = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime\n"


def test_meld_reads_the_layout_as_published_with_its_words(tmp_path):
    line = '1,"Well, yes",Ross,joy,positive,0,0,4,7,"01:20:57,256","01:21:00,049"\n'
    bad = '2,No,Ross,joy,positive,0,1,4,7,"00:21:57,256","00:21:00,049"\n'
    for part in meld.PARTS:
        write(tmp_path / f"{part}_sent_emo.csv", MELD_HEAD + line + (bad if part == "dev" else ""))
    told = {}
    found = meld.sentences(tmp_path, told)
    assert found["recording_id"].tolist() == ["meld_dev_0000", "meld_test_0000", "meld_train_0000"]
    assert found["start_s"].tolist() == [4857.256] * 3
    assert set(found["confound_episode"]) == {"s04e07"}
    assert not [name for name in found if "utterance" in name.lower() or "word" in name.lower()]
    assert len(told["unread"]) == 1
    write(tmp_path / "dev_sent_emo.csv", MELD_HEAD + line.replace("joy", "glee"))
    with pytest.raises(corpora.CorpusError, match=r"dev_sent_emo\.csv: row 1: Emotion 'glee'; expected anger, "):
        meld.sentences(tmp_path)


def test_the_real_meld(shared):
    told = {}
    found = meld.sentences(shared / "data" / "meld", told)
    assert found["part"].value_counts().to_dict() == {"train": 9989, "test": 2610, "dev": 1109}
    assert (found["recording_id"].nunique(), told["unread"]) == (1432, [])


# --- MRDA hot spots -------------------------------------------------------------------------------------------------


def dadb(*rows):
    lines = [f"{start},{end},s,A,,z,Bmr001,me001,z,,,{code},," for start, end, code in rows]
    return "\n".join(lines) + "\n"


def test_a_hot_spot_lasts_from_its_trigger_to_its_closing(tmp_path):
    codes = [
        (1, 2, "10=l=a.a"),
        (2, 3, "b"),
        (3, 4, "c##20=w-=d.a"),
        (4, 5, "r"),
        (5, 6, "10b"),
        (6, 7, "b**c"),
        (8, 9, "b"),
    ]
    write(tmp_path / "database" / "Bmr001.dadb", dadb(*codes, (9, 10, "30=l=og;a.n.e")))
    found = mrda.hot_spots(tmp_path)
    assert found[["start_s", "end_s"]].to_numpy().tolist() == [[1, 4], [3, 7], [9, 10]]
    assert found["level"].tolist() == ["l", "w-", "l"]
    assert found["label_hot_spot"].tolist() == ["amusement", "other", "amusement"]


def test_the_real_hot_spots(shared):
    folder = shared / "data" / "mrda"
    found = mrda.hot_spots(folder)
    assert (len(found), found["recording_id"].nunique()) == (1457, 75)
    assert (found["label_hot_spot"] == "amusement").sum() == 1253
    theirs = pd.read_csv(folder / "spots.csv").assign(recording_id=lambda one: "mrda_" + one["meeting"])
    theirs = theirs.sort_values(["recording_id", "start"], kind="stable", ignore_index=True)
    assert (theirs["start"] == found["start_s"]).all()
    assert (theirs["level"] == found["level"]).all()
    # spots.csv lets '30b.e' in Bmr009 close spot 40, which is still open when its own '40c' comes
    differ = found[~np.isclose(theirs["end"], found["end_s"])]
    assert differ[["recording_id", "end_s"]].to_numpy().tolist() == [["mrda_Bmr009", 1585.7], ["mrda_Bmr009", 1592.48]]


def test_nowhere_are_hot_spots_called_engagement(shared):
    found = mrda.hot_spots(shared / "data" / "mrda")
    assert not [name for name in found if "engage" in name]
    assert "never to be called engagement" in " ".join(mrda.__doc__.split())


# --- corpora under an agreement -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", corpora.GUARDED)
def test_without_an_agreement_nothing_is_read(name, tmp_path):
    corpus = corpora.named(name)
    for words in (None, "", " \n"):
        if words is not None:
            write(tmp_path / corpora.AGREEMENT, words)
        for table in corpus.TABLES:
            with pytest.raises(
                corpora.CorpusError, match=r"is not read without an agreement \(.*AGREEMENT\.txt"
            ) as error:
                getattr(corpus, table)(tmp_path)
            assert str(error.value).count("\n") == 0


def held(folder):
    write(folder / corpora.AGREEMENT, "A. Holder signed on 1 May 2026")
    return folder


def test_daisee_clips_get_the_labels_of_their_part(tmp_path):
    clips = ("DataSet/Train/110001/1100011002/1100011002.avi", "DataSet/Test/500044/5000441001/5000441001.avi")
    tree(held(tmp_path), *clips, "DataSet/Test/500044/5000441005/5000441005.avi")
    head = "ClipID,Boredom,Engagement,Confusion,Frustration \n"
    write(tmp_path / "Labels" / "TrainLabels.csv", head + "1100011002.avi,0,2,0,0\n")
    write(tmp_path / "Labels" / "TestLabels.csv", head + "5000441001.avi,1,3,4,0\n")
    write(tmp_path / "Labels" / "AllLabels.csv", head + "1100011002.avi,0,2,0,0\n5000441001.avi,1,3,4,0\n")
    told = {}
    table = daisee.recordings(tmp_path, told)
    assert table["person_id"].tolist() == ["daisee_110001", "daisee_500044"]
    assert table["label_perceived_engagement"].tolist() == [2, 3]
    assert table["confound_part"].tolist() == ["train", "test"]
    assert told["unlabelled"] == ["5000441005"]
    assert "4 is not 0 to 3" in told["out_of_bounds"][0]
    assert labels_of(table) == set(daisee.LABELS)
    with pytest.raises(corpora.CorpusError, match=r"1100011003\.avi not in the folder of their person"):
        daisee.recordings(tree(tmp_path, "DataSet/Train/110002/1100011003/1100011003.avi"))


def test_mosi_opinions_are_recordings_of_picture_and_sound(tmp_path):
    names = [f"Raw/Video/Segmented/03bSnISJMiM_{n}.mp4" for n in (1, 2)]
    names += ["Raw/Video/Full/03bSnISJMiM.mp4", "Raw/Video/Full/03bSnISJMiM_9.mp4"]
    tree(held(tmp_path), *names, "Raw/Audio/WAV_16000/Segmented/03bSnISJMiM_1.wav")
    write(tmp_path / "Raw" / "Labels" / "OpinionLevelSentiment.csv", "0.0,5.5,03bSnISJMiM,1,2.4\n6,7,03bSnISJMiM,9,1\n")
    told = {}
    table = mosi.recordings(tmp_path, told)
    assert table["kind"].tolist() == ["person_audio", "video"]
    assert set(table["label_sentiment"]) == {2.4}
    assert told["unlabelled"] == ["03bSnISJMiM_2.mp4"]
    assert mosi.sentences(tmp_path)[["start_s", "end_s"]].to_numpy().tolist() == [[0.0, 5.5], [6, 7]]


CARMA = "Time of Rating,01-Jul-2021\nMultimedia File,x.mp4\nLower Label,low\nUpper Label,high\nMinimum Value,-100\n"
CARMA += "Maximum Value,100\nNumber of Steps,9\nSecond,Rating\n%%%%%%,%%%%%%\n"


def test_roomreader_calls_and_traces(tmp_path):
    inside = "audio/individual_participants_audio/S01/S01_{}.wav"
    tree(
        held(tmp_path),
        inside.format("P011_Christian"),
        inside.format("T002_Charlie"),
        "audio/all_participants_audio/S01.wav",
    )
    traces = tmp_path / "annotations" / "continuous engagement"
    write(traces / "EngAnno_1" / "S01_P011_Christian_all.csv", CARMA + "0.00,0\n1.00,-12.5\n")
    write(traces / "EngAnno_2" / "S01_P011_Christian_all.csv", CARMA)
    write(traces / "transcripts" / "S01_P011_Christian.csv", "0,hello\n")
    table = roomreader.recordings(tmp_path)
    assert set(table["recording_id"]) == {"roomreader_S01"}
    assert table["confound_role"].tolist() == ["student", "tutor"]
    told = {}
    found = roomreader.traces(tmp_path, told)
    assert found[["annotator", "time_s", "label_perceived_engagement"]].to_numpy().tolist() == [
        ["1", 0, 0],
        ["1", 1, -12.5],
    ]
    assert len(told["unread"]) == 1
    assert "EngAnno_2" in told["unread"][0]


def test_noxi_conversations_and_traces(tmp_path):
    tree(
        held(tmp_path),
        *(f"Sessions/001/{name}" for name in ("Expert_video.mp4", "Novice_video.mp4", "Expert_close.wav")),
    )
    tree(tmp_path, "002/novice.video.mp4", "002/novice.audio.wav", "002/notes.txt")
    write(tmp_path / "002" / "novice.engagement.annotation.csv", "0.5\n0.6\nnan\n1.2\n")
    write(tmp_path / "002" / "expert.engagement.annotation.csv", "0.5;1.0\n")
    write(tmp_path / "003" / "expert.engagement.annotation.csv", "\n")
    table = noxi.recordings(tmp_path)
    assert len(table) == 5
    assert len(recordings.of_table(table)) == 5
    assert set(table["confound_role"]) == {"expert", "novice"}
    told = {}
    found = noxi.traces(tmp_path, told)
    assert found["time_s"].tolist() == [0, 0.04, 0.08, 0.12]
    assert found["label_perceived_engagement"].isna().tolist() == [False, False, True, True]
    assert [path.split("/")[-2] for path in told["unread"]] == ["002", "003"]


# --- downloads ------------------------------------------------------------------------------------------------------


@pytest.fixture
def server(tmp_path):
    """A server of the files below ``tmp_path / "web"`` on this machine; returns its address and the folder."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            """Print nothing."""

    folder = tmp_path / "web"
    folder.mkdir()
    http = HTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{http.server_port}", folder
    http.shutdown()
    http.server_close()


def source(address, name, content, kind="sha256"):
    value = hashlib.new(kind, content).hexdigest()
    return sources.Source(
        name, name, size_bytes=len(content), address=f"{address}/{name}", **{"sha256": "", kind: value}
    )


def test_a_corpus_is_fetched_with_its_licence_first_and_kept(server, tmp_path):
    address, web = server
    with zipfile.ZipFile(web / "sounds.zip", "w") as archive:
        archive.writestr("Actor_01/a.wav", "sound")
    write(web / "votes.csv", "a,b\n")
    files = {"in/votes.csv": source(address, "votes.csv", b"a,b\n")}
    files["sounds.zip"] = source(address, "sounds.zip", (web / "sounds.zip").read_bytes(), "md5")
    said = []
    folder = downloads.fetch("cremad", tmp_path / "out", said.append, files)
    assert [line.split(":")[0] for line in said] == [
        "what",
        "licence",
        "citation",
        "origin",
        "in/votes.csv",
        "sounds.zip",
    ]
    assert cremad.LICENCE in said[1]
    assert (folder / "in" / "votes.csv").read_bytes() == b"a,b\n"
    assert (folder / "Actor_01" / "a.wav").read_text() == "sound"
    (web / "votes.csv").unlink()
    downloads.fetch("cremad", tmp_path / "out", said.append, files)  # what is there is not asked for again


def test_files_that_fail_are_named_and_the_others_go_on(server, tmp_path):
    address, web = server
    write(web / "good.csv", "good")
    write(web / "changed.csv", "changed upstream")
    files = {name: source(address, name, b"good") for name in ("changed.csv", "gone.csv", "good.csv")}
    write(tmp_path / "out" / "changed.csv", "mine, older")
    with pytest.raises(sources.SourceError, match="cremad: 2 of 3 files are not there") as error:
        downloads.fetch("cremad", tmp_path / "out", lambda _: None, files)
    assert re.search(r"changed\.csv.*sent more than the 4 bytes", str(error.value))
    assert re.search(r"gone\.csv.*404", str(error.value))
    assert (tmp_path / "out" / "good.csv").is_file()
    assert (tmp_path / "out" / "changed.csv").read_text() == "mine, older"
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["changed.csv", "good.csv"]


def test_an_archive_of_which_only_md5_is_published_is_checked_by_it(server, tmp_path):
    address, web = server
    meant = source(address, "sounds.zip", b"right", "md5")
    write(web / "sounds.zip", "wrong")
    with pytest.raises(sources.SourceError, match=f"expected md5 {meant.md5}"):
        downloads.fetch("ravdess", tmp_path / "out", lambda _: None, {"sounds.zip": meant})
    assert not (tmp_path / "out" / "sounds.zip").exists()


def test_a_corpus_without_a_public_download_says_how_to_get_it(tmp_path):
    said = []
    with pytest.raises(
        corpora.CorpusError, match=r"noxi: no public download .* under an agreement: .*mien then reads NoXi"
    ):
        downloads.fetch("noxi", tmp_path, said.append)
    assert len(said) == 4


@pytest.mark.parametrize("name", corpora.ALL)
def test_what_is_listed_is_pinned_and_hashed(name):
    for inside, one in downloads.listed(name).items():
        assert re.search(r"/[0-9a-f]{40}/|zenodo\.org/records/\d+/", one.address), inside
        assert re.fullmatch(r"[0-9a-f]{64}", one.sha256) or re.fullmatch(r"[0-9a-f]{32}", one.md5)
        assert one.size_bytes > 0


def test_no_guarded_corpus_and_none_under_the_gpl_is_downloaded():
    assert not [name for name in (*corpora.GUARDED, "meld", "haines", "mrda") if downloads.listed(name)]


@pytest.mark.parametrize(
    ("name", "place"), [("cremad", "cremad"), ("gap", "gap"), ("ami", "ami_rttm"), ("mit", "mit_interview")]
)
def test_the_files_at_hand_are_those_that_would_be_fetched(name, place, shared):
    for inside, one in downloads.listed(name).items():
        path = shared / "data" / place / inside
        assert sources.check(one, path) == path


def test_a_fetched_corpus_is_read_as_it_lies(server, tmp_path, shared):
    address, web = server
    content = (shared / "data" / "cremad" / "VideoDemographics.csv").read_bytes()
    write(web / "VideoDemographics.csv", content)
    files = {"VideoDemographics.csv": source(address, "VideoDemographics.csv", content)}
    assert len(cremad.people(downloads.fetch("cremad", tmp_path / "out", lambda _: None, files))) == 91


def test_windows_of_measures_keep_the_promise_of_windows(shared):
    for corpus, place in ((haines, "haines"), (mit, "mit_interview")):
        tables.WINDOWS.check(corpus.windows(shared / "data" / place))
