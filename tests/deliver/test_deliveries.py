"""Deliveries of a whole night, as a user runs it, to a real database and a real bucket; and settings that are wrong."""

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import polars as pl
import pytest
from postgres_server import PASSWORD, PostgresServer, running_server
from storage_server import BUCKET, StorageServer, running_storage

from assets.checking import check_workspace
from assets.deliveries import object_storage_delivery, postgres_delivery
from assets.failures import failure_of
from pipeline import deliveries
from pipeline.deliver import postgres
from pipeline.deliveries import headline
from pipeline.delivery_checks import missing_variables
from pipeline.delivery_settings import DeliverySettings
from pipeline.errors import DeliveryError, HeldError, SettingsError
from pipeline.settings import Settings
from pipeline.workspace import Workspace

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "Hunter2"}
DELIVERY = f"""
delivery:
  postgres: {{tables: [orders, rfm_scores]}}
  s3: {{bucket: {BUCKET}, region: us-east-1, addressing: path, attempts: 1}}
"""


@pytest.fixture(scope="module")
def database() -> Iterator[PostgresServer]:
    with running_server() as server:
        yield server


@pytest.fixture(scope="module")
def storage() -> Iterator[StorageServer]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in CREDENTIALS.items():
            patch.setenv(name, value)
        with running_storage() as server:
            yield server


