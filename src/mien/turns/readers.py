"""Who spoke when, as others wrote it down: WebVTT transcripts, RTTM and CSV become speech segments.

Conventions: person_id is the name as it is written (Unicode NFC, spaces trimmed). Nothing unreadable is dropped in
silence: every line or cue that a reader left out is named in ``told["unread"]``.
"""

import difflib
import html
import re
import unicodedata
from collections import Counter
from pathlib import Path

import pandas as pd

from mien import tables
from mien.turns.floor import LONGEST_S, SEGMENTS
from mien.turns.said import how_much

COLUMNS = ["person_id", "start_s", "end_s", "words"]
_TIME = r"(?:(\d{1,4}):)?([0-5]?\d):([0-5]?\d)[.,](\d{1,3})"
_ARROW = re.compile(rf"^\s*{_TIME}\s*-->\s*{_TIME}(?:\s|$)")
_VOICE = re.compile(r"<v(?:\.[^\s<>]{0,60})?[ \t]{1,9}([^<>]{1,200})>")
_TAG = re.compile(r"</?[^<>]*>")
_COLON = r"\s*[:：](?:\s+|$|(?<=：))"
_NAME = re.compile(rf"^\s*([^:：]{{1,60}}?){_COLON}")
_NAMED = re.compile(rf"([^:：\n]{{1,60}}?){_COLON}")
_NAME_WORDS = 6
_SENTENCE_END = ".?!…。！？"
_BEGINS = re.compile(rf"^|\n|(?<=[{_SENTENCE_END}] )")
_PARTICLES = frozenset(re.findall(r"\w+", "al and bin da das de del den der di do dos du e el ibn la le of van von y"))
EXPECTED = {
    ".vtt": "a WebVTT transcript, that is a line 'WEBVTT', then lines like '00:01.000 --> 00:02.500' each followed by "
    "'Name: text'",
    ".srt": "subtitles, that is a number, a line like '00:00:01,000 --> 00:00:02,500' and 'Name: text' for each",
    ".sbv": "captions, that is a line like '0:00:01.000,0:00:02.500' followed by 'Name: text' for each",
}
"""What a file of cues looks like, by its ending."""
_ANYBODY = re.compile(r"(?i)unknown( speaker)?|(speaker|spk|sprecher|locuteur|hablante|orador)[\s_-]*\d+")
"""Names that a program gave and that mean nothing outside their file."""


def read_vtt(path, people=None, unnamed=None, told=None):
    """Read a WebVTT transcript (Zoom, Teams): who spoke when, and what.

    Names come from ``<v Name>`` tags (Teams) or from ``Name: text`` where a cue, a line or a sentence of it begins
    (Zoom); cues may span lines, hours are optional, a byte-order mark and any line ends are fine.
    What stands before a colon is a name if it is one of ``people``, is written like one (every word with a capital),
    or begins several cues of a file in which most cues begin so: "I said: no" names nobody. A name that is one of
    ``people`` but for case, spaces and punctuation is that person; any other is kept as found, with a warning.
    ``unnamed``: whose speech a cue without a name is; without it such cues are left out, counted and named.

    Returns segments person_id, start_s, end_s, words; several people in one cue all have its times. ``told`` collects
    ``cues``, ``unreadable_cues`` (each named in ``unread``, without its words), ``cues_without_name`` (at
    ``lines_without_name``; in ``nameless`` start_s, end_s, n_words, n_chars of those left out), ``cues_of_several``,
    ``names_joined``, ``strangers``, ``local_names`` and ``warnings``.
    Raises :class:`tables.TableError` if there is no cue.
    Reference: W3C, WebVTT: The Web Video Text Tracks Format.
    """
    told, path = {} if told is None else told, Path(path)
    text = decoded(path, told)
    if not text.lstrip().startswith("WEBVTT"):
        told["warnings"].append(f"{path.name}: does not begin with WEBVTT; read as cues all the same")
    return said_in_cues(text, path, people, unnamed, told)


