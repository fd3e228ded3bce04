"""What is wrong with a real server, lake or project is found, with the code of a run and the way to mend it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from parquetry import Project, doctor
from parquetry.checkup import Finding, values
from parquetry.demo.server import EmbeddedServer
from parquetry.errors import Config, InvalidData
from parquetry.verbs.doctor import Examined

from .conftest import SCHEMA, App
from .pooler import Pooler

PASSWORD = "kEep5ecret"


def conninfo_port(url: str) -> int:
    return int(str(conninfo_to_dict(url)["port"]))


def about(found: Examined, name: str, verdict: str | None = None) -> list[Finding]:
    return [f for f in found.findings if f.about == name and verdict in (None, f.verdict)]


def failures(found: Examined) -> list[Finding]:
    return [f for f in found.findings if f.verdict == "failure"]


def examined(app: App, **flags: object) -> Examined:
    return doctor(Project.open(app.root, **{"database_url": app.url, **flags}))


@pytest.fixture
def reader(app: App) -> Iterator[str]:
    """The URL of a role that may read nothing yet; *app* gives it rights."""
    name = f"reader_{conninfo_to_dict(app.url)['dbname']}"
    app.sql(f'create role "{name}" login password \'{PASSWORD}\'; grant usage on schema public to "{name}"')
    place = app.url.rpartition("@")[2]
    yield f"postgresql://{name}:{PASSWORD}@{place}"
    app.sql(f'drop owned by "{name}"; drop role "{name}"')


def granted(app: App, reader: str, right: str) -> None:
    app.sql(f'grant {right} to "{conninfo_to_dict(reader)["user"]}"')


def test_where_all_is_well(app: App) -> None:
    """Each part of a run has its line, and nothing was made on the way."""
    found = examined(app)
    assert (0, []) == (found.exit_code, [f for f in found.findings if f.verdict != "ok"])
    assert {
        "duckdb", "lake", "catalog", "contract contracts.app:Visit", "contract contracts.app:Person", "source app",
        "dataset visits", "dataset people",
    } == {f.about for f in found.findings}  # fmt: skip
    said = str(found)
    for words in ("hard links work", "locks work", "free", "its clock and this machine's", "its key id is unique"):
        assert words in said
    assert not (app.root / "data").exists()
    assert json.loads(json.dumps(found.as_json()))["exit_code"] == 0


def test_the_current_snapshot_is_looked_at(app: App) -> None:
    app.export()
    assert "current snapshot is 1" in about(examined(app), "lake")[0].says
    app.lake.current().files("people")[0].unlink()
    found = examined(app)
    assert (22, "lake") == (found.exit_code, failures(found)[0].about)


class TestServer:
    def test_down(self, app: App) -> None:
        """The rest is examined all the same."""
        found = examined(app, database_url="postgresql://postgres@127.0.0.1:9/none")
        assert (30, [("source app", 30)]) == (found.exit_code, [(f.about, f.code) for f in failures(found)])
        assert "does not answer" in failures(found)[0].says
        assert about(found, "contract contracts.app:Visit", "ok")

    def test_a_wrong_password(self, app: App, reader: str) -> None:
        found = examined(app, database_url=reader.replace(PASSWORD, "wr0ngSecret"))
        assert (21, [21]) == (found.exit_code, [f.code for f in failures(found)])
        assert "password authentication failed" in str(found)
        for secret in ("wr0ngSecret", PASSWORD):
            assert secret not in str(found) + json.dumps(found.as_json())

    def test_a_url_that_is_not_set(self, app: App, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("DATABASE_URL", "DIRECT_URL", "PARQUETRY_DATABASE_URL", "PGHOST"):
            monkeypatch.delenv(name, raising=False)
        found = doctor(Project.open(app.root))
        assert [("source app", 20)] == [(f.about, f.code) for f in failures(found)]
        assert "set DATABASE_URL" in failures(found)[0].next

    def test_a_database_that_does_not_exist(self, app: App, server: EmbeddedServer) -> None:
        found = examined(app, database_url=server.url("nowhere"))
        assert [20] == [f.code for f in failures(found)]


class TestRights:
    def test_none(self, app: App, reader: str) -> None:
        found = examined(app, database_url=reader)
        assert [("dataset visits", 21), ("dataset people", 21)] == [(f.about, f.code) for f in failures(found)]
        assert "select" in failures(found)[0].next

    def test_a_hidden_column(self, app: App, reader: str) -> None:
        """What is said to mend it does."""
        granted(app, reader, "select on people")
        granted(app, reader, 'select (id, at, person, mood) on "Visit"')
        found = examined(app, database_url=reader)
        (hidden,) = failures(found)
        assert ("dataset visits", 21) == (hidden.about, hidden.code)
        assert 'grant select ("score") on "public"."Visit" to "reader_' in hidden.next
        app.sql(hidden.next)
        assert [] == failures(examined(app, database_url=reader))

    def test_rows_that_a_policy_hides(self, app: App, reader: str) -> None:
        granted(app, reader, 'select on people, "Visit"')
        app.sql("alter table people enable row level security")
        (hidden,) = failures(examined(app, database_url=reader))
        assert ("dataset people", 21) == (hidden.about, hidden.code)
        assert "bypassrls" in hidden.next
        app.sql(hidden.next)
        assert [] == failures(examined(app, database_url=reader))

    def test_a_table_that_cannot_be_looked_at_is_its_own_trouble(self, app: App, reader: str) -> None:
        """A statement that fails ends its transaction; the next table is looked at in another."""
        app.export()
        granted(app, reader, 'select on people, "Visit"')
        app.sql('alter table "Visit" enable row level security')
        found = examined(app, database_url=reader)
        assert {("dataset visits", 21)} == {(f.about, f.code) for f in failures(found)}
        assert "every value fits the type of its column" in str(about(found, "dataset people", "ok"))


class TestTables:
    def test_missing(self, app: App) -> None:
        app.sql('drop table "Visit"')
        (missing,) = failures(examined(app))
        assert ("dataset visits", 20) == (missing.about, missing.code)
        assert "no table 'Visit', 'visits'" in missing.says

    def test_a_missing_column(self, app: App) -> None:
        app.sql('alter table "Visit" rename score to scores')
        (missing,) = failures(examined(app))
        assert (12, "public.Visit has no column score ('score'; did you mean 'scores'?)") == (
            missing.code,
            missing.says,
        )

    def test_another_type(self, app: App) -> None:
        app.sql('alter table "Visit" alter person type point using point(1, 2), alter score type text')
        assert [12] == [f.code for f in failures(examined(app))]

    def test_a_key_without_an_index(self, app: App) -> None:
        """A warning is no failure; what is said to mend it does."""
        app.sql("alter table people drop constraint people_pkey; create unique index on people (id) where name > ''")
        found = examined(app)
        (key,) = about(found, "dataset people", "warning")
        assert 'create unique index on "public"."people" ("id")' == key.next
        assert 0 == found.exit_code
        app.sql(key.next)
        assert [] == about(examined(app), "dataset people", "warning")

    def test_no_key(self, app: App) -> None:
        toml = app.root / "parquetry.toml"
        toml.write_text(toml.read_text().replace('key = ["id"]\n', ""))
        (people,) = about(examined(app), "dataset people", "warning")
        assert 'key = ["id"] in [datasets.people]' == people.next

    def test_a_time_that_is_none(self, app: App) -> None:
        toml = app.root / "parquetry.toml"
        toml.write_text(toml.read_text().replace('time = ["at", "when"]', 'time = ["when", "secret"]'))
        (visits,) = failures(examined(app))
        assert "its time secret is text, not a time" == visits.says

    def test_likely_watermarks(self, app: App) -> None:
        app.sql(
            'alter table people add "updatedAt" timestamptz, add last_modified date, add updated_by text, '
            'add note text; create index on people ("updatedAt")'
        )
        (said,) = (f for f in about(examined(app), "dataset people") if "watermarks" in f.facts)
        assert ["updatedAt", "last_modified"] == said.facts["watermarks"]
        assert "likely a watermark: updatedAt, last_modified (without an index)" == said.says


class TestSession:
    """What stands between, and what server it is."""

    def test_a_pooler(self, app: App) -> None:
        """Its own process numbers give it away, whatever the URL says."""
        with Pooler(conninfo_port(app.url)) as pooler:
            (between,) = about(examined(app, database_url=pooler.through(app.url)), "source app", "warning")
        assert "a pooler stands between" in between.says
        assert between.next.startswith("set DIRECT_URL to the database's own address")

    def test_a_pooler_that_drops_settings(self, app: App) -> None:
        """Values would be read as another session prints them."""
        app.sql(f'alter database "{conninfo_to_dict(app.url)["dbname"]}" set "DateStyle" = \'SQL, DMY\'')
        with Pooler(conninfo_port(app.url), drops=True) as pooler:
            found = examined(app, database_url=(url := pooler.through(app.url)))
            with pytest.raises(Config, match="the settings of a session do not arrive"):
                App(url, app.root).export()
        (lost,) = failures(found)
        assert (20, True) == (lost.code, "DateStyle is SQL, DMY, not ISO,MDY" in lost.says)
        assert [] == failures(examined(app)), "without it they arrive"

    def test_a_url_for_a_pooler(self, app: App) -> None:
        (said,) = about(examined(app, database_url=f"{app.url}?pgbouncer=true"), "source app", "warning")
        assert "its URL says pgbouncer=true, and a run needs sessions of its own" == said.says

    def test_a_standby(self, own_server: EmbeddedServer, template: Path, tmp_path: Path) -> None:
        """A server that replays; what is said to mend it does."""
        app = App(own_server.url(), Path(shutil.copytree(template, tmp_path / "project")))
        app.sql(SCHEMA)
        own_server.stop()
        (own_server.data / "standby.signal").touch()
        own_server.start()
        app = App(own_server.url(), app.root)
        found = examined(app)
        (standby,) = about(found, "source app", "warning")
        assert "a standby that cancels a read which holds its replay up for 30s" == standby.says
        assert 0 == found.exit_code
        for statement in standby.next.partition(": ")[2].split("; "):
            app.sql(statement)
        assert [] == about(examined(app), "source app", "warning")


class TestValues:
    """What a run would find in the rows, before it reads them."""

    def test_values_that_break_the_contract(self, app: App) -> None:
        app.sql("update \"Visit\" set at = 'infinity' where id < 2")
        (misfit,) = failures(examined(app))
        said = "at: 2 values of timestamp(3) without time zone that TIMESTAMP cannot hold; they break the contract"
        assert ("dataset visits", 10, said) == (misfit.about, misfit.code, misfit.says)
        assert 'at = Field(metadata={"misfits": "quarantine"})' in misfit.next
        with pytest.raises(InvalidData):
            app.export("visits")

    def test_values_that_are_set_aside(self, app: App) -> None:
        contract = app.root / "contracts/app.py"
        aside = 'Field(not_future=True, metadata={"misfits": "quarantine"})'
        contract.write_text(contract.read_text().replace("Field(not_future=True)", aside))
        app.sql("update \"Visit\" set at = 'infinity' where id < 2")
        found = examined(app)
        assert (0, ["correct them in public.Visit"]) == (
            found.exit_code,
            [f.next for f in about(found, "dataset visits", "warning")],
        )

    def test_a_table_that_has_changed(self, app: App) -> None:
        """As the run would say it, and once."""
        app.export()
        app.sql('alter table "Visit" alter score type bigint; alter table people add note text')
        found = examined(app)
        (drift,) = failures(found)
        assert ("dataset visits", 12, True) == (drift.about, drift.code, drift.next.endswith("--accept-drift"))
        assert any("drift since the last snapshot: note text is new" in f.says for f in found.findings)
        app.sql('alter table "Visit" rename to "Stay"')
        (gone,) = failures(examined(app))
        assert (12, True) == (gone.code, "is now Stay (guessed" in gone.says)

    def test_a_large_table_is_left_to_plan(self, app: App, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(values, "LARGE", 59)
        app.sql('update "Visit" set at = \'infinity\' where id < 2; analyze "Visit"')
        found = examined(app)
        assert 0 == found.exit_code
        assert "about 60 rows, too many to count here; parquetry plan visits does" in str(found)
        assert "2 rows, and every value fits the type of its column" in str(found)


class TestMachine:
    def test_a_lake_that_cannot_be_written(self, app: App) -> None:
        """The way leads through a file, which nobody can write into, not even root."""
        (app.root / "file").touch()
        found = examined(app, lake_path=str(app.root / "file/lake"))
        assert (24, ["lake"]) == (found.exit_code, [f.about for f in failures(found)])

    @pytest.mark.skipif(not Path("/proc/self").exists(), reason="another system")
    def test_a_filesystem_that_takes_no_files(self, app: App) -> None:
        found = examined(app, lake_path="/proc/parquetry/lake")
        assert [("lake", 24)] == [(f.about, f.code) for f in failures(found)]

    def test_too_little_space(self, app: App, monkeypatch: pytest.MonkeyPatch) -> None:
        """Full of what is there now: reading all of it again needs as much."""
        app.export()
        held = app.lake.current().bytes
        usage = shutil.disk_usage(app.root)
        monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=held - 1))
        assert [("lake", 24)] == [(f.about, f.code) for f in failures(examined(app))]
        monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=held + 1))
        assert (1, 0) == (len(about(examined(app), "lake", "warning")), len(failures(examined(app))))

    def test_a_contract_that_does_not_compile(self, app: App) -> None:
        """Its table is looked at all the same."""
        (app.root / "contracts/app.py").write_text("class Visit: pass\n")
        found = examined(app)
        assert [("contract contracts.app:Visit", 20), ("contract contracts.app:Person", 20)] == [
            (f.about, f.code) for f in failures(found)
        ]
        assert about(found, "dataset visits", "ok")


def test_no_connection_stays(app: App) -> None:
    examined(app)
    with psycopg.connect(app.url) as server:
        left = server.execute("select count(*) from pg_stat_activity where application_name = 'parquetry/doctor'")
        assert (0,) == left.fetchone()
