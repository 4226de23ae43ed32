"""``mien evaluate`` and ``mien trace``: a windows table of one's own judged, and the way back from a verdict."""

from mien.command import asking, odd

SILENT = {
    "nothing measured": "nothing that they ask for was measured; verdicts.csv says what each needs",
    "a gate fails": "",
}
"""Verdicts that are told together and not one by one, and why; '' where each says it."""


def add(commands):
    """Add both commands to a parser's ``commands``."""
    _add_evaluate(commands)
    _add_trace(commands)


def _add_evaluate(commands):
    evaluate = commands.add_parser("evaluate", help="judge a windows table: can a label be predicted in new people?")
    evaluate.add_argument("--windows", type=asking.path, required=True, help="windows.csv")
    evaluate.add_argument("--target", required=True, help="column to predict, such as label_valence")
    evaluate.add_argument("--signals", default="face,voice,turn", help="prefixes, joined by commas")
    evaluate.add_argument("--models", default="logistic,forest", help="names, joined by commas; the first is permuted")
    evaluate.add_argument(
        "--permutations", type=asking.count, default=999, help="how many label permutations (0: none)"
    )
    evaluate.add_argument("--corpus", help="name of the recordings (default: that of the file)")
    evaluate.add_argument(
        "--metric",
        help="auc, balanced_accuracy or macro_f1 (default auc); of models of ratings ccc, r, spearman or mae_skill "
        "(default ccc)",
    )
    evaluate.add_argument(
        "--label-source", default="", help="acted, observer, partner, self or outcome; without it no verdict is given"
    )
    evaluate.add_argument("--population", default="not described", help="who was recorded, in a few words")
    evaluate.add_argument(
        "--label-alpha", type=asking.number, help="Krippendorff's alpha of the label, where people rated it"
    )
    evaluate.add_argument(
        "--groups",
        default="",
        help="columns that say which group a person belongs to, by self-report or record, joined by commas "
        "(confound_sex): are errors alike across groups?",
    )
    evaluate.add_argument("--ceiling", type=asking.number, help="the best score any model could reach, in the metric")
    evaluate.add_argument(
        "--out", type=asking.path, required=True, help="folder for predictions, evidence, verdicts and report.json"
    )
    asking.add_workers(evaluate)
    evaluate.set_defaults(run=_evaluate)


def _add_trace(commands):
    trace = commands.add_parser(
        "trace", help="walk from a verdict back: rule, evidence, predictions, windows, recordings; each hash checked"
    )
    trace.add_argument(
        "out",
        type=asking.path,
        nargs="?",
        help="folder made by `mien evaluate`, or the data of the default study (the default)",
    )
    trace.add_argument(
        "--verdict", default="C1", help="claim or statement, such as C1 or V3, or its number from 1 in verdicts.csv"
    )
    trace.add_argument("--corpus", help="of the default study: which recordings, such as London")
    trace.add_argument("--windows", type=asking.path, help="the table that was judged (default: looked for beside OUT)")
    trace.add_argument("--media", type=asking.path, help="folder of the recordings, to check their hashes too")
    trace.set_defaults(run=_trace)


def _evaluate(asked):
    from mien import evidence, models, store, verdict
    from mien.study import judging
    from mien.verdict.names import one_of

    path = asking.inside(asked.windows, "windows.csv")
    names = tuple(dict.fromkeys(filter(None, (name.strip() for name in asked.models.split(",")))))
    if not names:
        raise asking.CommandError(f"--models {asked.models!r} names no model; expected names such as logistic,forest")
    metric = _metric(asked.metric, names[0])
    if asked.label_source:
        one_of(asked.label_source, verdict.load()["label_sources"], "--label-source", "label source")
    store.ready(asked.out)
    primary = {"primary_of_ratings" if models.rates(names[0]) else "primary": names[0]}
    settings = evidence.EvidenceSettings(n_permutations=asked.permutations, **primary)
    corpus, columns = asked.corpus or path.stem, tuple(filter(None, map(str.strip, asked.groups.split(","))))
    alpha = judging.label_alpha(corpus, asked.target) if asked.label_alpha is None else asked.label_alpha
    given = verdict.Given(asked.label_source, asked.population, alpha, _ceiling(asked.ceiling, metric))
    signals = asked.signals.replace(",", "+")
    ask = judging.Ask(asked.target, signals, names, metric, corpus, given, columns)
    table, grouped = judging.grouped(path)
    odd.refused(table, asked.target, signals, path)
    notes = odd.noticed(table, asked.target, signals) if asked.target in table else []
    notes += [f"{what}: {how}" for what, how in grouped.items()] + _few_worlds(asked.permutations)
    for note in notes:
        asking.WARNS.print(note, style="yellow", markup=False)
    with asking.progress() as tick:
        result, verdicts = judging.judged(table, path, asked.out, ask, settings, asked.workers, _ticking(tick), notes)
    _say_judged(judging.sentences(result.rows, ask), verdicts, result.told, judging.share_synthetic(table) > 0)
    _say_leaks(asked.out)
    asking.SAYS.print(
        f"-> {asked.out} (report.json says what each word means; `mien trace {asked.out}` walks back)", markup=False
    )