@pytest.fixture(scope="module")
def shop(tiny_sample: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A retailer whose settings have just been told of a database and a bucket."""
    root = tmp_path_factory.mktemp("delivered") / "data"
    shutil.copytree(tiny_sample.root, root, symlinks=True)
    with (root / "settings.yaml").open("a", encoding="utf-8") as settings:
        settings.write(DELIVERY)
    return Workspace(root)


def ran(workspace: Workspace, url: str, endpoint: str, *command: str) -> subprocess.CompletedProcess[str]:
    surroundings = {**os.environ, **CREDENTIALS, "HUITOU_POSTGRES_URL": url, "AWS_ENDPOINT_URL_S3": endpoint}
    asked = [sys.executable, "-m", "assets", "--workspace", str(workspace.root), *command]
    return subprocess.run(asked, capture_output=True, text=True, check=False, env=surroundings)


def published(workspace: Workspace, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(workspace.warehouse, read_only=True) as connection:
        return connection.execute(query).fetchall()


def held(workspace: Workspace, *secrets: str) -> list[str]:
    """Files of the workspace that hold one of these texts."""
    files = (path for path in workspace.root.rglob("*") if path.is_file())
    return [path.name for path in files if any(secret.encode() in path.read_bytes() for secret in secrets)]


TONIGHT = "2026-11-01"
"""The night after the one that the sample has."""
TOTALS = "select count(*), count(distinct customer_id), cast(sum(net_amount) as varchar) from {}orders"


@pytest.mark.slow
class TestNight:
    """The tests of this class follow each other on one workspace."""

    def test_a_night_that_reaches_nobody_is_published_and_told(self, shop: Workspace, database: PostgresServer) -> None:
        done = ran(shop, database.url(password="Hunter3"), "http://127.0.0.1:1", "run", "--as-of", TONIGHT)
        assert done.returncode == 1
        assert published(shop, "select cast(as_of as varchar) from huitou_meta") == [(TONIGHT,)]
        told = done.stderr[done.stderr.index("the night is published, and not everywhere yet") :]
        assert "PostgreSQL: the server refused user or password" in told
        assert "object storage: the storage cannot be reached" in told
        assert not any(secret in done.stdout + done.stderr for secret in ("Hunter2", "Hunter3"))
        assert held(shop, "Hunter2", "Hunter3") == []

    def test_the_next_run_with_nothing_new_delivers_it(
        self, shop: Workspace, database: PostgresServer, storage: StorageServer
    ) -> None:
        done = ran(shop, database.url(), storage.door, "run", "--as-of", TONIGHT)
        assert done.returncode == 0, done.stderr
        assert "PostgreSQL: schema huitou holds the night of" in done.stdout + done.stderr
        assert "Object storage: s3://shop-nights/huitou/" in done.stdout + done.stderr
        assert database.asked(TOTALS.format("huitou.")) == published(shop, TOTALS.format(""))
        stored = storage.objects()
        (name,) = [name for name in stored if name.endswith("tables/customers.parquet")]
        assert (
            pl.read_parquet(io.BytesIO(stored[name])).height == published(shop, "select count(*) from customers")[0][0]
        )
        assert held(shop, "Hunter2", PASSWORD) == []

    def test_the_run_after_it_writes_nothing(
        self, shop: Workspace, database: PostgresServer, storage: StorageServer
    ) -> None:
        storage.requests.clear()
        done = ran(shop, database.url(), storage.door, "run", "--as-of", TONIGHT)
        assert done.returncode == 0, done.stderr
        assert "already, nothing was written" in done.stdout
        assert "already, nothing was sent" in done.stdout
        assert storage.puts() == []
        assert database.asked("select count(*) from huitou.huitou_runs") == [(1,)]

    def test_who_is_forgotten_leaves_database_and_bucket(
        self, shop: Workspace, database: PostgresServer, storage: StorageServer
    ) -> None:
        ((customer_id,),) = published(shop, "select max(customer_id) from orders where is_purchase")
        done = ran(shop, database.url(), storage.door, "forget", customer_id)
        assert done.returncode == 0, done.stderr
        asked = "select count(*) from huitou.{} where customer_id = '{}'"
        assert database.asked(asked.format("customers", customer_id)) == [(0,)]
        assert database.asked(asked.format("orders", customer_id)) == [(0,)]
        files = {name: content for name, content in storage.objects().items() if name.endswith(".parquet")}
        assert files
        for content in files.values():
            frame = pl.read_parquet(io.BytesIO(content))
            if "customer_id" in frame.columns and "event" not in frame.columns:
                assert customer_id not in frame["customer_id"]

    def test_the_next_night_is_delivered_by_its_own_run(
        self, shop: Workspace, database: PostgresServer, storage: StorageServer
    ) -> None:
        done = ran(shop, database.url(), storage.door, "run", "--as-of", TONIGHT)
        assert done.returncode == 0, done.stderr
        assert database.asked("select snapshot_id from huitou.huitou_runs order by run_id desc limit 1") == published(
            shop, "select snapshot_id from huitou_meta"
        )


def settings_file(tmp_path: Path, delivery: str) -> Workspace:
    (tmp_path / "landing").mkdir()
    (tmp_path / "settings.yaml").write_text(f"retailer: 店\ndelivery:\n{delivery}", encoding="utf-8")
    return Workspace(tmp_path)


class TestCheck:
    @pytest.mark.parametrize(
        ("delivery", "told"),
        [
            ("  postgres: {tables: [custommers]}", r"custommers \(did you mean customers\?\)"),
            ("  postgres: {tables: [raw_orders]}", r"raw_orders \(did you mean orders\?\)"),
            ("  postgres: {schema: x}", r"unknown key delivery.postgres.schema \(did you mean schema_name\?\)"),
            ("  postgres: {schema_name: 'a\"b'}", "delivery.postgres.schema_name"),
            ("  postgres: {url_variable: 'postgresql://u:p@h/d'}", "delivery.postgres.url_variable"),
            ("  s3: {}", "delivery.s3.bucket"),
            ("  s3: {bucket: abc, prefix: /huitou}", "delivery.s3.prefix"),
            ("  s3: {bucket: abc, endpoint_url: 'https://key:secret@host'}", "delivery.s3.endpoint_url"),
        ],
    )
    def test_what_cannot_be_obeyed_is_refused(self, delivery: str, told: str, tmp_path: Path) -> None:
        with pytest.raises(SettingsError, match=told) as caught:
            check_workspace(settings_file(tmp_path, delivery))
        assert "secret" not in str(caught.value)

    def test_a_variable_that_is_not_set_is_told(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("SHOP_DB", raising=False)
        workspace = settings_file(tmp_path, "  postgres: {url_variable: SHOP_DB}")
        lines = check_workspace(workspace).lines
        assert "? delivery.postgres: the environment variable SHOP_DB is not set here" in lines
        monkeypatch.setenv("SHOP_DB", "postgresql://u@h/d")
        assert not any("SHOP_DB" in line for line in check_workspace(workspace).lines)

    @pytest.mark.parametrize(
        ("environment", "count"),
        [({}, 1), ({"AWS_ACCESS_KEY_ID": "a"}, 0), ({"AWS_PROFILE": "a"}, 0), ({"AWS_ACCESS_KEY_ID": ""}, 1)],
    )
    def test_missing_credentials_are_told(self, environment: dict[str, str], count: int, tmp_path: Path) -> None:
        settings = DeliverySettings.model_validate({"s3": {"bucket": "abc"}})
        assert len(list(missing_variables(settings, environment, tmp_path))) == count

    def test_nothing_is_told_where_nothing_is_delivered(self, tmp_path: Path) -> None:
        assert list(missing_variables(DeliverySettings(), {}, tmp_path)) == []


class StubNight:
    """A night with settings and a workspace; nothing else is asked of it here."""

    def __init__(self, root: Path, settings: Settings) -> None:
        self.workspace, self.settings = Workspace(root), settings
        self.sealed, self.is_publishable = object(), True


class TestSeveral:
    def test_one_that_fails_does_not_keep_the_others(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        tried: list[str] = []

        def failing(*_: object) -> str:
            tried.append("first")
            raise DeliveryError("no route", where="first")

        def working(*_: object) -> str:
            tried.append("second")
            return "done"

        monkeypatch.setattr(deliveries, "DELIVERIES", {"first": failing, "second": working, "third": failing})
        with pytest.raises(DeliveryError) as caught:
            deliveries.deliver_night(StubNight(tmp_path, Settings(retailer="x")), None)  # type: ignore[arg-type]
        assert tried == ["first", "second", "first"]
        assert str(caught.value) == "the night is published, and not everywhere yet. first: no route first: no route"

    def test_nothing_is_done_where_nothing_is_asked(self, tmp_path: Path) -> None:
        night: Any = StubNight(tmp_path, Settings(retailer="x"))
        assert deliveries.deliver_night(night, None) == []  # type: ignore[arg-type]

    def test_replayed_nights_are_not_delivered(self, tmp_path: Path) -> None:
        night: Any = StubNight(
            tmp_path / ".rebuild", Settings(retailer="x", delivery=DeliverySettings.model_validate({"postgres": {}}))
        )
        assert deliveries.deliver_night(night, None) == []  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        ("failure", "told"),
        [
            (DeliveryError("x"), "Huitou: tonight was not delivered. x"),
            (HeldError("y"), "Huitou: tonight was not published. y"),
        ],
    )
    def test_an_alert_says_whether_the_night_is_out(self, failure: DeliveryError | HeldError, told: str) -> None:
        assert headline("tonight", failure) == told


class TestAssets:
    @pytest.mark.parametrize("asset", [postgres_delivery, object_storage_delivery])
    def test_one_that_is_not_in_the_settings_does_nothing(self, asset: dg.AssetsDefinition, tmp_path: Path) -> None:
        result = materialized(asset, StubNight(tmp_path, Settings(retailer="x")))
        assert result.success
        assert result.get_asset_materialization_events() == []

    def test_a_failure_fails_the_run_as_a_delivery(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Also one whose kind only its own destination knows."""

        class OfItsOwnError(DeliveryError):
            pass

        def failing(*_: object) -> str:
            raise OfItsOwnError("no route", where="first")

        monkeypatch.setattr(deliveries, "DELIVERIES", {"postgres": failing})
        result = materialized(postgres_delivery, StubNight(tmp_path, Settings(retailer="x")))
        failure = failure_of(result.all_events)
        assert isinstance(failure, DeliveryError)
        assert (failure.exit_code, str(failure)) == (
            1,
            "the night is published, and not everywhere yet. first: no route",
        )

    def test_a_night_that_is_not_published_is_not_delivered(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(deliveries, "DELIVERIES", {"postgres": lambda *_: "done"})
        night = StubNight(tmp_path, Settings(retailer="x"))
        assert len(materialized(postgres_delivery, night).get_asset_materialization_events()) == 1
        night.is_publishable = False
        assert materialized(postgres_delivery, night).get_asset_materialization_events() == []


def materialized(asset: dg.AssetsDefinition, night: StubNight) -> dg.ExecuteInProcessResult:
    return dg.materialize([asset], resources={"night": night}, raise_on_error=False)


def test_the_tables_that_always_go_are_published() -> None:
    assert set(postgres.ALWAYS) <= {spec.name for spec in deliveries.published_tables()}
