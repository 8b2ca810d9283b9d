"""Calls to a server in plain HTTP: the driver, its messages, the strict SSE reader and the spending limits.

The suite and the recordings use it. What a check asserts is in `suite`.
"""
