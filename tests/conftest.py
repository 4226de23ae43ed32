"""What the tests share: where the optional research data lies, and a home for what they build."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def shared():
    """The folder of research recordings used in development; the product does not need it."""
    folder = Path(os.environ.get("MIEN_SHARED", ROOT.parent / "shared"))
    if not (folder / "data").is_dir():
        pytest.skip(f"no research recordings at {folder}; set MIEN_SHARED to run this test")
    return folder


@pytest.fixture(scope="session")
def talk(tmp_path_factory):
    """A short SYNTHETIC meeting folder: two people side by side, a file per voice, the truth beside it."""
    from mien import synthetic

    folder = tmp_path_factory.mktemp("meetings") / "talk"
    small = synthetic.ConversationSettings(duration_s=16.0, width_px=640, height_px=320, face_width_px=110.0)
    synthetic.write_recording(folder, small)
    return folder
