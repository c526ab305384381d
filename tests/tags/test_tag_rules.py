"""Each rule at its boundary: just inside, and just outside.

Unless a row says otherwise a line is 100 yuan of tea at full price, sold in a store at noon.
"""

from datetime import time

import pytest
from customer_shop import aged, shop_settings
from tag_shop import LONG_AGO, SOURCES, Event, Line, Sale, TagShop, Ticket, World, owners, together


def times(count: int, who: str, age: int = 10, step: int = 1, **more: object) -> list[Sale]:
    """So many sales of a customer, one a step from `age` on backwards."""
    return [Sale(who, age + step * number, **more) for number in range(count)]  # type: ignore[arg-type]


def lines(*prices: int, **more: object) -> tuple[Line, ...]:
    return tuple(Line(price=price, **more) for price in prices)  # type: ignore[arg-type]


FULL, CHEAP = Line(), Line(price=10_000, discount=1_000)
OTHERS = [*times(1, "p1"), *times(1, "p2"), *times(1, "p3"), *times(1, "p4")]
"""Four people with one purchase, so that a fifth with more is the top fifth."""
COFFEE = Line(category="coffee", sku="c")
GOODS = [Sale(f"n{number}", 20, (COFFEE,) * 5) for number in range(4)]
"""Four people who buy coffee only: 20 lines of 100 yuan."""

