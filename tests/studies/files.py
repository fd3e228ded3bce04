"""Study files for tests: a small one that is right, and what is changed in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from parquetry.studies import Study
from parquetry.studies.declared import read

SMALL = """\
question = "Does it help?"
design = "AB"

[outcome]
value = "score"

[phases]
intervention = 2026-02-01
"""

WHOLE = """\
question = "Does a walk before bed lengthen sleep?"
hypothesis = "Sleep is longer on days with a walk."
design = "abab"
stopping = "After eight weeks."

[outcome]
name = "minutes asleep"
unit = "min"
direction = "increase"
smallest_effect = 15
region = [-5, 10.5]
dataset = "nights"
value = "asleep"
time = "ended"
where = "nap = false"
aggregate = "sum"
timezone = "Europe/Berlin"
day_starts = 04:00:00
period = "day"
empty = "zero"
tracked = "device = 'ring'"

[phases]
labels = "AAAABBBBAAAABBBB"
treated = ["B"]
first = 2026-01-05
last = 2026-01-20
washout = 1

[model]
trend = true
season = false
level = 0.9

[covariates.coffee]
value = "cups"
affected = false

[covariates.steps]
dataset = "walks"
value = "steps"
aggregate = "sum"

[schedule]
chosen = "randomised"
seed = 7
candidates = "changes"
shortest = 4

[[exclude]]
day = 2026-01-09
reason = "travel"

[[exclude]]
first = 2026-01-14
last = 2026-01-15
reason = "fever"

[about]
participant = "One adult."
"""


DEFAULT = 'value = "score"'


def study(folder: Path, text: str, name: str = "sleep") -> Study:
    """The study that a file of *text* declares."""
    return read(written(folder, text, name))


def written(folder: Path, text: str, name: str = "sleep") -> Path:
    file = folder / f"{name}.toml"
    file.write_text(text, encoding="utf-8")
    return file


def small(folder: Path, *, outcome: str = "", phases: str = "intervention = 2026-02-01", **top: Any) -> Study:
    """A study whose tables hold what is given."""
    said = {"question": "Does it help?", "design": "AB", **top}
    head = "\n".join(f"{key} = {value!r}" for key, value in said.items())
    return study(folder, f"{head}\n[outcome]\n{outcome or DEFAULT}\n[phases]\n{phases}\n")
