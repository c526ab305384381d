"""Secondary suppression in two-way tables: no hidden count can be worked out from the others, rows, columns or totals.

A cell is safe when the counts that agree with everything told let it range over at least `least` (whole numbers,
none negative, anything known but the hidden cells). Rows and columns with one hidden cell fail that, cells that hang
together by a single row or column do, and so do groups of hidden cells that together hold few people.

How far a cell can move is a pair of maximum flows: taking one from a cell of a row must be made good in its column,
and so on round a cycle of hidden cells (D. Gusfield, A graph theoretic approach to statistical data security, SIAM
J. Comput. 17(3), 1988; L. H. Cox, Network models for complementary cell suppression, JASA 90(432), 1995). Where the
flow is too small the cheapest path over told cells is hidden as well. Zeros stay told: they cannot fall, so hiding them
would protect little. Totals are cells like others, and go last. Parts of one total belong to `small_cells`.
"""

import heapq
from collections.abc import Iterator, Sequence

Place = tuple[int, int]
Node = tuple[bool, int]
"""(is a row, its number)."""


def with_totals(counts: Sequence[Sequence[int]]) -> list[list[int]]:
    """The table with a last column and a last row of totals."""
    rows = [[*row, sum(row)] for row in counts]
    return [*rows, [sum(column) for column in zip(*rows, strict=True)]]


def hidden_two_way(counts: Sequence[Sequence[int]], least: int) -> list[list[bool]]:
    """Which cells are hidden, totals included: shape (rows + 1) x (columns + 1).

    Hidden are counts from 1 to `least` - 1 wherever they stand, and what else it takes. A table whose grand total is
    small is hidden as a whole. Same counts, same answer.
    """
    table = with_totals(counts)
    if table[-1][-1] < least:
        return [[count > 0 for count in row] for row in table]
    pattern = _Pattern(table, least)
    pattern.protect()
    return [[(row, column) in pattern.hidden for column in range(len(table[0]))] for row in range(len(table))]


class _Pattern:
    """A table with its totals, and the cells hidden so far."""

    def __init__(self, table: Sequence[Sequence[int]], least: int) -> None:
        self.least, self.last = least, (len(table) - 1, len(table[0]) - 1)
        self.value = {(i, j): count for i, row in enumerate(table) for j, count in enumerate(row) if count > 0}
        self.whole = table[-1][-1]
        self.hidden = {place for place, count in self.value.items() if count < least}

    def protect(self) -> None:
        """Hide more until every hidden cell is safe. Hiding more never makes a safe cell unsafe."""
        waiting = sorted(self.hidden)
        while waiting:
            place = waiting.pop(0)
            while not self._is_safe(place):
                more = self._cheapest(place)
                if not more:
                    self.hidden = set(self.value)
                    return
                self.hidden |= more
                waiting += sorted(more)

    def _is_total(self, place: Place) -> bool:
        """Whether it stands against its row and column with the other sign; the grand total does not."""
        return (place[0] == self.last[0]) != (place[1] == self.last[1])

    def _room(self, place: Place, moved: int, *, is_up: bool) -> int:
        """How much further a cell may go; totals count with a minus, so theirs is the other way round."""
        if is_up == self._is_total(place):
            return self.value[place] - moved if is_up else self.value[place] + moved
        return self.whole

    def _is_safe(self, place: Place) -> bool:
        """Whether the cell ranges over `least` or more."""
        row, column = (True, place[0]), (False, place[1])
        up = self._flow(row, column, place, min(self.least, self._room(place, 0, is_up=True)))
        rest = self.least - up
        return rest <= 0 or self._flow(column, row, place, min(rest, self._room(place, 0, is_up=False))) >= rest

    def _flow(self, start: Node, end: Node, besides: Place, goal: int) -> int:
        """The largest flow over hidden cells but `besides`, up to `goal`."""
        moved = dict.fromkeys(self.hidden - {besides}, 0)
        total = 0
        while total < goal:
            path = self._path(start, end, moved, {})
            if path is None:
                break
            step = min(goal - total, *(self._room(cell, moved[cell], is_up=is_up) for cell, is_up in path))
            for cell, is_up in path:
                moved[cell] += step if is_up else -step
            total += step
        return total

    def _cheapest(self, place: Place) -> set[Place]:
        """Told cells that make one more way for this cell, at least cost; none where there is no way."""
        row, column = (True, place[0]), (False, place[1])
        found: list[tuple[int, list[Place]]] = []
        for start, end in ((row, column), (column, row)):
            if self._room(place, 0, is_up=start[0]) == 0:
                continue
            moved = dict.fromkeys(self.value.keys() - {place}, 0)
            costs = {cell: self._cost(cell) for cell in moved if cell not in self.hidden}
            for path in self._paths(start, end, moved, costs):
                more = sorted(cell for cell, _ in path if cell not in self.hidden)
                if more:
                    found.append((sum(costs[cell] for cell in more), more))
                    break
        return set(min(found)[1]) if found else set()

    def _paths(
        self, start: Node, end: Node, moved: dict[Place, int], costs: dict[Place, int]
    ) -> Iterator[list[tuple[Place, bool]]]:
        """Ways in the order of their cost, each used up before the next."""
        while (path := self._path(start, end, moved, costs)) is not None:
            yield path
            step = min(self._room(cell, moved[cell], is_up=is_up) for cell, is_up in path)
            for cell, is_up in path:
                moved[cell] += step if is_up else -step

    def _cost(self, cell: Place) -> int:
        """People whose figure is lost; totals are dearer than all cells together, the grand total dearest."""
        if cell == self.last:
            return self.whole * 1000
        return self.value[cell] + (self.whole * 2 if self._is_total(cell) else 0)

    def _path(
        self, start: Node, end: Node, moved: dict[Place, int], costs: dict[Place, int]
    ) -> list[tuple[Place, bool]] | None:
        """The cheapest way (then the shortest) from a row to a column or back over the cells of `moved`.

        A step out of a row lowers a cell, one out of a column raises it.
        """
        beside: dict[Node, list[Place]] = {}
        for cell in sorted(moved):
            beside.setdefault((True, cell[0]), []).append(cell)
            beside.setdefault((False, cell[1]), []).append(cell)
        best: dict[Node, tuple[int, int]] = {start: (0, 0)}
        came: dict[Node, tuple[Node, Place]] = {}
        waiting: list[tuple[int, int, Node]] = [(0, 0, start)]
        while waiting:
            cost, steps, node = heapq.heappop(waiting)
            if node == end:
                return _walked(came, start, end)
            for cell in beside.get(node, ()):
                following = (False, cell[1]) if node[0] else (True, cell[0])
                reached = (cost + costs.get(cell, 0), steps + 1)
                if self._room(cell, moved[cell], is_up=not node[0]) > 0 and reached < best.get(
                    following, (reached[0] + 1, 0)
                ):
                    best[following], came[following] = reached, (node, cell)
                    heapq.heappush(waiting, (*reached, following))
        return None


def _walked(came: dict[Node, tuple[Node, Place]], start: Node, end: Node) -> list[tuple[Place, bool]]:
    """The cells of a way, each with whether it is raised."""
    path: list[tuple[Place, bool]] = []
    node = end
    while node != start:
        node, cell = came[node]
        path.append((cell, not node[0]))
    return path[::-1]
