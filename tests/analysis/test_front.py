"""`from parquetry.analysis import …`: what is there, and what happens without the extra."""

from __future__ import annotations

import doctest
import subprocess
import sys

import parquetry.analysis  # noqa: F401


def test_the_functions_are_not_hidden_by_their_modules() -> None:
    """A module called like a function takes its name once it is imported, unless the package sees to it."""
    code = "import parquetry.analysis.its, parquetry.analysis.abab; from parquetry.analysis import its, abab"
    code += "; print(callable(its), callable(abab))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "True True" == done.stdout.strip()


def test_without_numpy_the_message_says_what_to_install() -> None:
    code = "import sys; sys.modules['numpy'] = None\nfrom parquetry.analysis import its"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "MissingExtra: error[CONFIG 20]: a causal analysis needs the extra 'analysis'" in done.stderr
    assert "pip install 'parquetry[analysis]'" in done.stderr


def test_nothing_heavy_comes_along() -> None:
    """No sampler, no statistics package, no frame library: an answer in less than a second."""
    heavy = {"pymc", "nutpie", "arviz", "statsmodels", "pandas", "polars", "ruptures", "matplotlib"}
    code = f"import sys\nfrom parquetry.analysis import its\nprint(sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "[]" == done.stdout.strip()


def test_the_examples_run() -> None:
    for module in ("its", "abab"):
        found = doctest.testmod(sys.modules[f"parquetry.analysis.{module}"], extraglobs={})
        assert found.attempted > 0 == found.failed
