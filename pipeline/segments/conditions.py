"""The `where:` of a segment: read as SQL, checked word by word, and written anew as a safe boolean expression.

Nothing of the author's text reaches the engine. It is parsed; only columns of `customers` (tags: of their own table),
`as_of`, literals and the operators and functions listed here are known; every value has a kind that must fit; and
the expression is written again from what was understood. Which segments there are belongs to
`pipeline.segments.library`.
"""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NoReturn

import sqlglot
from sqlglot import TokenType, exp
from sqlglot.errors import SqlglotError

from pipeline.errors import SettingsError
from pipeline.schemas.catalog import TABLES
from pipeline.schemas.columns import ColumnSpec
from pipeline.segments.values import (
    COUNT_DIGITS,
    NUMBERS,
    Kind,
    Mismatch,
    Value,
    common_digits,
    comparable,
    date_literal,
    divided,
    expected,
    from_column,
    multiplied,
    number_literal,
    quoted_text,
    shifted,
)

MAX_LENGTH = 2000
TONIGHT = "as_of"

COMPARISONS: Mapping[type[exp.Expr], str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.LT: "<",
    exp.LTE: "<=",
}
CONNECTIVES: Mapping[type[exp.Expr], str] = {exp.And: "and", exp.Or: "or"}
FUNCTIONS: Mapping[type[exp.Expr], tuple[str, tuple[Kind, ...], Kind | None]] = {
    exp.Abs: ("abs", (Kind.WHOLE, Kind.NUMBER), None),
    exp.Lower: ("lower", (Kind.TEXT,), Kind.TEXT),
    exp.Upper: ("upper", (Kind.TEXT,), Kind.TEXT),
    exp.Length: ("length", (Kind.TEXT,), Kind.WHOLE),
    exp.Year: ("year", (Kind.DATE,), Kind.WHOLE),
    exp.Month: ("month", (Kind.DATE,), Kind.WHOLE),
}
"""Name, kinds it takes, kind it gives (None: the same)."""

KNOWN_PARTS = {"this", "expression", "expressions", "low", "high", "to", "is_string", "quoted", "typed", "safe"}
"""Parts of a parsed node that the compiler understands; any other part would silently change the meaning."""


@dataclass(frozen=True)
class Vocabulary:
    """What a condition may name: the columns of one table, and the parameter that holds the night's day."""

    table: str
    columns: Mapping[str, ColumnSpec]
    night: str = f"${TONIGHT}"


def columns_of(table: str) -> Vocabulary:
    """The vocabulary of conditions over a table of the catalogue."""
    return Vocabulary(table, {column.name: column for column in TABLES[table].columns})


CUSTOMERS = columns_of("customers")


@dataclass(frozen=True)
class Part:
    """One comparison within a condition, as its author wrote it, and the columns it names."""

    text: str
    sql: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Condition:
    """A boolean expression that is safe to run over its table, and the columns it names (`as_of` among them).

    `parts` are its comparisons, in the order in which they were written.
    """

    sql: str
    columns: tuple[str, ...]
    parts: tuple[Part, ...]


def compiled(where: str, name: str, vocabulary: Vocabulary = CUSTOMERS, kind: str = "segment") -> Condition:
    """The condition of one segment (or tag: `kind`). Raises SettingsError naming it and the nearest column.

    The expression takes one parameter, `$as_of`.
    """
    compiler, place = _Compiler(vocabulary), f"{kind} {name}"
    try:
        sql = compiler.truth(_parsed(where))
    except Mismatch as mistake:
        raise SettingsError(mistake.what, where=place, remedy=mistake.remedy) from mistake
    except RecursionError as error:
        raise SettingsError("is nested too deeply", where=place, remedy="Write it flatter.") from error
    return Condition(sql, tuple(sorted(compiler.columns)), tuple(dict.fromkeys(compiler.parts)))


