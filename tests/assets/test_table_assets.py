"""A step as an asset: tried again where the disk stumbles, stopped where its table breaks the contract."""

import errno
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import polars as pl
import pytest

from assets import tables
from assets.failures import failure_of
from assets.tables import retried, step_asset
from pipeline.engine import Engine
from pipeline.errors import HeldError, HuitouError, SettingsError
from pipeline.lake import Table, write_table
from pipeline.night import Night
from pipeline.schemas.catalog import TABLES
from pipeline.settings import Settings

RATES = TABLES["exchange_rates"]


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries without the pause before them."""
    request = dg.RetryRequested
    monkeypatch.setattr(tables.dg, "RetryRequested", lambda max_retries, seconds_to_wait: request(max_retries))


@dg.asset(deps=[RATES.name])
def after() -> None:
    """Whatever comes after the table."""


def ran(make: object, tmp_path: Path) -> dg.ExecuteInProcessResult:
    engine = Engine(Settings(retailer="x").engine, tmp_path / "scratch")
    night = SimpleNamespace(engine=engine, reading=lambda _declared: nullcontext())
    asset = step_asset(RATES.name, [], make)  # type: ignore[arg-type]
    return dg.materialize([asset, after], resources={"night": night}, raise_on_error=False)


def stumbling(times: int, error: Exception, path: Path, night: object) -> Table:
    """Make the table after so many failures, counted in a file."""
    count = path.with_suffix(".count")
    tried = int(count.read_text()) if count.exists() else 0
    count.write_text(str(tried + 1))
    if tried < times:
        raise error
    return write_table(RATES, RATES.empty(), path)


class TestRetries:
    @pytest.mark.parametrize("number", [errno.EIO, errno.EAGAIN, errno.ESTALE, errno.ETIMEDOUT, errno.EINTR])
    def test_a_disk_that_stumbled_is_tried_again(self, number: int) -> None:
        with pytest.raises(dg.RetryRequested) as caught, retried():
            raise OSError(number, "stumbled")
        assert caught.value.max_retries == 2

    @pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), OSError(errno.EACCES, "shut"), HeldError("x")])
    def test_what_a_retry_cannot_mend_is_raised(self, error: Exception) -> None:
        with pytest.raises(type(error)) as caught, retried():
            raise error
        assert caught.value is error

    @pytest.mark.parametrize(
        ("times", "error", "tries", "success"),
        [
            (1, OSError(errno.EIO, "stumbled"), 2, True),
            (9, OSError(errno.EIO, "stumbled"), 3, False),
            (1, OSError(errno.ENOSPC, "full"), 1, False),
            (1, SettingsError("wrong"), 1, False),
        ],
    )
    def test_in_a_run(
        self, times: int, error: Exception, tries: int, success: bool, tmp_path: Path, at_once: None
    ) -> None:
        path = tmp_path / "rates.parquet"
        result = ran(partial(stumbling, times, error, path), tmp_path)
        assert result.success is success
        assert path.with_suffix(".count").read_text() == str(tries)


class TestContract:
    def test_rows_are_counted_and_the_contract_is_checked(self, tmp_path: Path) -> None:
        result = ran(lambda night: write_table(RATES, RATES.empty(), tmp_path / "t.parquet"), tmp_path)
        (made,) = result.asset_materializations_for_node(RATES.name)
        assert made.metadata["dagster/row_count"].value == 0
        (check,) = result.get_asset_check_evaluations()
        assert check.passed

    def test_a_broken_contract_stops_what_comes_after_and_names_no_value(self, tmp_path: Path) -> None:
        def broken(night: object) -> Table:
            path = tmp_path / "t.parquet"
            pl.DataFrame({"secret": ["13800138000"]}).write_parquet(path)
            return Table(RATES.name, (path,))

        result = ran(broken, tmp_path)
        assert not result.success
        assert result.asset_materializations_for_node("after") == []
        failure = failure_of(result.all_events)
        assert failure.exit_code == HeldError.exit_code
        assert str(failure).startswith(f"{RATES.name}: check contract failed: ")
        assert "138" not in str(failure)


class TestFailures:
    @pytest.mark.parametrize(
        ("error", "code", "text"),
        [
            (HeldError("a new word", where="jd.csv, row 2", remedy="Map it."), 3, "jd.csv, row 2: a new word. Map it."),
            (SettingsError("wrong"), 2, "wrong"),
            (HuitouError("broken"), 1, "broken"),
            (
                RuntimeError("王小明"),
                1,
                f"step {RATES.name}: failed with RuntimeError. See the run in `huitou ui`.",
            ),
        ],
    )
    def test_the_error_inside_a_run_comes_out_with_its_exit_code(
        self, error: Exception, code: int, text: str, tmp_path: Path
    ) -> None:
        result = ran(partial(stumbling, 1, error, tmp_path / "t.parquet"), tmp_path)
        failure = failure_of(result.all_events)
        assert (failure.exit_code, str(failure)) == (code, text)

    def test_a_run_that_never_began(self) -> None:
        assert str(failure_of([])) == "stopped before its first step. See the run in `huitou ui`."


def test_a_step_reads_only_what_it_declares(tmp_path: Path) -> None:
    night = Night.__new__(Night)
    night.sealed = None
    night.__dict__["building"] = tmp_path
    with night.reading(["orders"]):
        assert night.table("orders").paths == (tmp_path / "facts" / "orders.parquet",)
        with pytest.raises(RuntimeError, match="order_lines"):
            night.table("order_lines")
    assert night.table("order_lines").name == "order_lines"
