"""The library of tags, own tags, thresholds, versions, and what is refused."""

from datetime import date
from typing import Any

import pytest
from customer_shop import shop_settings
from tag_shop import Event, Line, Sale, TagShop, World

from pipeline.errors import SettingsError
from pipeline.scores.terms import ticket_scopes
from pipeline.tag_settings import TaggingSettings
from pipeline.tags.library import Tag, starting_library, styles_of, tags_of
from pipeline.tags.statements import PLACE, evidence_sql
from pipeline.tags.steps import tag_definitions
from pipeline.tags.terms import tagging_parameters


def tag(name: str, **sections: Any) -> Tag:
    return next(each for each in tags_of(shop_settings(**sections)) if each.name == name)


def own(where: str, name: str = "mine", **more: Any) -> dict[str, Any]:
    return {"tags": [{"name": name, "where": where, **more}]}


class TestLibrary:
    def test_every_tag_is_named_once_and_in_both_languages(self) -> None:
        rules = starting_library().tags
        assert len({rule.name for rule in rules}) == len(rules) == 36
        assert all(set(rule.labels) == set(rule.evidence) == {"zh-CN", "en"} for rule in rules)

    @pytest.mark.parametrize("locale", ["zh-CN", "en"])
    def test_all_evidence_can_be_written(self, locale: str) -> None:
        for each in tags_of(shop_settings(locale=locale)):
            assert evidence_sql(each).startswith("concat("), each.name

    def test_both_languages_tell_the_same_numbers(self) -> None:
        for rule in starting_library().tags:
            told = {frozenset(place[0] for place in PLACE.findall(text)) for text in rule.evidence.values()}
            assert len(told) == 1, rule.name

    def test_every_setting_behind_a_tag_exists(self) -> None:
        known = {*TaggingSettings.model_fields, "store_channels", "complaints"}
        assert {name for rule in starting_library().tags for name in rule.uses} <= known

    def test_settings_behind_columns_are_told(self) -> None:
        assert tag("category_affinity").thresholds == "affinity_days 90, affinity_orders 3"
        assert tag("vip").thresholds == "", "its condition shows its threshold"
        assert tag("complaint").thresholds.startswith('complaint_days 180, complaints {"words": ["投诉", ')

    def test_thresholds_come_from_settings(self) -> None:
        assert tag("vip").where == "year_spend_amount >= 5000"
        assert tag("vip", tagging={"vip_amount": "888.50"}).where == "year_spend_amount >= 888.50"
        assert tag("unpaid_cart", tagging={"cart_days": 7}).expires_days == 7

    def test_styles_of_the_settings_add_to_the_library_or_take_from_it(self) -> None:
        words = styles_of(shop_settings(tagging={"styles": {"国潮": ["国潮"], "极简": []}}))
        assert words["国潮"] == ("国潮",)
        assert (words["极简"], words["通勤"]) == ((), ("通勤",))


class TestVersions:
    @pytest.mark.parametrize(
        ("name", "tagging", "is_new"),
        [
            ("vip", {"vip_amount": 5001}, True),
            ("vip", {"cart_days": 7}, False),
            ("category_preference", {"preference_lift": 2}, True),
            ("style_preference", {"styles": {"国潮": ["国潮"]}}, True),
            ("category_preference", {"styles": {"国潮": ["国潮"]}}, False),
            ("complaint", {"complaint_days": 90}, True),
        ],
    )
    def test_a_version_changes_with_what_is_behind_its_tag(
        self, name: str, tagging: dict[str, Any], is_new: bool
    ) -> None:
        assert (tag(name).rule_version != tag(name, tagging=tagging).rule_version) is is_new

    def test_what_a_complaint_is_belongs_to_its_tag(self) -> None:
        for changed in ({"words": ["angry"]}, {"satisfaction_score": 1}):
            assert tag("complaint", complaints=changed).rule_version != tag("complaint").rule_version
            assert tag("vip", complaints=changed).rule_version == tag("vip").rule_version

    def test_a_version_does_not_change_with_the_language(self) -> None:
        assert tag("vip").rule_version == tag("vip", locale="en").rule_version


