"""What is left of a name, phone, e-mail or account when it is shown."""

import polars as pl
import pytest

from pipeline.clean.masking import mask_account, mask_email, mask_key, mask_name, mask_phone


@pytest.mark.parametrize(
    ("mask", "value", "shown"),
    [
        (mask_phone, "13800005678", "138****5678"),
        (mask_phone, "+447700900123", "+4477****0123"),
        (mask_phone, "1234567", "****"),
        (mask_phone, "+12345678", "****"),
        (mask_phone, None, None),
        (mask_name, "张伟", "张*"),
        (mask_name, "欧阳娜娜", "欧*"),
        (mask_name, " Ann Lee", "A*"),
        (mask_name, "张*", "张*"),
        (mask_name, None, None),
        (mask_email, "ann.lee@x.cn", "a***@x.cn"),
        (mask_email, "no address", "***"),
        (mask_email, None, None),
        (mask_account, "oAbCdEf9z", "oA***9z"),
        (mask_account, "M1", "M***"),
        (mask_account, None, None),
    ],
)
def test_only_this_much_is_shown(mask: object, value: str | None, shown: str | None) -> None:
    frame = pl.DataFrame({"value": [value]}, schema={"value": pl.String})
    assert frame.select(mask(pl.col("value"))).item() == shown  # type: ignore[operator]


def test_a_key_is_masked_after_its_kind() -> None:
    keys = pl.DataFrame(
        {
            "kind": ["phone", "receiver_phone", "email", "unionid"],
            "value": ["13800005678", "13800005678", "ann@x.cn", "oU-123456"],
        }
    )
    assert keys.select(mask_key("kind", pl.col("value"))).to_series().to_list() == [
        "138****5678", "138****5678", "a***@x.cn", "oU***56",
    ]  # fmt: skip
