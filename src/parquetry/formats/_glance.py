"""
Lines of CSV seen to be sound at a glance: without taking them apart, as those of most files are.

What is not seen to be sound need not be wrong; `_outside` then takes it apart, at a fifth of the speed.
"""

from __future__ import annotations

from parquetry.formats._quotes import Signs

_MOST = 2**17
_ONES = int.from_bytes(b"\1" * _MOST, "little")
_TWOS = _ONES << 1


class Glance:
    """Looks at lines of *width* values under the same *signs*."""

    def __init__(self, signs: Signs, width: int) -> None:
        self._signs, self._width = signs, width
        table = bytearray(256)
        for sign in b"\r\n" + signs.delimiter:
            table[sign] = 2
        for sign in signs.quote:
            table[sign] = 1
        self._table = bytes(table)
        self._neither = bytes(set(range(256)) - {*signs.quote, 10})

    def sound(self, data: bytes) -> bool:
        """
        Whether *data*, which begins a line, is whole lines that end alike, none of them blank, each a record.

        Of what DuckDB refuses by itself, some pass: too few values, and text behind a quote that closes.
        """
        ends, quote = self._signs.ends, self._signs.quote
        lines = data.count(b"\n")
        if ends == b"\n":
            if b"\r" in data:
                return False
        elif not lines == data.count(b"\r\n") == data.count(b"\r"):
            return False
        if not self._wide(data, lines + (not data.endswith(b"\n"))):
            return False
        return not quote or quote not in data or self._quotes(data)

    def _wide(self, data: bytes, lines: int) -> bool:
        """
        No line is blank, and none has more values than it should.

        DuckDB skips the one, and takes the other if they are empty; a line that is too short it refuses.
        So the delimiters of all lines together tell, if there is none in a quoted value.
        """
        ends, (delimiter, quote) = self._signs.ends, (self._signs.delimiter, self._signs.quote)
        if self._width > 1 and data.count(delimiter) == lines * (self._width - 1):
            return True
        if data[0] in b"\r\n" or b"\n" + ends in data:
            return False
        if not quote or quote not in data or not data.endswith(b"\n"):
            return self._width == 1 and delimiter not in data
        return delimiter + ends not in data and delimiter + quote * 2 + ends not in data

    def _quotes(self, data: bytes) -> bool:
        """
        Every line has an even number of quotes; each opens a value or closes one, and as many do the one as the other.

        A line end is the end of a record then. A quote that is text would have to look like one that closes,
        and one that closes like one that opens, which text follows.
        """
        doubled = self._signs.quote * 2
        if len(data) > _MOST or not data.endswith(b"\n") or len(self._signs.delimiter) > 1:
            return False
        if self._signs.quote in data.translate(None, self._neither).replace(doubled, b""):
            return False
        # A byte each: 1 for a quote, 2 for what may stand beside one. The number's low end is the beginning.
        seen = int.from_bytes(data.translate(self._table), "little")
        quotes, beside = seen & _ONES, seen & _TWOS
        opening = quotes & ((beside << 7) | 1)
        closing = quotes & (beside >> 9)
        return opening ^ closing == quotes and opening.bit_count() == closing.bit_count()
