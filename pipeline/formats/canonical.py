"""The canonical columns: what a format may map its headers to, kind by kind, and what becomes of each cell.

A row of these lists is `name` or `name>column of the raw table`, then how its cells are read; `*` marks what must
be found. Columns without a place in the raw table (`order_date`, `row_type` …) only help to derive others.
"""

from dataclasses import dataclass
from typing import Literal

from pipeline.schemas.raw import (
    CONSENT_CHANNELS,
    CONSENT_STATES,
    EVENT_TYPES,
    GENDERS,
    ORDER_STATUSES,
    REFUND_STATUSES,
)

CellKind = Literal[
    "text", "name", "id", "key", "member", "phone", "email", "account", "money", "fine", "rate", "whole",
    "moment", "date", "truth", "enum", "province", "city", "currency", "address",
]  # fmt: skip


@dataclass(frozen=True)
class CanonicalColumn:
    """One canonical column: `raw` is its name in the raw table; unknown words of a `stops` column stop the file."""

    name: str
    raw: str
    cell: CellKind
    required: bool = False
    words: tuple[str, ...] = ()
    stops: bool = False


ROW_TYPES = ("sale", "return")
WORDS: dict[str, tuple[tuple[str, ...], bool]] = {
    "status": (ORDER_STATUSES, True),
    "row_type": (ROW_TYPES, True),
    "refund_status": (REFUND_STATUSES, True),
    "event_type": (EVENT_TYPES, True),
    "consent_channel": (CONSENT_CHANNELS, True),
    "consent_state": (CONSENT_STATES, True),
    "gender": (GENDERS, False),
}
"""Closed lists of words by raw column, and whether an unknown word stops the file."""

BUYER = """
member_no member | phone phone | email email | unionid key | openid key | platform_user_id key
external_userid key | account account
"""
ORDERS = f"""
*order_id id | line_id id | *ordered_at moment | ordered_date text | paid_at moment | status enum | store_id text
store_name text | channel text | sku text | product_name text | category text | quantity fine | unit_price fine
list_price fine | list_amount money | discount_amount money | *paid_amount money | refund_amount money
settled_amount money | shipping_amount money | payment_method text | coupon_code text | campaign_id text
currency currency | remark text | is_gift truth | row_type enum | refund_state>refund_status enum
original_order_id text | original_ordered_at moment | cancelled_at moment | fulfillment_status text
trial_flag text | time_zone text | buyer_name name | receiver_name name | receiver_phone phone
province province | city city | district text | address address | {BUYER}
"""
KINDS: dict[str, str] = {
    "orders": ORDERS,
    "refunds": """
        refund_id id | *order_id id | line_id id | *refunded_at moment | *refund_amount money | reason text
        status>refund_status enum | currency currency""",
    "members": """
        *member_no member | name name | first_name text | last_name text | phone phone | email email | unionid key
        openid key | platform_user_id key | external_userid key | account account | gender enum | birth_date date
        registered_at>registered_on date | store_id text | tier>reported_tier text | points_balance fine
        province province | city city | district text | address address | acquisition_channel text
        status>member_status text | consent_sms truth | consent_email truth | consent_wecom truth
        consent_ads truth | consented_at moment | profiling_opt_out truth""",
    "products": """
        *sku text | product_name text | category text | brand text | unit_cost fine | list_price fine
        launched_on date""",
    "stores": "*store_id text | store_name text | province province | city city | is_test truth",
    "events": f"""
        *event_at moment | *event_type enum | sku text | keyword text | duration_seconds fine | referrer text
        | {BUYER}""",
    "campaigns": """
        *campaign_id text | name>campaign_name text | channel text | started_on date | ended_on date
        cost_amount money""",
    "campaign_contacts": f"""
        *campaign_id text | *sent_at moment | is_control truth | delivered_at moment | opened_at moment
        clicked_at moment | responded_at moment | {BUYER}""",
    "marketing_spend": "*spent_on date | *channel text | campaign_id text | *spend_amount money | currency currency",
    "fx_rates": "*rate_on date | *currency currency | *rate rate",
    "consents": f"""
        *channel>consent_channel enum | purpose text | *state>consent_state enum | *changed_at moment
        source>consent_source text | {BUYER}""",
    "tickets": f"""
        *ticket_id id | *opened_at moment | channel text | reason text | order_id id | first_response_at moment
        closed_at moment | satisfaction_score whole | {BUYER}""",
    "points": f"*member_no member | *changed_at moment | *points fine | reason text | {BUYER}",
    "stock": "*sku text | store_id text | *on_hand fine | *counted_on date",
}
MONEY_OF_KIND = {
    "orders": "paid_amount",
    "refunds": "refund_amount",
    "campaigns": "cost_amount",
    "marketing_spend": "spend_amount",
}
"""The column whose sum must survive every step, and which a footer of the file prints."""

ORDER_MONEY = ("paid_amount", "discount_amount", "refund_amount", "settled_amount", "shipping_amount", "list_amount")
"""Money that stands at the order where a format says `amounts: order` or `first_row`."""

LINE_FACTS = frozenset({
    "line_id", "sku", "product_name", "category", "quantity", "unit_price", "list_price", "row_type",
    "refund_state",
})  # fmt: skip
"""What differs between the lines of one order and is never filled down from its first row."""

TRUE_WORDS = "true t yes y 1 是 真 有 已 同意 已同意 允许 开启 granted subscribed accepted √ ✓ on opt-in optin 已订阅"
FALSE_WORDS = (
    "false f no n 0 否 假 无 未 不同意 未同意 拒绝 关闭 withdrawn unsubscribed denied × off opt-out optout 未订阅"
)
GENDER_WORDS = {
    "男": "male", "m": "male", "男性": "male", "先生": "male", "man": "male", "boy": "male",
    "女": "female", "f": "female", "女性": "female", "女士": "female", "小姐": "female", "woman": "female",
}  # fmt: skip


def _column(text: str) -> CanonicalColumn:
    name, cell = text.removeprefix("*").split()
    name, _, raw = name.partition(">")
    words, stops = WORDS.get(raw or name, ((), False)) if cell == "enum" else ((), False)
    return CanonicalColumn(name, raw or name, cell, text.startswith("*"), words, stops)  # type: ignore[arg-type]


def _columns(kind: str) -> dict[str, CanonicalColumn]:
    texts = [text.strip() for line in KINDS[kind].splitlines() for text in line.split("|")]
    columns: dict[str, CanonicalColumn] = {}
    for column in (_column(text) for text in texts if text):
        columns.setdefault(column.name, column)
    return columns


CANONICAL: dict[str, dict[str, CanonicalColumn]] = {kind: _columns(kind) for kind in KINDS}
"""Canonical columns by kind of source and name."""
