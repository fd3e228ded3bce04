"""
Causal analyses of one person's data: exact, right under autocorrelation, and able to refuse.

    from parquetry.analysis import abab, change_points, effect_sizes, its

    its(minutes_asleep, start=30).average          # an Estimate: mean, interval, probabilities
    abab(mood, phases="AAAAAAABBBBBBBAAAAAAABBBBBBB").reversals
    effect_sizes(minutes_asleep, start=30)         # NAP, Tau-U, SMD …, each with its definition
    counts(pickups, start=30, exposure=hours_worn) # negative binomial; sampled, so it needs the extra ``bayes``
    shares(done, start=30, trials=planned)         # beta-binomial, likewise
    change_points(weight).points                   # when the date is not known: exploratory

On plain arrays, on a `Panel`, or on frames and CSV files by way of one; no project and no lake is
needed. Needs the extra ``analysis``.
"""

from __future__ import annotations

from parquetry.errors import MissingExtra

try:
    from parquetry.analysis.abab import Reversed as Reversed
    from parquetry.analysis.abab import abab as abab
    from parquetry.analysis.changepoints import ChangePoints as ChangePoints
    from parquetry.analysis.changepoints import change_points as change_points
    from parquetry.analysis.effect_sizes import EffectSize as EffectSize
    from parquetry.analysis.effect_sizes import effect_sizes as effect_sizes
    from parquetry.analysis.estimates import Check as Check
    from parquetry.analysis.estimates import Estimate as Estimate
    from parquetry.analysis.estimates import Interval as Interval
    from parquetry.analysis.estimates import Reason as Reason
    from parquetry.analysis.estimates import Variant as Variant
    from parquetry.analysis.families import counts as counts
    from parquetry.analysis.families import shares as shares
    from parquetry.analysis.families.answers import Modelled as Modelled
    from parquetry.analysis.its import Interrupted as Interrupted
    from parquetry.analysis.its import its as its
    from parquetry.analysis.panel import Panel as Panel
except ModuleNotFoundError as error:
    if error.name is None or error.name.split(".")[0] not in {"numpy", "scipy"}:
        raise
    raise MissingExtra("analysis", "a causal analysis") from None
