"""Which marks of a delimited text stand inside quotes, chunk by chunk, and whether the quotes are well formed.

Knows quotes only; records are put together in `records`.
"""

import numpy as np

QUOTE = 34
WINDOW = 4096


class BrokenQuotesError(Exception):
    """Quotes do not pair by the rules of RFC 4180; `position` is the first offending byte."""

    def __init__(self, position: int) -> None:
        self.position = position
        super().__init__(f"broken quotes at byte {position}")


class QuoteState:
    """Follows the quotes of one text through its chunks.

    A quote opens a cell where the cell begins with it; it closes the cell where a delimiter, a line end, the end
    of the text or another quote follows. Any other quote outside a quoted cell is an ordinary character.
    """

    def __init__(self, data: np.ndarray[tuple[int], np.dtype[np.uint8]], delimiter: int) -> None:
        self._data = data
        self._border = np.zeros(256, np.bool_)
        self._border[[10, 13, delimiter]] = True
        self._is_open = False
        self._last_literal = -2

    def inside(
        self, places: np.ndarray[tuple[int], np.dtype[np.int64]], kinds: np.ndarray[tuple[int], np.dtype[np.uint8]]
    ) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Whether each mark of the next chunk stands inside quotes (quotes themselves: no meaning)."""
        is_quote = kinds == QUOTE
        if not is_quote.any():
            return np.full(len(places), self._is_open)
        was_open = self._is_open
        is_quote[is_quote] = self._structural(places[is_quote])
        return np.logical_xor.accumulate(is_quote) ^ was_open

    def close(self) -> None:
        """End of the text."""
        if self._is_open:
            raise BrokenQuotesError(len(self._data))

    def _structural(
        self, quotes: np.ndarray[tuple[int], np.dtype[np.int64]]
    ) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """False for quotes that are ordinary characters. A window ends early at each of those."""
        data, last = self._data, len(self._data) - 1
        before, after = data[np.maximum(quotes - 1, 0)], data[np.minimum(quotes + 1, last)]
        may_open = self._border[before] | (before == QUOTE) | (quotes == 0)
        may_close = self._border[after] | (after == QUOTE) | (quotes == last)
        structural = np.ones(len(quotes), np.bool_)
        done = 0
        while done < len(quotes):
            window = slice(done, done + WINDOW)
            opens = (np.arange(len(quotes[window])) + self._is_open) % 2 == 0
            fits = np.where(opens, may_open[window], may_close[window])
            if not self._is_open and self._last_literal == quotes[done] - 1:
                fits[0] = False  # the quote before it was an ordinary character, so no cell begins here
            if fits.all():
                self._is_open ^= len(fits) % 2 == 1
                done += len(fits)
                continue
            odd_one = int(np.argmin(fits))
            if not opens[odd_one]:
                raise BrokenQuotesError(int(quotes[done + odd_one]))
            structural[done + odd_one] = False
            self._is_open = False
            self._last_literal = int(quotes[done + odd_one])
            done += odd_one + 1
        return structural