# tag, who has it, what happened, and why; ranks and usual shares depend on everybody in the shop
COMPARED = [
    ("high_frequency", "a", [*OTHERS, *times(2, "a")], "4 of 5 buyers bought less often: the top 20 %"),
    ("high_frequency", "", [*OTHERS[:3], *times(2, "a")], "3 of 4 is less than 80 %"),
    ("high_frequency", "a", [*times(6, "a", 84)], "6 times in 90 days; the sixth at an age of 89 days"),
    ("high_frequency", "", [*times(6, "a", 85)], "the sixth is 90 days old: 5 in 90 days"),
    ("high_frequency", "a b", [*OTHERS, *times(1, "p5"), *times(1, "p6"), *times(1, "p7"), *times(1, "p8"),
                               *times(2, "a"), *times(2, "b")], "equal counts are tagged alike"),
    ("price_sensitive", "a", [Sale("a", 1, (CHEAP,) * 2), Sale("a", 2, (CHEAP,)), Sale("a", 3, (Line(price=18_000),))],
     "270 of 450 yuan on discounted lines: 0.6"),
    ("price_sensitive", "", [Sale("a", 1, (CHEAP, CHEAP)), Sale("a", 2, (CHEAP,)), Sale("a", 3, (Line(price=18_001),))],
     "270 of 450.01 yuan: less"),
    ("price_sensitive", "", [Sale("a", 1, (CHEAP, CHEAP)), Sale("a", 2, (CHEAP,))], "2 purchases are too few"),
    ("price_sensitive", "d", [*times(3, "a"), *times(3, "b"), *times(3, "c"),
                              *times(3, "d", lines=(Line(price=10_000, discount=1), Line(price=99_999)))],
     "3 of 4 have a smaller mean discount; it is small, but in the top quarter"),
    ("price_sensitive", "", [*times(3, "a"), *times(3, "b"),
                             *times(3, "d", lines=(Line(price=10_000, discount=1), Line(price=99_999)))],
     "2 of 3 are less than three quarters"),
    ("price_sensitive", "", [*times(3, "a"), *times(3, "b"), *times(3, "c"), *times(3, "d")], "nobody got a discount"),
    ("price_sensitive", "", times(3, "a", lines=(Line(discount=None),)), "an export without discounts tells nothing"),
    ("new_product_trier", "a", [Sale(None, LONG_AGO), Sale(None, 100, (Line("n"),)), Sale("a", 100, (Line("n"),)),
                                Sale("a", 71, (Line("n"),))], "on the day of the first sale, and 29 days later"),
    ("new_product_trier", "", [Sale(None, LONG_AGO), Sale(None, 100, (Line("n"),)), Sale("a", 100, (Line("n"),)),
                               Sale("a", 70, (Line("n"),))], "30 days later it is new no more"),
    ("new_product_trier", "", [Sale(None, LONG_AGO), Sale("a", 100, (Line("n"), Line("m")))], "one purchase"),
    ("new_product_trier", "a", [Sale(None, 190), Sale("a", 100, (Line("n"),)), Sale("a", 99, (Line("n"),))],
     "first sold 90 days into the history"),
    ("new_product_trier", "", [Sale(None, 189), Sale("a", 100, (Line("n"),)), Sale("a", 99, (Line("n"),))],
     "89 days into the history it may be old"),
    ("big_basket", "e", [*times(2, "a"), *times(2, "b"), *times(2, "c"), *times(2, "d"),
                         *times(2, "e", lines=lines(10_001))], "4 of 5 spend less per purchase"),
    ("big_basket", "", [*times(2, "a"), *times(2, "b"), *times(2, "c"), *times(2, "d", lines=lines(10_001)),
                        *times(2, "e", lines=lines(10_001))], "3 of 5"),
    ("category_preference", "a", [*GOODS, Sale("a", 1, (Line(), Line(), Line(price=20_000)))],
     "3 lines, everything on tea"),
    ("category_preference", "", [*GOODS, Sale("a", 1, (Line(), Line(price=20_000)))], "2 lines are too few"),
    ("category_preference", "a", [*GOODS, Sale("a", 1, (*lines(10_000, 10_000, 20_000), *[COFFEE] * 2,
                                                       Line(category="jam", price=40_000)))],
     "tea is 400 of 1000 yuan: 0.4; jam is one line"),
    ("category_preference", "", [*GOODS, Sale("a", 1, (*lines(10_000, 10_000, 19_999), *[COFFEE] * 2,
                                                      Line(category="jam", price=40_000)))], "399.99 of 999.99"),
    ("category_preference", "a", [Sale("a", 1, (FULL,) * 3), Sale("b", 1, (Line(category="coffee", price=15_000),))],
     "tea is 300 of all 450 yuan: a lift of 1.5"),
    ("category_preference", "", [Sale("a", 1, (FULL,) * 3), Sale("b", 1, (Line(category="coffee", price=14_999),))],
     "a lift of 1.499967"),
]  # fmt: skip
# the same, where each customer stands for themselves
ALONE = [
    ("occasional", "a b", [*times(1, "a"), *times(2, "b"), *times(3, "c")], "1 or 2 in 12 months"),
    ("occasional", "a", [Sale("a", 364), Sale("b", 365)], "30 June of last year is outside of 12 months"),
    ("coupon_user", "a", [*times(2, "a", coupon="x"), *times(2, "a", 30)], "half of 4 purchases"),
    ("coupon_user", "", [*times(2, "a", coupon="x"), *times(3, "a", 30)], "2 of 5"),
    ("coupon_user", "", times(2, "a", coupon="x"), "2 purchases are too few"),
    ("gift_buyer", "a", [*times(3, "a", is_gift=True), *times(7, "a", 50)], "3 of 10"),
    ("gift_buyer", "", [*times(3, "a", is_gift=True), *times(8, "a", 50)], "3 of 11"),
    ("gift_buyer", "", times(1, "a", is_gift=True), "1 gift"),
    ("night_shopper", "a", [*times(2, "a", at=time(22)), Sale("a", 50, at=time(5, 59)), *times(3, "a", 60)],
     "3 of 6 from 22:00 to 5:59"),
    ("night_shopper", "", [*times(2, "a", at=time(21, 59)), Sale("a", 50, at=time(6))], "21:59 and 6:00 are no night"),
    ("night_shopper", "", times(5, "a", at=time(0)), "midnight sharp is a day without a time"),
    ("night_shopper", "a", [*times(3, "a", at=time(0, 1)), *times(9, "a", 40, at=time(0))],
     "days without a time are no evidence against it"),
    # as_of is Tuesday, 30 June 2026; 2 days before is a Sunday, 3 days before a Saturday
    ("weekend_shopper", "a", [Sale("a", 2), Sale("a", 3), Sale("a", 9), Sale("a", 10)], "Sundays and Saturdays"),
    ("weekend_shopper", "", [Sale("a", 1), Sale("a", 4), Sale("a", 8), Sale("a", 11)], "Mondays and Fridays"),
    ("weekend_shopper", "", [Sale("a", 2), Sale("a", 3), Sale("a", 9)], "3 are too few"),
    ("multi_channel", "a", [Sale("a", 1), Sale("a", 2, channel="jd"), *times(3, "b")], "two channels"),
    ("multi_channel", "", [Sale("a", 1), Sale("a", 365, channel="jd")], "one of them a year ago"),
    ("store_and_online", "a", [Sale("a", 1), Sale("a", 2, channel="jd"), Sale("b", 1, channel="tmall"),
                               Sale("b", 2, channel="jd")], "pos is a store, two marketplaces are none"),
    ("vip", "a", [Sale("a", 364, lines(500_000)), Sale("b", 364, lines(499_999)), Sale("c", 365, lines(500_000))],
     "5000 yuan after 30 June of last year"),
    ("category_affinity", "a", times(3, "a", 87), "three times in 90 days"),
    ("category_affinity", "", times(3, "a", 88), "the third is 90 days old"),
    ("category_affinity", "", [Sale("a", 1, (FULL,) * 3)], "three lines of one purchase"),
    ("frequent_returner", "a", [*times(3, "a", lines=(Line(refund=1),)), *times(7, "a", 50)], "3 of 10 orders"),
    ("frequent_returner", "", [*times(3, "a", lines=(Line(refund=1),)), *times(8, "a", 50)], "3 of 11"),
    ("frequent_returner", "", times(1, "a", lines=(Line(refund=1),)), "1 return"),
    ("frequent_returner", "a", [*times(2, "a", lines=(Line(refund=10_000),))], "fully returned orders count as well"),
    ("unpaid_order", "a", [Sale("a", 29, is_unpaid=True), Sale("b", 30, is_unpaid=True)], "30 days"),
    ("unpaid_order", "b", [Sale("a", 9, is_unpaid=True), Sale("a", 9), Sale("b", 9, is_unpaid=True), Sale("b", 10)],
     "a paid on the same day; b before"),
    ("dormant_member", "", [Sale("a", 90)], "no member"),
]  # fmt: skip


