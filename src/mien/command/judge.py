"""``mien evaluate`` and ``mien trace``: a windows table of one's own judged, and the way back from a verdict."""

from mien.command import asking


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
    evaluate.add_argument("--metric", default="auc", choices=("auc", "balanced_accuracy", "macro_f1"))
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
    trace.add_argument("out", type=asking.path, help="folder made by `mien evaluate`")
    trace.add_argument("--verdict", default="C1", help="claim or statement, such as C1 or V3, or its number from 1")
    trace.add_argument("--windows", type=asking.path, help="the table that was judged (default: looked for beside OUT)")
    trace.add_argument("--media", type=asking.path, help="folder of the recordings, to check their hashes too")
    trace.set_defaults(run=_trace)


def _evaluate(asked):
    from mien import evidence, store, verdict
    from mien.study import judging

    path = asking.inside(asked.windows, "windows.csv")
    names = tuple(dict.fromkeys(filter(None, (name.strip() for name in asked.models.split(",")))))
    if not names:
        raise asking.CommandError(f"--models {asked.models!r} names no model; expected names such as logistic,forest")
    store.ready(asked.out)
    settings = evidence.EvidenceSettings(n_permutations=asked.permutations, primary=names[0])
    corpus, columns = asked.corpus or path.stem, tuple(filter(None, map(str.strip, asked.groups.split(","))))
    alpha = judging.label_alpha(corpus, asked.target) if asked.label_alpha is None else asked.label_alpha
    given = verdict.Given(asked.label_source, asked.population, alpha, _ceiling(asked))
    signals = asked.signals.replace(",", "+")
    ask = judging.Ask(asked.target, signals, names, asked.metric, corpus, given, columns)
    table, grouped = judging.grouped(path)
    with asking.progress() as tick:
        result, verdicts = judging.judged(
            table, path, asked.out, ask, settings, asked.workers, lambda done, total, words: tick(words, done, total)
        )
    _say_judged(result, verdicts, grouped | result.told, judging.share_synthetic(table) > 0)


def _trace(asked):
    from mien.verdict import trace

    steps = trace.walked(asked.out, asked.verdict, asked.windows, asked.media)
    for sentence in trace.sentences(steps):
        asking.SAYS.print(sentence, markup=False)
    broken = [step for step in steps if step.state == trace.CHANGED]
    for step in broken:
        asking.WARNS.print(f"not as it was when the verdict was given: {step.what}", style="red", markup=False)
    return 1 if broken else 0


def _ceiling(asked):
    return {} if asked.ceiling is None else {asked.metric: asked.ceiling}


def _say_judged(result, verdicts, told, synthetic):
    from mien import evidence, verdict

    mark = "SYNTHETIC windows, no evidence about people: " if synthetic else ""
    for sentence in evidence.sentences(result.rows):
        asking.SAYS.print(f"{mark}{sentence}", markup=False)
    for what, number in told.items():
        if isinstance(number, int | str) and number:
            asking.SAYS.print(f"{what}: {number}", markup=False)
    for sentence in verdict.sentences(verdicts):
        asking.SAYS.print(f"{mark}{sentence}" if sentence.startswith("Verdicts on") else f"  {sentence}", markup=False)
