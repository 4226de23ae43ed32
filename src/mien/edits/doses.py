"""The doses of every edit, each with its unit and its source: sweeps, and never a diagnosis.

A row is a size that an edit may have, grouped by the axis of recording (set ``ordinary``, claim C5) or by a profile of
communicating (set ``individual``, claim C6) in which sizes of that kind occur. A profile names where a size comes from;
it is no description of anybody, nobody is ever sorted into one, and that a score falls at a dose says nothing about the
person it falls for. A dose *decides* a claim only where the rules say so: of ``ordinary`` those in the ordinary range,
of ``individual`` those whose size has a named public source.
"""

from pathlib import Path

from mien import tables

NEVER_A_DIAGNOSIS = "a dose is a size with a source, always swept, never a diagnosis"
"""What is to be said wherever doses are shown."""

SETS = {"ordinary": "C5: the recording differs, not the talk", "individual": "C6: the way of communicating differs"}

TABLE = tables.Table(
    "doses",
    "set, axis, edit, variant and value",
    (
        tables.Column("set", "ordinary (C5) or individual (C6)", "text"),
        tables.Column("axis", "what differs in the recording, or the profile in which such sizes occur", "text"),
        tables.Column("edit", "its name in the rules; of an axis the axis itself", "text"),
        tables.Column("variant", "which way of it, where there are several", "text", missing=True),
        tables.Column("value", "the dose: a number in the unit, or a kind", "text"),
        tables.Column("unit", "of the value", "text"),
        tables.Column("ordinary", "whether it lies in the ordinary range (bold in AUDIT 6.7 and 6.9)", "flag"),
        tables.Column("decides", "whether the rules let it decide; all others are only swept and plotted", "flag"),
        tables.Column("source", "where the size comes from; [A] is our own choice", "text"),
    ),
    ("set", "axis", "edit", "variant", "value"),
)


def read():
    """The table of doses: one row per set, axis, edit, variant and value; ``value`` is text, as kinds stand there too.

    >>> read().query("edit == 'add_latency_B_s' and decides")["value"].tolist()
    ['0.35']
    """
    return tables.read(Path(__file__).with_name("doses.csv"), TABLE).fillna({"variant": ""})