@pytest.mark.parametrize(("tag", "who", "sales", "why"), COMPARED, ids=[f"{row[0]}: {row[3]}" for row in COMPARED])
def test_rules_that_compare(shop: TagShop, tag: str, who: str, sales: list[Sale], why: str) -> None:
    assert owners(shop.given(World(sales), tag), tag) == who, why


MEMBER = {"is_member": True}
# tag, who has it, the world, and why
WORLDS = [
    ("dormant_member", "a", World([Sale("a", 90), Sale("b", 89)], people={"a": MEMBER, "b": MEMBER}), "90 days"),
    ("new_member", "a", World(people={"a": {**MEMBER, "registered_on": aged(29)},
                                      "b": {**MEMBER, "registered_on": aged(30)},
                                      "c": {"registered_on": aged(1)}}), "a member of the last 30 days"),
    ("wechat_member", "a b", World(people=dict.fromkeys("abc", MEMBER) | {"d": {}},
                                   keys={"a": "member_no,unionid", "b": "openid", "c": "phone", "d": "unionid"}),
     "a member with a key of WeChat"),
    ("gender", "a", World(people={"a": {"gender": "female"}, "b": {}}), "as reported"),
    ("student_age", "b c", World(people={"a": {"birth_year": 2009}, "b": {"birth_year": 2008},
                                         "c": {"birth_year": 2004}, "d": {"birth_year": 2003}}), "18 to 22 in 2026"),
    ("referral", "a b", World(people={"a": {"acquisition_channel": "朋友推荐"},
                                      "b": {"acquisition_channel": "A Friend"},
                                      "c": {"acquisition_channel": "门店"}}), "words, whatever their case"),
    ("high_value", "a", World(scores={"a": {"rfm_class": "important_value"}, "b": {"rfm_class": "general_value"}}),
     "R, F and M high"),
    ("promising", "b c", World(scores={"a": {"rfm_class": "important_value"}, "b": {"rfm_class": "general_value"},
                                       "c": {"rfm_class": "general_keep"}}), "F high, M low"),
    ("slipping_away", "a b", World(scores={"a": {"rfm_class": "important_win_back"},
                                           "b": {"rfm_class": "general_win_back"},
                                           "c": {"rfm_class": "general_develop"}}), "R and F low"),
    ("responsive", "a", World(scores={"a": {"c_score": 4}, "b": {"c_score": 3}, "c": {"c_score": 5}},
                              answers={"a": (1, 1), "b": (1, 1), "c": (1, 0)}), "a high score and an answer"),
    ("tired_of_messages", "a", World(answers={"a": (5, 0), "b": (4, 0), "c": (9, 1)}), "5 messages, no answer"),
    ("unpaid_cart", "a", World(events=[Event("a", 29, "cart", "n"), Event("b", 30, "cart", "n"),
                                       Event("c", 1, "view", "n")]), "carts of 30 days"),
    ("unpaid_cart", "b", World([Sale("a", 5, (Line("n"),)), Sale("b", 6, (Line("n"),)), Sale("c", 5, (Line("m"),))],
                               [Event("a", 5, "cart", "n"), Event("b", 5, "cart", "n")]),
     "a bought it on the day of the cart, b on the day before"),
    ("unpaid_cart", "a", World([Sale("a", 5, (Line("m"),)), Sale("b", 5, (Line("m"),))],
                               [Event("a", 6, "cart", "n"), Event("b", 6, "cart")]),
     "another product pays for no cart, but any purchase for a cart of unknown content"),
    ("unpaid_cart", "", World([Sale("a", 5, (Line("n", refund=10_000),))], [Event("a", 6, "cart", "n")]),
     "bought and returned is not forgotten"),
    ("window_shopper", "a b", World([Sale("b", 30), Sale("c", 29)],
                                    [Event(who, 29, "view", "n") for who in "abc" for _ in range(10)]),
     "10 views in 30 days and no purchase in them"),
    ("window_shopper", "", World(events=[Event("a", 29, "view", "n")] * 9), "9 views"),
    ("sharer", "a", World(events=[Event("a", 364, "share")] * 3 + [Event("b", 365, "share")] * 3), "in a year"),
    ("complaint", "a", World(tickets=[Ticket("a", 179, "投诉:漏发"), Ticket("b", 180, "投诉"), Ticket("c", 1, "发票")]),
     "180 days"),
    ("complaint", "a", World(tickets=[Ticket("a", 9, "发票", 2), Ticket("b", 9, "发票", 3), Ticket("c", 9)]),
     "rated 1 or 2"),
    ("complaint", "a", World([Sale("a", 9)], tickets=[Ticket(None, 8, "投诉", sale=0),
                                                      Ticket(None, 8, "投诉", sale=10**6)]),
     "known by the order"),
    ("complaint", "b", World(tickets=[Ticket("a", 9, "发票", 1, closed_age=-1),
                                     Ticket("b", 9, "发票", 1, closed_age=0)]),
     "a rating given after as_of is not known yet"),
    ("service_preference", "a b", World([Sale("b", 9, (Line(), Line("i", None, name="空调安装费", kind="service")))],
                                        tickets=[Ticket("a", 9, "预约安装"), Ticket("a", 8, "安装咨询"),
                                                 Ticket("b", 9, "安装"), Ticket("c", 9, "安装")]),
     "named twice, in tickets or as a service line"),
]  # fmt: skip


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], str]:
    """The customers of every row of ALONE and WORLDS in one shop, as row:name."""
    shop = TagShop(tmp_path_factory.mktemp("crowd"), shop_settings(sources=SOURCES))
    worlds = [World(sales) for _, _, sales, _ in ALONE] + [world for _, _, world, _ in WORLDS]
    return shop.given(together(worlds), *(row[0] for row in ALONE), *(row[0] for row in WORLDS))


