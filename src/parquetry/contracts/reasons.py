"""
Why a column is published as it is: the type table of `types`, in words.

Every type of ``pg_catalog`` has its reason here, and a test holds that; a type from elsewhere has
the reason of its family.
"""

from __future__ import annotations

from parquetry.contracts.types import NATIVE, Reads, SourceType

BEYOND = {
    "date": "infinity, BC and years of five digits",
    "time": "24:00:00",
    "timestamp": "infinity, BC and years of five digits",
    "timestamptz": "infinity, BC and years of five digits",
    "numeric": "NaN, Infinity and values of more digits",
}
"""Of a native type, the values that its form in Parquet cannot hold; the server counts them."""

_NOTHING_LIKE_IT = "Parquet has nothing like it"
_OPEN = "its bounds may be open or infinite"
_OF_THE_SERVER = "it is the server's own bookkeeping"

TEXT: dict[str, str] = {
    **dict.fromkeys(("bpchar", "char", "name"), "the reader strips its blanks, or cuts it"),
    **dict.fromkeys(("int2vector", "oidvector"), "it is an array whose bounds begin at 0"),
    "numeric": "with more than 38 digits, or without a precision, it may hold more than a DECIMAL does",
    "money": "the currency, and where the point is, are the server's to say: lc_monetary, as this role has it",
    "interval": "Parquet's form loses microseconds and signs, and months are no days",
    "timetz": "Parquet has no time with a zone of its own",
    **dict.fromkeys(("inet", "cidr", "macaddr", "macaddr8"), _NOTHING_LIKE_IT),
    **dict.fromkeys(("bit", "varbit"), "Parquet has no bits that keep their number"),
    **dict.fromkeys(("point", "line", "lseg", "box", "path", "polygon", "circle"), _NOTHING_LIKE_IT),
    **dict.fromkeys(("tsvector", "tsquery", "gtsvector", "jsonpath", "xml"), _NOTHING_LIKE_IT),
    **dict.fromkeys(("int4range", "int8range", "numrange", "daterange", "tsrange", "tstzrange"), _OPEN),
    **dict.fromkeys(
        ("int4multirange", "int8multirange", "nummultirange", "datemultirange", "tsmultirange", "tstzmultirange"), _OPEN
    ),
    **dict.fromkeys(("xid8", "xid", "cid", "tid", "pg_lsn", "pg_snapshot", "txid_snapshot"), _OF_THE_SERVER),
    **dict.fromkeys(
        ("regclass", "regcollation", "regconfig", "regdictionary", "regnamespace", "regoper", "regoperator",
         "regproc", "regprocedure", "regrole", "regtype", "regdatabase"),
        "it is shown by its name, which only the server knows",
    ),
    **dict.fromkeys(("aclitem", "refcursor", "pg_node_tree", "pg_ndistinct", "pg_dependencies"), _OF_THE_SERVER),
    **dict.fromkeys(("pg_mcv_list", "pg_brin_bloom_summary", "pg_brin_minmax_multi_summary"), _OF_THE_SERVER),
}  # fmt: skip
"""Of the types that are always text, why."""


def because(source: SourceType, reads: Reads, unheld: int) -> str:
    """
    Why a column of type *source* is read as *reads* says; *unheld* are the values that its guard counted.

    What a policy makes of these is not said here.
    """
    if unheld:
        return f"{reads.type} cannot hold {unheld:,} of the values: {_beyond(source, reads)}"
    if reads.native:
        exceptions = f" but {_beyond(source, reads)}, and the server counted none" if reads.unheld else ""
        return f"{reads.type} holds every {source.name}{exceptions}"
    if source.base in NATIVE or source.enum or source.decimal:
        return "the contract asks for text"
    if source.element:
        return "an array may have more dimensions and other bounds than a list"
    return TEXT.get(source.base, "no type of Parquet is known to hold all its values")


def _beyond(source: SourceType, reads: Reads) -> str:
    if reads.narrow:
        return f"what does not fit {reads.type}"
    if source.element:
        inside = BEYOND.get(source.element.base)
        return "arrays of more dimensions or with other bounds" + (f", {inside}" if inside else "")
    if source.decimal:
        return "NaN"
    return BEYOND.get(source.base, "some")
