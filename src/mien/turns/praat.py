"""Praat TextGrid files: who spoke when in, and out.

Conventions: an interval tier is a person, an interval with a label is speech; what Praat and forced aligners write for
silence is none. Point tiers hold moments and no speech.
"""

import re
from pathlib import Path

import pandas as pd

from mien import tables
from mien.turns.floor import LONGEST_S, SEGMENTS

COLUMNS = ["person_id", "start_s", "end_s", "words"]
SILENCES = frozenset({"", "silent", "silence", "sil", "sp", "<sil>", "<p:>", "<p>", "#"})
"""Labels that stand for silence (Praat's own 'silent', and those of the usual aligners)."""
_TOKEN = re.compile(
    r'"(?P<text>[^"]*(?:""[^"]*)*)"|(?P<flag><exists>|<absent>)'
    r"|(?<!\S)(?P<number>[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)%?(?!\S)|(?P<comment>![^\n]*)"
)


def read_textgrid(path, told=None, tiers=None):
    """Read who spoke when from a Praat TextGrid, written long or short, in UTF-8 or UTF-16.

    ``tiers`` picks tiers by name; a tier 'NAME - words' of an aligner is NAME, and its 'NAME - phones' is left out.
    Returns person_id, start_s, end_s, words. ``told`` collects ``intervals``, ``silent_intervals``, ``other_tiers``
    and ``unread``, a sentence for each interval without usable times. Raises :class:`tables.TableError` for what is no
    TextGrid, is binary, or breaks off, with the place.
    Reference: Boersma & Weenink, Praat manual, "TextGrid file formats".
    """
    told = {} if told is None else told
    told |= {"intervals": 0, "silent_intervals": 0, "other_tiers": [], "unread": []}
    path = Path(path)
    tokens = _Tokens(_text(path, told), path)
    if (tokens.take("text"), tokens.take("text")) != ("ooTextFile", "TextGrid"):
        raise tables.TableError(
            f"{path}: not a TextGrid; expected a file that begins with 'File type = \"ooTextFile\"'"
        )
    tokens.take("number"), tokens.take("number")
    rows = []
    for _ in range(tokens.count() if tokens.take("flag") == "<exists>" else 0):
        kind, name = tokens.take("text"), tokens.take("text")
        tokens.take("number"), tokens.take("number")
        intervals = [_entry(tokens, kind) for _ in range(tokens.count())]
        who = re.sub(r"\s+-\s+words$", "", name).strip()
        if kind != "IntervalTier" or name.endswith(" - phones") or (tiers is not None and name not in tiers):
            told["other_tiers"].append(name)
        else:
            rows += _spoken(intervals, who, f"{path.name}: tier {name!r}", told)
    frame = pd.DataFrame(rows, columns=COLUMNS).astype({"start_s": float, "end_s": float})
    return SEGMENTS.check(frame, str(path))


def _spoken(intervals, who, where, told):
    """The rows of one tier that are speech; what has no usable times or person is told."""
    for number, (start, end, label) in enumerate(intervals, 1):
        told["intervals"] += 1
        words = " ".join(label.split())
        if words.casefold() in SILENCES:
            told["silent_intervals"] += 1
        elif not who or not 0 <= start <= end <= LONGEST_S:
            lacks = "no person" if not who else f"the times {start} to {end}"
            told["unread"].append(f"{where}: interval {number} has {lacks}; left out")
        else:
            yield who, start, end, words


def _entry(tokens, kind):
    if kind == "IntervalTier":
        return tokens.take("number"), tokens.take("number"), tokens.take("text")
    return tokens.take("number"), tokens.take("text")


class _Tokens:
    """What Praat reads of a text file: free-standing numbers, quoted texts and flags; everything else is decoration."""

    def __init__(self, text, path):
        self.found, self.text, self.path = _TOKEN.finditer(text), text, path

    def take(self, kind):
        """The next token, which must be of this kind."""
        found = next((token for token in self.found if token.lastgroup != "comment"), None)
        if found is None or found.lastgroup != kind:
            line = self.text.count("\n", 0, found.start() if found else len(self.text)) + 1
            had = repr(found[0][:40]) if found else "the end of the file"
            raise tables.TableError(f"{self.path}: line {line}: expected a {kind} of a TextGrid, found {had}")
        return float(found[kind]) if kind == "number" else found[kind].replace('""', '"')

    def count(self):
        """The next token as a number of things, which can't be more than the file has room for."""
        number = self.take("number")
        if not 0 <= number <= len(self.text) or number != int(number):
            raise tables.TableError(f"{self.path}: expected a number of tiers or intervals, found {number}")
        return int(number)


def _text(path, told):
    if not path.is_file():
        raise tables.TableError(f"{path}: no such file; expected a Praat TextGrid")
    found = tables.text(path, told)
    if found.startswith("ooBinaryFile"):
        raise tables.TableError(f"{path}: a binary TextGrid; expected text (in Praat: Save as text file)")
    return found


def write_textgrid(segments, path, duration_s=None):
    """Write who spoke when (and words, where there are any) as a Praat TextGrid: a tier per person; returns the path.

    A tier is a chain of intervals, so a person's overlapping segments are joined; speech without words is labelled
    'speech'. ``duration_s`` is the end of the grid; without it the last segment is.
    """
    SEGMENTS.check(segments)
    end_s = max([float(duration_s or 0), *segments["end_s"].astype(float)])
    tiers = {str(person): _chain(own, end_s) for person, own in segments.groupby("person_id")}
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "xmin = 0", f"xmax = {_number(end_s)}"]
    lines += ["tiers? <exists>", f"size = {len(tiers)}", "item []:"]
    for place, (person, chain) in enumerate(tiers.items(), 1):
        lines += [f"    item [{place}]:", '        class = "IntervalTier"', f"        name = {_quoted(person)}"]
        lines += ["        xmin = 0", f"        xmax = {_number(end_s)}", f"        intervals: size = {len(chain)}"]
        for number, (start, end, words) in enumerate(chain, 1):
            lines += [f"        intervals [{number}]:", f"            xmin = {_number(start)}"]
            lines += [f"            xmax = {_number(end)}", f"            text = {_quoted(words)}"]
    Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Path(path)


def _chain(own, end_s):
    """One person's speech and the silence between, without a hole: (start, end, words)."""
    joined = []
    for row in own.sort_values(["start_s", "end_s"], kind="stable").itertuples():
        words = getattr(row, "words", "")
        words = "" if pd.isna(words) else " ".join(str(words).split())
        if joined and row.start_s < joined[-1][1]:
            start, end, before = joined.pop()
            joined.append((start, max(end, row.end_s), f"{before} {words}".strip()))
        elif row.end_s > row.start_s:
            joined.append((row.start_s, row.end_s, words))
    chain, at = [], 0.0
    for start, end, words in joined:
        chain += [(at, start, "")] if start > at else []
        chain.append((start, end, words if words.casefold() not in SILENCES else "speech"))
        at = end
    return chain + ([(at, end_s, "")] if end_s > at or not chain else [])


def _number(seconds):
    return repr(round(float(seconds), 6))


def _quoted(text):
    return '"' + str(text).replace('"', '""') + '"'
