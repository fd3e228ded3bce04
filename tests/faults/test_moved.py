"""Rows whose time changes between two runs that read only part of a dataset: each is there once, in its new month."""

from __future__ import annotations

import polars
import pytest

from parquetry.lake import Lake

from .study import Study


def months(study: Study) -> polars.DataFrame:
    return Lake(study.lake).current().read("events").select("id", polars.col("at").dt.month().alias("month"))


@pytest.mark.parametrize(("moved", "to", "month"), [(5, "2026-03-20", 3), (1999, "2026-01-20", 1)])
def test_a_row_that_moved_into_or_out_of_what_is_read(exported: Study, moved: int, to: str, month: int) -> None:
    """Row 5 is of January and row 1999 of March; only March is asked for."""
    exported.execute(f"update events set at = '{to}' where id = {moved}")
    run = exported.export("events", "--since", "2026-03-01")
    assert 0 == run.code, run
    found = months(exported)
    assert (2000, 2000) == (len(found), found["id"].n_unique())
    assert [month] == found.filter(polars.col("id") == moved)["month"].to_list()
    assert () == exported.verified().problems


def test_a_row_without_a_move_leaves_the_other_months_alone(exported: Study) -> None:
    before = Lake(exported.lake).current().dataset("events").partitions
    assert 0 == exported.export("events", "--since", "2026-03-01").code
    after = Lake(exported.lake).current().dataset("events").partitions
    assert [before[key] for key in ("2026-01", "2026-02")] == [after[key] for key in ("2026-01", "2026-02")]
    assert before["2026-03"].files != after["2026-03"].files