def _trace(asked):
    from mien import study
    from mien.verdict import trace

    out = asked.out or study.here() / "data"
    if (out / study.verdicts.FILES["verdict_trace"]).is_file():
        steps = study.verdicts.walked(out, **_of_study(out, asked.verdict, asked.corpus))
    else:
        steps = trace.walked(out, asked.verdict, asked.windows, asked.media)
    for sentence in trace.sentences(steps):
        asking.SAYS.print(sentence, markup=False)
    broken = [step for step in steps if step.state == trace.CHANGED]
    for step in broken:
        asking.WARNS.print(f"not as it was when the verdict was given: {step.what}", style="red", markup=False)
    return 1 if broken else 0


def _of_study(data, wanted, corpus):
    """The one verdict of the default study that was named; where several are meant, they are listed by number."""
    from mien import tables

    rows = tables.read(data / "verdicts.csv", tables.VERDICTS)
    rows.index += 1
    if wanted.isdigit():
        found = rows[rows.index == int(wanted)]
    else:
        found = rows[(rows["claim"] == wanted) | (rows["claim"].str.split("_").str[0] == wanted)]
    if corpus:
        found = found[found["corpus"].str.casefold() == corpus.casefold()]
    if len(found) != 1:
        names = ["corpus", "target", "signals", "profile", "claim", "wording"]
        listed = [f"\n  {at}: {', '.join(row)}" for at, row in zip(found.index, found[names].to_numpy(), strict=True)]
        known = f"; known corpora: {', '.join(rows['corpus'].unique())}; verdicts 1 to {len(rows)}"
        raise asking.CommandError(
            f"{data}: {len(found) or 'no'} verdicts {wanted!r}{f' in {corpus}' if corpus else ''}; expected one: name "
            f"it by its number, as in --verdict 41{''.join(listed) or known}"
        )
    return found[["corpus", "target", "claim", "profile"]].iloc[0].to_dict()


def _ceiling(value, metric):
    least = 0.5 if metric == "auc" else 0.0
    if value is not None and value <= least:
        raise asking.CommandError(
            f"--ceiling {value:g}: expected more than the {least:g} of {metric} that guessing has"
        )
    return {} if value is None else {metric: value}


def _metric(asked, model):
    """The metric that was asked for, or the usual one of this kind of model."""
    from mien import models
    from mien.evidence import metrics
    from mien.verdict.names import one_of

    rated = models.rates(model)
    known = metrics.names(0 if rated else 2)
    return one_of(asked or ("ccc" if rated else "auc"), known, "--metric", f"score of {model}")


def _ticking(tick):
    return lambda done, total, words: tick(words, done, total)


def _few_worlds(n_permutations):
    """What so few permutations cannot show."""
    if n_permutations >= 20:
        return []
    least = f"p is never below {1 / (n_permutations + 1):.2f}" if n_permutations else "there is no p"
    return [f"--permutations {n_permutations}: {least}, so nothing can be said to hold (as shipped: 999)"]


def _say_judged(found, verdicts, told, synthetic):
    mark = "SYNTHETIC windows, no evidence about people: " if synthetic else ""
    for sentence in found:
        asking.SAYS.print(f"{mark}{sentence}", markup=False)
    for what, number in told.items():
        if isinstance(number, int | str) and number:
            asking.SAYS.print(f"{what}: {number}", markup=False)
    for note in told.get("notes", ()):
        asking.WARNS.print(note, style="yellow", markup=False)
    for sentence in _lines(verdicts):
        asking.SAYS.print(f"{mark}{sentence}" if sentence.startswith("Verdicts on") else f"  {sentence}", markup=False)


def _lines(verdicts):
    """The verdicts in words: the first claim and whatever was decided in full, the others named with what they lack."""
    from mien import verdict
    from mien.verdict import words

    said, silent = verdict.sentences(verdicts), {}
    lines = said[:2]
    for sentence, (_, row) in list(zip(said[1:], verdicts.iterrows(), strict=True))[1:]:
        if words.state(row) in SILENT:
            lack = SILENT[words.state(row)] or row["why"]
            silent.setdefault(lack, []).append(row["claim"])
        else:
            lines.append(sentence)
    return lines + [f"not assessable ({lack}): {', '.join(claims)}" for lack, claims in silent.items()]


def _say_leaks(out):
    """Name each check for leaks that failed: with one that fails no verdict is given."""
    import pandas as pd

    checks = pd.read_csv(out / "leakage.csv")
    for _, row in checks[~checks["passed"]].iterrows():
        asking.WARNS.print(
            f"leak: not so that {row['what']}: {row['offending']}; no verdict is given until this is mended",
            style="red",
            markup=False,
        )
