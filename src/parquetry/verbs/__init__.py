"""
What a user asks for. Each verb is one short file: it takes a `Project`, joins the nouns, gives
back a frozen result, and never prints.
"""
