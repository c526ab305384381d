"""YAML that people write: strict where YAML guesses, and told with its line where it is wrong, however wrong it is."""

from pathlib import Path

import pytest

from pipeline.errors import SettingsError
from pipeline.yaml_files import DEEPEST, read_yaml


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: 1\nb: 2\na: 3\n", "line 3: key 'a' is given twice. Keep one."),
        ("a:\n  b: {c: 1, c: 2}\n", "line 2: key 'c' is given twice. Keep one."),
        ("? [1, 2]\n: a\n", "line 1: a key must be a word"),
        ("a: [1\nb: 2\n", "line 2: not valid YAML. Check indentation and quotes."),
        ("a: *nobody\n", "line 1: not valid YAML. Check indentation and quotes."),
        ("a: !!python/object:os.system 1\n", "line 1: not valid YAML. Check indentation and quotes."),
        ("- a\n- b\n", "must be a mapping of keys to values"),
        ("a: \x00\n", "not valid YAML. Check indentation and quotes."),
        ("a: 2026-99-99\n", "not valid YAML. Check indentation and quotes."),
    ],
)
def test_what_is_wrong_and_where(text: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as error:
        read_yaml(path)
    assert str(error.value).removeprefix("mine.yaml").lstrip(",: ") == told


@pytest.mark.parametrize("sign", ["[", "{", "- ", "? ", "[\n", "{a: "])
@pytest.mark.parametrize("depth", [DEEPEST - 1, 40 * DEEPEST])
def test_nested_too_deep(sign: str, depth: int, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(sign * depth, encoding="utf-8")
    with pytest.raises(SettingsError):
        read_yaml(path)


def test_a_long_file_without_depth_is_read(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("values:\n" + "".join(f"  - {number}\n" for number in range(2 * DEEPEST)), encoding="utf-8")
    assert read_yaml(path) == {"values": list(range(2 * DEEPEST))}
