"""
What is asked of counts and shares, and on which grounds it is refused.

Negative binomial with a log link, beta-binomial with a logit link, both with noise that lasts from
day to day (`models`). The design is refused on the same grounds as a Gaussian one; more noise than
Poisson's is none of them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from parquetry.analysis import refusals
from parquetry.analysis.design import Design, Impact, first_treated, interrupted, reversal
from parquetry.analysis.estimates import Direction, Floats
from parquetry.analysis.families.answers import Modelled, interrupted_answer, reversed_answer
from parquetry.analysis.families.checks import of_persistence
from parquetry.analysis.families.models import Kind, Seen, draws
from parquetry.analysis.fit import Asked
from parquetry.analysis.panel import Panel
from parquetry.errors import BadInput, Usage

_WHOLE = 1e-6


def counts(
    outcome: Panel | Sequence[float] | npt.NDArray[Any],
    start: object = None,
    *,
    exposure: Sequence[float] | npt.NDArray[Any] | None = None,
    **options: Any,
) -> Modelled:
    """
    Analyse counts: whole numbers, 0 or more.

    Args:
        outcome: A panel (its weight is the exposure), or a count a day with NaN (or None) for a missing one.
        start: The first treated day, as index or date. Without it, and with more than two phases, it is
            a reversal study.
        exposure: What a rate is a rate of, above 0: hours worn, people. By default 1 a day.
        options: ``phases``, ``alternating``, ``treated`` as for `abab`; ``impact``, ``trend``, ``washout``,
            ``season``, ``window``, ``level``, ``smallest``, ``rope``, ``direction``, ``affected`` as for
            `its`; ``seed``; and what `Panel.of` takes.

    Raises:
        Refused: The data, the design or the sampler cannot support an answer.
        BadInput: A count that is not one, or a count without exposure.
        Usage: The arguments do not make sense.
        MissingExtra: The extra ``bayes`` is not installed.
    """
    weight = None if exposure is None else list(exposure)
    return _analysed("count", _panel(outcome, weight, options), start, **options)


def shares(
    successes: Panel | Sequence[float] | npt.NDArray[Any],
    start: object = None,
    *,
    trials: Sequence[float] | npt.NDArray[Any] | None = None,
    **options: Any,
) -> Modelled:
    """
    Analyse shares: *successes* of *trials*, whole numbers a day.

    Args:
        successes: A number a day; or a panel whose outcome is the share and whose weight the trials.
        start, options: As for `counts`.

    Raises:
        Refused, BadInput, Usage, MissingExtra: As for `counts`.
    """
    if isinstance(successes, Panel):
        return _analysed("share", _panel(successes, None, options), start, **options)
    if trials is None:
        raise Usage("shares need the trials of each day", next="give trials=…; 1 a day is yes or no")
    number, size = _numbers(successes), _numbers(trials)
    if number.shape != size.shape:
        raise BadInput(f"{len(number)} days of successes and {len(size)} of trials")
    if (number[size == 0] > 0).any():
        raise BadInput("there are successes on a day without trials")
    share = np.divide(number, size, out=np.full_like(number, np.nan), where=size > 0)
    return _analysed("share", _panel(share, size, options), start, **options)


def _analysed(
    kind: Kind,
    panel: Panel,
    start: object,
    *,
    treated: str | Sequence[str] = (),
    alternating: bool = False,
    impact: Impact = "both",
    trend: bool | None = None,
    washout: int = 0,
    season: bool = True,
    window: tuple[object, object] | None = None,
    level: float = 0.95,
    smallest: float | None = None,
    rope: tuple[float, float] | None = None,
    direction: Direction = "increase",
    affected: Collection[str] = (),
    seed: int = 0,
) -> Modelled:
    panel = prepared(kind, panel)
    reversed_ = start is None and (alternating or _changes(panel) != 1)
    if reversed_:
        design = reversal(
            panel, treated=treated, trend=bool(trend), washout=washout, season=season, each=not alternating
        )  # fmt: skip
    else:
        row = first_treated(panel) if start is None else panel.row_of(start)
        design = interrupted(panel, row, impact=impact, trend=trend is not False, washout=washout, season=season)
    refusals.refuse(refusals.of_design(design, affected=affected, reversals=reversed_ and not alternating))
    rows = None if window is None else (panel.row_of(window[0]), panel.row_of(window[1]))
    return modelled(design, kind, Asked(level, smallest, rope, direction), rows, seed=seed)


def modelled(
    design: Design, kind: Kind, asked: Asked, window: tuple[int, int] | None = None, *, seed: int = 0
) -> Modelled:
    """
    The answer of a design that is not refused, by sampling; its panel is `prepared`.

    Raises:
        Refused: The sampler did not settle, or what lasts cannot be told from drift.
        MissingExtra: The extra ``bayes`` is not installed.
    """
    seen = of_design(design, kind)
    drawn = draws(seen, seed=seed)
    refusals.refuse(drawn.drawn.reasons)
    refusals.refuse(of_persistence(seen, drawn))
    if design.maker is reversal:
        return reversed_answer(design, seen, drawn, asked, seed)
    return interrupted_answer(design, seen, drawn, asked, window, seed)


def prepared(kind: Kind, panel: Panel) -> Panel:
    """
    The panel, days without exposure (or trials) excluded.

    Raises:
        BadInput: A number that is not a count, or not one of successes; counted without exposure.
    """
    outcome, weight = panel.outcome, panel.weight
    if weight is None and kind == "share":
        raise Usage("shares need the trials of each day, as the panel's weight")
    size = np.ones(len(panel)) if weight is None else weight
    there = panel.usable & np.isfinite(size)
    if (size[there] < 0).any() or (there & (size == 0) & (outcome > 0)).any():
        raise BadInput("exposure and trials must be above 0 on every day that has a value")
    number = outcome * size if kind == "share" else outcome
    if (number[there] < 0).any() or (
        np.abs(number - np.round(number))[there] > _WHOLE * np.maximum(size, 1)[there]
    ).any():
        raise BadInput(f"a {kind} must come of whole numbers, 0 or more")
    if kind == "share" and ((size != np.round(size))[there].any() or (outcome[there] > 1).any()):
        raise BadInput("trials must be whole numbers, and successes at most as many")
    return panel.without(np.flatnonzero(~(size > 0)), "no exposure" if kind == "count" else "no trials")


def of_design(design: Design, kind: Kind) -> Seen:
    """
    What is modelled. A washout's days are there with weight 0, so that other washouts are the same model.
    """
    bare = design.again(washout=0)
    if bare.names != design.names:
        bare = design
    rows = bare.usable
    panel = bare.panel
    size = np.ones(int(rows.sum())) if panel.weight is None else panel.weight[rows]
    number = np.round(panel.outcome[rows] * (size if kind == "share" else 1.0))
    return Seen(bare, kind, number, size, design.usable[rows].astype(np.float64))


def _panel(outcome: Any, weight: Any, options: dict[str, Any]) -> Panel:
    """Of plain sequences, with those options that say what belongs to the days; the others stay in *options*."""
    names = ("phases", "days", "period", "covariates", "excluded", "unit")
    about = {name: options.pop(name) for name in names if name in options}
    if not isinstance(outcome, Panel):
        return Panel.of(outcome, weight=weight, **about)
    if about or weight is not None:
        raise Usage(f"a panel says its own {', '.join([*about, *(['weight'] if weight is not None else [])])}")
    return outcome


def _numbers(values: Sequence[float] | npt.NDArray[Any]) -> Floats:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _changes(panel: Panel) -> int:
    return sum(one != other for one, other in pairwise(panel.phases))
