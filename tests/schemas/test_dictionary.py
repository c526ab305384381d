"""The data dictionary in docs/ says what the contracts say tonight."""

from pathlib import Path

from pipeline.schemas.catalog import TABLES
from pipeline.schemas.dictionary import LAYER_TEXTS, dictionary, main
from pipeline.schemas.tables import LAYERS

PAGE = Path(__file__).parents[2] / "docs" / "data-dictionary.md"


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == dictionary(), "run `make docs`"


def test_every_table_and_layer_is_described() -> None:
    text = dictionary()
    assert set(LAYER_TEXTS) == set(LAYERS)
    for name, spec in TABLES.items():
        assert f"\n### {name}{' (published)' if spec.published else ''}\n\n{spec.grain}\n" in text


def test_a_column_tells_type_emptiness_meaning_and_values() -> None:
    assert (
        "| `customer_id` | text | – | The person: opaque, never reused, stable through every rebuild. |" in dictionary()
    )
    assert (
        "| `r_score` | whole number | yes | Recency score, 5 = best; null = not ranked. *(≥ 1; ≤ 5)* |" in dictionary()
    )
    assert "*(one of `entered`, `left`)*" in dictionary()


def test_the_command_writes_the_page(tmp_path: Path) -> None:
    main([str(tmp_path / "page.md")])
    assert (tmp_path / "page.md").read_text(encoding="utf-8") == dictionary()
