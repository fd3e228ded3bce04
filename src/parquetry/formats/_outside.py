"""
What of a CSV stands outside of quotes: how many records there are, and whether every quote is in its place.

Nothing here asks DuckDB. A newline is the end of a record if an even number of quotes stands before it, so
splitting at quotes leaves, in every second piece, what is outside; all of it at the speed of memory.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from parquetry.formats import _quotes
from parquetry.formats._glance import Glance
from parquetry.formats._lines import Lines
from parquetry.formats._place import Plain
from parquetry.formats.content import opened

_PIECE = 2**20  # no piece is longer by more than a line


@dataclass(slots=True)
class Outside:
    """
    The count so far: `take` each piece of the file in turn, then `end`.

    Attributes:
        signs: Its delimiter, quote and ends of lines.
        width: Values in its header, and so in every record.
        limit: Bytes of a record, above which a quote is taken to be open.
        records: Line ends outside of quotes.
        longest: At least the bytes of the longest record, and at most two pieces more.
    """

    plain: Plain
    signs: _quotes.Signs
    width: int
    limit: int
    records: int = 0
    longest: int = 0
    _glance: Glance = field(init=False)
    _inside: bool = False
    _ended: bool = True
    _after: int = 0
    # The piece in which the record that is open began, and whether a quoted value was open before it.
    _since: int = 0
    _since_inside: bool = False
    # Where the records begin that are being counted, and delimiters they have beyond what they should.
    _whole: int = 0
    _surplus: int = 0

    def __post_init__(self) -> None:
        self._glance = Glance(self.signs, self.width)

    def take(self, piece: Lines) -> None:
        """
        The next lines.

        Raises:
            BadInput: A blank line, ends of lines that differ, a quote where none may be, or one that does not end.
        """
        data = piece.data
        if not self._inside and self._glance.sound(data):
            found, inside = data.count(b"\n"), False
        else:
            outside, inside = self._split(data)
            if not self._sound(outside):
                at, says = _quotes.fault(data, self.signs, inside=self._inside)
                raise self.plain.wrong(says, piece.byte + at)
            found = outside.count(b"\n")
            self._require_width(piece, outside, found + (not inside and not data.endswith(b"\n")), inside=inside)
        self._after = piece.byte + len(piece.data)
        self.longest = max(self.longest, self._after - self._since)
        if found:
            self._since, self._since_inside = piece.byte, self._inside
        self.records += found
        self._inside, self._ended = inside, piece.data.endswith(b"\n")
        if self.longest > self.limit + 2 * _PIECE:
            raise self._unclosed(f"a record of more than {self.limit:,} bytes")

    def end(self) -> int:
        """
        All records, the header among them.

        Raises:
            BadInput: A quote is not closed.
        """
        if self._inside:
            raise self._unclosed("a quoted value begins here and does not end")
        return self.records + (not self._ended)

    def _require_width(self, piece: Lines, outside: bytes, records: int, *, inside: bool) -> None:
        """
        Raises where there are more values than there should be: DuckDB leaves them out if they are empty.

        What is counted is the surplus since all records were whole, since a piece may end within one.
        """
        if not self._inside:
            self._whole, self._surplus = piece.byte, 0
        self._surplus += outside.count(self.signs.delimiter) - records * (self.width - 1)
        if inside or not self._surplus:
            return
        with opened(self.plain.path, self.plain.name) as file:
            file.seek(self._whole)
            data = file.read(piece.byte + len(piece.data) - self._whole)
        for at, width in _quotes.widths(data, self.signs):
            if width != self.width:
                raise self.plain.wrong(f"{width} values, and the header has {self.width}", self._whole + at)

    def _split(self, data: bytes) -> tuple[bytes, bool]:
        """What is outside, each quoted run as one quote, and whether a run is open at the end."""
        quote = self.signs.quote
        if not quote or quote not in data:
            return (quote, True) if self._inside else (data, False)
        pieces = data.split(quote)
        if self._inside:
            pieces.insert(0, b"")
        inside = len(pieces) % 2 == 0
        outside = quote.join(pieces[::2])
        return (outside + quote, True) if inside else (outside, False)

    def _sound(self, outside: bytes) -> bool:
        returns = outside.count(b"\r")
        if self.signs.ends == b"\r\n":
            if not returns == outside.count(b"\r\n") == outside.count(b"\n"):
                return False
            outside = outside.replace(b"\r\n", b"\n")
        elif returns:
            return False
        if b"\n\n" in outside or outside.startswith(b"\n"):
            return False
        return not self.signs.quote or self.signs.quote not in outside or self._in_place(outside)

    def _in_place(self, outside: bytes) -> bool:
        """Each quoted run fills its value: it begins after a delimiter or a line end, and ends before one."""
        quote, delimiter = self.signs.quote, self.signs.delimiter
        while (doubled := quote + quote) in outside:
            outside = outside.replace(doubled, quote)
        begin = outside.count(delimiter + quote) + outside.count(b"\n" + quote) + outside.startswith(quote)
        end = outside.count(quote + delimiter) + outside.count(quote + b"\n") + outside.endswith(quote)
        return outside.count(quote) == begin == end

    def _unclosed(self, says: str) -> Exception:
        with opened(self.plain.path, self.plain.name) as file:
            file.seek(self._since)
            data = file.read(self._after - self._since)
        byte = self._since + _quotes.opening(data, self.signs, inside=self._since_inside)
        return self.plain.wrong(says, byte, next="probably a quote is missing here or shortly before")
