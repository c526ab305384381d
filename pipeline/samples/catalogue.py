"""The sample's products and stores, as tables of the retailer's own master data.

What people like of them does not belong here; see `pipeline.samples.goods` and `pipeline.samples.baskets`.
"""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import polars as pl

from pipeline.samples.chance import stream
from pipeline.samples.days import Calendar
from pipeline.samples.goods import CATEGORIES, MODELS_PER_SHELF, SHELVES
from pipeline.samples.places import CITIES

TEST_STORE_ID = "T999"
CUSTOMERS_PER_STORE = 5_000
FEWEST_STORES, MOST_STORES = 3, 40
NEW_SHARE = 0.12
SPECS = ("经典款", "升级款", "家庭装", "限量版", "轻享版", "旗舰款")


@dataclass(frozen=True)
class Catalogue:
    """`products` in the order of their numbers (category, shelf, model); `stores` with the test store last."""

    products: pl.DataFrame
    stores: pl.DataFrame

    @property
    def store_count(self) -> int:
        """Stores that really sell."""
        return self.stores.height - 1


def build_catalogue(seed: int, calendar: Calendar, customers: int) -> Catalogue:
    """Products and stores for a retailer of this size."""
    return Catalogue(_products(seed, calendar), _stores(customers))


def _products(seed: int, calendar: Calendar) -> pl.DataFrame:
    """One row per product: sku, product_name, category, brand, list_fen, cost_fen, launched_day (negative = old)."""
    rng = stream(seed, "products")
    count = len(CATEGORIES) * SHELVES * MODELS_PER_SHELF
    number = np.arange(count)
    category, shelf, model = (
        number // (SHELVES * MODELS_PER_SHELF),
        number // MODELS_PER_SHELF % SHELVES,
        number % MODELS_PER_SHELF,
    )
    typical = np.array([kind.prices for kind in CATEGORIES])[category, shelf]
    list_fen = np.maximum(np.rint(typical * np.exp(rng.normal(0, 0.18, count))), 3) * 100 - 10
    cost_fen = np.rint(list_fen * rng.uniform(0.38, 0.66, count))
    is_new = rng.random(count) < NEW_SHARE
    launched = np.where(is_new, rng.integers(30, max(calendar.count, 32), count), -rng.integers(60, 1200, count))
    launched = np.minimum(launched, calendar.count - 1)
    return pl.DataFrame(
        {
            "sku": [
                f"{CATEGORIES[c].code}{s + 1}{m + 1:02d}{100 + c}"
                for c, s, m in zip(category, shelf, model, strict=True)
            ],
            "product_name": [
                _product_name(int(c), int(s), int(m)) for c, s, m in zip(category, shelf, model, strict=True)
            ],
            "category": [CATEGORIES[c].name for c in category],
            "brand": [CATEGORIES[c].brands[s] for c, s in zip(category, shelf, strict=True)],
            "item_id": 600_000_000_000 + number * 7_919,
            "list_fen": list_fen.astype(np.int64),
            "cost_fen": cost_fen.astype(np.int64),
            "launched_day": launched.astype(np.int64),
            "launched_on": [calendar.start + timedelta(days=int(day)) for day in launched],
        }
    )


def _product_name(category: int, shelf: int, model: int) -> str:
    kind = CATEGORIES[category]
    noun = kind.nouns[model % len(kind.nouns)]
    return f"{kind.brands[shelf]} {noun} {SPECS[(model + shelf) % len(SPECS)]}"


def _stores(customers: int) -> pl.DataFrame:
    """One row per store: store_id, store_name, city (its number), district, province, is_test."""
    count = min(max(FEWEST_STORES + customers // CUSTOMERS_PER_STORE, FEWEST_STORES), MOST_STORES)
    places = [(index % 20, index // 20) for index in range(count)]
    rows = [
        {
            "store_id": f"S{index + 1:03d}",
            "store_name": f"{CITIES[city].name[:-1]}{CITIES[city].districts[turn][:-1]}店",
            "province": CITIES[city].province,
            "city": CITIES[city].name,
            "city_number": city,
            "is_test": False,
        }
        for index, (city, turn) in enumerate(places)
    ]
    test = {
        "store_id": TEST_STORE_ID,
        "store_name": "测试门店",
        "province": CITIES[0].province,
        "city": CITIES[0].name,
        "city_number": 0,
        "is_test": True,
    }
    return pl.DataFrame([*rows, test])
