"""
Hostile values: each a text that PostgreSQL's own input function takes, by the type of its column.

Pure data, for tests and for the comparison with other tools: nothing of parquetry is imported.
To write them, run `SERVER` once in an empty database, and bind each text as the value of a column
of the type. What PostgreSQL prints for it (``COPY … TO STDOUT`` under `PINNED`) is what a reader
must give back.
"""

from __future__ import annotations

from typing import NamedTuple


class Hostile(NamedTuple):
    """
    The values of one type.

    Attributes:
        type: As a column is declared.
        plain: Values that the native form holds; all of them, where there is no native form.
        native: The DuckDB type that holds the plain ones without changing them; empty if only
            text does.
        beyond: Values that the native form cannot hold.
    """

    type: str
    plain: tuple[str, ...]
    native: str = ""
    beyond: tuple[str, ...] = ()


PINNED = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, MDY",
    "IntervalStyle": "postgres",
    "extra_float_digits": "3",
    "bytea_output": "hex",
    "client_encoding": "UTF8",
}
"""The session settings under which PostgreSQL's text is compared."""

EXTENSIONS = ("citext", "cube", "hstore", "intarray", "isn", "lo", "ltree", "seg", "vector")

SERVER = (
    *(f"create extension if not exists {name}" for name in EXTENSIONS),
    """create type "Mood" as enum ('LOW', 'high', 'so so', 'a''b', 'say "x"', 'back\\slash', '😀', 'Ünï')""",
    """alter type "Mood" add value '{a,b}' """,
    """alter type "Mood" add value 'NULL' """,
    """create type "Empty Name" as enum ('')""",
    """create domain "aboveZero" as int4 check (value > 0)""",
    """create domain positive as "aboveZero" """,
    "create domain words as text",
    "create domain price as numeric(10,2)",
    "create domain any_number as numeric",
    "create domain moment as timestamp(3)",
    """create domain "goodMood" as "Mood" check (value <> 'LOW')""",
    "create domain several as int4[]",
    """create type "Pair" as (a int4, "B b" text)""",
    """create type nested as (p "Pair", n numeric, t timestamptz, m "Mood"[])""",
    "create type floatrange as range (subtype = float8)",
)
"""What the types below need, in order."""

_LONG = "0123456789 äöü 😀 \\ \" ' , ; \t" * 700  # over 20 KB, so that the server stores it out of line
_TEXTS = (
    "",
    " ",
    "   two  blanks   ",
    "line\nbreak",
    "tab\tand\rreturn\r\n",
    'double " and "" quotes',
    "single ' and '' quotes",
    "back\\slash \\n \\\\ \\x41",
    "comma, semicolon; {braces} [brackets] (round)",
    "NULL",
    "null",
    "\\N",
    "\\.",
    "😀 e\u0301 é ß İ \u0131",
    "\u200b\ufeff zero width",
    "\u202eright to left",
    "\uffff",
    "\ufffd",
    "\U0010ffff",
    "\x01\x1f\x7f\x80",
    "=1+1",
    "NaN",
    "1e5",
    "true",
    "2024-01-01",
    _LONG,
)
_JSONS = (
    "null",
    '""',
    "{}",
    "[]",
    '{"b": 1,  "a": 2, "aa": 3, "B": 4}',
    '{"twice": 1, "twice": 2}',
    "12345678901234567890123456789012345678901234567890.12300",
    "[9007199254740993, 9223372036854775808, -0, 0.0, 1E400, 1e-400, 0.1000]",
    '"\\u00e4 \\ud83d\\ude00 \\"q\\" \\\\ \\/ \\n \\t"',
    '"😀 \uffff \U0010ffff"',
    '{"": {"": [null, true, false]}, "key with \\"quotes\\" ": "NULL"}',
    " [ 1 ,\n\t2 ] ",
    '"' + "x" * 20_000 + '"',
)
_UUIDS = (
    "00000000-0000-0000-0000-000000000000",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "7fffffff-ffff-ffff-ffff-ffffffffffff",
    "80000000-0000-0000-0000-000000000000",
    "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
)
_FLOATS = ("0", "-0", "0.1", "-1e-7", "1e15", "1e16", "1e17", "NaN", "Infinity", "-Infinity", "123456.789")
_MOMENTS = (
    "0001-01-01 00:00:00",
    "0001-01-01 00:00:00.000001",
    "1000-02-28 12:34:56.7",
    "1582-10-04 23:59:59.999999",
    "1582-10-10 12:00:00",
    "1582-10-15 00:00:00",
    "1900-02-28 23:59:59.999999",
    "1969-12-31 23:59:59.999999",
    "1970-01-01 00:00:00",
    "1999-12-31 23:59:59.5",
    "2000-02-29 12:00:00.123456",
    "2024-02-29 23:59:59.999999",
    "2024-03-31 02:30:00",
    "2038-01-19 03:14:08",
    "2262-04-11 23:47:16.854776",
    "9999-12-31 23:59:59.999999",
)
_FAR = (
    "infinity",
    "-infinity",
    "0001-12-31 23:59:59.999999 BC",
    "0044-03-15 12:00:00 BC",
    "4714-11-24 00:00:00 BC",
    "10000-01-01 00:00:00",
    "294276-12-31 23:59:59.999999",
)

