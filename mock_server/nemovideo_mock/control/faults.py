"""The control calls for the faults of a world: add them, read their counts, remove them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from starlette.responses import Response

from nemovideo_mock.control.control_request import ControlError, ControlRequest, answer
from nemovideo_mock.faults import KINDS, FaultError
from nemovideo_mock.json_types import Json
from nemovideo_mock.runtime.scenario_file import read_faults


def fault_status(command: ControlRequest) -> list[Json]:
    """Return all faults of a world with their counts."""
    runtime = command.runtime
    return [each.as_json() for each in runtime.faults.list(runtime.clock.now())]


async def faults(command: ControlRequest) -> Response:
    """List the faults in the order in which they apply."""
    return answer({"faults": fault_status(command)})


async def add(command: ControlRequest) -> Response:
    """Order one or more faults; if one is invalid, none is ordered."""
    given = await command.json()
    is_list = isinstance(given, list)
    specs = read_faults(cast("list[object]", given) if is_list else [given], "faults")
    runtime = command.runtime
    before = runtime.faults.as_json()
    now = runtime.clock.now()
    try:
        added = [runtime.faults.add(spec, now) for spec in specs]
    except FaultError as error:
        runtime.faults.restore(before)
        raise ControlError(409, str(error)) from None
    names = {fault.name for fault in added}
    command.note("faults.add", {"faults": [fault.as_json() for fault in added]})
    return answer({"faults": [each for each in fault_status(command) if each["name"] in names]})


async def clear(command: ControlRequest) -> Response:
    """Remove all faults."""
    removed = command.runtime.faults.clear()
    command.note("faults.clear", {"removed": removed})
    return answer({"removed": removed})


async def remove(command: ControlRequest) -> Response:
    """Remove one fault."""
    try:
        fault = command.runtime.faults.remove(command.params["name"])
    except FaultError as error:
        raise ControlError(404, str(error)) from None
    command.note("faults.remove", {"fault": fault.as_json()})
    return answer({"removed": 1})


async def kinds(command: ControlRequest) -> Response:
    """List every kind of fault: what it does, its parameters, where it can apply, and a valid example."""
    del command
    return answer({"kinds": [_kind(name) for name in KINDS]})


def _kind(name: str) -> Json:
    kind = KINDS[name]
    example: Mapping[str, object] = kind.example
    return {
        "kind": kind.name,
        "meaning": kind.meaning,
        "layer": kind.layer,
        "on": list(kind.default_on),
        "endpoints": list(kind.endpoints),
        "parameters": [
            {"name": each.name, "meaning": each.meaning, "accepts": each.accepts, "default": each.default}
            for each in kind.parameters
        ],
        "example": dict(example),
    }
