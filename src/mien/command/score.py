"""``mien score``: the open 0-100 score under test, on turns of one's own."""

from pathlib import Path

from mien.command import asking


def add(commands):
    """Add the command to a parser's ``commands``."""
    score = commands.add_parser(
        "score", help="the open 0-100 engagement score that is under test here, and what it is held against"
    )
    score.add_argument("path", type=Path, nargs="?", help="folder made by `mien build`")
    score.add_argument(
        "--turns", type=Path, help="instead: who spoke when (.csv with person_id, start_s, end_s; .rttm; .vtt)"
    )
    score.add_argument("--roles", type=Path, help="table of person_id and role: A host side, B the side that is judged")
    score.add_argument(
        "--duration-s", type=_length, help="how long the recording of --turns lasts, seconds (default: its last turn)"
    )
    score.add_argument("--reference", help="id of the norms (default: of AMI meetings, by how sides are made)")
    score.add_argument("--per-person", action="store_true", help="show scores of single people who consented to it")
    score.add_argument("--recordings", type=Path, help="recordings.csv with the column consent_scope")
    score.add_argument("--out", type=Path, help="folder for scores.csv")
    score.set_defaults(run=run)


def _length(text):
    from argparse import ArgumentTypeError

    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value < 1e6:
        raise ArgumentTypeError(f"{text} is not a length in seconds, such as 1800")
    return value


def run(asked):
    """Score what was asked for, print the summary, and write ``scores.csv`` where a folder was named."""
    from mien import store, tables
    from mien.study.score import scoring

    talks = _talks(asked)
    if asked.per_person:
        scoring.consented(asked.recordings or (asked.path / "recordings.csv" if asked.path else None), talks)
    if asked.out:
        store.ready(asked.out)
    rows = scoring.every_score(talks, asked.reference)
    for sentence in scoring.sentences(rows, talks, asked.per_person):
        asking.SAYS.print(sentence, markup=False)
    if asked.out:
        shown = rows if asked.per_person else scoring.together(rows)
        asking.SAYS.print(str(tables.write(shown, asked.out / "scores.csv")), markup=False)


def _talks(asked):
    """The recordings that were named, one way or the other."""
    from mien import tables
    from mien.study.score import scoring

    if (asked.path is None) == (asked.turns is None):
        raise tables.TableError("score: expected either a folder made by `mien build` or --turns FILE")
    roles = None if asked.roles is None else tables.read(asked.roles, tables.ROLES)
    if asked.turns is not None:
        return scoring.of_turns(asked.turns, roles, asked.duration_s)
    if not (asked.path / "report.json").is_file():
        raise tables.TableError(
            f"{asked.path}: expected a folder made by `mien build … --out {asked.path}`, or --turns FILE"
        )
    return scoring.of_built(asked.path, roles)
