"""docs/settings.md names every setting with its default."""

import re
from collections.abc import Iterator
from datetime import time
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from pipeline.settings import Settings

PAGE = Path(__file__).parents[1] / "docs" / "settings.md"
ROW = re.compile(r"^\| `([a-z0-9_.]+)` \| (.+?) \| .+ \|$", re.MULTILINE)
IN_WORDS = {"none", "–", "that of the format", "that of the retailer", "the only one with the order", "the name"}


def leaves(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, field in model.model_fields.items():
        inner = next(
            (part for part in (field.annotation, *get_args(field.annotation))
             if isinstance(part, type) and issubclass(part, BaseModel)), None,
        )  # fmt: skip
        if inner is None:
            yield f"{prefix}{name}", field.get_default(call_default_factory=True)
        else:
            yield from leaves(inner, f"{prefix}{name}.")


def written(default: Any) -> str | None:
    """A default as the page writes it; None where it says it in words."""
    if default in (None, "", (), {}) or default is PydanticUndefined:
        return None
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, tuple):
        return f"[{', '.join(str(written(part)) for part in default)}]"
    return default.strftime("%H:%M") if isinstance(default, time) else str(default)


TOLD = dict(ROW.findall(PAGE.read_text(encoding="utf-8")))


@pytest.mark.parametrize(("key", "default"), list(leaves(Settings)))
def test_a_setting_is_told_with_its_default(key: str, default: Any) -> None:
    text = written(default)
    assert key in TOLD
    assert TOLD[key] in IN_WORDS if text is None else TOLD[key] == f"`{text}`"


def test_the_page_tells_no_setting_that_does_not_exist() -> None:
    assert set(TOLD) - {key for key, _ in leaves(Settings)} == set()
