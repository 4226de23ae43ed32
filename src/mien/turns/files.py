"""Who spoke when, from a file and into one: the ending chooses how it is read or written."""

from pathlib import Path

from mien import tables
from mien.turns.captions import read_sbv, read_srt
from mien.turns.elan import read_eaf, write_eaf
from mien.turns.praat import read_textgrid, write_textgrid
from mien.turns.readers import read_csv, read_rttm, read_vtt, with_people
from mien.turns.timeline import read_timeline
from mien.turns.writers import write_rttm

READERS = {
    ".vtt": read_vtt,
    ".srt": read_srt,
    ".sbv": read_sbv,
    ".rttm": read_rttm,
    ".eaf": read_eaf,
    ".textgrid": read_textgrid,
    ".csv": read_csv,
    ".json": read_timeline,
}
"""How each kind of file is read."""


def read(path, people=None, told=None, recording=None):
    """Read who spoke when from a file of one of :data:`READERS`, chosen by its ending.

    ``people``: the known names, with which those of the file are compared as :func:`mien.turns.read_vtt` does.
    ``recording`` is the one to pick out of an ``.rttm`` file that holds several. ``told["unread"]`` names every line or
    cue that was left out.
    """
    told, path = {} if told is None else told, Path(path)
    ending = path.suffix.lower()
    if ending not in READERS:
        raise tables.TableError(
            f"{path}: can't read {ending or 'a file without ending'}; expected {', '.join(READERS)}"
        )
    if ending in (".eaf", ".textgrid"):
        segments = READERS[ending](path, told=told)
        told.setdefault("warnings", []).extend(told["unread"])
        return with_people(segments, people, told, path)
    more = {"recording": recording} if ending == ".rttm" else {}
    return READERS[ending](path, people=people, told=told, **more)


def write(segments, path, recording_id="", duration_s=None):
    """Write who spoke when as ``.rttm``, ``.csv``, ``.eaf`` or ``.TextGrid``, chosen by the ending; returns the path.

    ``segments``: person_id, start_s, end_s (and perhaps words), or a turns table, whose rows of speech are taken.
    """
    path = Path(path)
    if "kind" in segments.columns:
        segments = segments[segments["kind"] == "speech"]
    writers = {
        ".rttm": lambda: write_rttm(segments, path, recording_id or path.stem),
        ".csv": lambda: tables.write(segments, path),
        ".eaf": lambda: write_eaf(segments, path),
        ".textgrid": lambda: write_textgrid(segments, path, duration_s),
    }
    if path.suffix.lower() not in writers:
        raise tables.TableError(
            f"{path}: can't write {path.suffix or 'a file without ending'}; expected .rttm, .csv, .eaf or .TextGrid"
        )
    return writers[path.suffix.lower()]()
