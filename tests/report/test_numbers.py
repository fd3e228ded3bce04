"""Numbers for people: as many digits as the interval is worth, and never fewer than its claim."""

from __future__ import annotations

from parquetry.analysis.estimates import Interval
from parquetry.report.numbers import Scale, spanned


def test_two_digits_of_an_intervals_width_are_shown() -> None:
    assert 1 == Scale().places(Interval(3.21, 8.43))
    assert -1 == Scale().places(Interval(120.0, 840.0))
    assert 1 == Scale().places(None, Interval(3.21, 8.43))


def test_an_interval_that_excludes_no_effect_is_not_rounded_to_hold_it() -> None:
    """0.004 to 0.23 as a share are 0.4 to 23.0 percentage points, not 0 to 23."""
    shares = Scale(100.0, "percentage points")
    interval = Interval(0.004, 0.23)
    assert "0.4 to 23.0" == spanned(interval, shares, shares.places(interval))
    ratio = Scale(1.0, "", 1.0)
    interval = Interval(0.2, 0.998)
    assert 3 == ratio.places(interval)
    assert 0 == shares.places(Interval(-0.004, 0.23))


def test_rounding_has_an_end() -> None:
    """An end as near to nothing as a computer can tell takes three places more, not fifteen."""
    assert 4 == Scale().places(Interval(1e-12, 5.0))
