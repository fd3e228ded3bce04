"""A file's words for numbers, truths and moments become that value or a misfit, and never another value."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parquetry.errors import Config
from parquetry.formats.shape import Shape

from .reading import read, values

NO = None


def held(folder: Path, shape: Shape, type: str, *texts: str) -> list[object]:
    """What a column of *type* holds for each text; None for a misfit."""
    path = folder / "r.csv"
    path.write_text("v\n" + "".join(f'"{text}"\n' for text in texts))
    return [row[0] for row in values(path, shape, {"v": type})]


def test_marks_of_thousands_are_never_decimals(tmp_path: Path) -> None:
    point, comma = Shape("csv"), Shape("csv", decimal=",")
    for type in ("DOUBLE", "DECIMAL(10,3)"):
        assert [1.5, NO, NO, 1.234] == [
            v if v is None else float(str(v)) for v in held(tmp_path, point, type, "1.5", "1,5", "1,234.5", "1.234")
        ]
        assert [1.5, NO, NO, NO, 1.234] == [
            v if v is None else float(str(v))
            for v in held(tmp_path, comma, type, "1,5", "1.5", "1.234,5", "1.234", "1,234")
        ]
    for shape in (point, comma):
        assert [1234, NO, NO, NO, NO] == held(tmp_path, shape, "BIGINT", "1234", "1,234", "1.234", "1 234", "1'234")


def test_what_is_no_number_is_none_unless_declared(tmp_path: Path) -> None:
    texts = ("1.5", "NaN", "nan", "inf", "-Infinity", "+INF", "-1e5", ".5", "NA")
    assert [1.5, NO, NO, NO, NO, NO, -1e5, 0.5, NO] == held(tmp_path, Shape("csv"), "DOUBLE", *texts)
    assert ["1.5", "nan", "nan", "inf", "-inf", "inf", "-100000.0", "0.5", "None"] == [
        str(v) for v in held(tmp_path, Shape("csv", nan=True), "DOUBLE", *texts)
    ]
    assert ["nan", "inf"] == held(tmp_path, Shape("csv"), "VARCHAR", "nan", "inf")


def test_integers_past_their_type(tmp_path: Path) -> None:
    texts = ("9223372036854775807", "9223372036854775808", "1e3", "1.0", "0x1F", "-9223372036854775808")
    assert [2**63 - 1, NO, NO, NO, NO, -(2**63)] == held(tmp_path, Shape("csv"), "BIGINT", *texts)


def test_booleans_in_five_spellings(tmp_path: Path) -> None:
    texts = ("true", "True", "t", "1", "yes", "Y", "false", "F", "0", "")
    assert [True, True, NO, NO, NO, NO, False, NO, NO, NO] == held(tmp_path, Shape("csv"), "BOOLEAN", *texts)
    declared = Shape("csv", true=("yes", "Y", "1"), false=("0",))
    assert [NO, NO, NO, True, True, True, NO, NO, False, NO] == held(tmp_path, declared, "BOOLEAN", *texts)


def test_a_moment_says_its_zone_or_the_dataset_does(tmp_path: Path) -> None:
    texts = (
        "2025-10-28T00:15:23Z", "2025-10-28 00:15:23.5+00", "2025-10-28 00:15:23+02:00",
        "2025-10-28 00:15:23.000001-0330",
        "2025-10-28 00:15:23", "2025-10-28", "1761610523", "2025-10-28 00:15", "2025-10-28 00:15:23 CET",
        "2025-10-28 00:15:23.1234567Z", "2025-10-28 24:00:00Z", "2025-02-30 00:00:00+01", "2025-10-28 00:15:23+16",
        "2025-10-28 00:15:23+02::30",
    )  # fmt: skip
    utc = [
        datetime(2025, 10, 28, 0, 15, 23), datetime(2025, 10, 28, 0, 15, 23, 500_000),
        datetime(2025, 10, 27, 22, 15, 23),
        datetime(2025, 10, 28, 3, 45, 23, 1), *[None] * 10,
    ]  # fmt: skip
    assert utc == held(tmp_path, Shape("csv"), "TIMESTAMP", *texts)
    berlin = [*utc[:4], datetime(2025, 10, 27, 23, 15, 23), *utc[5:]]
    assert berlin == held(tmp_path, Shape("csv", timezone="Europe/Berlin"), "TIMESTAMP", *texts)
    zoned = {"v": "TIMESTAMP WITH TIME ZONE"}
    rows = read(tmp_path / "r.csv", Shape("csv", timezone="Europe/Berlin"), zoned)[1]
    assert [*texts[:4], "2025-10-27 23:15:23+00"] == [row[0] for row in rows[:5]]
    rows = read(tmp_path / "r.csv", Shape("csv"), zoned)[1]
    assert [*texts[:4], "2025-10-28 00:15:23 (no time zone)"] == [row[0] for row in rows[:5]]


def test_why_a_moment_is_a_misfit_is_behind_its_text(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("v\n2025-10-26 02:30:00\n2025-03-30 02:30:00\n")
    _, rows = read(path, Shape("csv", timezone="Europe/Berlin"), {"v": "TIMESTAMP"})
    assert ["2025-10-26 02:30:00 (ambiguous)", "2025-03-30 02:30:00 (no such local time)"] == [r[0] for r in rows]
    _, rows = read(path, Shape("csv"), {"v": "TIMESTAMP"})
    assert ["2025-10-26 02:30:00 (no time zone)", "2025-03-30 02:30:00 (no time zone)"] == [r[0] for r in rows]
    with pytest.raises(Config, match="Unknown TimeZone 'Europe/Nowhere'"):
        read(path, Shape("csv", timezone="Europe/Nowhere"), {"v": "TIMESTAMP"})


ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns",
         "Africa/Casablanca",
         "Pacific/Auckland", "UTC", "Antarctica/Troll", "America/Sao_Paulo"]  # fmt: skip
NEAR = [datetime(2018, 3, 25, 2), datetime(2017, 10, 29, 2), datetime(2018, 11, 4, 0), datetime(2018, 4, 1, 2),
        datetime(2018, 2, 17, 23), datetime(2019, 5, 5, 3), datetime(2018, 3, 11, 2)]  # fmt: skip


@settings(max_examples=12)
@given(
    st.sampled_from(ZONES),
    st.lists(
        st.datetimes(datetime(1980, 1, 1), datetime(2030, 1, 1))
        | st.builds(lambda at, m: at + timedelta(minutes=m), st.sampled_from(NEAR), st.integers(-200, 200)),
        min_size=20, max_size=40,
    ),
)  # fmt: skip
def test_local_times_are_what_python_says_they_are(
    tmp_path_factory: pytest.TempPathFactory, zone: str, moments: list[datetime]
) -> None:
    """Exactly one moment in UTC, or a misfit: two where clocks go back, none where they go forward."""
    expected = []
    for local in moments:
        found = {local.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) for fold in (0, 1)}
        real = [u for u in found if u.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == local]
        expected.append(real[0].replace(tzinfo=None) if len(real) == 1 else None)
    texts = [local.isoformat(sep=" ") for local in moments]
    folder = tmp_path_factory.mktemp("zone")
    assert expected == held(folder, Shape("csv", timezone=zone), "TIMESTAMP", *texts)
