"""
A report on a terminal: the sentences, the tables that carry them, and one line each for the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap

from parquetry.analysis.estimates import Verdict
from parquetry.analysis.studied import Analysed
from parquetry.report.reported import Reported
from parquetry.report.sentences import result
from parquetry.report.tables import Table, tables
from parquetry.text import counted, table

_WIDTH = 100
_SHOWN = {"effects": (0, 1, 2, 3, 5), "reversals": (0, 1, 2, 3, 5, 6), "change points": (0, 1, 3, 4)}
"""Of these tables these columns; the page has all."""


def summary(reported: Reported) -> str:
    """Some thirty lines; a refused study has reasons and days only."""
    study, said = reported.studied.study, result(reported)
    lines = [f"{study.name} · {study.design} · {study.outcome.name}", *_wrapped(study.question), ""]
    lines += [*_wrapped(said.headline), *_wrapped(said.label), ""]
    for more in said.more:
        lines += [f"  {'- ' if first else '  '}{line}" for first, line in _first(_wrapped(more, _WIDTH - 4))]
    for each in tables(reported):
        if each.name in _SHOWN:
            lines += ["", each.title, _chosen(each)]
    lines.append("")
    for analysed in reported.studied.series:
        lines += [f"{analysed.name}: {line}" if analysed.name else line for line in _looked(analysed)]
    lines.append(f"again: {reported.reproduce}")
    return "\n".join(lines)


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
    return table([each.columns[i] for i in columns], [[row[i] for i in columns] for row in each.rows])


def _wrapped(text: str, width: int = _WIDTH) -> list[str]:
    """Lines of *text*; a number keeps its per cent sign."""
    return [line.replace("\N{NO-BREAK SPACE}", " ") for line in wrap(text.replace(" %", "\N{NO-BREAK SPACE}%"), width)]


def _first(lines: list[str]) -> Iterator[tuple[bool, str]]:
    for number, line in enumerate(lines):
        yield number == 0, line
