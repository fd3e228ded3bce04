"""What another program may rely on that reads the lake as folders."""

from __future__ import annotations

import os
import time

from parquetry.lake import snapshots, views
from parquetry.lake.store import LocalStore

from .conftest import Committing


def test_a_view_stays_for_an_hour_after_current_moved_on(store: LocalStore, publish: Committing) -> None:
    """However long it was current before: a reader may have resolved the link a moment ago."""

    def built() -> set[str]:
        views.repair(store)
        return {folder.name for folder in (store.root / "views").iterdir()}

    publish(events=[1])
    assert {"00000001"} == built()
    hours_ago = time.time() - 5 * views.GRACE_SECONDS
    os.utime(store.root / "views/00000001", (hours_ago, hours_ago))
    publish(events=[1, 2])
    publish(events=[1, 2, 3])
    assert {"00000001", "00000003"} == built()
    os.utime(snapshots.path_of(store, 2), (hours_ago, hours_ago))
    assert {"00000003"} == built()