def _parsed(where: str) -> exp.Expr:
    if len(where) > MAX_LENGTH:
        raise Mismatch(f"is longer than {MAX_LENGTH} characters", "Split it into two segments.")
    no_condition = Mismatch(
        "is not one condition", "Write a comparison such as recency_days >= 90, joined by and, or, not."
    )
    try:
        tree = sqlglot.parse_one(where, dialect="duckdb", into=exp.Condition)
        words = sqlglot.tokenize(where, dialect="duckdb")
    except (SqlglotError, ValueError) as error:
        raise no_condition from error
    if any(word.token_type is TokenType.SEMICOLON for word in words):
        raise no_condition
    if any(node.comments for node in tree.walk()):
        raise Mismatch("holds a comment", "Say it in `description:` instead.")
    return tree


class _Compiler:
    """Turns one parsed condition into values; remembers the columns it met."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.columns: set[str] = set()
        self.parts: list[Part] = []
        self._rules: dict[type[exp.Expr], Callable[[exp.Expr], Value]] = {
            exp.Paren: self._unwrapped,
            exp.Column: self._column,
            exp.Literal: self._literal,
            exp.Boolean: lambda node: Value(Kind.TRUTH, "true" if node.this else "false"),
            exp.Cast: self._date,
            exp.Not: lambda node: Value(Kind.TRUTH, f"(not {self.truth(node.this)})"),
            exp.Is: self._is,
            exp.In: self._in,
            exp.Between: self._between,
            exp.Like: self._like,
            exp.Coalesce: self._coalesce,
            exp.Neg: self._negated,
            exp.Add: lambda node: shifted("+", self.value(node.this), self.value(node.expression)),
            exp.Sub: lambda node: shifted("-", self.value(node.this), self.value(node.expression)),
            exp.Mul: lambda node: multiplied(self.value(node.this), self.value(node.expression)),
            exp.Div: lambda node: divided(self.value(node.this), self.value(node.expression)),
            **dict.fromkeys(COMPARISONS, self._comparison),
            **dict.fromkeys(CONNECTIVES, self._connective),
            **dict.fromkeys(FUNCTIONS, self._function),
        }

    def value(self, node: exp.Expr) -> Value:
        """What a node stands for; a node that is not on the list is refused."""
        rule = self._rules.get(type(node))
        unknown = {part for part, content in node.args.items() if content} - KNOWN_PARTS
        if rule is None or unknown:
            _refuse(node)
        return rule(node)

    def truth(self, node: exp.Expr) -> str:
        """The SQL of a node that must be true or false."""
        value = expected(self.value(node), Kind.TRUTH)
        self._note(node, value)
        return value.sql

    def _note(self, node: exp.Expr, value: Value) -> None:
        """Remember a node that joins no others: a part of the condition."""
        if not isinstance(node, exp.Paren | exp.Not | exp.And | exp.Or):
            columns = {column.name.lower() for column in node.find_all(exp.Column)}
            self.parts.append(Part(node.sql(dialect="duckdb"), value.sql, tuple(sorted(columns))))

    def _unwrapped(self, node: exp.Expr) -> Value:
        """What stands in brackets: a value, or a condition of its own."""
        value = self.value(node.this)
        if value.kind is Kind.TRUTH:
            self._note(node.this, value)
        return value

    def _column(self, node: exp.Expr) -> Value:
        name = node.name.lower()
        if name == TONIGHT:
            self.columns.add(name)
            return Value(Kind.DATE, f"cast({self.vocabulary.night} as date)")
        known, table = self.vocabulary.columns, self.vocabulary.table
        if name not in known:
            hint = _nearest(name, self.vocabulary, is_quoted=node.this.quoted)
            raise Mismatch(f"names {name}, which is no column of {table}", hint)
        self.columns.add(name)
        return from_column(known[name], table)

    @staticmethod
    def _literal(node: exp.Expr) -> Value:
        text = str(node.this)
        return Value(Kind.TEXT, quoted_text(text), literal=text) if node.is_string else number_literal(text)

    @staticmethod
    def _date(node: exp.Expr) -> Value:
        content = node.this
        if not (isinstance(content, exp.Literal) and content.is_string and node.args["to"].is_type("date")):
            _refuse(node)
        return date_literal(str(content.this))

    def _connective(self, node: exp.Expr) -> Value:
        word = CONNECTIVES[type(node)]
        return Value(Kind.TRUTH, f"({self.truth(node.this)} {word} {self.truth(node.expression)})")

    def _comparison(self, node: exp.Expr) -> Value:
        left, right = comparable(self.value(node.this), self.value(node.expression))
        return Value(Kind.TRUTH, f"({left.sql} {COMPARISONS[type(node)]} {right.sql})")

    def _is(self, node: exp.Expr) -> Value:
        left, right = self.value(node.this), node.expression
        if isinstance(right, exp.Null):
            return Value(Kind.TRUTH, f"({left.sql} is null)")
        if not isinstance(right, exp.Boolean):
            _refuse(node)
        return Value(Kind.TRUTH, f"({expected(left, Kind.TRUTH).sql} is {'true' if right.this else 'false'})")

    def _in(self, node: exp.Expr) -> Value:
        if not node.expressions:
            _refuse(node)
        left = self.value(node.this)
        choices = [comparable(left, self.value(choice))[1].sql for choice in node.expressions]
        return Value(Kind.TRUTH, f"({left.sql} in ({', '.join(choices)}))")

    def _between(self, node: exp.Expr) -> Value:
        left = self.value(node.this)
        low, high = (comparable(left, self.value(node.args[end]))[1].sql for end in ("low", "high"))
        return Value(Kind.TRUTH, f"({left.sql} between {low} and {high})")

    def _like(self, node: exp.Expr) -> Value:
        left, pattern = self.value(node.this), self.value(node.expression)
        return Value(Kind.TRUTH, f"({expected(left, Kind.TEXT).sql} like {expected(pattern, Kind.TEXT).sql})")

    def _coalesce(self, node: exp.Expr) -> Value:
        first = self.value(node.this)
        rest = [comparable(first, self.value(other))[1] for other in node.expressions]
        kind = Kind.NUMBER if Kind.NUMBER in {value.kind for value in rest} else first.kind
        digits = common_digits((first, *rest))
        floats = digits is None and first.kind in NUMBERS
        parts = ", ".join(value.floating if floats else value.sql for value in (first, *rest))
        return Value(kind, f"coalesce({parts})", digits=digits)

    def _negated(self, node: exp.Expr) -> Value:
        value = expected(self.value(node.this), Kind.WHOLE, Kind.NUMBER)
        return Value(value.kind, f"(-{value.sql})", digits=value.digits)

    def _function(self, node: exp.Expr) -> Value:
        name, takes, gives = FUNCTIONS[type(node)]
        value = expected(self.value(node.this), *takes)
        digits = value.digits if gives is None else (COUNT_DIGITS, 0) if gives is Kind.WHOLE else None
        return Value(gives or value.kind, f"{name}({value.sql})", digits=digits)


def _nearest(name: str, vocabulary: Vocabulary, *, is_quoted: bool) -> str:
    near = difflib.get_close_matches(name, [*vocabulary.columns, TONIGHT], n=1, cutoff=0.5)
    if near:
        return f"Did you mean {near[0]}?"
    return "Text stands in 'single quotes'." if is_quoted else f"See `{vocabulary.table}` in docs/data-dictionary.md."


def _refuse(node: exp.Expr) -> NoReturn:
    if isinstance(node, exp.Null):
        raise Mismatch("compares with null, which is never true", "Write `is null` or `is not null`.")
    if node.find(exp.Query) is not None:
        raise Mismatch("asks a table", "A condition sees one row and its columns, no other table and no other row.")
    name = node.sql(dialect="duckdb").partition("(")[0].strip().lower()
    if isinstance(node, exp.AggFunc):
        raise Mismatch(
            f"computes {name} over many rows", "A condition sees one row; name a column, such as net_amount."
        )
    if isinstance(node, exp.DateDiff):
        raise Mismatch(f"calls {name}, which conditions do not know", "Subtract, as in as_of - last_order_on > 30.")
    raise Mismatch(
        f"uses {name if isinstance(node, exp.Func) else type(node).__name__.lower()} in a way that conditions do not"
        " know",
        "They know columns, as_of, text, numbers, dates, = <> < <= > >= and or not in between like"
        " is null + - * / and coalesce abs lower upper length year month.",
    )
