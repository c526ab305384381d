from pathlib import Path

import pytest
from customer_shop import shop_settings
from tag_shop import SOURCES, TagShop


@pytest.fixture
def shop(tmp_path: Path) -> TagShop:
    return TagShop(tmp_path, shop_settings(sources=SOURCES))
