"""What is concluded of customers who told nothing, and what is not."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from models.category_mix import from_categories
from models.channels import rates_by_channel
from models.imputation import TOLD, from_stores, imputed
from models.imputation_judgement import Guess, beats_the_plainest_guess, is_believable
from pipeline.schemas.catalog import TABLES
from pipeline.tag_settings import ImputationSettings

AS_OF = date(2026, 6, 30)
RULES = ImputationSettings(min_sample=40)
NO_STORES = pl.DataFrame(
    schema={
        "customer_id": pl.String, "shop_province": pl.String, "shop_city": pl.String,
        "shop_city_order_count": pl.Int64, "shop_city_rate": pl.Float64,
    }
)  # fmt: skip


def shoppers(count: int, purity: float, unknown: int = 20, seed: int = 7) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Category counts and told genders: women buy skirts and men ties with probability `purity`, all buy rice."""
    chance = np.random.default_rng(seed)
    people, cells = [], []
    for number in range(count + unknown):
        name, gender = f"c{number:05}", ("female", "male")[number % 2]
        people.append((name, gender if number < count else None))
        own, other = ("skirts", "ties") if gender == "female" else ("ties", "skirts")
        own_lines = int(chance.binomial(4, purity))
        cells += [(name, own, own_lines), (name, other, 4 - own_lines), (name, "rice", int(chance.integers(1, 5)))]
    counts = pl.DataFrame(cells, schema=["customer_id", "category", "line_count"], orient="row")
    return counts.filter(pl.col("line_count") > 0), pl.DataFrame(people, schema=["customer_id", "value"], orient="row")


def metric(report: pl.DataFrame, name: str) -> tuple[float, float | None, int]:
    row = report.filter(pl.col("metric") == name).row(0, named=True)
    return row["value"], row["baseline_value"], row["sample_count"]


class TestFromCategories:
    def test_clear_habits_are_learnt_measured_and_used(self) -> None:
        made = from_categories(*shoppers(400, 0.9), "imputed_gender", RULES, AS_OF)
        accuracy, baseline, hidden = metric(made.report, "accuracy")
        assert hidden == 80, "one in five of 400"
        assert baseline is not None
        assert 0.4 <= baseline <= 0.6, "half are women"
        assert accuracy > 0.9
        assert metric(made.report, "is_used")[0] == 1
        concluded = {name: (value, sure) for name, value, sure in made.values.iter_rows()}
        assert set(concluded) <= {f"c{number:05}" for number in range(400, 420)}, "only of those who told nothing"
        assert len(concluded) > 10
        right = [("female", "male")[int(name[1:]) % 2] == value for name, (value, _) in concluded.items()]
        assert sum(right) >= len(right) - 1
        assert all(0.8 <= sure <= 1 for _, sure in concluded.values())

    def test_habits_that_tell_nothing_are_not_used_and_the_report_says_so(self) -> None:
        made = from_categories(*shoppers(400, 0.5), "imputed_gender", RULES, AS_OF)
        assert metric(made.report, "is_used")[0] == 0
        assert metric(made.report, "accuracy")[0] < 0.65
        assert made.values.is_empty()

    @pytest.mark.parametrize(("known", "why"), [(199, "39 hidden"), (0, "nobody told")])
    def test_too_few_to_measure(self, known: int, why: str) -> None:
        made = from_categories(*shoppers(known, 1.0), "imputed_gender", RULES, AS_OF)
        assert (made.report["metric"].to_list(), made.report["value"].to_list()) == (["is_used"], [0.0]), why
        assert made.values.is_empty()

    def test_one_value_only_is_nothing_to_learn(self) -> None:
        counts, told = shoppers(400, 0.9)
        made = from_categories(counts, told.with_columns(value=pl.lit("female")), "imputed_gender", RULES, AS_OF)
        assert metric(made.report, "is_used")[0] == 0

    def test_customers_with_few_lines_are_left_alone(self) -> None:
        counts, told = shoppers(400, 0.9)
        poor = pl.DataFrame({"customer_id": ["x"], "category": ["skirts"], "line_count": [2]})
        one = pl.DataFrame({"customer_id": ["x"], "value": [None]}, schema=told.schema)
        made = from_categories(pl.concat([counts, poor]), pl.concat([told, one]), "imputed_gender", RULES, AS_OF)
        assert "x" not in made.values["customer_id"]

    def test_row_order_does_not_matter(self) -> None:
        counts, told = shoppers(400, 0.9)
        first = from_categories(counts, told, "imputed_gender", RULES, AS_OF)
        again = from_categories(
            counts.sample(fraction=1, shuffle=True, seed=1), told.reverse(), "imputed_gender", RULES, AS_OF
        )
        assert first.values.equals(again.values)
        assert first.report.equals(again.report)

    def test_a_large_shop_learns_from_a_sample(self) -> None:
        rules = RULES.model_copy(update={"training_customers": 100})
        made = from_categories(*shoppers(2000, 0.95), "imputed_gender", rules, AS_OF)
        assert metric(made.report, "is_used")[0] == 1


