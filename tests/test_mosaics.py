"""Galleries of real people, cut together with known truth: everyone is found, and nobody becomes somebody else.

The real clips are test input only; the mosaics lie in a temporary folder. See ``mosaics.py``.
"""

from dataclasses import dataclass

import numpy as np
import pytest

import mosaics
from mien import face, media, people, sources

WIDE_PX = 240
"""Tiles that are at least so wide must be found nearly always."""


@dataclass
class Understood:
    """One mosaic as it was understood."""

    mosaic: object
    faces: object
    told: dict
    score: dict

    @property
    def names(self):
        return {person: who[0] for person, who in self.score["names"].items()}


@pytest.fixture(scope="session")
def understood(shared, tmp_path_factory):
    """Each mosaic, built and understood once."""
    made, folder = {}, tmp_path_factory.mktemp("mosaics")

    def one(name):
        if name not in made:
            tiles, layouts, seconds, size = mosaics.SCENES[name]()
            mosaic = mosaics.build(folder, name, shared, tiles, layouts, seconds, size)
            told = {}
            tracks = face.extract(media.pictures(mosaic.path, rate_hz=10), None, sources.find(face.MODEL), told)
            faces, about = people.assign(tracks, told["frame_times_s"], None, told["looks"], told["layout"])
            mosaic.path.unlink()
            made[name] = Understood(mosaic, faces, told | about, mosaics.score(faces, mosaic.truth))
        return made[name]

    return one


@pytest.mark.parametrize("name", ["pair", "four", "growing", "nine", "speaker", "inset"])
def test_everyone_in_a_wide_tile_is_found(understood, name):
    """At least 95 % of the person-frames of tiles of 240 px and more, and false faces in less than 1 % of frames."""
    one = understood(name)
    truth = one.mosaic.truth[one.mosaic.truth["w"] >= WIDE_PX]
    assert truth["visible"].sum() > 100
    score = mosaics.score(one.faces, truth)
    assert score["found"] >= 0.95
    assert one.score["false"] < 0.01


def test_nearly_everyone_among_25_is_found(understood):
    one = understood("crowd")
    assert one.score["found"] >= 0.85
    assert one.score["false"] < 0.01
    assert min(one.score["per_who"].values()) >= 0.85  # nobody is left out, whatever the colour of the skin


@pytest.mark.parametrize("name", list(mosaics.SCENES))
def test_nobody_becomes_somebody_else(understood, name):
    """Zero silent swaps: no person_id has frames of two people, through swaps, cameras off, joins and leaves."""
    one = understood(name)
    assert one.score["swaps"] == 0
    assert {who for who, share in one.score["per_who"].items() if share} == set(one.mosaic.truth["who"])


def test_who_comes_back_is_known(understood):
    """After 6 s off in the same tile, after 4 s off in another, after swaps, after a blink of the camera."""
    one = understood("four")
    assert one.score["splits"] == 0
    assert one.faces["person_id"].nunique() == 4
    ways = {track["way"] for tracks in one.told["people"].values() for track in tracks}
    assert ways >= {"new", "moment", "place", "anywhere"}
    assert one.faces["people_trust"].min() > 0.9


@pytest.mark.parametrize("name", ["pair", "growing", "speaker", "inset", "crowd"])
def test_through_swaps_and_a_new_grid_everybody_stays_one_person(understood, name):
    assert understood(name).score["splits"] == 0


def test_who_is_new_after_a_loss_is_trusted_less(understood):
    """The singer waves his hands before his face; where he is taken for a new person, the trust says so."""
    one = understood("nine")
    ids = sorted((person for person, who in one.names.items() if who == "stage"), key=lambda person: int(person[1:]))
    trust = one.faces[one.faces["person_id"].isin(ids)].groupby("person_id")["people_trust"].min()
    assert (trust.loc[ids[1:]] < 1).all()
    assert one.score["splits"] == len(ids) - 1  # all others are one person each


@pytest.mark.parametrize("name", [name for name in mosaics.SCENES if name != "nine"])
def test_changes_of_the_layout_are_told_with_their_times(understood, name):
    one = understood(name)
    told = mosaics.event_errors(one.told["layout_events"], one.mosaic, one.names)
    assert told["missed"] == []
    assert told["extra"] == []
    assert np.abs(told["errors_s"]).max(initial=0) <= 0.1 + 1e-6  # one frame


def test_searches_of_the_whole_frame_are_rare(understood):
    """Between them a face is confirmed in its own crop, which costs a hundredth."""
    quiet = understood("crowd").told
    assert quiet["searches"] <= 9
    assert quiet["confirmations"] >= 8 * 25
