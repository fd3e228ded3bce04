"""A server that restarts, goes away or falls silent in the middle of a copy."""

from __future__ import annotations

import json

from parquetry.demo.server import EmbeddedServer

from .study import Study, ended, eventually, require_told, untouched
from .test_signals import slow, wait_for
from .wire import Wire

COPYING = "query ilike '%copy%people%'"


def test_a_server_that_restarts_in_the_middle_of_a_copy(own_study: Study, own_server: EmbeddedServer) -> None:
    """The run begins again from a new look at everything, and publishes; nothing of the first try is in it."""
    slow(own_study)
    process = own_study.start("export", "--json", retries=3)
    wait_for(own_study, COPYING)
    own_server.restart()
    own_study.execute("update persons set version = 7", "update events set version = 7")
    done = ended(process)
    assert 0 == done.code, done
    exported = json.loads(done.out)
    assert [2000, 50] == [d["rows"] for d in exported["datasets"]], done
    assert "export.retried" in done.err, "somebody may want to know"
    query = own_study.run(
        "query", "SELECT DISTINCT version AS v FROM (FROM events SELECT version UNION ALL FROM people SELECT version)"
    )
    assert "7" in query.out, query
    assert () == own_study.verified().problems
    assert [] == own_study.left_behind()
    eventually(lambda: not own_study.sessions(), "no session is left")


def test_a_server_that_goes_away_in_the_middle_of_a_copy(own_study: Study, own_server: EmbeddedServer) -> None:
    assert 0 == own_study.export().code
    slow(own_study)
    with untouched(own_study):
        process = own_study.start("export", "--accept-drift", retries=1)
        wait_for(own_study, COPYING)
        own_server.stop("immediate")
        done = ended(process)
    require_told(done, "SOURCE_DOWN", 30)


def test_a_connection_that_stalls_in_the_middle_of_a_copy(exported: Study, server: EmbeddedServer) -> None:
    slow(exported)
    with Wire(server.port) as wire, untouched(exported):
        process = exported.start("export", "--accept-drift", DATABASE_URL=wire.through(exported.url), stall_seconds=2)
        wait_for(exported, COPYING)
        wire.hold()
        done = ended(process)
        require_told(done, "STALLED", 33)
    eventually(lambda: not exported.sessions(), "no session is left once the wire is gone")


def test_a_server_that_is_only_slow_is_waited_for(exported: Study) -> None:
    """It says that it is at work, so three silent seconds are not a stall of one."""
    exported.execute(
        "alter table people rename to persons",
        "create view people as select id, version + length(pg_sleep(case when id = 25 then 3 else 0 end)::text) "
        "as version from persons",
    )
    done = exported.export("--accept-drift", stall_seconds=1)
    assert 0 == done.code, done