# fmt: off
VALUES: tuple[Hostile, ...] = (
    Hostile("bool", ("true", "false"), "BOOLEAN"),
    Hostile("int2", ("-32768", "-1", "0", "255", "32767"), "SMALLINT"),
    Hostile("int4", ("-2147483648", "-2147483647", "-1", "0", "16777217", "2147483647"), "INTEGER"),
    Hostile(
        "int8",
        ("-9223372036854775808", "-9007199254740993", "-1", "0", "9007199254740993", "9223372036854775807"),
        "BIGINT",
    ),
    Hostile("oid", ("0", "2147483648", "4294967295"), "UINTEGER"),
    Hostile("float4", (*_FLOATS, "3.4028235e38", "-3.4028235e38", "1.1754944e-38", "1e-45", "16777217"), "FLOAT"),
    Hostile(
        "float8",
        (
            *_FLOATS, "1.7976931348623157e308", "-1.7976931348623157e308", "2.2250738585072014e-308",
            "2.225073858507201e-308", "5e-324", "-5e-324", "0.30000000000000004", "9007199254740993", "1e22", "1e23",
            "4.35", "-1e-300",
        ),
        "DOUBLE",
    ),
    # A number without a precision keeps the zeros it was written with.
    Hostile(
        "numeric",
        ("0", "0.00", "1", "1.50", "-1.5000000000", "0.0000000001", "-9999999999999999999999999999.9999999999"),
        "DECIMAL(38,10)",
        (
            "NaN", "Infinity", "-Infinity", "1e-20", "123456789012345678901234567890123456789012345.12345",
            "10000000000000000000000000000", "0.00000000001", "1e400", "-1e-400",
            "99999999999999999999999999999999999999",
        ),
    ),
    Hostile(
        "numeric(10,2)",
        ("0", "0.10", "-0.01", "1.5", "12345678.91", "99999999.99", "-99999999.99"), "DECIMAL(10,2)", ("NaN",),
    ),
    Hostile(
        "numeric(38,10)",
        ("0", "1234567890123456789012345678.0123456789", "-9999999999999999999999999999.9999999999", "0.0000000001"),
        "DECIMAL(38,10)",
        ("NaN",),
    ),
    Hostile(
        "numeric(65,30)",
        ("0", "1.5", "-0.000000000000000001", "99999999999999999999.999999999999999999"),
        "DECIMAL(38,18)",
        (
            "NaN", "1e-30", "100000000000000000000",
            "-99999999999999999999999999999999999.999999999999999999999999999999",
        ),
    ),
    Hostile("numeric(5,-2)", ("0", "12300", "-9999900", "149"), "", ("NaN",)),
    Hostile("numeric(2,5)", ("0.00012", "-0.00099", "0")),
    Hostile("numeric(38,0)", ("99999999999999999999999999999999999999", "-99999999999999999999999999999999999999", "0"),
            "DECIMAL(38,0)", ("NaN",)),
    Hostile("money", ("0", "-12.34", "92233720368547758.07", "-92233720368547758.08", "1000000")),
    Hostile("text", _TEXTS),
    Hostile("varchar(40)", tuple(text for text in _TEXTS if len(text) <= 40)),
    Hostile("varchar", ("", " ", "NULL", _LONG)),
    Hostile("char(5)", ("", "a", "ab   ", "  ab", "\n", "😀")),
    Hostile("char(1)", ("", "x", "\\", '"')),
    Hostile('"char"', ("", "z", "\\377", "\\", " ")),
    Hostile("name", ("", "pg_class", "Quoted Name", "a'b\"c", "é" * 31)),
    Hostile("json", _JSONS),
    Hostile("jsonb", tuple(text for text in _JSONS)),
    Hostile("jsonpath", ('$."a b"[*] ? (@.x > 1)', "$", 'strict $.a.type()')),
    Hostile("uuid", _UUIDS),
    Hostile("bytea", ("\\x", "\\x00", "\\x0000ff", "\\xdeadbeef", "\\x5c785c", "\\xf09f9880",
                      "\\x" + "00ff0a0d" * 5_000), "BLOB"),
    Hostile(
        "date",
        (*dict.fromkeys(moment[:10] for moment in _MOMENTS), "0004-02-29", "1752-09-02", "1968-02-29", "9999-01-01"),
        "DATE",
        ("infinity", "-infinity", "0044-03-15 BC", "0001-12-31 BC", "4714-11-24 BC", "10000-01-01", "5874897-12-31"),
    ),
    Hostile(
        "time",
        ("00:00:00", "00:00:00.000001", "11:59:59.999999", "12:00:00", "12:34:56.7", "23:59:59.999999"),
        "TIME",
        ("24:00:00",),
    ),
    Hostile("time(3)", ("00:00:00.001", "12:00:00", "23:59:59.999"), "TIME", ("23:59:59.9999",)),
    Hostile(
        "timetz",
        ("00:00:00+00", "12:34:56.789012+05:30", "24:00:00-15:59", "23:59:59.999999+15:59:59", "10:00:00-00:00:01"),
    ),
    Hostile("timestamp", _MOMENTS, "TIMESTAMP", _FAR),
    Hostile(
        "timestamp(3)",
        ("0001-01-01 00:00:00", "1969-12-31 23:59:59.999", "2024-02-29 23:59:59.1", "2024-01-01 00:00:00.0005"),
        "TIMESTAMP",
        ("infinity", "294276-12-31 23:59:59.999"),
    ),
    Hostile(
        "timestamptz",
        (*(f"{moment}+00" for moment in _MOMENTS), "2024-03-31 02:30:00+01", "1066-10-14 09:00:00.123456-11:59:59",
         "1895-01-01 00:00:00 Europe/Amsterdam", "0001-01-01 15:59:59+15:59:59"),
        "TIMESTAMP WITH TIME ZONE",
        tuple(moment.replace(" BC", "+00 BC") if "BC" in moment else moment + "+00" * (moment[-1] != "y")
              for moment in _FAR),
    ),
    Hostile(
        "interval",
        (
            "0", "1 mon 2 days", "-1 year", "1 year -1 day", "1 mon -00:00:00.000001", "-1 mon 2 days -03:04:05.678901",
            "178000000 years", "-178000000 years", "30 days", "720:00:00", "infinity", "-infinity",
        ),
    ),
    Hostile("interval day to second(2)", ("1 day 02:03:04.567", "-00:00:00.01")),
    Hostile("inet", ("1.2.3.4", "1.2.3.4/24", "0.0.0.0/0", "::1", "::ffff:1.2.3.4/96", "fe80::1/64")),
    Hostile("cidr", ("10.0.0.0/8", "1.2.3.4/32", "::/0", "2001:db8::/32")),
    Hostile("macaddr", ("00:00:00:00:00:00", "08:00:2b:01:02:03", "ff:ff:ff:ff:ff:ff")),
    Hostile("macaddr8", ("08:00:2b:01:02:03:04:05", "ff:ff:ff:ff:ff:ff:ff:ff")),
    Hostile("bit(3)", ("000", "101")),
    Hostile("bit(70)", ("1" * 70, "0" * 69 + "1")),
    Hostile("varbit", ("", "0", "10", "0" * 100 + "1")),
    Hostile("point", ("(0,-0)", "(1.5,-2e-300)", "(NaN,Infinity)", "(0.1,0.30000000000000004)")),
    Hostile("line", ("{1,2,3}", "{-1,0,0.1}")),
    Hostile("lseg", ("[(1,2),(3,4)]", "[(0,0),(0,0)]")),
    Hostile("box", ("(3,4),(1,2)", "(Infinity,1),(-Infinity,0)")),
    Hostile("path", ("((1,2),(3,4))", "[(1,2),(3,4),(5,6e-7)]")),
    Hostile("polygon", ("((1,2),(3,4),(5,6))", "((0,0))")),
    Hostile("circle", ("<(1,2),3>", "<(0,0),0>", "<(0.1,0.2),Infinity>")),
    Hostile("tsvector", ("", "'a':1A,2B 'b c' 'it''s':3", "'\\\\':1 '😀'")),
    Hostile("tsquery", ("'a' & !'b' | 'c d':*AB", "'x' <3> 'it''s'", "")),
    Hostile("int4range", ("empty", "[1,5]", "(,)", "[2147483646,)", "(-2147483648,0]")),
    Hostile("int8range", ("empty", "[-9223372036854775808,9223372036854775807)")),
    Hostile("numrange", ("empty", "[1.10,2.200)", "(,NaN]", "[-Infinity,Infinity]", "[1e-20,1e40]")),
    Hostile("tsrange", ("empty", "[2024-01-01,2024-12-31 23:59:59.999999]", "[-infinity,infinity]",
                        "(,0044-03-15 BC)")),
    Hostile("tstzrange", ("[2024-01-01 00:00+02,)", "(,infinity)")),
    Hostile("daterange", ("[2024-02-28,2024-02-29]", "empty", "[infinity,)")),
    Hostile("floatrange", ("[0.1,0.30000000000000004)", "(-Infinity,NaN]")),
    Hostile("int4multirange", ("{}", "{[1,2),[5,7)}", "{(,)}")),
    Hostile("nummultirange", ("{[1.50,2],(3,)}",)),
    Hostile("tsmultirange", ("{[2024-01-01,2024-01-02),[2025-01-01,infinity]}",)),
    Hostile("datemultirange", ("{[2024-01-01,2024-01-03),[2025-01-01,)}", "{}")),
    Hostile("pg_lsn", ("0/0", "16/B374D848", "FFFFFFFF/FFFFFFFF")),
    Hostile("xid", ("3", "4294967295")),
    Hostile("cid", ("4294967295",)),
    Hostile("xid8", ("0", "9223372036854775808", "18446744073709551615")),
    Hostile("tid", ("(0,1)", "(4294967295,65535)")),
    Hostile("pg_snapshot", ("10:20:10,14,15", "1:1:")),
    Hostile("txid_snapshot", ("10:20:10,14",)),
    Hostile("int2vector", ("", "1 2 -32768")),
    Hostile("oidvector", ("0 4294967295",)),
    Hostile("regclass", ("pg_class", "0", "4294967295")),
    Hostile("regtype", ("int4", "timestamp with time zone", '"Mood"[]')),
    Hostile("regproc", ("pg_catalog.now", "0")),
    Hostile("regprocedure", ("pg_catalog.abs(numeric)",)),
    Hostile("regoperator", ("pg_catalog.+(int4,int4)",)),
    Hostile("regrole", ("postgres",)),
    Hostile("regnamespace", ("pg_catalog",)),
    Hostile("refcursor", ("", 'a "cursor"')),
    Hostile("aclitem", ("postgres=arwdDxt/postgres",)),
    Hostile("int4[]", ("{}", "{1,NULL,-2147483648}", "{NULL}"), "INTEGER[]",
            ("{{1,2},{3,NULL}}", "[0:1]={7,8}", "[-3:-2]={1,2}", "[2:2][3:4]={{1,2}}")),
    Hostile("int4[][]", ("{{1,2},{3,4}}", "{}", "{1}", "{{{1},{2}}}")),
    Hostile("int8[]", ("{9223372036854775807,NULL,-9223372036854775808}",), "BIGINT[]", ("{{9223372036854775807}}",)),
    Hostile(
        "text[]",
        (
            "{}", '{""}', '{NULL,"NULL",null,"null"}', '{"a,b","{c}","}"}', '{"\\"quoted\\"","back\\\\slash"}',
            '{" blanks "," ",a\tb}', '{"line\nbreak","😀 \uffff \U0010ffff"}', "{ a , b }", '{"\\\\N","[0:1]={}"}',
        ),
        "VARCHAR[]",
        ("{{a,b},{c,NULL}}", '[0:1]={a,"b"}', "[5:5]={NULL}", '{{{"",x}}}'),
    ),
    Hostile("varchar(3)[]", ('{"abc",""," "}',), "VARCHAR[]", ("{{abc}}",)),
    Hostile("char(3)[]", ('{"a"," b ",NULL}', "{{a},{b}}")),
    Hostile("bool[]", ("{t,f,NULL}", "{}"), "BOOLEAN[]", ("[0:0]={t}",)),
    Hostile("float8[]", ("{0.1,NaN,-0,Infinity,5e-324,NULL}",), "DOUBLE[]", ("{{1},{NaN}}",)),
    Hostile("numeric[]", ("{0.10,-1.5000,NULL}", "{}", "{NaN}", "{Infinity,1e-20}", "{{1.0},{2}}",
                          "{123456789012345678901234567890123456789012345.12345}")),
    Hostile("numeric(6,2)[]", ("{1.5,-9999.99,NULL}",), "DECIMAL(6,2)[]", ("{1.5,NaN}", "{{0.01}}")),
    Hostile("timestamp[]", ("{1969-12-31 23:59:59.999999,NULL,2024-02-29 00:00:00}",), "TIMESTAMP[]",
            ("{infinity,2024-01-01}", "{0044-03-15 00:00:00 BC}", "{{2024-01-01},{2024-01-02}}")),
    Hostile("timestamptz[]", ("{2024-03-31 02:30:00+01,NULL}",), "TIMESTAMP WITH TIME ZONE[]", ("{-infinity}",)),
    Hostile("date[]", ("{2024-02-29,1582-10-10,NULL}",), "DATE[]", ("{infinity}", "{5874897-12-31}")),
    Hostile("time[]", ("{23:59:59.999999,NULL}",), "TIME[]", ("{24:00:00}",)),
    Hostile("uuid[]", ("{" + ",".join(_UUIDS) + ",NULL}", "{}"), "VARCHAR[]", ("{{" + _UUIDS[0] + "}}",)),
    Hostile("bytea[]", ('{"\\\\x00ff","\\\\x",NULL}', '{{"\\\\x5c22"}}')),
    Hostile("json[]", ('{"{\\"a\\": 1}",NULL,"null"}', "{}"), "VARCHAR[]", ('[0:0]={"{}"}',)),
    Hostile("jsonb[]", ('{"{\\"b\\": 1E400, \\"a\\": \\"\\\\\\"\\"}"}',), "VARCHAR[]", ('{{"1"}}',)),
    Hostile("interval[]", ('{"1 mon","-00:00:01",NULL}',)),
    Hostile("inet[]", ("{1.2.3.4,::1/64}",)),
    Hostile("money[]", ('{-1234.56,"92233720368547758.07"}',)),
    Hostile("point[]", ('{"(1,2)","(NaN,0)"}',)),
    Hostile("box[]", ("{(3,4),(1,2);(1,1),(0,0)}",)),
    Hostile("int4range[]", ('{"[1,5)",empty}',)),
    Hostile('"Mood"', ("LOW", "high", "so so", "a'b", 'say "x"', "back\\slash", "😀", "Ünï", "{a,b}", "NULL")),
    Hostile('"Empty Name"', ("",)),
    Hostile('"Mood"[]', ('{LOW,NULL,"NULL","so so"}', '{a\'b,"say \\"x\\"","back\\\\slash",😀,"{a,b}"}', "{}"),
            "VARCHAR[]",
            ("{{LOW,high}}", "[0:0]={LOW}")),
    Hostile("positive", ("1", "2147483647"), "INTEGER"),
    Hostile("words", ("", "NULL", "a\\b\n")),
    Hostile("price", ("0", "-0.10", "12345678.91"), "DECIMAL(10,2)", ("NaN",)),
    Hostile("any_number", ("1.50", "0"), "DECIMAL(38,10)", ("NaN", "1e-20")),
    Hostile("moment", ("1969-12-31 23:59:59.999",), "TIMESTAMP", ("infinity", "0044-03-15 00:00:00 BC")),
    Hostile('"goodMood"', ("high", "😀", "NULL")),
    Hostile("several", ("{1,NULL}", "{}"), "INTEGER[]", ("{{1,2}}", "[0:1]={7,8}")),
    Hostile("positive[]", ("{1,2147483647,NULL}",), "INTEGER[]", ("{{1}}",)),
    Hostile("words[]", ('{"",NULL,"a,b"}',), "VARCHAR[]", ("[0:0]={a}",)),
    Hostile('"goodMood"[]', ("{high,😀}",), "VARCHAR[]", ("{{high}}",)),
    Hostile('"Pair"', ('(1,"a b")', "(,)", '(-2147483648,"")', '(0,"quote "" and \\\\ back")',
                       '(1,"line\nbreak, comma")')),
    Hostile("nested", ('("(1,\\"x y\\")",1e-20,"2024-07-01 12:00:00+02","{LOW,NULL}")', "(,NaN,infinity,)")),
    Hostile('"Pair"[]', ('{"(1,\\"a b\\")",NULL,"(,)"}', '{{"(1,a)"}}')),
    Hostile("citext", ("MiXed Case", "", "NULL", "ÄÖ")),
    Hostile("citext[]", ('{"A b",NULL}',)),
    Hostile("hstore", ("", '"a"=>"1", "b c"=>NULL, "n"=>"NULL"', '"q\\"uote"=>"back\\\\slash"')),
    Hostile("ltree", ("", "Top.Science.Astronomy")),
    Hostile("lquery", ("*.Astro*@.!a|b{1,2}",)),
    Hostile("ltxtquery", ("Europe & Russia*@ & !Transportation",)),
    Hostile("cube", ("(1,2),(3,4)", "(0.1)", "()")),
    Hostile("seg", ("1 .. 2.50", "~5.0", "<3")),
    Hostile("isbn13", ("978-0-11-000533-1",)),
    Hostile("lo", ("4294967295",)),
    Hostile("query_int", ("1&(2|!3)",)),
    Hostile("vector", ("[1,2.5,-1e-30]", "[0]")),
    Hostile("halfvec(2)", ("[1,65504]",)),
    Hostile("sparsevec(5)", ("{1:1,3:-2.5}/5",)),
)
# fmt: on
