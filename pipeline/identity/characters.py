"""Chinese characters of names in one script and as sounds, for comparison only: 張偉 and 张伟, 王晓明 and 王小明.

Dictionaries: OpenCC (traditional to simplified) and pypinyin (Mandarin readings, without tones). Each distinct
character is looked up once, whatever the number of names.
"""

import os
from collections.abc import Callable
from functools import cache

import polars as pl
from opencc import OpenCC

HAN = r"\p{Han}"
SYLLABLE_END = " "


@cache
def _to_simplified() -> OpenCC:
    return OpenCC("t2s")


@cache
def _simple(character: str) -> str:
    return str(_to_simplified().convert(character))


@cache
def _sound(character: str) -> str:
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "yes")  # readings of words: never asked for, and long to load
    from pypinyin import Style, lazy_pinyin  # noqa: PLC0415 (only the night needs it, and every command would load it)

    return str(lazy_pinyin(character, style=Style.NORMAL)[0]) + SYLLABLE_END


def simplified(texts: pl.Series) -> pl.Series:
    """Texts with every traditional character in its simplified form, character by character."""
    return _replaced(texts, _simple)


def sounds(texts: pl.Series) -> pl.Series:
    """Texts with every Chinese character as its syllable: 王小明 is `wang xiao ming`.

    Characters of several readings (单, 乐) get their commonest one, so equal names always sound equal.
    """
    return _replaced(texts, _sound).str.strip_chars(SYLLABLE_END)


def _replaced(texts: pl.Series, look_up: Callable[[str], str]) -> pl.Series:
    distinct = texts.drop_nulls().str.extract_all(HAN).explode(empty_as_null=True).drop_nulls().unique().sort()
    pairs = [(one, look_up(one)) for one in distinct.to_list()]
    changed = [(one, other) for one, other in pairs if one != other]
    if not changed:
        return texts
    return texts.str.replace_many([one for one, _ in changed], [other for _, other in changed])
