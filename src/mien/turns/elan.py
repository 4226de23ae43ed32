"""ELAN annotation files (.eaf): who spoke when in, and out.

Conventions: an annotation of a tier is speech of the tier's participant, or, where none is named, of the tier. A tier
below another tier says something about it (its words, a translation) and is no speech of its own. A file is only ever
parsed: the media and files it names are not opened.
"""

import re
import unicodedata
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd

from mien import tables
from mien.turns.floor import LONGEST_S, SEGMENTS, ms

COLUMNS = ["person_id", "start_s", "end_s", "words"]
_BAD = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 can't hold."""
_SCHEMA = {
    "{http://www.w3.org/2001/XMLSchema-instance}noNamespaceSchemaLocation": "http://www.mpi.nl/tools/elan/EAFv3.0.xsd"
}


def read_eaf(path, told=None, tiers=None):
    """Read who spoke when from an ELAN file: a row per annotation of every tier that stands alone.

    ``tiers`` picks tiers by name. Returns person_id, start_s, end_s, words. ``told`` collects ``annotations``,
    ``other_tiers`` (below another, or not picked) and ``unread``, a sentence for each annotation without usable times.
    Raises :class:`tables.TableError` for what is no ELAN file or counts no milliseconds.
    Reference: Max Planck Institute for Psycholinguistics, ELAN Annotation Format 3.0.
    """
    told = {} if told is None else told
    told |= {"annotations": 0, "other_tiers": [], "unread": []}
    root = _parse(Path(path))
    times = {slot.get("TIME_SLOT_ID"): slot.get("TIME_VALUE") for slot in root.iter("TIME_SLOT")}
    rows = []
    for tier in root.iter("TIER"):
        name = tier.get("TIER_ID") or ""
        if tier.get("PARENT_REF") or (tiers is not None and name not in tiers):
            told["other_tiers"].append(name)
            continue
        who = unicodedata.normalize("NFC", tier.get("PARTICIPANT") or name).strip()
        for note in tier.iter("ALIGNABLE_ANNOTATION"):
            told["annotations"] += 1
            start, end = (_seconds(times.get(note.get(f"TIME_SLOT_REF{i}"))) for i in (1, 2))
            if not who or start is None or end is None or start > end:
                told["unread"].append(_unread(path, name, note, start, end, who))
            else:
                rows.append((who, start, end, " ".join((note.findtext("ANNOTATION_VALUE") or "").split())))
        for note in tier.iter("REF_ANNOTATION"):  # says something about another annotation, but no tier says which
            told["annotations"] += 1
            told["unread"].append(_unread(path, name, note, None, None, who))
    frame = pd.DataFrame(rows, columns=COLUMNS).astype({"start_s": float, "end_s": float})
    return SEGMENTS.check(frame, str(path))


def _parse(path):
    if not path.is_file():
        raise tables.TableError(f"{path}: no such file; expected an ELAN file (.eaf)")
    raw = path.read_bytes()
    if re.search(rb"<!\s*(DOCTYPE|ENTITY)", raw.replace(b"\0", b"")):
        raise tables.TableError(f"{path}: declares a document type or entities; ELAN writes none, so it is not read")
    try:
        root = ElementTree.fromstring(raw)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise tables.TableError(f"{path}: not an ELAN file: {error}; expected XML with ANNOTATION_DOCUMENT") from error
    if root.tag != "ANNOTATION_DOCUMENT":
        raise tables.TableError(f"{path}: not an ELAN file: it holds {root.tag!r}, expected 'ANNOTATION_DOCUMENT'")
    header = root.find("HEADER")
    unit = "milliseconds" if header is None else header.get("TIME_UNITS", "milliseconds")
    if unit != "milliseconds":
        raise tables.TableError(f"{path}: counts time in {unit!r}; expected 'milliseconds' (save it so in ELAN)")
    return root


def _seconds(value):
    """Seconds of a time slot; None where it has none (ELAN lets one hang between its neighbours) or no such number."""
    if value is None or not re.fullmatch(r"\s*\d{1,10}\s*", value) or int(value) > 1000 * LONGEST_S:
        return None
    return int(value) / 1000


def _unread(path, tier, note, start, end, who):
    lacks = "no person" if not who else "no time" if start is None or end is None else "an end before its start"
    return f"{Path(path).name}: tier {tier!r}: annotation {note.get('ANNOTATION_ID')!r} has {lacks}; left out"


def write_eaf(segments, path):
    """Write who spoke when (and words, where there are any) as an ELAN file: a tier per person; returns the path.

    Characters that XML can't hold are written as the replacement character.
    """
    SEGMENTS.check(segments)
    made_by = {"AUTHOR": "mien", "DATE": "1970-01-01T00:00:00+00:00", "FORMAT": "3.0", "VERSION": "3.0"}
    root = ElementTree.Element("ANNOTATION_DOCUMENT", made_by | _SCHEMA)
    ElementTree.SubElement(root, "HEADER", MEDIA_FILE="", TIME_UNITS="milliseconds")
    order = ElementTree.SubElement(root, "TIME_ORDER")
    number = 0
    for person, own in segments.sort_values(["start_s", "end_s"], kind="stable").groupby("person_id"):
        name = _BAD.sub("\ufffd", str(person))
        tier = ElementTree.SubElement(root, "TIER", TIER_ID=name, PARTICIPANT=name, LINGUISTIC_TYPE_REF="speech")
        for row in own.itertuples():
            number += 1
            for place, time_s in ((1, row.start_s), (2, row.end_s)):
                slot = {"TIME_SLOT_ID": f"ts{2 * number + place - 2}", "TIME_VALUE": str(ms(time_s))}
                ElementTree.SubElement(order, "TIME_SLOT", slot)
            refs = {"TIME_SLOT_REF1": f"ts{2 * number - 1}", "TIME_SLOT_REF2": f"ts{2 * number}"}
            holder = ElementTree.SubElement(tier, "ANNOTATION")
            note = ElementTree.SubElement(holder, "ALIGNABLE_ANNOTATION", {"ANNOTATION_ID": f"a{number}"} | refs)
            words = getattr(row, "words", "")
            ElementTree.SubElement(note, "ANNOTATION_VALUE").text = _BAD.sub(
                "\ufffd", "" if pd.isna(words) else str(words)
            )
    ElementTree.SubElement(root, "LINGUISTIC_TYPE", LINGUISTIC_TYPE_ID="speech", TIME_ALIGNABLE="true")
    ElementTree.indent(root)
    Path(path).write_bytes(ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True))
    return Path(path)
