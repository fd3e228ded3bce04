"""
Counts and shares: the same designs as `its` and `abab`, for outcomes that are not Gaussian.

    from parquetry.analysis.families import counts, shares

    counts(steps_out, start=30, exposure=hours_worn).average     # in events an hour worn
    shares(done, trials=planned, phases="AAAAAAABBBBBBB…").main  # a difference of shares

By sampling, so it takes seconds, and the extra ``bayes``, which is imported only then.
"""

from __future__ import annotations

from parquetry.analysis.families.answers import Modelled as Modelled
from parquetry.analysis.families.asked import counts as counts
from parquetry.analysis.families.asked import modelled as modelled
from parquetry.analysis.families.asked import prepared as prepared
from parquetry.analysis.families.asked import shares as shares
