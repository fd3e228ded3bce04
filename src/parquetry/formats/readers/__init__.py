"""
The forms a report file may have; each module reads one.

A module has ``read(plain, shape, contract, temp, given) -> Parsed``, as `parsed.parsed` promises it; *plain*
is the file as `_plain.Plain`: decompressed, in UTF-8.
"""
