"""
What a study could show: precision and power of designs, simulated from the person's own baseline.

Each simulated study (`futures`) is analysed by the engine that would analyse the real one, refusals
included; a refused study has found nothing. No formula stands in for it, and no number of the
literature: what decides is this person's own noise, autocorrelation, weekdays and gaps.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import bdtr

from parquetry.analysis import limits
from parquetry.analysis.binomial import Share
from parquetry.analysis.estimates import Direction, Estimate, Floats, plain
from parquetry.analysis.fit import Asked, Fit
from parquetry.analysis.futures import Plan, computed, futures, known
from parquetry.analysis.panel import Panel
from parquetry.errors import Usage
from parquetry.text import Told, table

SIMULATIONS = 200
WANTED = 0.80
"""Power at which an effect counts as detectable: Cohen (1988), Statistical power analysis, 2nd edition, 56."""
_AGAIN = 5
"""One study in so many is analysed with a second effect too."""
_GUESS = 2.8
"""Standard errors at which power is near 80 %: where to look where no smallest effect was stated."""
_FIRST = 10
_ENOUGH = 28
"""Days of a baseline from which on nothing is said of its length: four of each weekday."""


@dataclass(frozen=True, slots=True)
class Detectable:
    """
    The smallest effect that such a study would find with a power of 80 %.

    Attributes:
        effect: In the outcome's unit, without its sign; None if even the largest would not be found so often,
            since too many studies are refused.
        low, high: Its 95 % interval, for the number of simulations; None where it is open.
    """

    effect: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Foreseen:
    """
    What one design could show.

    Attributes:
        days: In all.
        phases: Phases of a reversal design; 2 of an interrupted series; of alternating treatments None.
        refused: Share of such studies that would get no answer.
        codes: On which grounds, and how many of them.
        width: Median width of the interval, in the outcome's unit, of those answered; None if none is.
        sd: Median posterior standard deviation of the effect, likewise.
        power: Share of all studies whose interval lies wholly on the wanted side of zero if the effect is the
            smallest of interest; None where none was stated.
        detectable: The effect at which that share is 80 %.
    """

    days: int
    phases: int | None
    refused: Share
    codes: Mapping[str, int]
    width: float | None
    sd: float | None
    power: Share | None
    detectable: Detectable


@dataclass(frozen=True, slots=True)
class Powered(Told):
    """
    What designs of a study could show.

    Attributes:
        design: Of the study.
        unit: Of the outcome.
        baseline: Usable days that it was computed from.
        noise: Standard deviation of a day around its weekday's mean, in the outcome's unit; posterior median.
        autocorrelation: Of the baseline: mean, and the ends of its interval.
        smallest: Effect that *power* is about, without its sign; None where none was stated.
        direction: In which it is looked for.
        level: Probability in an interval.
        simulations: Studies a design.
        seed: Same seed, same numbers.
        designs: One a row, in the order asked for.
        notes: What a person should know, one a line.
    """

    design: str
    unit: str
    baseline: int
    noise: float
    autocorrelation: tuple[float, float, float]
    smallest: float | None
    direction: Direction
    level: float
    simulations: int
    seed: int
    designs: tuple[Foreseen, ...]
    notes: tuple[str, ...]

    @property
    def chosen(self) -> Foreseen:
        """The shortest design with a power of 80 %; failing that, the one that detects the smallest effect."""
        enough = [row for row in self.designs if row.power and row.power.share >= WANTED]
        if enough:
            return min(enough, key=lambda row: (row.days, row.phases or 0))
        return min(self.designs, key=lambda row: row.detectable.effect or np.inf)

    def to_dict(self) -> dict[str, Any]:
        return {name: plain(getattr(self, name)) for name in self.__slots__}

    def __str__(self) -> str:
        mean, low, high = self.autocorrelation
        unit = f" {self.unit}" if self.unit else ""
        head = (
            f"{self.design}, from {self.baseline} days of baseline: noise {self.noise:.3g}{unit}, "
            f"autocorrelation {mean:.2f} ({low:.2f} to {high:.2f}); {self.simulations} studies a design"
        )
        at = "power" if self.smallest is None else f"power at {self.smallest:g}{unit}"
        columns = ("days", "phases", f"{self.level:.0%} interval", "sd", at, "refused", "found at 80 % power")
        rows = [
            (
                row.days, row.phases or "", _wide(row.width), _number(row.sd),
                "" if row.power is None else _share(row.power), _share(row.refused), _effect(row.detectable),
            )
            for row in self.designs
        ]  # fmt: skip
        return "\n".join([head, "", table(columns, rows), *([""] if self.notes else []), *self.notes])


def power(
    baseline: Panel,
    plans: Sequence[Plan],
    *,
    smallest: float | None = None,
    direction: Direction = "increase",
    level: float = 0.95,
    simulations: int = SIMULATIONS,
    seed: int = 0,
    seen: Callable[[int, int], None] = lambda done, of: None,
) -> Powered:
    """
    Simulate what each of *plans* could show.

    Args:
        baseline: Days without the treatment, 14 usable ones or more.
        plans: Of one kind.
        smallest: Effect of interest, above 0, in the outcome's unit; the power is about it.
        seen: Called as it goes, with simulated studies done and of how many.

    Raises:
        Refused: The baseline is too short, or nothing can be learned from it.
        Usage: No plan, or too few simulations.
    """
    if not plans or simulations < _FIRST:
        raise Usage(f"power takes a design at least, and {_FIRST} simulations")
    fit = known(baseline, season=plans[0].season)
    rows, of = [], len(plans) * simulations
    for number, plan in enumerate(plans):
        before = number * simulations
        run = _Run(fit, plan, Asked(level, direction=direction), simulations, seed)
        rows.append(run.foreseen(smallest, lambda done, before=before: seen(before + done, of)))  # type: ignore[misc]
    phi, ends = fit.posterior.phi_mean(), [fit.posterior.phi_quantile(p) for p in ((1 - level) / 2, (1 + level) / 2)]
    return Powered(
        plans[0].kind, baseline.unit, int(fit.design.usable.sum()), _noise(fit), (phi, ends[0], ends[1]), smallest,
        direction, level, simulations, seed, tuple(rows), tuple(_notes(fit, baseline, plans, smallest, rows)),
    )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    fit: Fit
    plan: Plan
    asked: Asked
    count: int
    seed: int

    def foreseen(self, smallest: float | None, seen: Callable[[int], None]) -> Foreseen:
        sign = 1.0 if self.asked.direction == "increase" else -1.0
        effect = sign * (self._guess() if smallest is None else smallest)
        answers = [self._answer(panel, shape, effect, seen, i) for i, (panel, shape) in enumerate(self._studies(), 1)]
        answered = [answer for answer in answers if isinstance(answer, Estimate)]
        codes = Counter(code for answer in answers if not isinstance(answer, Estimate) for code in answer)
        ends = np.array([sign * (each.interval.low if sign > 0 else each.interval.high) for each in answered])
        detectable = _detectable(abs(effect) - ends / self._slope(effect, answers), self.count)
        return Foreseen(
            self.plan.days,
            None if self.plan.kind == "alternating" else self.plan.phases,
            Share.of(self.count - len(answered), self.count),
            dict(codes),
            _median([each.interval.high - each.interval.low for each in answered]),
            _median([each.sd for each in answered]),
            None if smallest is None else Share.of(int((ends > 0).sum()), self.count),
            detectable,
        )

    def _studies(self) -> Iterable[tuple[Panel, Floats]]:
        return futures(self.fit, self.plan, self.count, self.seed)

    def _answer(
        self, panel: Panel, shape: Floats, effect: float, seen: Callable[[int], None], number: int
    ) -> Estimate | frozenset[str]:
        """The estimate, or the grounds on which there is none."""
        seen(number)
        design = self.plan.design(_with(panel, effect * shape))
        if reasons := self.plan.reasons(design):
            return frozenset(each.code for each in reasons)
        fit = self.plan.fit(design)
        reasons = computed(fit)
        return frozenset(each.code for each in reasons) if reasons else self._estimate(fit)

    def _estimate(self, fit: Fit) -> Estimate:
        return fit.estimate("effect", self.plan.contrast(fit.design), self.asked)

    def _guess(self) -> float:
        """Without a stated effect: where power may be near 80 %, by the first few studies."""
        found = []
        for panel, _ in futures(self.fit, self.plan, _FIRST, self.seed):
            design = self.plan.design(panel)
            if not self.plan.reasons(design):
                found.append(self._estimate(self.plan.fit(design)).sd)
        return _GUESS * (float(np.median(found)) if found else self.fit.spread)

    def _slope(self, effect: float, answers: Sequence[Estimate | frozenset[str]]) -> float:
        """How much the interval moves if the effect does: a little less than it, for the prior's sake."""
        moved = 1.5 * effect
        found: list[float] = []
        for (panel, shape), answer in zip(self._studies(), answers, strict=True):
            if isinstance(answer, Estimate) and len(found) < max(self.count // _AGAIN, _FIRST):
                again = self._estimate(self.plan.fit(self.plan.design(_with(panel, moved * shape))))
                found.append((again.mean - answer.mean) / (moved - effect))
        return float(np.mean(found)) if found else 1.0


def _with(panel: Panel, effect: Floats) -> Panel:
    return replace(panel, outcome=panel.outcome + effect)


def _detectable(needed: Floats, count: int) -> Detectable:
    """From the effect that each answered study would have needed; those refused need more than there is."""
    ordered = np.sort(np.concatenate([needed, np.full(count - len(needed), np.inf)]))
    below = bdtr(np.arange(count), count, WANTED)
    ranks = [int(np.ceil(WANTED * count)) - 1, int((below < 0.025).sum()) - 1, int((below < 0.975).sum())]
    middle, low, high = (float(ordered[min(max(rank, 0), count - 1)]) for rank in ranks)
    effect, least, most = (max(each, 0.0) if np.isfinite(each) else None for each in (middle, low, high))
    return Detectable(effect, least, most)


def _noise(fit: Fit) -> float:
    """Posterior median of a day's standard deviation around its expected value."""
    draws = fit.posterior.draws(2_000, 0)
    return float(np.median(draws.sigma / np.sqrt(1 - draws.phi**2)) * fit.spread)


def _notes(
    fit: Fit, baseline: Panel, plans: Sequence[Plan], smallest: float | None, rows: Sequence[Foreseen]
) -> Iterable[str]:
    usable = int(fit.design.usable.sum())
    if smallest is None:
        yield "no smallest effect of interest is stated, so there is no power at it"
    if plans[0].season and baseline.period == "day" and usable < 7 * limits.WEEKS:
        yield f"{usable} days are fewer than {limits.WEEKS} weeks: weekdays are not told apart"
    if usable < _ENOUGH:
        yield "the baseline is short; the table allows for what it leaves open, and a longer one would narrow it"
    if baseline.covariates:
        yield "covariates are left out: how they would go on is not known"
    for row in rows:
        if row.refused.share > 1 - WANTED:
            grounds = ", ".join(sorted(row.codes, key=lambda code: -row.codes[code]))
            yield f"{row.days} days{_phases(row)}: {row.refused.share:.0%} of such studies get no answer ({grounds})"
    yield "days that have not come are taken to be like the baseline's: no trend, no illness, no change of habits"


def _phases(row: Foreseen) -> str:
    return f" in {row.phases} phases" if row.phases else ""


def _median(values: Sequence[float]) -> float | None:
    return float(np.median(values)) if values else None


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"


def _wide(width: float | None) -> str:
    return "-" if width is None else f"±{width / 2:.3g}"


def _share(share: Share) -> str:
    return f"{share.share:.0%} ({share.low:.0%}-{share.high:.0%})"


def _effect(found: Detectable) -> str:
    if found.effect is None:
        return "none"
    ends = "-".join("∞" if end is None else f"{end:.3g}" for end in (found.low, found.high))
    return f"{found.effect:.3g} ({ends})"
