"""Convert the agent's records to the bytes of an event stream, in the form that the profile chooses."""

from nemovideo_mock.dialects.dialect import Dialect, dialect_for

__all__ = ["Dialect", "dialect_for"]