@pytest.mark.parametrize(
    ("number", "row"), list(enumerate([*ALONE, *WORLDS])), ids=[f"{row[0]}: {row[3]}" for row in [*ALONE, *WORLDS]]
)
def test_rules_for_one(crowd: dict[tuple[str, str], str], number: int, row: tuple[str, str, object, str]) -> None:
    tag, who, _, why = row
    own = {(name.split(":")[1], given) for name, given in crowd if name.split(":")[0] == str(number)}
    assert owners(own, tag) == who, why


def test_a_launch_day_wins_over_the_first_sale(shop: TagShop) -> None:
    sales = [Sale(None, LONG_AGO)]
    sales += [Sale("a", age, (Line("old"),)) for age in (20, 10)] + [Sale("b", age, (Line("new"),)) for age in (20, 10)]
    sales += [Sale("c", age, (Line("relaunched"),)) for age in (400, 20, 10)]
    launched = {"old": aged(200), "new": aged(39), "relaunched": aged(30)}
    world = World(sales, products={sku: {"launched_on": day} for sku, day in launched.items()})
    assert owners(shop.given(world, "new_product_trier"), "new_product_trier") == "b c"


def test_values_say_what_of_it(shop: TagShop) -> None:
    world = World(
        [*GOODS, *[Sale("a", age, (Line(), Line())) for age in (1, 2, 3)]],
        people={"a": {"gender": "female", "city": "上海", "age_band": "25-34"}},
    )
    given = shop.given(world, "gender", "region", "age_group", "category_preference", "category_affinity")
    assert {tag: value for (who, tag), value in given.items() if who == "a"} == {
        "gender": "female", "region": "上海", "age_group": "25-34", "category_preference": "tea",
        "category_affinity": "tea",
    }  # fmt: skip


def test_brands_and_styles(shop: TagShop) -> None:
    world = World(
        [
            Sale("a", 9, (Line("x", name="极简 茶杯"),) * 3),
            Sale("b", 9, (Line("y", name="茶杯"),) * 3),
            Sale("c", 9, (Line("z", name="茶壶"),) * 2),
        ],
        products={"x": {"brand": "X"}, "z": {"brand": "Z"}},
    )
    given = shop.given(world, "brand_preference", "style_preference")
    assert given == {("a", "brand_preference"): "X", ("a", "style_preference"): "极简"}, "b's brand is not known"
