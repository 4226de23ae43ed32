"""What the study found, a sentence for each notebook: the lines of README.md between two marks, from the tables."""

import json
import re
import textwrap

WIDTH = 118
BEGIN = "<!-- findings: from here on written by `mien reproduce` from the tables; nothing here is written by hand -->"
END = "<!-- findings: up to here -->"

GROUPS = {
    "Can the instrument be trusted?": {
        "00_tour": ("tour",),
        "01_face": ("face",),
        "02_voice": ("voice",),
        "03_turns": ("turns",),
        "04_clock": ("clock",),
    },
    "Do faces, voices and turns tell what labels say?": {
        "05_ratings": ("ratings",),
        "06_sentiment": ("sentiment",),
        "07_engagement": ("engagement",),
        "08_fusion": ("fusion",),
        "09_leaks": ("leaks",),
        "10_people": ("model_people",),
        "11_travel": ("travel",),
    },
    "What does a score do?": {
        "12_one_thing_changed": ("one_thing_changed", "score"),
        "12b_gaming": ("gaming", "gaming_models"),
        "12c_who_are_you": ("who",),
        "12d_recording_conditions": ("recorded",),
        "12e_faces_changed": ("pictured",),
        "12f_whose_engagement": ("construct",),
    },
    "What may be said, by rules fixed in advance?": {"13_verdict": ("verdict",)},
}
"""The notebooks under the headings of the README, each with its answers by name; the first answers its title."""
FIGURES = {
    "Can the instrument be trusted?": "![When the next person begins, in three corpora](figures/turn_anchors.png)",
    "Do faces, voices and turns tell what labels say?": "![The ladder of leaks](figures/leak_ladder.png)",
}
"""What is shown under a heading, after its lines."""
NOTEBOOKS = tuple(name for group in GROUPS.values() for name in group)
"""The notebooks of the study, in order."""
DETAILS = "The details behind each sentence, and what it does not say, stand in the notebooks."


def question(notebook):
    """The question of a notebook: its title without the number."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return "".join(cells[0]["source"]).splitlines()[0].partition(" · ")[2]


def sentences(found, folder):
    """Question and short answer of every notebook in ``folder`` that has one; then where the details stand."""
    said = [
        f"{question(folder / f'{name}.ipynb')} {found[answers[0]].short}"
        for group in GROUPS.values()
        for name, answers in group.items()
        if answers[0] in found
    ]
    return [*said, DETAILS]


def block(found, folder, before=""):
    """The lines of the README: headings, and under each a line for every notebook.

    ``found`` are answers by name. A notebook whose answer is not among them (the tour, where its recording is not
    built) keeps the line that it has in ``before``.
    """
    parts = []
    for heading, group in GROUPS.items():
        lines = "\n".join(_line(name, answers, found, folder) or _kept(name, before) for name, answers in group.items())
        parts += [f"### {heading}", lines, *([FIGURES[heading]] if heading in FIGURES else [])]
    return "\n\n".join(parts)


def _line(name, answers, found, folder):
    """A notebook's question, its short answer and where it stands; further answers under it."""
    if not set(answers) <= set(found):
        return ""
    link = f"([`{name}`](notebooks/{name}.ipynb))"
    first = _bullet(f"**{question(folder / f'{name}.ipynb')}** {found[answers[0]].short} {link}", "")
    return "\n".join([first, *(_bullet(found[one].short, "  ") for one in answers[1:])])


def _bullet(text, indent):
    wrap = {"break_long_words": False, "break_on_hyphens": False}
    return textwrap.fill(text, WIDTH, initial_indent=f"{indent}* ", subsequent_indent=f"{indent}  ", **wrap)


def _kept(name, before):
    """The line of a notebook as it was, or that it is not computed yet."""
    for line in re.split(r"\n(?=\* |\n)", before):
        if f"(notebooks/{name}.ipynb)" in line:
            return line.strip("\n")
    return f"* `{name}`: not computed yet; run `mien reproduce`"


def _parts(text):
    """A README before its findings, the findings, and after them; None where the marks are missing."""
    found = re.fullmatch(rf"(.*{re.escape(BEGIN)}\n\n)(.*?)(\n\n{re.escape(END)}.*)", text, re.DOTALL)
    return found.groups() if found else None


def current(readme, found, folder):
    """A README with its findings as the tables give them; as it is where it has no marks."""
    text = readme.read_text(encoding="utf-8")
    parts = _parts(text)
    return f"{parts[0]}{block(found, folder, parts[1])}{parts[2]}" if parts else text


def write(readme, found, folder):
    """Write the findings between the marks, only where they differ; return whether anything was written."""
    if not readme.is_file() or (text := current(readme, found, folder)) == readme.read_text(encoding="utf-8"):
        return False
    readme.write_text(text, encoding="utf-8")
    return True


def faults(readme, found, folder):
    """What is wrong with the findings of a README, as sentences; none where they are what the tables say."""
    if not readme.is_file() or _parts(readme.read_text(encoding="utf-8")) is None:
        return [f"{readme}: no findings between '{BEGIN}' and '{END}'; put both lines under 'What it found'"]
    there = all((folder / f"{name}.ipynb").is_file() for name in NOTEBOOKS)
    if found and there and current(readme, found, folder) != readme.read_text(encoding="utf-8"):
        return [f"{readme}: what it says was found is not what the tables say; run `mien reproduce`"]
    return []
