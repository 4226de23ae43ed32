"""Corpora become tables of recordings; names that do not parse are named, all at once."""

import numpy as np
import pandas as pd
import pytest

from mien import corpora, tables
from mien.corpora import emodb, ravdess


def tree(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return folder


@pytest.mark.parametrize("name", corpora.NAMES)
def test_every_corpus_has_the_same_shape(name):
    corpus = corpora.named(name)
    assert name == corpus.NAME
    for fact in ("WHAT", "LICENCE", "CITATION", "ORIGIN"):
        assert len(getattr(corpus, fact)) > 8
    assert set(corpus.VALENCE) == set(corpus.EMOTIONS.values())
    assert set(corpus.VALENCE.values()) <= {"positive", "neutral", "negative", None}
    assert callable(corpus.recordings)


def test_an_unknown_corpus_is_answered_with_the_nearest_known_one():
    with pytest.raises(corpora.CorpusError, match="did you mean 'ravdess'"):
        corpora.named("ravdes")


def test_ravdess_names_become_rows(tmp_path):
    tree(tmp_path, "Actor_04/03-01-05-02-01-02-04.wav", "Actor_03/03-01-08-01-02-01-03.flac")
    table = ravdess.recordings(tmp_path)
    tables.RECORDINGS.check(table)
    angry, surprised = table.set_index("person_id").loc[["ravdess_04", "ravdess_03"]].to_dict("records")
    assert angry["recording_id"] == "ravdess_03-01-05-02-01-02-04"
    assert angry["path"] == str(tmp_path / "Actor_04/03-01-05-02-01-02-04.wav")
    assert (angry["label_emotion"], angry["label_valence"]) == ("angry", "negative")
    assert angry["label_intensity"] == "strong"
    assert (angry["confound_sex"], angry["confound_sentence"], angry["kind"]) == ("female", "kids", "person_audio")
    assert (surprised["confound_sex"], surprised["confound_sentence"]) == ("male", "dogs")
    assert pd.isna(surprised["label_valence"])


def test_strength_is_a_label_and_never_a_confound(tmp_path):
    table = ravdess.recordings(tree(tmp_path, "Actor_01/03-01-01-01-01-01-01.wav"))
    assert not [c for c in table if c.startswith("confound_") and "intensity" in c]


def test_ravdess_leaves_songs_out(tmp_path):
    tree(tmp_path, "03-02-01-01-01-01-01.wav", "03-01-01-01-01-01-01.wav")
    assert list(ravdess.recordings(tmp_path)["recording_id"]) == ["ravdess_03-01-01-01-01-01-01"]
    with pytest.raises(corpora.CorpusError, match="only sung"):
        ravdess.recordings(tree(tmp_path / "songs", "03-02-01-01-01-01-01.wav"))


def test_emodb_names_become_rows(tmp_path):
    table = emodb.recordings(tree(tmp_path, "wav/03a01Fa.wav", "wav/16b10Lb.flac"))
    tables.RECORDINGS.check(table)
    assert list(table["person_id"]) == ["emodb_03", "emodb_16"]
    assert list(table["label_emotion"]) == ["happy", "bored"]
    assert list(table["label_valence"]) == ["positive", "negative"]
    assert list(table["confound_sex"]) == ["male", "female"]
    assert list(table["confound_sentence"]) == ["a01", "b10"]


@pytest.mark.parametrize("corpus", [ravdess, emodb])
def test_all_names_that_do_not_parse_are_named_with_what_was_expected(corpus, tmp_path):
    tree(tmp_path, "one.wav", "03-01-09-01-01-01-01.wav", "03a01Xa.flac")
    with pytest.raises(corpora.CorpusError) as error:
        corpus.recordings(tmp_path)
    for name in ("3 file names", "one.wav", "03-01-09-01-01-01-01.wav", "03a01Xa.flac", "for example"):
        assert name in str(error.value)


@pytest.mark.parametrize("corpus", [ravdess, emodb])
def test_a_missing_or_empty_folder_is_named(corpus, tmp_path):
    with pytest.raises(corpora.CorpusError, match="no such folder; expected"):
        corpus.recordings(tmp_path / "nowhere")
    with pytest.raises(corpora.CorpusError, match=r"no \.wav or \.flac"):
        corpus.recordings(tree(tmp_path, "readme.txt"))


def test_one_recording_in_two_files_is_an_error(tmp_path):
    with pytest.raises(corpora.CorpusError, match="more than one file for 03a01Fa"):
        emodb.recordings(tree(tmp_path, "wav/03a01Fa.wav", "flac/03a01Fa.flac"))


def made_up(n_people=3, n_recordings=10):
    rows = [(f"p{p}", f"p{p}_{r:02d}") for p in range(n_people) for r in range(n_recordings)]
    return pd.DataFrame(rows, columns=["person_id", "recording_id"])


def test_calibration_takes_as_many_from_each_person_and_never_looks_at_labels():
    table = made_up()
    chosen = corpora.calibration(table, 4)
    assert (chosen.groupby(table["person_id"]).sum() == 4).all()
    labelled = table.assign(label_emotion=np.where(chosen, "happy", "sad"))
    assert chosen.equals(corpora.calibration(labelled, 4))


def test_a_person_is_calibrated_alike_whoever_else_is_there_and_in_whatever_order():
    table = made_up()
    chosen = set(table["recording_id"][corpora.calibration(table, 4)])
    alone = table[table["person_id"] == "p1"].sample(frac=1, random_state=0)
    assert set(alone["recording_id"][corpora.calibration(alone, 4)]) == {r for r in chosen if r.startswith("p1")}
    other = table.assign(person_id=table["person_id"].str.replace("p1", "q1"))
    assert set(table["recording_id"][corpora.calibration(other, 4)]) != chosen


def test_a_person_with_nothing_left_to_judge_is_named():
    with pytest.raises(corpora.CorpusError, match=r"p0 has 10 recordings.*n_recordings=5"):
        corpora.calibration(made_up(), 10)


def test_the_real_ravdess_and_emodb(shared):
    table = ravdess.recordings(shared / "data" / "ravdess")
    assert (len(table), table["person_id"].nunique()) == (1440, 24)
    assert table["label_emotion"].value_counts().to_dict() == {"neutral": 96} | dict.fromkeys(
        ("calm", "happy", "sad", "angry", "fearful", "disgust", "surprised"), 192
    )
    assert not ((table["label_emotion"] == "neutral") & (table["label_intensity"] == "strong")).any()
    german = emodb.recordings(shared / "data" / "emodb")
    assert (len(german), german["person_id"].nunique()) == (535, 10)
    said = pd.read_csv(shared / "data" / "emodb" / "speakers.csv", dtype={"speaker": str}).set_index("speaker")
    sexes = german.groupby("person_id")["confound_sex"].first()
    assert sexes.to_dict() == {f"emodb_{person}": sex for person, sex in said["sex"].items()}
