"""The fixtures of the fault tests, for the long ones."""

from __future__ import annotations

from tests.faults.conftest import exported as exported
from tests.faults.conftest import study as study
from tests.faults.conftest import template as template
