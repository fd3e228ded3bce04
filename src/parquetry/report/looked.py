"""
What each check looks at, in words; a test holds that every check of an analysis is told here.
"""

from __future__ import annotations

from collections.abc import Mapping

LOOKED_AT: Mapping[str, str] = {
    "grid edge": "the posterior mass at the ends of the grid of autocorrelations; mass there was cut off",
    "persistence": "the probability that errors are so persistent that a step cannot be told from drift",
    "missing days": "the largest share of days without a value in a phase, and how far phases differ in it",
    "aliasing": "how much of when the treatment was on weekdays, season and covariates tell",
    "Ljung-Box": "the p-value of correlation that the model leaves between its errors; reported only",
    "influence of one day": "how far the day that matters most moves the answer, in its standard deviations",
    "placebo dates": "the share of baseline dates, when nothing was done, at which the same model finds an effect",
    "r-hat": "whether the sampler's chains agree; only where the answer is sampled",
    "effective sample size": "how many independent draws the sampler's are worth; only where the answer is sampled",
    "divergences": "steps at which the sampler went astray; only where the answer is sampled",
    "agreement with the exact posterior": "how far the sampled answer lies from the exact one, in standard deviations",
}
_PREDICTIVE: Mapping[str, str] = {
    "mean": "mean",
    "sd": "standard deviation",
    "smallest": "smallest value",
    "largest": "largest value",
    "lag-1": "correlation from one day to the next",
    "weekdays": "spread between weekdays",
    "zeros": "number of zeros",
}


def looked_at(name: str) -> str:
    """The words for a check, or nothing where there are none."""
    kind, _, what = name.partition(": ")
    if kind == "posterior predictive":
        of = _PREDICTIVE.get(what, what)
        return f"how usual the {of} of the data is among series drawn from the model: a two-sided probability"
    return LOOKED_AT.get(name, "")
