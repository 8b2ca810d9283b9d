"""From what the agent does to what goes over the wire, in each of the forms that a profile may choose."""

from nemovideo_mock.dialects.dialect import Dialect, dialect_for

__all__ = ["Dialect", "dialect_for"]
