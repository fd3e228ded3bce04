"""
PyMC and nutpie: a model in, draws and their checks out.

The one place that runs a sampler. What is not sound (chains that disagree, too few effective draws,
a divergence) is tried once more with smaller steps, and then refused: numbers of such a sampler are
not numbers.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from parquetry.analysis.estimates import Check, Floats, Reason, Verdict
from parquetry.errors import MissingExtra

R_HAT, EFFECTIVE = 1.01, 400
"""Vehtari et al. (2021), Bayesian Analysis 16(2):667-718: r-hat below 1.01, 400 effective draws."""
_ACCEPT, _MORE = 0.99, 0.998
"""Acceptance aimed at, first and where that was not sound: small steps, since a divergence costs a second run."""
CODES = {"r-hat": "r-hat", "effective sample size": "effective-draws", "divergences": "divergences"}
"""The grounds of refusal, by the check that shows them."""


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """
    Draws by name, all chains one after the other: shape (draws, …).

    Attributes:
        checks: r-hat, effective sample size, divergences.
    """

    values: dict[str, Floats]
    checks: tuple[Check, ...]

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why nothing may be said of these draws; empty where they are sound."""
        return tuple(
            Reason(
                CODES[check.name],
                f"the sampler did not settle: {check.name} {check.value:.4g}, and the limit is {check.limit:g}",
                {"value": check.value, "limit": check.limit},
            )
            for check in self.checks
            if check.verdict is Verdict.FAILED
        )


def compiled(model: Any, purpose: str) -> Any:
    """
    A PyMC model as machine code; it takes seconds.

    Raises:
        MissingExtra: The extra ``bayes`` is not installed.
    """
    try:
        # Late import: seconds, and only a sampler needs it.
        import nutpie
    except ModuleNotFoundError:
        raise MissingExtra("bayes", purpose) from None
    with quiet():
        return nutpie.compile_pymc_model(model)


@contextmanager
def quiet() -> Iterator[None]:
    """What the libraries below say about themselves is no business of who analyses a study."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def drawn(
    program: Any,
    keep: Sequence[str],
    watched: Sequence[str],
    *,
    draws: int,
    tune: int,
    chains: int,
    seed: int,
    again: bool = True,
) -> Drawn:
    """
    Sample; the same seed gives the same numbers.

    Args:
        keep: The variables to give back.
        watched: Those whose mixing is checked.
        again: Try once more, with smaller steps and twice as many, where it is not sound.
    """
    found = _drawn(program, keep, watched, draws, tune, chains, seed, _ACCEPT)
    if not found.reasons or not again:
        return found
    return _drawn(program, keep, watched, 2 * draws, 2 * tune, chains, seed + 1, _MORE)


def _drawn(
    program: Any,
    keep: Sequence[str],
    watched: Sequence[str],
    draws: int,
    tune: int,
    chains: int,
    seed: int,
    accept: float,
) -> Drawn:
    # Late imports: seconds, and only a sampler needs them.
    import arviz
    import nutpie

    with quiet():
        trace = nutpie.sample(
            program, draws=draws, tune=tune, chains=chains, seed=seed, progress_bar=False, save_warmup=False,
            target_accept=accept,
        )  # fmt: skip
        values = {name: np.asarray(trace.posterior[name]) for name in keep}
        flat = {name: value.reshape(-1, *value.shape[2:]) for name, value in values.items()}
        return Drawn(flat, _checks(arviz, trace, watched))


def _checks(arviz: Any, trace: Any, watched: Sequence[str]) -> tuple[Check, ...]:
    summary = arviz.summary(trace, var_names=list(watched), kind="diagnostics", round_to="none")
    rhat, effective = float(summary["r_hat"].max()), float(summary["ess_bulk"].min())
    diverged = int(np.asarray(trace.sample_stats["diverging"]).sum())
    looked = (
        ("r-hat", rhat, R_HAT, rhat < R_HAT),
        ("effective sample size", effective, EFFECTIVE, effective >= EFFECTIVE),
        ("divergences", float(diverged), 0.0, diverged == 0),
    )
    return tuple(
        Check(name, Verdict.PASSED if passed else Verdict.FAILED, value, limit, refuses=True)
        for name, value, limit, passed in looked
    )
