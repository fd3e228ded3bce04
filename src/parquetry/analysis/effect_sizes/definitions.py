"""
What each effect size is, in a sentence, with its source and the value that no difference has.

The names are those of the table; the functions that compute them say more.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

_PARKER_2011 = "Parker, Vannest, Davis & Sauber (2011), Behavior Therapy 42(2):284-299"
_LRR = "Pustejovsky (2018), Journal of School Psychology 68:99-112"
_SERLIN = "Busk & Serlin (1992), in Kratochwill & Levin, Single-case research design and analysis"
_NAN = float("nan")


class Definition(NamedTuple):
    """One index; *undefined* says when it has no value."""

    definition: str
    source: str
    nothing: float
    undefined: str = "a phase has no values"


_CONSTANT = "the standard deviation is 0, or of too few days"

DEFINITIONS: Mapping[str, Definition] = {
    "NAP": Definition(
        "share of pairs of a day of A and a day of B in which B is better, ties half",
        "Parker & Vannest (2009), Behavior Therapy 40(4):357-367", 0.5,
    ),
    "PND": Definition(
        "share of days of B better than the best of A; ties do not count",
        "Scruggs, Mastropieri & Casto (1987), Remedial and Special Education 8(2):24-33", _NAN,
    ),
    "PEM": Definition(
        "share of days of B better than the median of A, ties half",
        "Ma (2006), Behavior Modification 30(5):598-617", 0.5,
    ),
    "PAND": Definition(
        "largest share of days that can be kept so that no kept day of B is as bad as a kept day of A",
        "Parker, Hagan-Burke & Vannest (2007), Journal of Special Education 40(4):194-204", _NAN,
    ),
    "IRD (robust)": Definition(
        "share of improved days in B less that in A, the days that PAND removes divided equally",
        "Parker, Vannest & Davis (2011), Behavior Modification 35(4):303-322", _NAN,
    ),
    "Tau (A vs B)": Definition("pairs of A and B that improve less those that get worse, over all pairs; 2 NAP - 1",
                               _PARKER_2011, 0.0),
    "Tau (trend A)": Definition("pairs of days of A that improve less those that get worse, over all pairs of A",
                                _PARKER_2011, 0.0, "a phase has fewer than two values"),
    "Tau (trend B)": Definition("the same for the pairs of B",
                                _PARKER_2011, 0.0, "a phase has fewer than two values"),
    "Tau-U (A vs B - trend A)": Definition(
        "pairs of A and B less pairs of A, over the number of pairs of A and B; may leave -1 to 1", _PARKER_2011, 0.0,
    ),
    "Tau-U (A vs B + trend B)": Definition(
        "pairs of A and B and pairs of B, over the number of both", _PARKER_2011, 0.0,
    ),
    "Tau-U (A vs B + trend B - trend A)": Definition(
        "pairs of A and B and pairs of B less pairs of A, over the number of all pairs", _PARKER_2011, 0.0,
    ),
    "Tau-BC": Definition(
        "Kendall's tau-b between outcome and phase, after the Theil-Sen line of A was taken out if Kendall's "
        "test of it has p < 0.05",
        "Tarlow (2017), Behavior Modification 41(4):427-467", 0.0,
    ),
    "SMD (baseline sd)": Definition(
        "difference of means over the standard deviation of A, corrected for few days", _SERLIN, 0.0, _CONSTANT,
    ),
    "SMD (pooled sd)": Definition(
        "difference of means over the pooled standard deviation, corrected for few days: Hedges' g",
        _SERLIN, 0.0, _CONSTANT,
    ),
    "SMD (gradual)": Definition(
        "effect on the last day of B of a change that comes gradually, over the standard deviation of A, "
        "corrected for few days",
        "after Swan & Pustejovsky (2018), Multivariate Behavioral Research 53(4):574-593", 0.0, _CONSTANT,
    ),
    "Cohen's d": Definition(
        "difference of means over the root of the mean of both variances, uncorrected",
        "Cohen (1988), Statistical power analysis for the behavioral sciences, equation 2.3.2", 0.0, _CONSTANT,
    ),
    "LRRi": Definition(
        "logarithm of the ratio of means of what ought to increase, corrected for few days; above 0 is better",
        _LRR, 0.0, "a mean is 0 (state a resolution), or the outcome is not on a scale of ratios",
    ),
    "LRRd": Definition(
        "logarithm of the ratio of means of what ought to decrease, corrected for few days; below 0 is better",
        _LRR, 0.0, "a mean is 0 (state a resolution), or the outcome is not on a scale of ratios",
    ),
}  # fmt: skip