def said_in_cues(text, path, people, unnamed, told):
    """The segments of a text of cues, as :func:`read_vtt` describes them, whichever file it came from."""
    told |= {"cues": 0, "unreadable_cues": 0, "cues_without_name": 0, "cues_of_several": 0, "unread": []}
    told["nameless"] = []
    warnings = told.setdefault("warnings", [])
    cues = list(_timed(text, path, told))
    names = frozenset(_names_in([body for _, _, body in cues], people))
    rows, lines = [], []
    for line, interval, body in cues:
        said = _said(body, names)
        told["cues_of_several"] += len({name for name, _ in said}) > 1
        for name, words in said:
            name = tables.without_address(name or "")
            name = name if any(map(str.isalnum, name)) else unnamed  # Teams writes '-' for nobody it knows
            if name is None:
                lines.append(line)
                told["nameless"].append((*interval, *how_much(words)))
            else:
                rows.append((name, *interval, words))
    told["lines_without_name"] = lines
    if lines:
        told["cues_without_name"] = len(lines)
        where = ", ".join(map(str, lines[:5])) + (" …" if len(lines) > 5 else "")
        warnings.append(f"{path.name}: {len(lines)} cues without a name are left out (line {where})")
    if not told["cues"] and not told["unreadable_cues"]:
        raise tables.TableError(
            f"{path}: no cues; expected {EXPECTED.get(path.suffix.lower(), EXPECTED['.vtt'])}; found {text[:40]!r}"
        )
    segments = pd.DataFrame(rows, columns=COLUMNS).astype({"start_s": float, "end_s": float})
    told["local_names"] = [name for name in segments["person_id"].unique() if is_anybody(name)]
    return with_people(segments, people, told, path)


def _timed(text, path, told):
    """The line number, times and lines of text of every cue whose times can be read; the others are told."""
    for line, timing, body in _cues(text):
        interval = _interval(timing)
        if interval is None:
            told["unreadable_cues"] += 1
            lacks = "unreadable cue times" if "-->" in timing else "no cue times in"
            told["unread"].append(f"{path.name}: line {line}: {lacks} {tables.without_words(timing)!r}; left out")
            told["warnings"].append(told["unread"][-1])
        else:
            told["cues"] += 1
            yield line, interval, body


def with_people(segments, people, told, path):
    """The segments with names as ``people`` are called; who is none of them is kept as found, with a warning."""
    people = [str(person) for person in people or ()]
    found = list(segments["person_id"].unique())
    same = {name: [p for p in people if tables.name_key(p) == tables.name_key(name)] for name in found}
    joined = {name: same[name][0] for name in found if name not in people and len(same[name]) == 1}
    strangers = [name for name in found if name not in people and name not in joined] if people else []
    for name in strangers:
        near = difflib.get_close_matches(name, people, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        told.setdefault("warnings", []).append(
            f"{path.name}: {name!r} is none of the people here ({', '.join(people)}); kept as found{hint}"
        )
    local = [name for name in told.get("local_names", []) if name not in people and name not in joined]
    told |= {"names_joined": joined, "strangers": strangers, "local_names": local}
    return segments.assign(person_id=segments["person_id"].replace(joined))


def _check_there(path):
    if not path.is_file():
        raise tables.TableError(f"{path}: no such file; expected a file of who spoke when")


def decoded(path, told):
    """The text of a file of who spoke when; :class:`tables.TableError` where there is no such file."""
    _check_there(path)
    return tables.text(path, told)


def _cues(text):
    """The line number, the line of times and the lines of text of every cue; NOTE, STYLE and REGION are none.

    A block without a line of times is given with its first line in the place of the times, for it was meant as a cue;
    the heading and a lone number are none.
    """
    line = 1
    for block in re.split(r"(\n[ \t]*(?:\n[ \t]*)*\n)", text):
        lines = block.split("\n")
        arrow = next((i for i, row in enumerate(lines[:3]) if "-->" in row), None)
        comment = re.match(r"(NOTE|STYLE|REGION)\b", lines[0]) and arrow != 0
        if arrow is not None and not comment:
            yield line + arrow, lines[arrow], lines[arrow + 1 :]
        elif block.strip() and not comment and not re.match(r"\s*(WEBVTT\b|\d+\s*$)", block):
            yield line, lines[0] or lines[-1], []
        line += block.count("\n")


def _interval(timing):
    found = _ARROW.match(timing)
    if not found:
        return None
    start, end = (_seconds(found.groups()[i : i + 4]) for i in (0, 4))
    return (start, end) if start <= end <= LONGEST_S else None


def _seconds(parts):
    hours, minutes, seconds, fraction = parts
    whole_s = int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds)
    return round(whole_s + int(fraction.ljust(3, "0")) / 1000, 3)


