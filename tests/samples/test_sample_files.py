"""The sample's files as their readers meet them: same bytes, true headers, encodings, footers, permissions."""

import gzip
import hashlib
import io
from pathlib import Path

import polars as pl
import pytest

from pipeline.errors import SettingsError
from pipeline.samples import headers
from pipeline.samples.write import DEFAULT_UNTIL, SampleSummary, sample_key, write_sample
from pipeline.settings import load_settings

CUSTOMERS, DAYS = 300, 150


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SampleSummary]:
    root = tmp_path_factory.mktemp("sample")
    return root, write_sample(root, customers=CUSTOMERS, days=DAYS)


def decoded(path: Path, encoding: str) -> pl.DataFrame:
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return pl.read_csv(io.BytesIO(content.decode(encoding).encode()), infer_schema=False)


def hashes(root: Path) -> dict[str, str]:
    files = sorted(path for path in root.rglob("*") if path.is_file())
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_same_arguments_same_bytes(sample, tmp_path):
    write_sample(tmp_path, customers=CUSTOMERS, days=DAYS)
    assert hashes(tmp_path) == hashes(sample[0])


def test_writing_again_over_the_same_sample_changes_nothing(tmp_path):
    write_sample(tmp_path, customers=60, days=70)
    before = hashes(tmp_path)
    write_sample(tmp_path, customers=60, days=70)
    assert hashes(tmp_path) == before


@pytest.mark.parametrize(
    ("pattern", "encoding", "columns"),
    [
        ("pos/*.csv*", "gb18030", headers.POS_TICKETS),
        ("tmall/ExportOrderList20260630.csv", "gb18030", headers.TMALL_ORDERS_A),
        ("tmall/ExportOrderDetailList20260630.csv", "gb18030", headers.TMALL_ITEMS_A),
        ("tmall/退款报表*.csv", "gb18030", headers.TMALL_REFUNDS),
        ("jd/*.csv", "gb18030", headers.JD_ORDERS),
        ("pinduoduo/*.csv", "utf-8-sig", headers.PINDUODUO_ORDERS),
        ("douyin/douyin_orders_*.csv", "utf-8", headers.DOUYIN_ORDERS),
        ("douyin/douyin_aftersale_*.csv", "utf-8", headers.DOUYIN_REFUNDS),
    ],
)
def test_text_files_have_their_true_headers_in_their_encoding(sample, pattern, encoding, columns):
    files = sorted((sample[0] / "landing").glob(pattern))
    assert files
    assert all(tuple(decoded(path, encoding).columns) == columns for path in files)


@pytest.mark.parametrize(
    ("pattern", "columns"),
    [
        ("tmall/订单报表*.xlsx", headers.TMALL_ORDERS_C),
        ("tmall/宝贝报表*.xlsx", headers.TMALL_ITEMS_C),
        ("weixin_shop/*.xlsx", headers.WEIXIN_ORDERS),
        ("members/*.xlsx", headers.MEMBERS),
    ],
)
def test_workbooks_open_with_their_true_headers(sample, pattern, columns):
    files = sorted((sample[0] / "landing").glob(pattern))
    assert files
    for path in files:
        assert tuple(pl.read_excel(path, infer_schema_length=0).columns) == columns


@pytest.mark.parametrize(
    ("columns", "count", "first", "last"),
    [
        (headers.TMALL_ORDERS_A, 66, "订单编号", "主订单编号"),
        (headers.TMALL_ORDERS_C, 26, "订单编号", "店铺名称"),
        (headers.TMALL_ITEMS_B, 18, "子订单编号", "订单付款时间"),
        (headers.TMALL_ITEMS_C, 19, "子订单编号", "物流公司"),
        (headers.JD_ORDERS, 37, "订单号", "是否为toplife订单"),
        (headers.PINDUODUO_ORDERS, 47, "商品", "是否分期"),
        (headers.DOUYIN_ORDERS, 76, "主订单编号", "建议发货时间（止）"),
        (headers.WEIXIN_ORDERS, 50, "订单号", "商品已退款金额"),
    ],
)
def test_no_header_is_lost_or_doubled(columns, count, first, last):
    assert len(columns) == len(set(columns)) == count
    assert (columns[0], columns[-1]) == (first, last)


def test_old_tmall_headers_keep_their_trailing_blanks():
    assert {"收货地址 ", "宝贝标题 "} < set(headers.TMALL_ORDERS_A)
    assert "买家支付宝账号" not in headers.TMALL_ORDERS_B


def test_every_till_file_ends_with_the_sum_of_its_rows(sample):
    for path in sorted((sample[0] / "landing/pos").iterdir()):
        rows = decoded(path, "gb18030")
        numbers = rows.select(
            pl.col(name).str.replace_all(",", "").cast(pl.Decimal(18, 2))
            for name in ("销售数量", "折扣金额", "实收金额")
        )
        assert rows["门店编号"][-1] == "合计", path.name
        assert numbers.head(-1).sum().row(0) == numbers.tail(1).row(0), path.name


def test_till_files_hold_the_oddities_of_tills(sample):
    files = sorted((sample[0] / "landing/pos").iterdir())
    parts = {path.name: decoded(path, "gb18030").head(-1) for path in files}
    rows = pl.concat(parts.values())
    assert rows.filter(pl.col("销售数量").str.starts_with("-")).height > 0
    assert rows.filter(pl.col("门店编号") == "T999").height > 0
    assert rows.filter(pl.col("实收金额").str.contains(",")).height > 0
    key = ["门店编号", "小票号", "行号", pl.col("消费时间").str.slice(0, 10).alias("day")]
    told_twice = rows.filter(rows.select(key).is_duplicated())
    assert told_twice.height > 0
    assert told_twice.unique().height * 2 == told_twice.height
    assert any(name.endswith(".csv.gz") for name in parts)


