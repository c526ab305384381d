"""What a name shows: a whole name, a part of one, or nothing that could tell one person from another.

`张伟` is full; `张*`, `*伟` and `张女士` are masked: they show a head or a tail; nicknames, platform defaults and
masked accounts are other and speak neither for nor against a join. Whether two names may belong to one person
is `are_compatible`. Joining profiles does not belong here.
"""

import polars as pl

from pipeline.identity.characters import simplified
from pipeline.identity.surnames import COMPOUND, SINGLE

HAN = r"\p{Han}"
_ONE, _TWO = f"[{SINGLE}]", f"(?:{'|'.join(COMPOUND)})"
SURNAME = f"(?:{_TWO}|{_ONE})"
TITLE = "(?:先生|女士|小姐|太太|夫人|总|经理|老师|老板|阿姨|大姐|大哥|姐|哥)"
FULL_HAN = f"^(?:{_ONE}{HAN}{{1,2}}|{_TWO}{HAN}{{1,2}}|{_ONE}{_ONE}{HAN}{{2}}|{HAN}{{2,8}}·{HAN}{{2,8}})$"
FULL_WORDS = r"^[\p{L}--\p{Han}][\p{L}'’.\-]*(?: [\p{L}'’.\-]+)+$"
NOT_A_NAME = (
    "^(?:微信用户|京东用户|淘宝用户|抖音用户|支付宝用户|拼多多用户|小红书用户|平台用户|和平使者|安全出行|平安是福)$"
)
MASKED = f"^({SURNAME}{HAN}?)?\\*+({HAN}{{0,2}}?){TITLE}?$"
TITLED = f"^({SURNAME}){TITLE}$"
SHOWN = ("name_class", "name_key", "name_head", "name_tail")


def folded_name(name: pl.Expr) -> pl.Expr:
    """A name as it is compared: NFKC, one case, one blank between words, none beside Chinese characters."""
    text = name.str.normalize("NFKC").str.to_lowercase().str.replace_all("[•・‧∙⋅]", "·").str.strip_chars()
    text = text.str.replace_all(r"\s+", " ")
    return pl.when(text.str.contains(HAN)).then(text.str.replace_all(" ", "", literal=True)).otherwise(text)


def read_names(names: pl.DataFrame, column: str) -> pl.DataFrame:
    """Add name_class, name_key, name_head and name_tail: what the name in `column` shows.

    Every distinct name is read once, in simplified characters (張偉 is 张伟). Only full names have a name_key; other
    names have nothing at all.
    """
    distinct = names.select(pl.col(column).drop_nulls().unique())
    return names.join(_shown(distinct, column), on=column, how="left", maintain_order="left")


def _shown(distinct: pl.DataFrame, column: str) -> pl.DataFrame:
    text = pl.col("folded")
    folded = simplified(distinct.select(folded_name(pl.col(column))).to_series())
    named = distinct.with_columns(folded=folded).with_columns(
        is_titled=text.str.contains(TITLED),
        masked=text.str.extract_groups(MASKED),
    )
    parts = named.select(
        column,
        "folded",
        head=pl.when("is_titled").then(text.str.extract(TITLED)).otherwise(pl.col("masked").struct.field("1")),
        tail=pl.when(~pl.col("is_titled")).then(pl.col("masked").struct.field("2")),
        is_full=(text.str.contains(FULL_HAN) | text.str.contains(FULL_WORDS))
        & ~text.str.contains(NOT_A_NAME)
        & ~pl.col("is_titled"),
    ).with_columns(pl.col("head", "tail").fill_null(""))
    is_masked = ~pl.col("is_full") & ((pl.col("head") != "") | (pl.col("tail") != ""))
    return parts.select(
        column,
        name_class=pl.when("is_full")
        .then(pl.lit("full"))
        .when(is_masked)
        .then(pl.lit("masked"))
        .otherwise(pl.lit("other")),
        name_key=pl.when("is_full").then("folded"),
        name_head=pl.when("is_full").then("folded").when(is_masked).then("head"),
        name_tail=pl.when("is_full").then("folded").when(is_masked).then("tail"),
    )


def are_compatible(left: str = "", right: str = "_right") -> pl.Expr:
    """Whether two names (columns with these suffixes) show that they may be one; null or nothing shown: false.

    Two full names must be equal. A masked name must agree with every character the other shows, and at least
    one character must be shown by both.
    """
    full_left, full_right = (pl.col(f"name_class{side}") == "full" for side in (left, right))
    both_full = full_left & full_right
    equal = pl.col(f"name_key{left}") == pl.col(f"name_key{right}")
    return pl.when(both_full).then(equal).otherwise(_agree(left, right)).fill_null(value=False)


def _agree(left: str, right: str) -> pl.Expr:
    heads = [pl.col(f"name_head{side}") for side in (left, right)]
    tails = [pl.col(f"name_tail{side}") for side in (left, right)]
    heads_agree = heads[0].str.starts_with(heads[1]) | heads[1].str.starts_with(heads[0])
    tails_agree = tails[0].str.ends_with(tails[1]) | tails[1].str.ends_with(tails[0])
    shared = ((heads[0] != "") & (heads[1] != "")) | ((tails[0] != "") & (tails[1] != ""))
    return heads_agree & tails_agree & shared & _has_room(left, right) & _has_room(right, left)


def _has_room(masked: str, full: str) -> pl.Expr:
    """A mask hides at least one character: 张*伟 cannot be 张伟."""
    shown = pl.col(f"name_head{masked}").str.len_chars() + pl.col(f"name_tail{masked}").str.len_chars()
    return (pl.col(f"name_class{full}") != "full") | (shown < pl.col(f"name_key{full}").str.len_chars())
