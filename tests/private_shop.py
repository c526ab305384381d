"""A small shop with every kind of source, whose people typed their phones, names and addresses wherever one can type.

`PLANTED` is what must never be found outside the places that may hold it.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import xlsxwriter

from pipeline.formats.canonical import CANONICAL
from pipeline.workspace import Workspace

AS_OF = "2026-03-31"


@dataclass(frozen=True)
class Someone:
    """A customer with everything that names them."""

    number: int
    name: str
    phone: str
    email: str
    nickname: str
    address: str
    receiver: str
    receiver_phone: str

    @property
    def card(self) -> str:
        """Member number."""
        return f"M{self.number:05}"

    @property
    def planted(self) -> tuple[str, ...]:
        """What must not be found."""
        return (self.name, self.phone, self.email, self.nickname, self.address, self.receiver, self.receiver_phone)


PEOPLE = (
    Someone(1, "欧阳云澜", "13911112201", "ouyang.yunlan@planted-mail.example", "小辣椒爱吃鱼", "梧桐巷88弄6号302室",
            "上官听雨", "13655557701"),
    Someone(2, "司徒念慈", "13822223302", "situ.nianci@planted-mail.example", "月亮不睡我不睡", "槐荫里12幢5单元",
            "慕容问秋", "13544448802"),
    Someone(3, "皇甫知微", "13733334403", "huangfu.zhiwei@planted-mail.example", "铁锅炖自己", "柳絮路7号院东门",
            "令狐觅夏", "13433339903"),
)  # fmt: skip
"""The third wants no profiling."""
CROWD = tuple(
    Someone(number, f"王小{letter}", f"1590000{number:04}", f"crowd{number}@crowd-mail.example", f"群众昵称{letter}",
            f"群众路{number}号之一", f"李大{letter}", f"1580000{number:04}")
    for number, letter in enumerate("甲乙丙丁戊己庚辛壬癸子丑", start=10)
)  # fmt: skip
EVERYBODY = PEOPLE + CROWD
PLANTED = tuple(value for someone in PEOPLE for value in someone.planted)
PHONE_CARD = "13699998888"
"""A card whose number is a phone."""

FREE = {
    "store_name", "product_name", "category", "brand", "payment_method", "coupon_code", "tier", "acquisition_channel",
    "province", "city",
}  # fmt: skip
"""Free columns whose words analysts read: somebody typed a contact into them."""
TALKING = {"remark", "reason", "keyword", "referrer", "district", "source"}
"""Free columns in which people write sentences, names included; `source` is that of a consent."""

SETTINGS = """
retailer: 私密小店
as_of: 2026-03-31
sources:
  - {name: pos, kind: orders, path: "orders/*"}
  - {name: back, kind: refunds, path: "refunds/*", orders_of: pos}
  - {name: club, kind: members, path: "members/*"}
  - {name: goods, kind: products, path: "products/*"}
  - {name: shops, kind: stores, path: "stores/*"}
  - {name: web, kind: events, path: "events/*"}
  - {name: actions, kind: campaigns, path: "campaigns/*"}
  - {name: contacts, kind: campaign_contacts, path: "campaign_contacts/*"}
  - {name: spend, kind: marketing_spend, path: "marketing_spend/*"}
  - {name: rates, kind: fx_rates, path: "fx_rates/*"}
  - {name: said, kind: consents, path: "consents/*"}
  - {name: desk, kind: tickets, path: "tickets/*"}
  - {name: points, kind: points, path: "points/*"}
  - {name: stock, kind: stock, path: "stock/*"}
quality: {max_rejected_share: 0.9}
segments:
  - {name: everyone, where: "order_count >= 0", label: 所有人}
exports:
  - {segment: everyone, destination: aliyun_sms, purpose: sms_marketing}
  - {segment: everyone, destination: fxiaoke, purpose: sms_marketing}
  - {segment: everyone, destination: ocean_engine_md5, purpose: share_ads}
