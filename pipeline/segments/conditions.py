"""The `where:` of a segment: read as SQL, checked word by word, and written anew as a safe boolean expression.

Nothing of the author's text reaches the engine. It is parsed; only columns of `customers`, `as_of`, literals and
the operators and functions listed here are known; every value has a kind that must fit; and the expression is
written again from what was understood. Which segments there are belongs to `pipeline.segments.library`.
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
from pipeline.segments.values import (
    Kind,
    Mismatch,
    Value,
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
COLUMNS = {column.name: column for column in TABLES["customers"].columns}

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
class Condition:
    """A boolean expression that is safe to run over `customers`, and the columns it names (`as_of` among them)."""

    sql: str
    columns: tuple[str, ...]


def compiled(where: str, segment: str) -> Condition:
    """The condition of one segment. Raises SettingsError naming the segment, what is wrong and the nearest column.

    The expression takes one parameter, `$as_of`.
    """
    compiler = _Compiler()
    try:
        value = expected(compiler.value(_parsed(where)), Kind.TRUTH)
    except Mismatch as mistake:
        raise SettingsError(mistake.what, where=f"segment {segment}", remedy=mistake.remedy) from mistake
    except RecursionError as error:
        raise SettingsError("is nested too deeply", where=f"segment {segment}", remedy="Write it flatter.") from error
    return Condition(value.sql, tuple(sorted(compiler.columns)))


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

    def __init__(self) -> None:
        self.columns: set[str] = set()
        self._rules: dict[type[exp.Expr], Callable[[exp.Expr], Value]] = {
            exp.Paren: lambda node: self.value(node.this),
            exp.Column: self._column,
            exp.Literal: self._literal,
            exp.Boolean: lambda node: Value(Kind.TRUTH, "true" if node.this else "false"),
            exp.Cast: self._date,
            exp.Not: lambda node: Value(Kind.TRUTH, f"(not {self._truth(node.this)})"),
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

    def _truth(self, node: exp.Expr) -> str:
        return expected(self.value(node), Kind.TRUTH).sql

    def _column(self, node: exp.Expr) -> Value:
        name = node.name.lower()
        if name == TONIGHT:
            self.columns.add(name)
            return Value(Kind.DATE, "cast($as_of as date)")
        if name not in COLUMNS:
            raise Mismatch(f"names {name}, which is no column of customers", _nearest(name, is_quoted=node.this.quoted))
        self.columns.add(name)
        return from_column(COLUMNS[name])

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
        return Value(Kind.TRUTH, f"({self._truth(node.this)} {word} {self._truth(node.expression)})")

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
        return Value(kind, f"coalesce({', '.join(value.sql for value in (first, *rest))})")

    def _negated(self, node: exp.Expr) -> Value:
        value = expected(self.value(node.this), Kind.WHOLE, Kind.NUMBER)
        return Value(value.kind, f"(-{value.sql})")

    def _function(self, node: exp.Expr) -> Value:
        name, takes, gives = FUNCTIONS[type(node)]
        value = expected(self.value(node.this), *takes)
        return Value(gives or value.kind, f"{name}({value.sql})")


def _nearest(name: str, *, is_quoted: bool) -> str:
    near = difflib.get_close_matches(name, [*COLUMNS, TONIGHT], n=1, cutoff=0.5)
    if near:
        return f"Did you mean {near[0]}?"
    return "Text stands in 'single quotes'." if is_quoted else "See `customers` in docs/data-dictionary.md."


def _refuse(node: exp.Expr) -> NoReturn:
    if isinstance(node, exp.Null):
        raise Mismatch("compares with null, which is never true", "Write `is null` or `is not null`.")
    raise Mismatch(
        f"uses {type(node).__name__.lower()} in a way that conditions do not know",
        "They know the columns of customers, as_of, text, numbers, dates, = <> < <= > >= and or not in between like"
        " is null + - * / and coalesce abs lower upper length year month.",
    )
