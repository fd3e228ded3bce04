"""
Every threshold of the analyses, with its reason and its source.

The numbers that decide whether an answer is given, what the prior believes, and from where on a
check fails. None of them looks at the size of an effect.
"""

from __future__ import annotations

# ── Refusals ──────────────────────────────────────────────────────────────────────────────────────
PHASE_DAYS = 5
"""
Usable days a phase must have.
What Works Clearinghouse, Single-case designs technical documentation (Kratochwill et al. 2010):
five points a phase meet the standards without reservations.
"""
STUDY_DAYS = 12
"""Usable days in all. With fewer, a level, a trend and an autocorrelation leave no degree of freedom to speak of."""
REVERSAL_PHASES = 4
"""Phases of a reversal design: three changes at three points in time (Kratochwill et al. 2010, ABAB)."""
MISSING_SHARE = 0.30
"""Of a phase's days. Beyond a third, what is missing may decide what is seen, whatever the model says of gaps."""
MISSING_DIFFERENCE = 0.20
"""Between the phases with most and least missing: tracking that depends on the phase is a bias no model removes."""
ALIASED = 0.90
"""
Share of the treatment's variance that weekdays and covariates explain (a variance inflation of 10).
Marquardt (1970), Technometrics 12(3):591-612, takes 10 for the limit beyond which a coefficient is not usable.
"""
ROUNDING = 1e-14
"""Of the largest value: a phase that varies by less is constant, and the rest is that of sums such as 0.1 + 0.2."""
RESIDUAL = 1e-8
"""Residual variance as a share of the outcome's own: below, the outcome is a formula, not a measurement."""
PERSISTENT_PHI = 0.90
PERSISTENT_PROBABILITY = 0.50
"""
An autocorrelation that is more likely than not above 0.9, which forgets half of an error in 6.6 days.
By simulation (`benchmarks/calibration.py --threshold`): stricter limits refuse more and leave *more*
false positives among the answered, since the series that pass are those whose autocorrelation was
underestimated. `benchmarks/results/calibration.json` has refusals and false positives as shipped.
"""
GRID_EDGE = 0.01
"""Posterior mass at the ends of the grid of phi. At the upper end lies the random walk, which has no level."""

# ── The model ─────────────────────────────────────────────────────────────────────────────────────
WEEKS = 3
"""From how many weeks on weekdays are in the model (fewer would give each weekday two days or one)."""
YEARS = 2
"""From how many years on the season is: what was seen once cannot be told from a change."""
HARMONICS = 2
"""Pairs of sine and cosine a year, as in Lopez Bernal, Cummins, Gasparrini (2017), Int J Epidemiol 46(1):348-355."""

# ── Checks that are reported ──────────────────────────────────────────────────────────────────────
PREDICTIVE_TAIL = 0.01
"""Two-sided posterior predictive probability below which a check fails."""
LJUNG_BOX = 0.01
"""Its p-value. Reported; it never takes the autoregression out of the model."""
INFLUENTIAL = 0.5
"""Posterior standard deviations that one day alone may move the answer before it is named."""
PLACEBOS = 40
"""Dates of the baseline at which an effect is looked for, evenly spread where there are more."""
PLACEBO_SHARE = 0.20
"""Share of them that may show one; about 5 % do by chance, and neighbours share most of their days."""
