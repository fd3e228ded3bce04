"""Figures: drawn whole without a network, in words too, and for every design and kind of time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace

import altair as alt
import pytest

from parquetry.analysis.counterfactual import Band
from parquetry.analysis.panel import Panel
from parquetry.analysis.studied import Analysed
from parquetry.report import Figure, figures
from parquetry.report.figures import theme
from parquetry.report.figures.series import data

from .made import DESIGNS, drawn, made, refused_although_computed, reported, study

HOSTILE = '<script>alert("x")</script> & \'ü—日本 "</text></svg>\x08'


KINDS = {
    "ITS": ["design", "data", "effect", "cumulative", "sensitivity", "placebo"],
    "ABAB": ["design", "data", "effect", "cumulative", "reversals", "sensitivity", "randomisation"],
    "refused": ["design", "data"],
}


@pytest.mark.parametrize(("name", "kinds"), KINDS.items())
def test_a_design_has_its_figures(name: str, kinds: list[str]) -> None:
    assert kinds == [each.kind for each in drawn(name)]


def test_a_refused_study_has_data_and_design_even_if_all_was_computed() -> None:
    assert ["design", "data"] == list(figures(reported(refused_although_computed(made("ABAB")))))


def test_each_series_has_its_figures_under_its_number() -> None:
    found = figures(reported("multiple baseline"))
    assert {"data-1", "data-2", "data-3", "series"} <= set(found)
    assert found["data-2"].title.startswith("Bo: ")


@pytest.mark.parametrize("name", DESIGNS)
def test_every_figure_is_valid_vega_lite(name: str) -> None:
    """What Altair does not check while a report is made, for the sake of its time."""
    for each in {figure.kind: figure for figure in drawn(name)}.values():
        alt.Chart.from_dict(dict(each.spec), validate=True)


@pytest.mark.parametrize("name", DESIGNS)
def test_every_figure_is_one_whole_svg_with_its_text_alternative(name: str) -> None:
    """Nothing outside of it is named, and it has no ids that could meet those of another on the same page."""
    for each in drawn(name):
        root = ET.fromstring(each.svg)
        assert ("{http://www.w3.org/2000/svg}svg", "img", each.alt) == (
            root.tag,
            root.get("role"),
            root.get("aria-label"),
        )
        assert len(each.alt) > 40
        for element in root.iter():
            assert not {"id", "href", "{http://www.w3.org/1999/xlink}href", "src", "onload"} & set(element.attrib)
            assert element.tag.rpartition("}")[2] in {"svg", "g", "path", "text", "rect", "line", "tspan"}
        assert each.svg.count("http") == each.svg.count('xmlns="http') + each.svg.count('xmlns:xlink="http')


def test_what_users_write_stays_text() -> None:
    """A name, a unit, a phase and a reason with markup in them are drawn as they were written."""
    given = made("ITS")
    outcome = replace(given.study.outcome, name=HOSTILE, unit=HOSTILE)
    panel = replace(
        given.series[0].panel, excluded={9: HOSTILE, 10: HOSTILE + "!"}, phases=(HOSTILE,) * 50 + ("B",) * 50
    )  # fmt: skip
    series = replace(given.series[0], name=HOSTILE, panel=panel)
    found = figures(reported(replace(given, study=replace(given.study, outcome=outcome), series=(series, series))))
    assert 12 == len(found)
    for each in list(found.values())[:6]:
        root = ET.fromstring(each.svg)
        assert not [e for e in root.iter() if e.tag.endswith("script")]
        assert "alert" in (root.get("aria-label") or "")
    texts = "".join(ET.fromstring(found["data-1"].svg).itertext())
    assert '<script>alert("x")</script>' in texts


def test_png_is_made_on_request() -> None:
    figure = drawn("AB")[0]
    small, large = figure.png(1), figure.png(2)
    assert small.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = (int.from_bytes(small[at : at + 4], "big") for at in (16, 20))
    assert width > theme.WIDTH > height
    assert 2 * width == int.from_bytes(large[16:20], "big")


def test_days_are_those_of_the_study_in_every_time_zone() -> None:
    """Vega reads a date as UTC and would show it in the machine's zone: a day early west of Greenwich."""
    figure = drawn("AB")[0]
    code = "import json,sys,vl_convert; sys.stdout.write(vl_convert.vegalite_to_svg(json.load(sys.stdin)))"
    both = [
        subprocess.run(
            [sys.executable, "-c", code], input=json.dumps(figure.spec), env={**os.environ, "TZ": zone},
            capture_output=True, text=True, check=True, timeout=60,
        ).stdout
        for zone in ("Pacific/Honolulu", "Pacific/Auckland")
    ]  # fmt: skip
    assert both[0] == both[1]
    assert "Jan 12" in both[0]


def test_a_long_series_is_drawn_whole() -> None:
    """Altair refuses more than 5,000 rows that it knows of."""
    panel = Panel.of([float(day % 50) for day in range(6000)])
    spec = data(Analysed("", panel, None, (), ()), study(), 1.0, "y")
    rows = [row for rows in spec["datasets"].values() for row in rows]
    assert 6000 == len(rows)
    svg = Figure("data", "data", None, "", "six thousand points", lambda: spec).svg
    assert 6000 <= svg.count("<path")


def test_a_series_without_a_value_is_drawn() -> None:
    given = Analysed("", Panel.of([float("nan")] * 20), None, (), ())
    found = figures(reported(replace(made("refused"), series=(given,))))
    assert "0 values." in found["data"].alt
    assert all(ET.fromstring(each.svg) is not None for each in found.values())


def test_what_is_not_known_is_not_drawn() -> None:
    """A curve with NaN on some days, as with a covariate that is missing, has gaps and no NaN in its JSON."""
    given = made("AB")
    curves = given.series[0].curves
    assert curves is not None
    holed = [values.copy() for values in (curves.effect.mean, curves.effect.low, curves.effect.high)]
    for values in holed:
        values[25] = float("nan")
    series = replace(given.series[0], curves=replace(curves, effect=Band(*holed)))
    spec = figures(reported(replace(given, series=(series,))))["effect"].spec
    json.dumps(spec, allow_nan=False)
    days = {row["x"] for rows in spec["datasets"].values() for row in rows if row.get("what") == "expected effect"}
    assert {"2025-01-30", "2025-02-01"} <= days and "2025-01-31" not in days


def test_every_colour_of_a_mark_can_be_told_from_white() -> None:
    """Lines and points need a contrast of 3 to 1 with what is behind them (WCAG 1.4.11)."""
    for colour in (theme.INK, theme.GREY, theme.BLUE, theme.VERMILLION, theme.GREEN):
        assert contrast(colour, "#ffffff") >= 3


def contrast(one: str, other: str) -> float:
    """Of two colours, as WCAG 2 counts it."""
    dark, light = sorted(_luminance(colour) for colour in (one, other))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
