from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from churn_shop import END, ChurnShop, Finished, simulated_orders
from customer_shop import shop_settings


@pytest.fixture
def churn_shop(tmp_path: Path) -> Callable[..., ChurnShop]:
    """`churn_shop(as_of=…, churn={…})`: a shop in a folder of its own."""
    made: list[ChurnShop] = []

    def make(as_of: date = END, **sections: Any) -> ChurnShop:
        folder = tmp_path / f"shop{len(made)}"
        folder.mkdir()
        made.append(ChurnShop(folder, shop_settings(**sections), as_of))
        return made[-1]

    return make


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    shop = ChurnShop(tmp_path_factory.mktemp("finished"), shop_settings())
    told = simulated_orders(1500, 500)
    orders = shop.orders(told)
    features, facts = shop.features(orders), shop.facts(orders)
    return Finished(shop, told, orders, features, facts, shop.versions(features, facts))
