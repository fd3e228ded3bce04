"""
Report files as an operations toolchain writes them: how they are named, and how their bytes are read.

A reader here is strict: what it cannot read whole and exactly, it refuses with file, line and byte.
Which files there are is for `sources.files` to say, and what their rows must be for the contract.
"""
