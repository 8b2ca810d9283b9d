"""The control calls for worlds: list, create, delete and reset them, read and change their profile, load a scenario."""

from __future__ import annotations

import asyncio
from typing import Final, Literal

from starlette.responses import Response

from nemovideo_contract.profiles import KEYS, PROFILES, Profile, choices
from nemovideo_mock.control import clock
from nemovideo_mock.control.begin_world import TakenError, begin, empty, play
from nemovideo_mock.control.control_request import JSON_TYPE, ControlError, ControlRequest, answer, note
from nemovideo_mock.json_fields import Fields
from nemovideo_mock.json_types import Json
from nemovideo_mock.runtime.scenario_file import MODES, SIZE_LIMIT, Mode, decode_scenario, parse, read_profile
from nemovideo_mock.runtime.world_registry import MOST_WORLDS, WORLD_NAME
from nemovideo_mock.runtime.world_runtime import DEFAULT_WORLD, WorldRuntime

#: The media types of YAML: the registered one and older ones.
YAML_TYPES: Final = ("application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml")

Reset = Literal["faults", "journal", "state", "world", "hub"]
SCOPES: Final[tuple[Reset, ...]] = ("faults", "journal", "state", "world", "hub")


def world_to_json(runtime: WorldRuntime) -> Json:
    """Return a summary of a world."""
    state = runtime.world.state
    return {
        "name": runtime.name,
        "seed": runtime.seed,
        "clock": clock.clock_to_json(runtime),
        "profile": profile_to_json(runtime.profile),
        "accounts": len(state.accounts),
        "sessions": len(state.sessions),
        "turns": len(state.turns),
        "renders": sum(map(len, state.renders.values())),
        "faults": len(runtime.faults),
    }


def profile_to_json(profile: Profile) -> Json:
    """Return a profile as the nearest named set and the keys that differ from it."""
    name = min(PROFILES, key=lambda each: len(PROFILES[each].differences(profile)))
    return {"name": name, **PROFILES[name].differences(profile)}


# --- all worlds -------------------------------------------------------------------------------------------------------


async def worlds(command: ControlRequest) -> Response:
    """List all worlds; the world at the base URL comes first."""
    return answer({"worlds": [world_to_json(runtime) for runtime in command.world_registry.runtimes.values()]})


async def add(command: ControlRequest) -> Response:
    """Create a world before its first use; returns 409 if it exists."""
    fields = await command.fields()
    name = fields.text("name", WORLD_NAME, "the name of a world")
    seed = fields.whole("seed")
    given = fields.take("profile")
    clock: Mode | None = fields.choice("clock", MODES)
    fields.close()
    if name is None:
        raise fields.missing("name")
    settings = command.world_registry.settings
    profile = settings.profile if given is None else read_profile(given, settings.profile, "profile")
    refuse_taken(command, name)
    runtime = command.world_registry.runtime(name)
    begin(command.world_registry, runtime, seed=seed, profile=profile, mode=clock)
    note(runtime, "worlds.add", {"name": name, "seed": runtime.seed})
    return answer(world_to_json(runtime))


def refuse_taken(command: ControlRequest, name: str) -> None:
    """Raise 409 if a world of this name exists, or if there are too many worlds."""
    if name in command.world_registry.runtimes:
        raise ControlError(409, f"There is a world {name} already.")
    if len(command.world_registry.runtimes) >= MOST_WORLDS:
        raise ControlError(409, f"There are {MOST_WORLDS} worlds already: delete some with DELETE /_mock/worlds/NAME.")


async def delete(command: ControlRequest) -> Response:
    """Delete a world; the world at the base URL is not deleted but starts again."""
    name = command.params["name"]
    runtime = command.world_registry.runtimes.get(name)
    if runtime is None:
        raise ControlError(404, f"There is no world {name!r:.80}.")
    if name == DEFAULT_WORLD:
        begin(command.world_registry, runtime)
    else:
        command.world_registry.delete(name)
    note(command.world_registry.default, "worlds.delete", {"name": name})
    return answer({"deleted": name})


# --- one world --------------------------------------------------------------------------------------------------------


async def profile(command: ControlRequest) -> Response:
    """Return the profile of the world, what each key decides, and the named profiles."""
    return answer(_profile(command.runtime))


async def set_profile(command: ControlRequest) -> Response:
    """Change the profile from now on: a named profile, a named profile with changed keys, or only changed keys."""
    runtime = command.runtime
    runtime.profile = read_profile(Fields(await command.json()).rest(), runtime.profile)
    command.note("profile.set", profile_to_json(runtime.profile))
    return answer(_profile(runtime))


def _profile(runtime: WorldRuntime) -> Json:
    return {
        "profile": profile_to_json(runtime.profile),
        "keys": {
            name: {
                "value": value,
                "takes": list(choices(name)) or "a whole number",
                "meaning": KEYS[name].meaning,
                "source": KEYS[name].source,
            }
            for name, value in runtime.profile.as_dict().items()
        },
        "sets": {name: PROFILES["seeds"].differences(each) for name, each in PROFILES.items()},
    }


async def reset(command: ControlRequest) -> Response:
    """Reset a part of the fake; the scope is required."""
    fields = await command.fields()
    scope: Reset | None = fields.choice("scope", SCOPES)
    fields.close()
    if scope is None:
        raise ControlError(400, f"scope is missing: it must be {' or '.join(SCOPES)}.")
    world_registry, runtime = command.world_registry, command.runtime
    match scope:
        case "faults":
            runtime.faults.clear()
        case "journal":
            runtime.journal.clear()
        case "state":
            empty(world_registry, runtime)
        case "world":
            begin(world_registry, runtime, seed=runtime.seed)
        case "hub":
            if runtime is not world_registry.default:
                raise ControlError(400, "The scope hub is for /_mock/reset, at the root.")
            for name in list(world_registry.runtimes):
                if name != DEFAULT_WORLD:
                    world_registry.delete(name)
            begin(world_registry, runtime)
    command.note("reset", {"scope": scope})
    return answer({"reset": scope})


async def scenario(command: ControlRequest) -> Response:
    """Restart this world, or the named worlds, as a scenario describes."""
    raw = await command.body((JSON_TYPE, *YAML_TYPES), SIZE_LIMIT)
    as_json, base = command.content_type == JSON_TYPE, command.world_registry.settings.profile
    # In a thread, because a scenario of the largest size takes seconds.
    found = await asyncio.to_thread(lambda: parse(decode_scenario(raw, as_json=as_json), base))
    here = command.runtime.name
    if here != DEFAULT_WORLD and set(found) - {"", here}:
        raise ControlError(400, f"This scenario is for other worlds than {here}: send it to /_mock/scenario.")
    try:
        names = play(command.world_registry, found, here)
    except TakenError as error:
        raise ControlError(409, str(error)) from None
    begun = [command.world_registry.runtimes[name] for name in names]
    for runtime in begun:
        note(runtime, "scenario", {"worlds": list(names)})
    return answer({"worlds": [world_to_json(runtime) for runtime in begun]})
