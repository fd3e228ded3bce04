"""
The way in: what was selected of a project's sources, read under one look, checked in staging.

It ends with drafts. Whether they become a snapshot is for the verb to decide.
"""
