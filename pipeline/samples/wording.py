"""How the exports write money, times, names and phones: expressions only.

Money comes as whole fen. Which report writes which way does not belong here.
"""

import polars as pl

FEN = pl.Decimal(18, 2)
DAY_SECONDS = 86_400


def yuan(fen: pl.Expr) -> pl.Expr:
    """`1299.00`."""
    return (fen.cast(FEN) * pl.lit("0.01").cast(FEN)).cast(FEN).cast(pl.String)


def grouped(fen: pl.Expr) -> pl.Expr:
    """`1,299.00`, up to a thousand million."""
    thousands = yuan(fen).str.replace(r"^(-?\d+)(\d{3})(\.\d\d)$", "${1},${2}${3}")
    return thousands.str.replace(r"^(-?\d+)(\d{3}),", "${1},${2},")


def moment(at: pl.Expr) -> pl.Expr:
    """`2026-09-01 14:05:33`."""
    return at.dt.strftime("%Y-%m-%d %H:%M:%S")


def slashed(at: pl.Expr) -> pl.Expr:
    """`2026/9/1 14:05`, as a spreadsheet program saves it."""
    return at.dt.strftime("%Y/%-m/%-d %H:%M")


def seconds_later(at: pl.Expr, seconds: pl.Expr) -> pl.Expr:
    """A moment and some whole seconds."""
    return at + pl.duration(seconds=seconds.cast(pl.Int64))


def masked_phone(phone: pl.Expr) -> pl.Expr:
    """`138****5678`."""
    return phone.str.slice(0, 3) + "****" + phone.str.slice(7, 4)


def masked_name(name: pl.Expr) -> pl.Expr:
    """`张**`."""
    return name.str.slice(0, 1) + "**"


def text(value: pl.Expr) -> pl.Expr:
    """A whole number as text."""
    return value.cast(pl.String)


def chosen(index: pl.Expr, words: tuple[str | None, ...]) -> pl.Expr:
    """The word at a position."""
    return index.replace_strict(list(range(len(words))), list(words), default=None, return_dtype=pl.String)
