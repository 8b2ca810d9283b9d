"""Calls to a server in plain HTTP: the driver, its messages, the strict SSE reader and the spending limits.

Used by the suite and by recordings. What a check asserts lives in `suite`.
"""
