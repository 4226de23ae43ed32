"""Who spoke when, as others wrote it down: WebVTT transcripts, RTTM and CSV become speech segments.

Conventions: person_id is the name as it is written (Unicode NFC, spaces trimmed). Nothing unreadable is dropped in
silence: what a reader left out is counted and named in ``told``.
"""

import codecs
import html
import re
import unicodedata
from pathlib import Path

import pandas as pd

from mien import tables
from mien.turns.floor import SEGMENTS, known

COLUMNS = ["person_id", "start_s", "end_s", "words"]
_TIME = r"(?:(\d{1,4}):)?([0-5]?\d):([0-5]?\d)[.,](\d{1,3})"
_ARROW = re.compile(rf"^\s*{_TIME}\s*-->\s*{_TIME}(?:\s|$)")
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?[ \t]+([^>]+)>")
_TAG = re.compile(r"</?[^<>]*>")
_NAME = re.compile(r"^\s*([^:：]{1,60}?)\s*[:：](?:\s+|$|(?<=：))")
_NAME_WORDS = 6


def read_vtt(path, people=None, unnamed=None, told=None):
    """Read a WebVTT transcript (Zoom, Teams): who spoke when, and what.

    Names come from ``<v Name>`` tags or from ``Name: text``; cues may span lines, hours are optional, a byte-order mark
    and any line ends are fine. ``people``: the known names; a name that is not one of them is an error that names the
    nearest (``Name: text`` is then only a name if it is known or looks like one). ``unnamed``: whose speech a cue
    without a name is; without it such cues are left out, counted and named.

    Returns segments person_id, start_s, end_s, words. ``told`` collects ``cues``, ``unreadable_cues``,
    ``cues_without_name`` and ``warnings`` (with line numbers). Raises :class:`tables.TableError` if there is no cue.
    Reference: W3C, WebVTT: The Web Video Text Tracks Format.
    """
    told = {} if told is None else told
    told |= {"cues": 0, "unreadable_cues": 0, "cues_without_name": 0}
    warnings = told.setdefault("warnings", [])
    text = _decode(Path(path), warnings)
    rows = []
    for line, timing, body in _cues(text):
        interval = _interval(timing)
        if interval is None:
            told["unreadable_cues"] += 1
            warnings.append(f"{Path(path).name}: line {line}: unreadable cue times {timing.strip()!r}; left out")
            continue
        told["cues"] += 1
        for name, words in _said(body):
            name = name or unnamed
            if name is None:
                told["cues_without_name"] += 1
                warnings.append(f"{Path(path).name}: line {line}: cue without a name; left out")
            else:
                rows.append((name, *interval, words))
    if not told["cues"] and not told["unreadable_cues"]:
        raise tables.TableError(
            f"{path}: no cues; expected a WebVTT transcript, that is a line 'WEBVTT', then lines like "
            f"'00:01.000 --> 00:02.500' each followed by 'Name: text'; found {text[:40]!r}"
        )
    if people is not None:
        known(people, [row[0] for row in rows])
    return pd.DataFrame(rows, columns=COLUMNS).astype({"start_s": float, "end_s": float})


def _bytes(path):
    if not path.is_file():
        raise tables.TableError(f"{path}: no such file; expected who spoke when as {', '.join(READERS)}")
    return path.read_bytes()


def _decode(path, warnings):
    raw = _bytes(path)
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = raw.decode("utf-16", errors="replace")
    else:
        text = raw.decode("utf-8-sig", errors="replace")
    if "\ufffd" in text:
        warnings.append(f"{path.name}: some characters are not UTF-8; they are shown as \ufffd")
    if not text.lstrip().startswith("WEBVTT"):
        warnings.append(f"{path.name}: does not begin with WEBVTT; read as cues all the same")
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd"))


def _cues(text):
    """The line number, the line of times and the lines of text of every cue; NOTE, STYLE and REGION are none."""
    line = 1
    for block in re.split(r"(\n[ \t]*(?:\n[ \t]*)*\n)", text):
        lines = block.split("\n")
        arrow = next((i for i, row in enumerate(lines[:3]) if "-->" in row), None)
        comment = re.match(r"(NOTE|STYLE|REGION)\b", lines[0]) and arrow != 0
        if arrow is not None and not comment:
            yield line + arrow, lines[arrow], lines[arrow + 1 :]
        line += block.count("\n")


