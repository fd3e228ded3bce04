"""
What a series of counts or shares says: effects in the outcome's own unit, from draws.

An interrupted series has its effect over a window of days; a reversal study one for each change of
phase, at the rate that its days have without the treatment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np

from parquetry.analysis import refusals
from parquetry.analysis.abab import Reversal
from parquetry.analysis.counterfactual import Counterfactual
from parquetry.analysis.design import Design
from parquetry.analysis.estimates import Estimate, Floats, plain
from parquetry.analysis.families import rates
from parquetry.analysis.families.models import Draws, Kind, Seen, Told, draws
from parquetry.analysis.families.rates import Ratio, of_draws, ratio_of_draws
from parquetry.analysis.fit import Asked
from parquetry.analysis.panel import Panel
from parquetry.errors import Usage

UNPOOLED = Told(pooled=False, leave=("effect",))


@dataclass(frozen=True, slots=True, eq=False)
class Modelled:
    """
    What a series of counts or shares says. Rates are a unit of exposure, shares between 0 and 1.

    Attributes:
        kind: ``count`` or ``share``.
        design: With the washout's days excluded; its panel holds counts (or shares).
        start, window: As for `its`; None for reversal designs.
        ratio: Rate ratio or odds ratio, of the average effect on one and the same day; 1 is no effect.
        average: Interrupted series: mean effect over the window's days.
        cumulative: Sum of the effects, in counts or successes, missing days with the mean exposure.
        relative: The average effect over the mean of what would have been.
        level_change: On the first treated day; None for a model without one, and for reversals.
        slope_change: Of the log rate or log odds, a day; None likewise.
        effect, here, unpooled, reversals, spread, agree: As for `abab`, at the rate that the study's days
            have without treatment; *spread* is of log rates or log odds.
        autocorrelation: Of what lasts from one day to the next.
        seen, drawn: What was modelled, and the draws, for checks and curves.
    """

    kind: Kind
    design: Design
    asked: Asked
    seed: int
    start: int | None
    window: tuple[int, int] | None
    main: Estimate
    ratio: Ratio
    average: Estimate | None
    cumulative: Estimate | None
    relative: Estimate | None
    level_change: Estimate | None
    slope_change: Estimate | None
    effect: Estimate | None
    here: Estimate | None
    unpooled: Estimate | None
    reversals: tuple[Reversal, ...]
    spread: float | None
    agree: tuple[float, float] | None
    autocorrelation: Estimate
    seen: Seen = field(repr=False)
    drawn: Draws = field(repr=False)

    @property
    def shown(self) -> Panel:
        """The panel with rates (or shares), as the figures show them."""
        return replace(self.design.panel, outcome=rates.observed(self.seen))

    @property
    def curves(self) -> Counterfactual:
        return rates.curves(self.seen, self.drawn, self.asked, self.seed)

    def to_dict(self) -> dict[str, Any]:
        names = (
            "kind", "seed", "start", "window", "main", "ratio", "average", "cumulative", "relative", "level_change",
            "slope_change", "effect", "here", "unpooled", "reversals", "spread", "agree", "autocorrelation",
        )  # fmt: skip
        found = {name: plain(getattr(self, name)) for name in names}
        return {**found, "usable": int(self.design.usable.sum()), "days": len(self.design.panel)}


def interrupted_answer(
    design: Design, seen: Seen, drawn: Draws, asked: Asked, window: tuple[int, int] | None, seed: int
) -> Modelled:
    """The effects of an interrupted series, whether or not an answer would be refused."""
    start = int(np.flatnonzero(design.treated)[0])
    chosen = window or (min(start + design.washout, len(design.panel) - 1), len(design.panel) - 1)
    if not start <= chosen[0] <= chosen[1] < len(design.panel):
        raise Usage(f"the window, rows {chosen[0]} to {chosen[1]}, must lie within the treated ones, from {start} on")
    found = effects(seen, drawn, chosen)
    size = rates.sizes(seen)[chosen[0] : chosen[1] + 1]
    realised, summed = _realised(design, seen, drawn, start, chosen, seed)
    return Modelled(
        seen.kind, design, asked, seed, start, chosen,
        main=(average := of_draws("average effect", found.difference, asked, realised=realised)),
        ratio=ratio_of_draws(seen.kind, found.logs, asked),
        average=average,
        cumulative=of_draws(
            "cumulative effect", np.nan_to_num(found.days) @ size, asked, realised=summed, judged=False
        ),
        relative=of_draws("relative effect", found.difference / found.level, asked, unit="ratio", judged=False),
        level_change=_level(seen, drawn, start, asked),
        slope_change=_slope(seen, drawn, asked),
        effect=None, here=None, unpooled=None, reversals=(), spread=None, agree=None,
        autocorrelation=of_draws("autocorrelation", drawn.phi, asked, unit="ratio", judged=False),
        seen=seen, drawn=drawn,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Effects:
    """
    Draws of the effects over a window.

    Attributes:
        days: Shape (draws, days of the window).
        difference, level: Their mean, and that of the untreated rate; shape (draws,).
        logs: Mean effect on the log rate or log odds, shape (draws,).
    """

    days: Floats
    difference: Floats
    level: Floats
    logs: Floats


def effects(seen: Seen, drawn: Draws, window: tuple[int, int]) -> Effects:
    """Of an interrupted series, over the days from the first to the last row of *window*."""
    rows = slice(window[0], window[1] + 1)
    on, off = (rates.linear(seen, drawn, treated=treated)[:, rows] for treated in (True, False))
    treated, untreated = (rates.marginal(seen.kind, eta, drawn.lasting) for eta in (on, off))
    days = treated - untreated
    return Effects(days, np.nanmean(days, axis=1), np.nanmean(untreated, axis=1), np.nanmean(on - off, axis=1))


def _level(seen: Seen, drawn: Draws, start: int, asked: Asked) -> Estimate | None:
    if "level" not in seen.design.names:
        return None
    without = rates.linear(seen, drawn, treated=False)[:, start]
    jump = drawn.beta[:, seen.design.column("level")]
    before, after = (rates.marginal(seen.kind, eta, drawn.lasting) for eta in (without, without + jump))
    return of_draws("level change", after - before, asked)


def _slope(seen: Seen, drawn: Draws, asked: Asked) -> Estimate | None:
    if "slope" not in seen.design.names:
        return None
    panel = seen.design.panel
    scale = "log rate" if seen.kind == "count" else "log odds"
    values = drawn.beta[:, seen.design.column("slope")] / len(panel)
    return of_draws("slope change", values, asked, unit=f"{scale}/{panel.period}", judged=False)


def _realised(
    design: Design, seen: Seen, drawn: Draws, start: int, window: tuple[int, int], seed: int
) -> tuple[Floats | None, Floats | None]:
    """Draws of mean and sum of observed less what would have been; the sum only where no day is missing."""
    path = rates.never_treated(seen, drawn, start, seed)
    rows = np.flatnonzero(design.usable[window[0] : window[1] + 1]) + window[0]
    if path is None or not len(rows):
        return None, None
    less = (rates.observed(seen) - path)[:, rows]
    whole = len(rows) == window[1] - window[0] + 1
    return less.mean(axis=1), less @ rates.sizes(seen)[rows] if whole else None


def reversed_answer(design: Design, seen: Seen, drawn: Draws, asked: Asked, seed: int) -> Modelled:
    """The effects of a reversal design, or of alternating treatments, whether or not an answer would be refused."""
    names = [name for name in seen.design.names if name.startswith("reversal ")]
    common = drawn.beta[:, seen.design.column("effect")]
    title = "effect of one more reversal" if names else "effect"
    effect = of_draws(title, difference(seen, drawn, common), asked)
    found = Modelled(
        seen.kind, design, asked, seed, None, None,
        main=effect, ratio=ratio_of_draws(seen.kind, common, asked),
        average=None, cumulative=None, relative=None, level_change=None, slope_change=None,
        effect=effect, here=None, unpooled=None, reversals=(), spread=None, agree=None,
        autocorrelation=of_draws("autocorrelation", drawn.phi, asked, unit="ratio", judged=False),
        seen=seen, drawn=drawn,
    )  # fmt: skip
    return _with_reversals(found, names, common) if names else found


def _with_reversals(answer: Modelled, names: list[str], common: Floats) -> Modelled:
    seen, drawn, asked = answer.seen, answer.drawn, answer.asked
    columns = [seen.design.column(name) for name in names]
    alone = draws(seen, UNPOOLED, seed=answer.seed + 1)
    refusals.refuse(alone.drawn.reasons)
    pooled = [common + drawn.beta[:, column] for column in columns]
    single = [alone.beta[:, column] for column in columns]
    shared = [difference(seen, drawn, logs) for logs in pooled]
    here = of_draws("mean of the pooled effects", np.mean(shared, axis=0), asked)
    own = [difference(seen, alone, logs) for logs in single]
    changes = tuple(
        Reversal(
            before.label, after.label, after.first,
            of_draws(f"{before.label} to {after.label}", one, asked),
            of_draws(f"{before.label} to {after.label}", other, asked),
        )
        for (before, after), one, other in zip(pairwise(answer.design.phases), shared, own, strict=True)
    )  # fmt: skip
    return replace(
        answer,
        main=here,
        ratio=ratio_of_draws(seen.kind, np.mean(pooled, axis=0), asked),
        here=here,
        unpooled=of_draws("mean of the unpooled effects", np.mean(own, axis=0), asked),
        reversals=changes,
        spread=float(drawn.spread.mean()),
        agree=(_agreement(pooled), _agreement(single)),
    )


def difference(seen: Seen, drawn: Draws, logs: Floats) -> Floats:
    """What a change by *logs* of the log rate or log odds does to the mean of the study's untreated days."""
    days = seen.design.usable
    without = rates.linear(seen, drawn, treated=False)[:, days]
    before = rates.marginal(seen.kind, without, drawn.lasting)
    after = rates.marginal(seen.kind, without + logs[:, None], drawn.lasting)
    found: Floats = (after - before).mean(axis=1)
    return found


def _agreement(effects: Sequence[Floats]) -> float:
    table = np.array(effects)
    return float(np.mean((table > 0).all(axis=0) | (table < 0).all(axis=0)))
