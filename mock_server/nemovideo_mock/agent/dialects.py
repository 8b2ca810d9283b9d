"""From what the agent does to what goes over the wire: the records of a stream, as JSON values.

`typed` is the only form that any document of the vendor shows (reference 4.4): flat objects told apart by `type`.
"""

from __future__ import annotations

from nemovideo_contract.wire import EventType
from nemovideo_mock.agent.plan import Failure, Json, Record, Text, ToolCall


def typed(record: Record) -> Json:
    """One record in the typed dialect."""
    if isinstance(record, Text):
        return {"type": EventType.TEXT.value, "content": record.content}
    if isinstance(record, ToolCall):
        return {"type": EventType.TOOL_CALL.value, "name": record.name, "args": record.args}
    if isinstance(record, Failure):
        return {"type": "error", "code": record.code, "message": record.message}
    return {"type": EventType.TOOL_RESULT.value, "name": record.name, "result": record.result}


#: A sign of life in the typed dialect.
TYPED_HEARTBEAT: Json = {"type": EventType.HEARTBEAT.value}
