"""
A report on a terminal: the sentences, the tables that carry them, and one line each for the rest.

Of a study of several series, the table of all of them stands for those of each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from textwrap import wrap

from parquetry.analysis.estimates import Verdict
from parquetry.analysis.studied import Analysed
from parquetry.report.figures.rows import conditions, shortened
from parquetry.report.reported import Reported
from parquetry.report.sentences import result
from parquetry.report.tables import Table, tables
from parquetry.text import counted, table

_WIDTH = 100
_SHOWN = {
    "effects": (0, 1, 2, 3, 5), "reversals": (0, 1, 2, 3, 5, 6), "change points": (0, 1, 3, 4),
    "series": (0, 1, 2, 3, 4),
}  # fmt: skip
"""Of these tables these columns; the page has all."""


def summary(reported: Reported) -> str:
    """Some thirty lines; a refused study has reasons and days only."""
    study, said = reported.studied.study, result(reported)
    lines = [*_wrapped(f"{study.name} · {study.design} · {study.outcome.name}"), *_wrapped(study.question), ""]
    lines += [*_wrapped(said.headline), *_wrapped(said.label), ""]
    for more in said.more:
        lines += _hanging("  - ", more)
    for each in tables(reported):
        if each.name in _SHOWN and (each.series is None or len(reported.studied.series) == 1):
            lines += ["", *_wrapped(each.title), _chosen(each)]
    lines.append("")
    treated, untreated = conditions(reported.studied.series, study)
    if treated:
        lines += _hanging("", f"treatment: {', '.join(treated)}; without it: {', '.join(untreated) or 'none'}")
    for analysed in reported.studied.series:
        lines += _of_series(analysed)
    lines.append(f"again: {reported.reproduce}")
    return "\n".join(lines)


def _of_series(analysed: Analysed) -> Iterator[str]:
    begin = ""
    if analysed.name:
        yield from _wrapped(f"{analysed.name}:")
        begin = "  "
    for line in _looked(analysed):
        yield from _hanging(begin, line)


def _looked(analysed: Analysed) -> Iterator[str]:
    panel = analysed.panel
    yield f"{panel.period}s: {len(panel):,}, of which {int(panel.usable.sum()):,} count"
    verdicts = [check.verdict for check in analysed.checks]
    failed = [check.name for check in analysed.checks if check.verdict is Verdict.FAILED]
    named = f" ({', '.join(failed)})" if failed else ""
    yield (
        f"checks: {verdicts.count(Verdict.PASSED)} passed, {len(failed)} failed{named}, "
        f"{verdicts.count(Verdict.NOT_APPLICABLE)} not applicable"
    )
    judged = [variant for variant in analysed.variants if variant.agrees is not None]
    if judged:
        same = sum(variant.agrees is True for variant in judged)
        yield f"other models: {same} of {counted(len(judged), 'model')} give the same answer"


def _chosen(each: Table) -> str:
    columns = _SHOWN[each.name]
    heads = shortened([row[0] for row in each.rows])
    rows = [[head, *(row[i] for i in columns[1:])] for head, row in zip(heads, each.rows, strict=True)]
    # Which interval it is, of the two that the page has, is said in the sentences.
    return table([each.columns[i].removesuffix(", expected effect") for i in columns], rows)


def _hanging(begin: str, text: str) -> list[str]:
    """Lines of *text* after *begin*, those that follow indented as far."""
    lines = _wrapped(text, _WIDTH - max(len(begin), 2))
    indent = " " * max(len(begin), 2)
    return [f"{indent if number else begin}{line}" for number, line in enumerate(lines)]


def _wrapped(text: str, width: int = _WIDTH) -> list[str]:
    """Lines of *text*; a number keeps its per cent sign, and what is less or more than it."""
    tied = re.sub(r" (?=%)|(?<=[<>]) (?=\d)", "\N{NO-BREAK SPACE}", text)
    return [line.replace("\N{NO-BREAK SPACE}", " ") for line in wrap(tied, width)]
