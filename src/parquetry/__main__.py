"""``python -m parquetry``."""

from parquetry.cli import main

main()