class TestOwnTags:
    def test_it_is_given_with_its_columns_as_evidence(self, shop: TagShop) -> None:
        shop.settings = shop_settings(**own("order_count >= 2", expires_days=7))
        made = shop.tags(shop.habits(World([Sale("a", 1), Sale("a", 2), Sale("b", 1)]))).read()
        rows = [row for row in made.iter_rows(named=True) if row["tag"] == "mine"]
        assert [(row["customer_id"], row["value"], row["evidence"]) for row in rows] == [
            ("a", "true", "order_count = 2")
        ]
        assert str(rows[0]["expires_on"]) == "2026-07-07"

    def test_it_takes_the_place_of_its_namesake(self) -> None:
        assert tag("vip", **own("net_amount > 1", "vip", label="贵客")).label == "贵客"
        assert len(tags_of(shop_settings(**own("net_amount > 1", "vip")))) == 36

    def test_without_a_label_its_name_is_shown(self, shop: TagShop) -> None:
        settings = shop_settings(**own("order_count > 1"))
        table = tag_definitions(settings=settings, path=shop.path("definitions")).read()
        row = table.filter(table["tag"] == "mine").row(0, named=True)
        assert (row["label"], row["label_zh"], row["label_en"]) == ("mine", "mine", "mine")
        assert row["definition"] == "order_count > 1"

    @pytest.mark.parametrize(
        ("where", "message"),
        [
            ("recency_day > 3", "tag mine: names recency_day, which is no column of customer_habits"),
            ("recency_day > 3", "Did you mean recency_days?"),
            ("profiling_opt_out", "which is no column of customer_habits"),
            ("order_count", "has a whole number where a truth value belongs"),
            ("order_count >= {frequent_orders}", "tag mine"),
            ("order_count > 1; drop table x", "is not one condition"),
        ],
    )
    def test_what_cannot_be_obeyed_is_refused_with_its_reason(self, where: str, message: str) -> None:
        with pytest.raises(SettingsError) as error:
            tags_of(shop_settings(**own(where)))
        assert message in str(error.value)

    def test_the_same_name_twice_is_refused(self) -> None:
        twice = {"tags": [{"name": "x", "where": "is_member"}, {"name": "x", "where": "is_member"}]}
        with pytest.raises(SettingsError, match="tags named twice: x"):
            shop_settings(**twice)


class TestSettings:
    @pytest.mark.parametrize(
        "tagging",
        [
            {"student_ages": [22, 18]},
            {"referral_words": [" "]},
            {"styles": {"x": [""]}},
            {"services": {" ": ["x"]}},
            {"discounted_share": 1.1},
            {"cart_days": 0},
        ],
    )
    def test_nonsense_is_refused(self, tagging: dict[str, Any]) -> None:
        with pytest.raises(SettingsError):
            shop_settings(tagging=tagging)

    def test_a_year_before_the_29th_of_february_is_the_28th(self) -> None:
        settings = shop_settings()
        assert tagging_parameters(settings, date(2024, 2, 29))["year_before"] == date(2023, 2, 28)
        assert tagging_parameters(settings, date(2025, 2, 28))["year_before"] == date(2024, 2, 28)


def test_tickets_name_orders_of_their_source_or_of_all(shop: TagShop) -> None:
    sources = [
        {"name": "jd", "kind": "orders", "path": "jd/*"},
        {"name": "oms", "kind": "orders", "path": "oms/*", "mirrors": ["jd"]},
        {"name": "desk", "kind": "tickets", "path": "desk/*"},
        {"name": "oms_desk", "kind": "tickets", "path": "oms_desk/*", "orders_of": "oms"},
    ]
    scopes = ticket_scopes(shop_settings(sources=sources), shop.folder).read().rows()
    assert scopes == [("desk", "jd"), ("desk", "oms"), ("oms_desk", "oms"), ("oms_desk", "jd")]


class TestWhoAndSince:
    def test_nobody_who_refused_and_no_child_has_a_tag_but_both_count_in_ranks(self, shop: TagShop) -> None:
        sales = [Sale(who, age) for who in ("refused", "child") for age in (1, 2, 3)]
        sales += [Sale("a", 1), Sale("a", 2), *[Sale(f"p{number}", 1) for number in range(7)]]
        world = World(sales, people={"refused": {"profiling_opt_out": True}, "child": {"is_minor": True}})
        habits = shop.habits(world)
        frame = habits.read()
        assert {"refused", "child"} & set(frame["customer_id"]) == set()
        assert frame.filter(frame["customer_id"] == "a")["frequency_rank_rate"].to_list() == [0.7]
        assert {"refused", "child"} & set(shop.tags(habits).read()["customer_id"]) == set()

    def test_a_tag_keeps_its_first_day_while_its_value_stays(self, shop: TagShop) -> None:
        since = {"valid_from_on": shop.as_of.replace(day=1), "expires_on": shop.as_of}
        before = [
            {"customer_id": "a", "tag": "gender", "value": "female", **since},
            {"customer_id": "b", "tag": "gender", "value": "male", **since},
            {"customer_id": "c", "tag": "region", "value": "上海", **since},
        ]
        people = {who: {"gender": "female"} for who in "abc"}
        made = shop.tags(shop.habits(World(people=people)), shop.table("customer_tags", before)).read()
        days = {who: str(day) for who, day in made.select("customer_id", "valid_from_on").iter_rows()}
        assert days == {"a": "2026-06-01", "b": "2026-06-30", "c": "2026-06-30"}

    def test_evidence_tells_counts_amounts_shares_and_days(self, shop: TagShop) -> None:
        lines = (Line(discount=2_500), Line(price=2_500))
        sales = [Sale("a", age, lines) for age in (1, 2, 3)]
        world = World(sales, events=[Event("a", 0, "cart", "n")])
        made = shop.tags(shop.habits(world)).read()
        told = dict(made.select("tag", "evidence").iter_rows())
        assert told["price_sensitive"] == "3 单,折扣商品 225.00 / 300.00;平均折扣 75.00 / 375.00"
        assert told["unpaid_cart"] == "1 件商品,最近 2026-06-30"