def _names_in(bodies, people):
    """What stands before a colon, where a cue, a line or a sentence begins, and is a name."""
    known = {tables.name_key(person) for person in people or ()}
    first, later = Counter(), set()
    for lines in bodies:
        ended = ""
        for line in filter(None, map(_plain, lines)):
            begins = _NAME.match(line)
            if begins and not ended:
                first[begins[1].strip()] += 1
            elif begins and ended[-1] in _SENTENCE_END:
                later.add(begins[1].strip())
            ended = line
    usual = 2 * first.total() > len(bodies)
    return {
        name
        for name in {*first, *later}
        if tables.name_key(name) in known
        or _looks_like_a_name(name)
        or (usual and first[name] > 1 and _could_be_a_name(name))
    }


def _said(lines, names):
    """The ``(name or None, words)`` of one cue; a cue with several names is said by several people."""
    body = " ".join(line.strip() for line in lines if line.strip())
    voices = _VOICE.split(body)
    if len(voices) > 1:
        rows = [(_plain(name), _plain(words)) for name, words in zip(voices[1::2], voices[2::2], strict=True)]
        before = _plain(voices[0])
        return [(None, before), *rows] if before else rows
    lines = list(filter(None, map(_plain, lines)))
    if not names:
        return [(None, " ".join(lines))]
    before, *rest = _split("\n".join(lines), names)
    rows = [(name, " ".join(words.split())) for name, words in rest]
    before = " ".join(before.split())
    return [(None, before), *rows] if before or not rows else rows


def _split(text, names):
    """The text before the first name, then each (name, what it says), where a line or a sentence begins with one."""
    at, name, found = 0, None, []
    for place in _BEGINS.finditer(text):
        begins = _NAMED.match(text, place.end()) if place.end() >= at else None
        if begins and begins[1] in names:
            found.append(text[at : place.start()] if name is None else (name, text[at : place.start()]))
            at, name = begins.end(), begins[1]
    return [*found, text[at:] if name is None else (name, text[at:])]


def _could_be_a_name(text):
    """Few words with a letter, and no question: what begins many cues may be a name without capitals."""
    return 0 < len(text.split()) <= _NAME_WORDS and any(map(str.isalpha, text)) and not re.search(r"[?!…;]", text)


def _looks_like_a_name(text):
    """Every word has a capital, a digit or a letter of a script without capitals: 'Dr. B. Li', 'Ana de la Cruz'.

    >>> [_looks_like_a_name(text) for text in ("Ana de la Cruz (she/her)", "李雷", "Speaker 1", "I said", "I", "So")]
    [True, True, True, False, False, True]
    """
    words = [word for word in re.sub(r"\([^()]*\)", "", text).split() if word.casefold() not in _PARTICLES]
    tells = [re.search(r"[^\W_]", word) is None or re.search(r"[\d@]", word) or word != word.lower() for word in words]
    own = [any(unicodedata.category(letter) == "Lo" for letter in word) for word in words]
    named = [bool(a or b) for a, b in zip(tells, own, strict=True)]
    return _could_be_a_name(text) and bool(words) and all(named) and text != "I"


def is_anybody(name):
    """Whether a program gave this name, which then means nothing outside its file: 'Speaker 1'."""
    return bool(_ANYBODY.fullmatch(name))


