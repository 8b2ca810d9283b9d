"""What one record of a stream says, in each dialect: words, calls of tools, and the time.

A record that no document knows says nothing here. The partial events of an answer say nothing either: the whole answer
follows them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nemovideo_contract.openapi import JsonObject


def parts_of(event: JsonObject) -> list[JsonObject]:
    """Return the parts in the content of an event of the Agent Development Kit."""
    content = event.get("content")
    parts = content.get("parts") if isinstance(content, dict) else None
    return [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []


def whole_parts_of(event: JsonObject) -> list[JsonObject]:
    """Return the parts of an event, and none of a partial event."""
    return [] if event.get("partial") is True else parts_of(event)


def words_of(record: JsonObject) -> Iterator[str]:
    """Yield the texts that a record says to the user."""
    if record.get("type") == "text":
        yield str(record.get("content", record.get("text", "")))
    else:
        yield from (str(part["text"]) for part in whole_parts_of(record) if "text" in part)


def tool_calls_of(record: JsonObject) -> Iterator[str]:
    """Yield the names of the tools that a record calls."""
    if record.get("type") == "tool_call":
        yield str(record.get("name"))
        return
    for part in whole_parts_of(record):
        if isinstance(call := part.get("functionCall"), dict):
            yield str(call.get("name"))


def dialect_of(records: Iterable[JsonObject]) -> str | None:
    """Return the dialect of a stream as a value of the profile key `events`, or None if it has no known dialect."""
    listed = list(records)
    if any("invocationId" in each for each in listed):
        return "adk-2" if any("nodeInfo" in each for each in listed) else "adk-1"
    return "typed" if any("type" in each for each in listed) else None


def stamps_of(records: Iterable[JsonObject]) -> list[float]:
    """Return the time stamps of the records that have one, in seconds since 1970."""
    return [stamp for each in records if isinstance(stamp := each.get("timestamp"), float | int)]