"""


def written_by(someone: Someone, column: str) -> str:
    """What somebody typed into a free column."""
    contact = f"电{someone.phone}或{someone.phone[:3]}-{someone.phone[3:7]}-{someone.phone[7:]} {someone.email}"
    if column in TALKING:
        return f"{someone.name}（{someone.nickname}）{contact} 送{someone.address} {someone.receiver}收"
    return f"其他 {contact}"


def _personal(someone: Someone) -> dict[str, str]:
    return {
        "member_no": someone.card, "phone": someone.phone, "email": someone.email, "name": someone.name,
        "buyer_name": someone.nickname, "receiver_name": someone.receiver, "receiver_phone": someone.receiver_phone,
        "address": someone.address, "first_name": someone.name[2:], "last_name": someone.name[:2],
        "unionid": f"o{someone.number:027}", "openid": f"p{someone.number:027}",
        "platform_user_id": someone.nickname, "external_userid": f"wm{someone.number:030}",
        "gender": "女", "birth_date": "1990-05-06", "consent_sms": "是", "consent_email": "是",
        "consent_wecom": "是", "consent_ads": "是", "consented_at": "2026-01-01 10:00:00",
        "profiling_opt_out": "是" if someone.number == 3 else "否", "registered_at": "2025-12-01 09:00:00",
    }  # fmt: skip


def _trade(someone: Someone, number: int) -> dict[str, str]:
    """What the columns of trade hold in row `number`."""
    day = f"2026-0{1 + number % 3}-1{number % 9} 1{number % 9}:00:00"
    return {
        "order_id": f"A{number:04}", "line_id": "1", "ordered_at": day, "paid_at": day, "status": "completed",
        "store_id": "S1", "sku": f"K{number % 4}", "quantity": "1", "unit_price": "99.00", "paid_amount": "99.00",
        "channel": "pos", "currency": "CNY", "is_gift": "否", "refund_id": f"R{number}", "refunded_at": day,
        "refund_amount": "9.00", "event_at": day, "event_type": "view", "duration_seconds": "3",
        "campaign_id": f"C{number % 2}", "sent_at": day, "delivered_at": day, "is_control": "否",
        "started_on": "2026-01-01", "ended_on": "2026-03-01", "cost_amount": "10.00", "spent_on": day[:10],
        "spend_amount": "5.00", "rate_on": day[:10], "rate": "1", "state": "granted", "changed_at": day,
        "purpose": "", "ticket_id": f"T{number}", "opened_at": day, "satisfaction_score": "4", "points": "10",
        "points_balance": "100", "on_hand": "5", "counted_on": day[:10], "list_price": "120.00", "unit_cost": "40.00",
        "launched_on": "2025-01-01",
    }  # fmt: skip


LEFT_OUT: Mapping[str, str] = {
    "orders": (
        "ordered_date list_price list_amount discount_amount refund_amount settled_amount shipping_amount row_type"
        " refund_state original_order_id original_ordered_at cancelled_at fulfillment_status trial_flag time_zone"
    ),
    "members": "status",
}
"""Columns of derived meaning, which a shop has or has not."""
OWN_WORDS: Mapping[tuple[str, str], str] = {
    ("refunds", "status"): "success", ("consents", "channel"): "sms", ("campaigns", "channel"): "sms",
    ("marketing_spend", "channel"): "pos", ("tickets", "channel"): "web", ("fx_rates", "currency"): "USD",
}  # fmt: skip


def header_of(kind: str) -> list[str]:
    """Every canonical column of a kind that a shop fills in, and one that nobody knows."""
    names = [name for name in CANONICAL[kind] if name not in (*LEFT_OUT.get(kind, "").split(), "account")]
    return [*names, "客户留言"]


def rows_of(kind: str) -> list[list[str]]:
    """Everybody twice, each column filled."""
    rows = []
    for number, someone in enumerate((*EVERYBODY, *EVERYBODY)):
        known = {**_trade(someone, number), **_personal(someone)}
        if kind == "campaigns":
            known["name"] = written_by(someone, "product_name")
        rows.append([_cell(kind, column, known, someone) for column in header_of(kind)])
    return rows


def _cell(kind: str, column: str, known: Mapping[str, str], someone: Someone) -> str:
    own = OWN_WORDS.get((kind, column))
    if own is not None:
        return own
    if column == "客户留言":
        return written_by(someone, "remark")
    is_free = column in FREE | TALKING
    return written_by(someone, column) if is_free else known.get(column, "")


def refused_orders() -> list[list[str]]:
    """Records that cannot be read, full of what must not be told."""
    header, rows = header_of("orders"), rows_of("orders")[: len(PEOPLE)]
    spoilt = []
    for column, someone, row in zip(("paid_amount", "ordered_at", "order_id"), PEOPLE, rows, strict=True):
        cells = dict(zip(header, row, strict=True)) | {"order_id": f"B{someone.number}"}
        cells[column] = "" if column == "order_id" else f"{someone.phone}{someone.name}{someone.email}"
        spoilt.append([cells[name] for name in header])
    return [*spoilt, [*rows[0], PEOPLE[0].name, PEOPLE[0].phone, PEOPLE[0].email]]


def write_csv(path: Path, rows: Sequence[Sequence[str]], encoding: str = "utf-8") -> None:
    """Rows as a CSV file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows(rows)


def write_xlsx(path: Path, rows: Sequence[Sequence[str]]) -> None:
    """Rows as a workbook of text cells."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(path, {"strings_to_numbers": False}) as workbook:
        sheet = workbook.add_worksheet()
        for place, row in enumerate(rows):
            sheet.write_row(place, 0, row)


def write_shop(workspace: Workspace) -> None:
    """Settings and one file of every kind: GB18030, UTF-8 and a workbook."""
    workspace.create()
    workspace.settings_file.write_text(SETTINGS, encoding="utf-8")
    for kind in CANONICAL:
        rows = [header_of(kind), *rows_of(kind)]
        if kind == "members":
            phone_card = dict(zip(rows[0], rows[1], strict=True)) | {"member_no": PHONE_CARD, "phone": "", "email": ""}
            write_xlsx(workspace.landing / kind / "1.xlsx", [*rows, [phone_card[name] for name in rows[0]]])
        else:
            write_csv(workspace.landing / kind / "1.csv", rows, "gb18030" if kind == "orders" else "utf-8")
    write_csv(workspace.landing / "orders" / "2.csv", [header_of("orders"), *refused_orders()])