def _plain(text):
    return re.sub(r"\s+", " ", html.unescape(_TAG.sub("", text))).strip()


def read_rttm(path, recording=None, people=None, told=None):
    """Read an RTTM file, the usual exchange format of who spoke when.

    Lines ``SPEAKER file channel start duration <NA> <NA> name …``; other kinds of line are counted in
    ``told["other_lines"]``. ``recording`` picks one where the file holds several. Names that are none of ``people``
    are listed in ``told["local_names"]``: a program made them up for this file, and they say nothing about others.
    A malformed line or a negative time is left out and named in ``told["unread"]``. Returns person_id, start_s, end_s.
    Raises :class:`tables.TableError` where no line can be read, or of several recordings none is the one asked for.
    Reference: NIST, Rich Transcription 2009 evaluation plan.
    """
    told = {} if told is None else told
    told |= {"other_lines": 0, "unread": []}
    rows, path = [], Path(path)
    for number, line in enumerate(decoded(path, told).split("\n"), 1):
        parts = line.split()
        if not parts or parts[0] != "SPEAKER":
            told["other_lines"] += bool(parts) and not line.startswith(";;")
            continue
        try:
            name, start, duration = _rttm_fields(parts, f"{path}: line {number}")
        except tables.TableError as error:
            told["unread"].append(f"{error}; left out")
        else:
            rows.append((parts[1], name, start, round(start + duration, 6)))
    told["warnings"] = [*told.get("warnings", []), *told["unread"]]
    if not rows and told["unread"]:
        raise tables.TableError(told["unread"][0].removesuffix("; left out"))
    if not rows:
        raise tables.TableError(f"{path}: no SPEAKER lines; expected 'SPEAKER file 1 start duration … name …'")
    found = sorted({row[0] for row in rows})
    if len(found) > 1 and recording not in found:
        asked = f"none of them {recording!r}; give this recording one of these ids" if recording else "say which one"
        few = ", ".join(found[:5]) + (" …" if len(found) > 5 else "")
        raise tables.TableError(f"{path}: holds {len(found)} recordings ({few}); {asked}")
    chosen = [row[1:] for row in rows if len(found) == 1 or row[0] == recording]
    segments = SEGMENTS.check(pd.DataFrame(chosen, columns=COLUMNS[:3]), str(path))
    told["local_names"] = list(segments["person_id"].unique())
    return with_people(segments, people, told, path)


def _rttm_fields(parts, where):
    try:
        name, start, duration = parts[7], float(parts[3]), float(parts[4])
    except (IndexError, ValueError) as error:
        raise tables.TableError(
            f"{where}: expected 'SPEAKER file channel start duration <NA> <NA> name …', found {' '.join(parts)!r}"
        ) from error
    if not (start >= 0 and duration >= 0 and start + duration <= LONGEST_S):
        raise tables.TableError(
            f"{where}: start {parts[3]} and duration {parts[4]}; expected seconds, 0 or more, {LONGEST_S:g} at most"
        )
    return name, start, duration


def read_csv(path, people=None, told=None):
    """Read speech segments from a CSV file with the columns person_id, start_s, end_s (and perhaps words).

    Names are compared with ``people`` as :func:`read_vtt` does. Raises :class:`tables.TableError` for a missing column
    or a missing or backward time.
    """
    told = {} if told is None else told
    segments = tables.read(path, SEGMENTS)
    told["segments"] = len(segments)
    return with_people(segments, people, told, Path(path))


def apart(segments, recording_id, local_names):
    """Segments in which names that mean nothing outside their file begin with the recording, as other unknowns do.

    >>> apart(pd.DataFrame({"person_id": ["SPEAKER_00", "ada"]}), "r1", ["SPEAKER_00"])["person_id"].tolist()
    ['r1_SPEAKER_00', 'ada']
    """
    spelt = {name: f"{recording_id}_{name}" for name in local_names}
    return segments.assign(person_id=segments["person_id"].replace(spelt))