def _interval(timing):
    found = _ARROW.match(timing)
    if not found:
        return None
    start, end = (_seconds(found.groups()[i : i + 4]) for i in (0, 4))
    return (start, end) if start <= end else None


def _seconds(parts):
    hours, minutes, seconds, fraction = parts
    return int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds) + int(fraction.ljust(3, "0")) / 1000


def _said(lines):
    """The ``(name or None, words)`` of one cue; a cue with several voice tags is said by several people."""
    body = " ".join(line.strip() for line in lines if line.strip())
    voices = _VOICE.split(body)
    if len(voices) > 1:
        rows = [(_plain(name), _plain(words)) for name, words in zip(voices[1::2], voices[2::2], strict=True)]
        before = _plain(voices[0])
        return [(None, before), *rows] if before else rows
    words = _plain(body)
    name = _NAME.match(words)
    if name and _looks_like_a_name(name[1]):
        return [(name[1].strip(), words[name.end() :].strip())]
    return [(None, words)]


def _looks_like_a_name(text):
    """Few words and not a sentence: 'Ana Díaz', 'Dr. B. Li' and 'Speaker 1' are names, 'Why? Because' is text."""
    return 0 < len(text.split()) <= _NAME_WORDS and not re.search(r"[?!…;]", text)


def _plain(text):
    return re.sub(r"\s+", " ", html.unescape(_TAG.sub("", text))).strip()


def read_rttm(path, recording=None, people=None, told=None):
    """Read an RTTM file, the usual exchange format of who spoke when.

    Lines ``SPEAKER file channel start duration <NA> <NA> name …``; other kinds of line are counted in
    ``told["other_lines"]``. ``recording`` picks one where the file holds several. Returns person_id, start_s, end_s.
    Raises :class:`tables.TableError` for a malformed line (named), a negative time, or several recordings.
    Reference: NIST, Rich Transcription 2009 evaluation plan.
    """
    told = {} if told is None else told
    told["other_lines"] = 0
    rows, recordings = [], []
    for number, line in enumerate(_bytes(Path(path)).decode("utf-8-sig", "replace").splitlines(), 1):
        parts = line.split()
        if not parts or parts[0] != "SPEAKER":
            told["other_lines"] += bool(parts) and not line.startswith(";;")
            continue
        name, start, duration = _rttm_fields(parts, f"{path}: line {number}")
        if recording in (None, parts[1]):
            rows.append((name, start, round(start + duration, 6)))
            recordings.append(parts[1])
    found = sorted(set(recordings))
    if len(found) > 1:
        raise tables.TableError(f"{path}: holds {len(found)} recordings ({', '.join(found[:5])} …); say which one")
    if not rows:
        wanted = f" of {recording!r}" if recording else ""
        raise tables.TableError(f"{path}: no SPEAKER lines{wanted}; expected 'SPEAKER file 1 start duration … name …'")
    segments = pd.DataFrame(rows, columns=COLUMNS[:3])
    if people is not None:
        known(people, segments["person_id"])
    return SEGMENTS.check(segments, str(path))


def _rttm_fields(parts, where):
    try:
        name, start, duration = parts[7], float(parts[3]), float(parts[4])
    except (IndexError, ValueError) as error:
        raise tables.TableError(
            f"{where}: expected 'SPEAKER file channel start duration <NA> <NA> name …', found {' '.join(parts)!r}"
        ) from error
    if not (start >= 0 and duration >= 0 and start + duration < float("inf")):
        raise tables.TableError(f"{where}: start {parts[3]} and duration {parts[4]}; expected seconds, 0 or more")
    return name, start, duration


def read_csv(path, people=None, told=None):
    """Read speech segments from a CSV file with the columns person_id, start_s, end_s (and perhaps words).

    Raises :class:`tables.TableError` for a missing column, a missing or backward time, or an unknown person.
    """
    segments = tables.read(path, SEGMENTS)
    if told is not None:
        told["segments"] = len(segments)
    if people is not None:
        known(people, segments["person_id"])
    return segments


READERS = {".vtt": read_vtt, ".rttm": read_rttm, ".csv": read_csv}


def read(path, people=None, told=None):
    """Read who spoke when from a ``.vtt``, ``.rttm`` or ``.csv`` file, chosen by its ending."""
    ending = Path(path).suffix.lower()
    if ending not in READERS:
        raise tables.TableError(
            f"{path}: can't read {ending or 'a file without ending'}; expected {', '.join(READERS)}"
        )
    return READERS[ending](path, people=people, told=told)