class TestJudgement:
    @pytest.mark.parametrize(
        ("right", "plain", "is_used", "why"),
        [
            (60, 50, True, "10 points better of 400 pairs that mostly agree"),
            (54, 50, False, "4 points are less than min_gain"),
            (50, 60, False, "worse than the plainest guess"),
        ],
    )
    def test_gain(self, right: int, plain: int, is_used: bool, why: str) -> None:
        places = np.arange(400) % 100
        assert beats_the_plainest_guess(places < right, places < plain, RULES) is is_used, why

    def test_a_gain_that_chance_explains_is_none(self) -> None:
        places = np.arange(40)
        swapped = np.where(places < 22, places < 12, places < 32)  # 12 + 10 right, the other side 20, mostly apart
        assert not beats_the_plainest_guess(swapped, ~swapped, RULES)

    def test_the_overconfident_are_not_believed(self) -> None:
        sure = np.full(400, 0.9)
        places = np.arange(400)
        assert is_believable(Guess(places < 320, places < 0, sure), RULES), "80 % right, sure at 0.8"
        assert not is_believable(Guess(places < 280, places < 0, sure), RULES), "70 % right"
        assert not is_believable(Guess(places < 400, places < 0, sure / 2), RULES), "nobody is sure"


class TestFromStores:
    VISITS = pl.DataFrame(
        {
            "customer_id": [f"c{number:03}" for number in range(120)],
            "value": ["上海", "北京"] * 60,
            "order_count": [3] * 60 + [12] * 60,
        }
    )

    def told(self, wrong_among_few: int) -> pl.DataFrame:
        cities: list[str | None] = ["上海", "北京"] * 60
        for number in range(wrong_among_few):
            cities[number] = "天津"
        cities[58:60] = cities[118:120] = [None, None]
        return pl.DataFrame({"customer_id": self.VISITS["customer_id"], "value": cities})

    def test_the_confidence_is_how_often_it_is_right_for_as_many_purchases(self) -> None:
        made = from_stores(self.VISITS, self.told(8), "imputed_city", RULES, AS_OF)
        assert made.values.sort("customer_id").rows() == [
            ("c058", "上海", 0.862), ("c059", "北京", 0.862), ("c118", "上海", 1.0), ("c119", "北京", 1.0),
        ], "50 of 58 right, 58 of 58 right"  # fmt: skip
        assert metric(made.report, "accuracy")[:2] == (round(108 / 116, 6), round(54 / 116, 6))

    def test_a_group_that_is_too_often_wrong_is_left_out(self) -> None:
        made = from_stores(self.VISITS, self.told(20), "imputed_city", RULES, AS_OF)
        assert made.values["customer_id"].sort().to_list() == ["c118", "c119"]


class TestImputed:
    def people(self, told: pl.DataFrame) -> pl.DataFrame:
        return told.select(
            "customer_id", gender="value", age_band=pl.lit(None, pl.String), city=pl.lit(None, pl.String),
            profiling_opt_out=pl.lit(False), is_minor=pl.lit(False),
        )  # fmt: skip

    def test_who_refused_and_minors_are_never_guessed_at(self) -> None:
        counts, told = shoppers(400, 0.95)
        people = self.people(told)
        assert set(TOLD) == set(people.columns)
        values, _ = imputed(people, counts, NO_STORES, RULES, AS_OF)
        first, second = values.sort("customer_id")["customer_id"][:2]
        guarded = people.with_columns(
            profiling_opt_out=pl.col("customer_id") == first, is_minor=pl.col("customer_id") == second
        )
        again, _ = imputed(guarded, counts, NO_STORES, RULES, AS_OF)
        assert set(values["customer_id"]) - set(again["customer_id"]) == {first, second}

    def test_no_age_band_under_18_is_learnt_or_given(self) -> None:
        counts, told = shoppers(400, 0.95)
        bands = {"female": "14-17", "male": "25-34"}
        young = self.people(told).with_columns(age_band=pl.col("gender").replace(bands))
        values, report = imputed(young, counts, NO_STORES, RULES, AS_OF)
        assert values["imputed_age_band"].null_count() == values.height
        used = report.filter((pl.col("model") == "imputed_age_band") & (pl.col("metric") == "is_used"))
        assert used["value"].to_list() == [0.0], "only one adult band is left"

    def test_the_frames_fit_their_contracts(self) -> None:
        counts, told = shoppers(400, 0.95)
        values, report = imputed(self.people(told), counts, NO_STORES, RULES, AS_OF)
        assert set(values.columns) == set(TABLES["imputed_attributes"].names)
        assert set(report.columns) == set(TABLES["imputation_reports"].names)
        assert set(values["imputed_gender_method"]) == {"purchases"}

    def test_switched_off_nobody_is_guessed_at(self) -> None:
        counts, told = shoppers(400, 0.95)
        rules = RULES.model_copy(update={"enabled": False})
        values, report = imputed(self.people(told), counts, NO_STORES, rules, AS_OF)
        assert values.is_empty()
        assert report["value"].to_list() == [0.0, 0.0, 0.0]


def test_channels_have_base_rates_of_their_own() -> None:
    rows = [("a", "sms", 10, 5), ("b", "sms", 10, 5), ("a", "email", 10, 1), ("b", "email", 10, 1), ("c", "sms", 0, 0)]
    counts = pl.DataFrame(rows, schema=["customer_id", "channel", "delivered_count", "response_count"], orient="row")
    rates = {row[:2]: row[4] for row in rates_by_channel(counts).iter_rows()}
    assert rates == {
        ("a", "sms"): 0.5, ("b", "sms"): 0.5, ("a", "email"): 0.1, ("b", "email"): 0.1, ("c", "sms"): None,
    }  # fmt: skip
