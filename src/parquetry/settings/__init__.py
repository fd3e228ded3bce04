"""
Every setting as one frozen value that knows where it came from.

`read` asks each place in order: flag, ``PARQUETRY_*``, the names that such apps already have,
``.env``, ``parquetry.toml``, default. It is pure: it opens no file and keeps no global, and the
environment is read once, by whoever calls it. A new setting is one field of `Settings`; its
environment name, its check and its line in the reference follow from that field.
"""

from parquetry.settings.dotenv import Dotenv, parse_dotenv
from parquetry.settings.environment import LIBPQ, LIBPQ_PLACES, Unreadable, given, libpq
from parquetry.settings.fields import COMPRESSIONS, LOG_LEVELS, MODES, ORDERS, PREFIX, Described, Settings, reference
from parquetry.settings.places import read, source_url
from parquetry.settings.secrets import Secret, masked
from parquetry.settings.toml import mistakes, tables
from parquetry.settings.values import WrongValue, bytes_of, read_path

__all__ = [
    "COMPRESSIONS",
    "LIBPQ",
    "LIBPQ_PLACES",
    "LOG_LEVELS",
    "MODES",
    "ORDERS",
    "PREFIX",
    "Described",
    "Dotenv",
    "Secret",
    "Settings",
    "Unreadable",
    "WrongValue",
    "bytes_of",
    "given",
    "libpq",
    "masked",
    "mistakes",
    "parse_dotenv",
    "read",
    "read_path",
    "reference",
    "source_url",
    "tables",
]
