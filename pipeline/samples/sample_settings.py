"""settings.yaml of the sample retailer, and how to recognise one that the demo wrote."""

from datetime import date
from pathlib import Path

MARKER = "# written by huitou demo"

TEMPLATE = """\
{marker}
# {arguments}
retailer: 示例零售
locale: zh-CN
timezone: Asia/Shanghai
currency: CNY
as_of: {until}
sources:
  - {{name: pos, kind: orders, format: pos, path: "pos/*"}}
  - {{name: tmall, kind: orders, format: tmall, path: "tmall/*"}}
  - {{name: jd, kind: orders, format: jd, path: "jd/*.csv"}}
  - {{name: jd_refunds, kind: refunds, path: "jd_refunds/*.csv", orders_of: jd}}
  - {{name: pinduoduo, kind: orders, format: pinduoduo, path: "pinduoduo/*.csv"}}
  - {{name: douyin, kind: orders, format: douyin, path: "douyin/*.csv"}}
  - {{name: weixin_shop, kind: orders, format: weixin_shop, path: "weixin_shop/*"}}
  - {{name: club, kind: members, format: members, path: "members/*"}}
  - {{name: products, kind: products, format: canonical, path: "products/*.csv"}}
  - {{name: stores, kind: stores, format: canonical, path: "stores/*.csv"}}
  - {{name: stock, kind: stock, format: canonical, path: "stock/*.csv"}}
  - {{name: campaigns, kind: campaigns, format: canonical, path: "campaigns/*.csv"}}
  - {{name: contacts, kind: campaign_contacts, format: canonical, path: "contacts/*.csv"}}
  - {{name: spend, kind: marketing_spend, format: canonical, path: "spend/*.csv"}}
  - {{name: consents, kind: consents, format: canonical, path: "consents/*.csv"}}
  - {{name: tickets, kind: tickets, format: canonical, path: "tickets/*.csv"}}
  - {{name: points, kind: points, format: canonical, path: "points/*.csv"}}
  - {{name: events, kind: events, format: canonical, path: "events/*.csv"}}
trade:
  test_store_ids: [T999]
  excluded_remarks: ["G-"]
acquisition:
  channels: {{门店: pos, 天猫: tmall, 京东: jd, 抖音: douyin, 小程序: weixin_shop, 朋友推荐: referral}}
points: {{channels: [pos], ledger: orders_and_movements}}
segments:
  - name: dear_and_drifting
    where: "rfm_class = 'important_keep' and is_member"
    label: 重要保持会员
  - name: second_order_due
    where: "order_count = 1 and recency_days between 20 and 60"
    label: 待二次购买
  - name: young_prospects
    where: "order_count = 0 and lifecycle_stage = 'new'"
    label: 新入会未购买
exports:
  - segment: dear_and_drifting
    destination: aliyun_sms
    purpose: sms_marketing
    variables: {{coupon: 满300减50}}
  - {{segment: one_time_buyers, destination: csv, purpose: email_marketing}}
  - {{segment: loyal_high_value, destination: wecom_tags, purpose: wecom_marketing, variables: {{tag: 高价值忠诚}}}}
"""


def settings_text(until: date, arguments: str) -> str:
    """The whole file; `arguments` is how the sample was asked for."""
    return TEMPLATE.format(marker=MARKER, arguments=arguments, until=until.isoformat())


def is_sample(settings_file: Path) -> bool:
    """Whether the demo wrote these settings."""
    if not settings_file.exists():
        return False
    return settings_file.read_text(encoding="utf-8", errors="replace").startswith(MARKER)


def arguments_of(settings_file: Path) -> str:
    """How the sample in a workspace was asked for."""
    lines = settings_file.read_text(encoding="utf-8").splitlines()
    return lines[1].removeprefix("# ") if len(lines) > 1 else ""