def test_nothing_is_dated_after_until(sample):
    last = f"{DEFAULT_UNTIL} 23:59:59"
    for name, column in (
        ("events", "event_at"), ("points", "changed_at"), ("tickets", "closed_at"), ("consents", "changed_at"),
        ("contacts", "clicked_at"), ("jd_refunds", "refunded_at"),
    ):  # fmt: skip
        for path in (sample[0] / "landing" / name).iterdir():
            assert (decoded(path, "utf-8")[column].drop_nulls() <= last).all(), path.name
    for path in (sample[0] / "landing/jd").iterdir():
        rows = decoded(path, "gb18030")
        assert (rows["下单时间"] <= last).all()
        assert (rows["订单完成时间"].drop_nulls() <= last).all()


def test_an_export_knows_nothing_after_its_own_day(sample):
    path = sample[0] / "landing/jd/jd_orders_20260630.csv"
    rows = decoded(path, "gb18030")
    assert (rows["订单完成时间"].drop_nulls() <= "2026-06-30 23:59:59").all()
    assert {"等待确认收货", "完成"} <= set(rows["订单状态"])


def test_jd_repeats_the_money_of_the_order_on_each_row(sample):
    rows = pl.concat(decoded(path, "gb18030") for path in sorted((sample[0] / "landing/jd").iterdir()))
    several = rows.filter(pl.len().over("订单号") > 1)
    assert several.height > 0
    assert several.group_by("订单号").agg(pl.col("订单金额").n_unique())["订单金额"].max() == 1


def test_douyin_money_obeys_the_platforms_own_equation(sample):
    def fen(name: str) -> pl.Expr:
        return (pl.col(name).str.replace_all(",", "").cast(pl.Decimal(18, 2)) * 100).cast(pl.Int64)

    files = sorted((sample[0] / "landing/douyin").glob("douyin_orders_*"))
    rows = pl.concat(decoded(path, "utf-8") for path in files)
    difference = rows.select(fen("商品金额") + fen("运费") - fen("优惠总金额") - fen("订单应付金额"))
    assert difference.to_series().abs().sum() == 0


def test_middle_tmall_items_add_up_to_their_orders(sample):
    folder = sample[0] / "landing/tmall"
    orders = pl.read_excel(folder / "订单报表20261031.xlsx", infer_schema_length=0)
    items = pl.read_excel(folder / "宝贝报表20261031.xlsx", infer_schema_length=0)
    fen = (pl.col("买家实付金额").cast(pl.Decimal(18, 2)) * 100).cast(pl.Int64)
    sums = items.group_by(pl.col("主订单编号").alias("订单编号")).agg(fen.sum().alias("items"))
    both = orders.select("订单编号", fen.alias("order")).join(sums, on="订单编号", how="left")
    assert (both["items"] == both["order"]).all()


def test_files_and_folders_are_private_and_settings_load(sample):
    root, _ = sample
    paths = [path for folder in ("landing", "state", "truth") for path in (root / folder).rglob("*")]
    assert {path.stat().st_mode & 0o777 for path in paths if path.is_file()} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in paths if path.is_dir()} == {0o700}
    assert (root / "settings.yaml").read_text().startswith("# written by huitou demo\n")
    settings = load_settings(root / "settings.yaml")
    assert settings.as_of == DEFAULT_UNTIL
    taken = {path for source in settings.sources for path in (root / "landing").glob(source.path)}
    assert taken == {path for path in (root / "landing").rglob("*") if path.is_file()}
    assert (root / "state/key").read_bytes() == sample_key(7)


def test_summary_counts_what_was_written(sample):
    root, summary = sample
    assert summary.files == sum(path.is_file() for path in (root / "landing").rglob("*"))
    assert summary.orders == pl.read_csv(root / "truth/order_persons.csv", infer_schema=False).height
    assert summary.profiles == pl.read_csv(root / "truth/persons.csv", infer_schema=False).height


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"customers": 10}, "--customers"),
        ({"customers": 60, "days": 5}, "--days"),
        ({"customers": 61, "days": 70}, "another sample"),
        ({"customers": 60, "days": 70, "seed": 8}, "another sample"),
    ],
)
def test_arguments_out_of_range_and_other_samples_are_refused(tmp_path, arguments, says):
    (tmp_path / "settings.yaml").write_text(
        "# written by huitou demo\n# customers 60, seed 7, days 70, until 2026-10-31\nretailer: x\n"
    )
    with pytest.raises(SettingsError, match=says):
        write_sample(tmp_path, **arguments)


def test_a_retailers_own_settings_are_never_touched(tmp_path):
    (tmp_path / "settings.yaml").write_text("retailer: 我的店\n")
    with pytest.raises(SettingsError, match="not written by huitou demo"):
        write_sample(tmp_path, customers=60, days=70)
    assert (tmp_path / "settings.yaml").read_text() == "retailer: 我的店\n"
    assert not (tmp_path / "landing").exists()


def test_files_without_settings_are_not_mixed_with_a_sample(tmp_path):
    (tmp_path / "landing").mkdir()
    (tmp_path / "landing/orders.csv").write_text("a\n1\n")
    with pytest.raises(SettingsError, match="holds files already"):
        write_sample(tmp_path, customers=60, days=70)
