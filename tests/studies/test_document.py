"""docs/how-to/study-files.md says every key that a study file may have, and no other."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/how-to/study-files.md").read_text(encoding="utf-8")
READER = (ROOT / "src/parquetry/studies/declared.py").read_text(encoding="utf-8")
TAKES = "text|choice|flag|number|whole|day|days|numbers|time|texts|labels|expression|table|tables"


def test_the_page_has_every_key_of_the_reader() -> None:
    keys = set(re.findall(rf'\.(?:{TAKES})\(\s*"(\w+)"', READER))
    assert {"question", "smallest_effect", "washout", "affected", "shortest"} <= keys
    tables = {"outcome", "phases", "model", "covariates", "schedule", "exclude", "series", "about"}
    said = set(re.findall(r"`(\w+)`", PAGE))
    assert set() == keys - tables - said
    assert set() == {name for name in tables if f"[{name}" not in PAGE}
