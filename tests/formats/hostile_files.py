"""
Files that are not what they should be, each beside a healthy one that differs in nothing else.

Bytes are made here, so that what is wrong with them can be seen.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from typing import Literal

from parquetry.errors import BadInput, ParquetryError, SchemaDrift
from parquetry.formats.shape import Format, Shape

CSV = b"a,b\n1,x\n2,y\n3,z\n"
JSONL = b'{"a": 1, "b": "x"}\n{"a": 2, "b": "y"}\n{"a": 3, "b": "z"}\n'
JSON = b'{"at": "noon",\n "rows": [\n  {"a": 1, "b": "x"},\n  {"a": 2, "b": "y"}\n]}\n'
TEXT = b"1: x\n2: y\n3: z\n"

csv, jsonl = Shape("csv"), Shape("jsonl")
json, text = Shape("json", rows="rows[*]"), Shape("text", line=r"(?P<a>\d+): (?P<b>\w+)")
HEALTHY: dict[Format, tuple[bytes, Shape]] = {
    "csv": (CSV, csv), "jsonl": (JSONL, jsonl), "json": (JSON, json), "text": (TEXT, text),
}  # fmt: skip


@dataclass(frozen=True)
class Hostile:
    """
    A file that must be refused.

    Attributes:
        says: Part of the message.
        place: ``line 3, byte 8``; or empty where there is none.
    """

    name: str
    data: bytes
    says: str
    place: str
    shape: Shape = csv
    error: type[ParquetryError] = BadInput
    suffix: str = ""

    @property
    def file(self) -> str:
        return f"report.{self.shape.format}{self.suffix}"

    @property
    def healthy(self) -> bytes:
        whole = HEALTHY[self.shape.format][0]
        return gzip.compress(whole) if self.suffix == ".gz" else whole


def _csv(name: str, data: bytes, says: str, place: str, shape: Shape = csv) -> Hostile:
    return Hostile(name, data, says, place, shape)


def _deep(kind: Literal["list", "object"]) -> bytes:
    return b"[" * 10_000 + b"]" * 10_000 if kind == "list" else b'{"a":' * 10_000 + b"1" + b"}" * 10_000


IN_CSV = [
    _csv("empty", b"", "it is empty", "line 1, byte 0"),
    _csv("header only", b"a,b\n", "a header and no row", "line 2"),
    _csv("cut inside the last value", b"a,b\n1,x\n2,yel", "the last line does not end", "line 3, byte 13"),
    _csv("cut in the header", b"a,b", "the last line does not end", "line 1, byte 3"),
    _csv("web page", b"<!DOCTYPE html>\n<html><body>502 Bad Gateway</body></html>\n", "a web page", "line 1, byte 0"),
    _csv("web page after blanks", b"\n  <HTML lang='en'>\n", "a web page", "line 1, byte 3"),
    _csv("XML", b"<?xml version='1.0'?>\n<a/>\n", "a web page", "line 1, byte 0"),
    _csv("too many values", b"a,b\n1,x\n2,y,3\n3,z\n", "3 values, and the header has 2", "line 3, byte 8"),
    _csv("too few values", b"a,b\n1,x\n2\n3,z\n", "1 values, and the header has 2", "line 3, byte 8"),
    _csv("an empty value too many", b"a,b\n1,x\n2,y,\n3,z\n", "3 values, and the header has 2", "line 3, byte 8"),
    _csv("empty and quoted", b'a,b\n1,","\n2,y,""\n', "3 values, and the header has 2", "line 3, byte 10"),
    _csv("too many at the end", b"a,b\r\n1,x,,", "the last line does not end", "line 2, byte 10"),
    _csv("ragged behind a quoted line end", b'a,b\n1,"x\nx"\n2\n', "1 values", "line 4, byte 12"),
    _csv("unclosed quote", b'a,b\n1,x\n2,"y\n3,z\n', "a quoted value begins here and does not end", "line 3, byte 10"),
    _csv("unclosed quote with CRLF", b'a,b\r\n1,x\r\n2,"y\r\n', "does not end", "line 3, byte 12"),
    _csv("text after a quote", b'a,b\n1,x\n2,"y"!\n', "text after the quote", "line 3, byte 13"),
    _csv("quote within a value", b'a,b\n1,5"x6"\n', "a quote within a value", "line 2, byte 7"),
    _csv("quotes on two lines", b'a,b\n1,5"\n2,6"\n', "a quote within a value", "line 2, byte 7"),
    _csv("quote that looks closing", b'a,b\n5",x\n6,"y\n', "a quote within a value", "line 2, byte 5"),
    _csv("two that look closing", b'a,b\n1,x\n5",6"\n', "a quote within a value", "line 3, byte 9"),
    _csv("doubled quotes in a bare value", b'a,b\n1,x""y\n', "a quote within a value", "line 2, byte 7"),
    _csv("wrong delimiter", b"a;b\n1;x\n", "the header has no ',', and has ';'", "line 1, byte 0"),
    _csv("wrong delimiter, a tab", b"a\tb\n1\tx\n", "and has a tab", "line 1, byte 0"),
    _csv("duplicate header", b"a,b,a\n1,x,2\n", "the header has 'a' twice", "line 1, byte 0"),
    _csv("nameless column", b"a,b,\n1,x,2\n", "the header has no name for column 3", "line 1, byte 0"),
    _csv("header with a line end", b'a,"b\nc"\n1,x\n', "a quote that does not end on its line", "line 1, byte 0"),
    _csv("NUL", b"a,b\n1,x\n2,y\0\n", "a NUL byte", "line 3, byte 11"),
    _csv("NULs at the end", b"a,b\n1,x\n" + b"\0" * 40, "a NUL byte", "line 3, byte 8"),
    _csv("Latin-1", b"a,b\n1,x\n2,\xfcber\n", "the byte 0xfc is not UTF-8", "line 3, byte 10"),
    _csv("Latin-1 in a column nobody reads", b"a,b,c\n1,x,\xe9\n", "the byte 0xe9 is not UTF-8", "line 2, byte 10"),
    _csv("half a character", b"a,b\n1,\xc3\n", "the byte 0xc3 is not UTF-8", "line 2, byte 6"),
    _csv("UTF-16 with a mark", CSV.decode().encode("utf-16"), "it is UTF-16", "line 1, byte 0"),
    _csv("UTF-32 with a mark", CSV.decode().encode("utf-32"), "it is UTF-32", "line 1, byte 0"),
    _csv("UTF-16 without", CSV.decode().encode("utf-16-le"), "a NUL byte", "line 1, byte 1"),
    _csv("LF after CRLF", b"a,b\r\n1,x\r\n2,y\n", "the line ends in LF, and those before in CRLF", "line 3, byte 13"),
    _csv("CRLF after LF", b"a,b\n1,x\n2,y\r\n", "the line ends in CRLF, and those before in LF", "line 3, byte 11"),
    _csv("CR alone", b"a,b\n1,x\r2,y\n", "a carriage return within a line", "line 2, byte 7"),
    _csv("CR for every line end", b"a,b\r1,x\r", "the last line does not end", "line 1, byte 8"),
    _csv("blank line", b"a,b\n1,x\n\n2,y\n", "a blank line", "line 3, byte 8"),
    _csv("blank line at the end", b"a,b\n1,x\n\n", "a blank line", "line 3, byte 8"),
    _csv("blank line with CRLF", b"a,b\r\n1,x\r\n\r\n", "a blank line", "line 3, byte 10"),
    _csv("blank line after quotes", b'a,b\n1,"x"\n\n2,y\n', "a blank line", "line 3, byte 10"),
    _csv("long line", b"a,b\n1," + b"x" * 5000 + b"\n", "more than 4,000 bytes", "line 2, byte 4",
         Shape("csv", max_line=4000)),
    _csv("too large", CSV + b"4,w\n", "at most 10 may be", "", Shape("csv", max_bytes=10)),
    _csv("gzip by another name", gzip.compress(CSV), "compressed with gzip", ""),
    _csv("a zip archive", b"PK\x03\x04" + b"\0" * 30, "a zip archive", ""),
    _csv("Parquet", b"PAR1" + b"\0" * 30, "Parquet", ""),
]  # fmt: skip

IN_LINES = [
    Hostile("empty", b"", "it is empty", "line 1, byte 0", jsonl),
    Hostile("broken in the middle", JSONL.replace(b'2, "b"', b'2 "b"'), "not JSON", "line 2, byte 27", jsonl),
    Hostile("a line cut and joined", b'{"a": 1, "b":{"a": 2}\n', "JSON ends in the middle", "line 1, byte 21", jsonl),
    Hostile("two on a line", b'{"a": 1}{"a": 2}\n', "not JSON (Extra data)", "line 1, byte 8", jsonl),
    Hostile("key twice", JSONL + b'{"a": 1, "\\u0061": 2}\n', "key 'a' stands there twice", "line 4, byte 66", jsonl),
    Hostile("NaN", b'{"a": 1}\n{"a": NaN}\n', "NaN, which is not JSON", "line 2, byte 15", jsonl),
    Hostile("-Infinity", b'{"b": "-Infinity", "a": -Infinity}\n', "-Infinity, which", "line 1, byte 24", jsonl),
    Hostile("no final newline", JSONL[:-1], "the last line does not end", "line 3, byte 56", jsonl),
    Hostile("blank line", JSONL + b"\n", "a blank line", "line 4, byte 57", jsonl),
    Hostile("blank line within", b'{"a": 1}\n  \n{"a": 2}\n', "a blank line", "line 2, byte 9", jsonl),
    Hostile("nested deep", _deep("object") + b"\n", "nested more than 200 deep", "line 1, byte 1000", jsonl),
    Hostile("lone surrogate", b'{"a": 1, "b": "\\ud800"}\n', "a lone surrogate", "line 1, byte 15", jsonl),
    Hostile("escaped NUL", b'{"a": 1, "b": "x\\u0000"}\n', "a NUL (\\u0000)", "line 1, byte 16", jsonl),
    Hostile("NUL", b'{"a": 1, "b": "\0"}\n', "a NUL byte", "line 1, byte 15", jsonl),
    Hostile("Latin-1", b'{"b": "\xfc"}\n', "not UTF-8", "line 1, byte 7", jsonl),
    Hostile("mixed line ends", JSONL + b'{"a": 4}\r\n', "ends in CRLF", "line 4, byte 65", jsonl),
    Hostile("only numbers", b"1\n2\n", "the first: a number where an object belongs", "line 1, byte 0", jsonl),
    Hostile("a list of rows", b'[{"a": 1}]\n', "a list where an object belongs", "line 1, byte 0", jsonl),
    Hostile("web page", b"<html>\n", "a web page", "line 1, byte 0", jsonl),
    Hostile("long line", b'{"b": "' + b"x" * 5000 + b'"}\n', "more than 4,000 bytes", "line 1, byte 0",
            Shape("jsonl", max_line=4000)),
    Hostile("required column in no row", b'{"b": "x"}\n', "has no 'a'", "", jsonl, SchemaDrift),
    Hostile("empty", b"", "it has no row", "line 1, byte 0", text),
    Hostile("no line fits", b"hello\nworld\n", "none of its lines is one of those declared", "line 1, byte 0", text),
    Hostile("no final newline", TEXT[:-1], "the last line does not end", "line 3, byte 14", text),
    Hostile("mixed line ends", TEXT + b"4: w\r\n", "ends in CRLF", "line 4, byte 19", text),
    Hostile("CR alone", b"1: x\n2: y\r3: z\n", "a carriage return within a line", "line 2, byte 9", text),
    Hostile("NUL", b"1: x\n2: \0\n", "a NUL byte", "line 2, byte 8", text),
    Hostile("Latin-1", b"1: x\n2: \xfc\n", "not UTF-8", "line 2, byte 8", text),
    Hostile("web page", b"<html>\n", "a web page", "line 1, byte 0", text),
    Hostile("long line", b"1: " + b"x" * 5000 + b"\n", "more than 4,000 bytes", "line 1, byte 0",
            Shape("text", line=text.line, max_line=4000)),
]  # fmt: skip

IN_DOCUMENTS = [
    Hostile("empty", b"", "it is empty", "line 1, byte 0", json),
    Hostile("cut in the middle", JSON[:50], "the JSON ends in the middle", "line 4, byte 50", json),
    Hostile("cut in a text", JSON[:44], "the JSON ends in the middle", "line 3, byte 42", json),
    Hostile("something behind it", JSON + b"{}", "not JSON (Extra data)", "line 6, byte 72", json),
    Hostile("key twice", b'{"rows": [{"a": 1},\n {"a": {"x": 1,\n "x": 2}}]}',
            "the key 'rows[1].a.x' stands there twice", "line 3, byte 37", json),
    Hostile("Infinity", b'{"rows": [\n{"a": Infinity}]}', "Infinity, which is not JSON", "line 2, byte 17", json),
    Hostile("nested deep", _deep("list"), "nested more than 200 deep", "line 1, byte 200", json),
    Hostile("nested deep and cut", b"[" * 10_000, "nested more than 200 deep", "line 1, byte 200", json),
    Hostile("lone surrogate in a key", b'{"rows": [{"\\uDC00": 1, "a": 1}]}', "surrogate", "line 1, byte 12", json),
    Hostile("NUL", JSON.replace(b"x", b"\0"), "a NUL byte", "line 3, byte 43", json),
    Hostile("Latin-1", JSON.replace(b"x", b"\xfc"), "not UTF-8", "line 3, byte 43", json),
    Hostile("UTF-16", JSON.decode().encode("utf-16"), "it is UTF-16", "line 1, byte 0", json),
    Hostile("a number where the rows belong", b'{"rows": 5}', "rows is a number where a list belongs", "", json),
    Hostile("null where the rows belong", b'{"rows": null}', "rows is null where a list belongs", "", json),
    Hostile("a number for a document", b"5", "the document is a number where an object belongs", "", json),
    Hostile("only numbers for rows", b'{"rows": [1, 2]}', "a number where an object belongs", "", json),
    Hostile("no rows", b'{"row": []}', "the document has no 'rows'; did you mean 'row'?", "", json, SchemaDrift),
    Hostile("required column in no row", b'{"rows": [{"A": 1}]}', "has no 'a'", "", json, SchemaDrift),
    Hostile("web page", b"<!doctype html>", "a web page", "line 1, byte 0", json),
    Hostile("too large", JSON + b"\n", "at most 20 may be of a JSON document", "",
            Shape("json", rows="rows[*]", max_bytes=20)),
]  # fmt: skip

PACKED = gzip.compress(CSV, mtime=0)
IN_GZIP = [
    Hostile("truncated", PACKED[:-20], "its gzip data end in the middle", f"byte {len(PACKED) - 20}", suffix=".gz"),
    Hostile("without its checksum", PACKED[:-8], "its gzip data end in the middle", "", suffix=".gz"),
    Hostile("without the end of its length", PACKED[:-1], "its gzip data end in the middle", "", suffix=".gz"),
    Hostile("another checksum", PACKED[:-8] + b"\0" * 4 + PACKED[-4:], "its gzip data are damaged", "", suffix=".gz"),
    Hostile("bytes behind it", PACKED + b"rest", "bytes follow the end of its gzip data", "", suffix=".gz"),
    Hostile("a second member cut", PACKED * 2 + PACKED[:12], "end in the middle", "", suffix=".gz"),
    Hostile("not compressed", CSV, "its gzip data are damaged", "", suffix=".gz"),
    Hostile("empty", b"", "it is empty", "", suffix=".gz"),
    Hostile("compressed twice", gzip.compress(PACKED), "compressed with gzip", "", suffix=".gz"),
    Hostile("ragged within", gzip.compress(b"a,b\n1\n"), "1 values", "line 2, byte 4 (decompressed)", suffix=".gz"),
    Hostile("NUL within", gzip.compress(b"a,b\n1,\0\n"), "a NUL byte", "line 2, byte 6 (decompressed)", suffix=".gz"),
    Hostile("too large within", gzip.compress(b"a,b\n" + b"1,x\n" * 5000), "when decompressed", "",
            Shape("csv", max_bytes=5000), suffix=".gz"),
]  # fmt: skip

ALL = [*IN_CSV, *IN_LINES, *IN_DOCUMENTS, *IN_GZIP]
