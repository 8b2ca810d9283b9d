"""Snapshots: a whole world as JSON, with its state, seed, faults and time, and back.

A snapshot is checked before it is used: first the type of each field, then that all parts refer to existing parts. The
journal and the files of uploads and exports are not part of it.
"""

from __future__ import annotations

import heapq
import operator
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final, cast

from nemovideo_contract.draft import AudioTrack, TextTrack, VideoTrack
from nemovideo_contract.profiles import Profile, ProfileError
from nemovideo_mock.agent import draft_builder
from nemovideo_mock.agent.edit_state import EditState, has_sense
from nemovideo_mock.faults import FaultError, Faults
from nemovideo_mock.json_fields import FieldError, Fields, quote_value
from nemovideo_mock.json_types import Json
from nemovideo_mock.runtime.scenario_file import FASTEST, MODES, SLOWEST, Mode
from nemovideo_mock.runtime.world_runtime import WorldRuntime
from nemovideo_mock.seeded_random import Chance
from nemovideo_mock.turn_plan import Change, Plan, PlannedStep, Record
from nemovideo_mock.world import Session, State, Turn, TurnState, World, WorldSettings
from nemovideo_mock.world.turns import NEXT_STEP

if TYPE_CHECKING:
    from cattrs import Converter

#: The value of `format`, which identifies a snapshot.
FORMAT: Final = "nemovideo-mock-world"
#: Increases when older snapshots can't be read any more.
FORMAT_VERSION: Final = 1
#: The latest time of a clock, in seconds since the epoch: a token's week later is still a valid date.
LATEST: Final = 253_402_300_800.0 - 8 * 86_400
#: The type of a track by its `tt`.
TRACKS: Final[Mapping[object, type[VideoTrack | AudioTrack | TextTrack]]] = {
    0: VideoTrack,
    1: AudioTrack,
    7: TextTrack,
}
#: The keys of a snapshot that differ from the attribute's name.
KEYS: Final[Mapping[type[object], Mapping[str, str]]] = {
    Change: {"edit_state": "brief"},
    Plan: {"steps": "beats"},
    Session: {"edit_state": "brief"},
}
#: The largest count that a snapshot may have.
LARGEST: Final = 10**18


class SnapshotError(ValueError):
    """The data is not a snapshot, or not of this version; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A world at one moment; `chance` is the path of its random draws, `now` is in seconds since the epoch."""

    world: str
    seed: int
    chance: str
    speed: float
    mode: Mode
    now: float
    profile: Profile
    asked: dict[tuple[str, str], float]
    state: State
    faults: Faults


def to_json(runtime: WorldRuntime) -> Json:
    """Return a world as JSON values; they may share parts with the world, so serialize them before it goes on."""
    world = runtime.world
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "version": version("nemovideo-harness"),
        "world": runtime.name,
        "seed": runtime.seed,
        "chance": world.settings.chance.path,
        "speed": runtime.settings.speed,
        "clock": {"mode": runtime.clock.mode, "now": runtime.clock.now()},
        "profile": world.settings.profile.as_dict(),
        "asked": [[what, key, time] for (what, key), time in runtime.asked.items()],
        "faults": runtime.faults.as_json(),
        "state": _converter().unstructure(world.state),
    }


def read(data: object) -> Snapshot:
    """Return the snapshot that these JSON values describe.

    Raises:
        SnapshotError: they do not describe a world that can run.
    """
    try:
        return _read(Fields(data))
    except (FieldError, ProfileError, FaultError) as error:
        raise SnapshotError(f"This snapshot can't be restored: {error}") from None


def restore(runtime: WorldRuntime, snapshot: Snapshot) -> None:
    """Continue a world from a snapshot, which must not be used again; the open streams of the old state end."""
    runtime.end_encodes()
    runtime.seed = snapshot.seed
    runtime.settings = replace(runtime.settings, speed=snapshot.speed)
    runtime.set_mode(snapshot.mode, snapshot.now)
    before = runtime.world
    settings = WorldSettings(Chance(snapshot.chance), snapshot.profile, before.settings.tariff, pace=1 / snapshot.speed)
    world = World(settings, before.planner, snapshot.state)
    runtime.adopt(world, snapshot.faults)
    runtime.asked = dict(snapshot.asked)


def _read(fields: Fields) -> Snapshot:
    if fields.take("format") != FORMAT:
        raise FieldError(f"its format is not {FORMAT}.")
    if fields.take("format_version") != FORMAT_VERSION:
        raise FieldError(f"its format_version is not {FORMAT_VERSION}, but that of another version of the fake.")
    world, chance = fields.take("world"), fields.take("chance")
    seed, speed = fields.whole("seed"), fields.number("speed", SLOWEST, FASTEST)
    clock = Fields(fields.take("clock"), "clock")
    mode: Mode | None = clock.choice("mode", MODES)
    now = clock.number("now", 0, LATEST)
    if not isinstance(world, str) or not isinstance(chance, str) or seed is None or speed is None:
        raise FieldError("its world, chance, seed or speed is missing.")
    if mode is None or now is None:
        raise FieldError("the mode or time of its clock is missing.")
    faults = Faults(Chance(chance))
    faults.restore(_object(fields, "faults"))
    profile = Profile().replace(_object(fields, "profile"))
    return Snapshot(
        world,
        seed,
        chance,
        speed,
        mode,
        now,
        profile,
        _parse_token_requests(fields),
        _state(fields.take("state")),
        faults,
    )


def _object(fields: Fields, name: str) -> Json:
    return Fields(fields.take(name), name).rest()


def _parse_token_requests(fields: Fields) -> dict[tuple[str, str], float]:
    asked: dict[tuple[str, str], float] = {}
    for each in fields.list("asked") or []:
        match each:
            case [str(what), str(key), int() | float() as time] if not isinstance(time, bool) and 0 <= time <= LATEST:
                asked[what, key] = float(time)
            case _:
                raise fields.error("asked", "a list of [text, text, time]")
    return asked


def _state(data: object) -> State:
    from cattrs import BaseValidationError, StructureHandlerNotFoundError, transform_error

    try:
        state = _converter().structure(data, State)
    except BaseValidationError as error:
        raise FieldError(f"in its state, {transform_error(error, path='state')[0]}.") from None
    except (StructureHandlerNotFoundError, TypeError, ValueError, KeyError, AttributeError, RecursionError) as error:
        raise FieldError(f"its state doesn't fit: {type(error).__name__}: {error}.") from None
    wrong = next(_contradictions(state), None)
    if wrong is not None:
        raise FieldError(f"in its state, {wrong}.")
    heapq.heapify(state.agenda)
    return state


@cache
def _converter() -> Converter:
    from cattrs import Converter, override
    from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn
    from cattrs.strategies import configure_tagged_union

    converter = Converter(forbid_extra_keys=True)
    converter.register_structure_hook(bool, _flag)
    converter.register_structure_hook(str, _text)
    converter.register_structure_hook(int, _whole)
    converter.register_structure_hook(float, _number)
    converter.register_structure_hook_func(partial(operator.is_, object), _free)
    configure_tagged_union(Record, converter, tag_name="record")

    def track(value: object, _: object) -> VideoTrack | AudioTrack | TextTrack:
        fields = cast("Json", value if isinstance(value, dict) else {})
        number = fields.get("tt")
        kind = TRACKS.get(number) if isinstance(number, int) else None
        if kind is None:
            raise TypeError(f"{quote_value(number)} is not a type of track")
        return converter.structure(value, kind)

    converter.register_structure_hook(VideoTrack | AudioTrack | TextTrack, track)
    for kind, keys in KEYS.items():
        # Any: the types of the two functions do not tell these overrides from their own options.
        renamed: dict[str, Any] = {name: override(rename=key) for name, key in keys.items()}
        converter.register_unstructure_hook(kind, make_dict_unstructure_fn(kind, converter, **renamed))
        converter.register_structure_hook(
            kind, make_dict_structure_fn(kind, converter, _cattrs_forbid_extra_keys=True, **renamed)
        )
    return converter


def _free(value: object, _: object) -> object:
    return value


def _flag(value: object, _: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{quote_value(value)} is not true or false")
    return value


def _text(value: object, kind: type[str]) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{quote_value(value)} is not a text")
    return kind(value)  # which may be an enumeration


def _whole(value: object, _: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > LARGEST:
        raise TypeError(f"{quote_value(value)} is not a whole number")
    return value


def _number(value: object, _: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) <= LATEST:
        raise TypeError(f"{quote_value(value)} is not a number or time")
    return value


# --- whether the parts know each other --------------------------------------------------------------------------------


def _contradictions(state: State) -> Iterator[str]:
    yield from _of_accounts(state)
    yield from _of_sessions(state)
    yield from _of_turns(state)
    yield from _of_renders(state)
    yield from _of_agenda(state)


def _of_accounts(state: State) -> Iterator[str]:
    for user_id, account in state.accounts.items():
        if account.user_id != user_id or account.available < 0 or account.frozen < 0:
            yield f"the account {user_id} contradicts itself"
        try:
            Profile().replace(account.overrides)
        except ProfileError as error:
            yield f"the account {user_id} has another profile than there is: {error}"
    for token in state.tokens.values():
        if token.user_id not in state.accounts or state.tokens.get(token.value) is not token:
            yield "a token belongs to no account"
    for user_id in state.clients.values():
        if user_id not in state.accounts:
            yield f"a client has the account {user_id}, which isn't there"
    for times in state.issued.values():
        if not times:
            yield "a count of tokens is empty"


def _of_sessions(state: State) -> Iterator[str]:
    for session_id, session in state.sessions.items():
        if session.session_id != session_id or session.user_id not in state.accounts:
            yield f"the session {session_id} belongs to no account"
        turns = [state.turns.get(turn_id) for turn_id in session.turns]
        if any(turn is None or turn.session_id != session_id for turn in turns):
            yield f"the session {session_id} has turns that aren't there"
        saved = [
            session.edit_state,
            *(step.change.edit_state for turn in turns for step in _steps(turn) if step.change is not None),
        ]
        if not all(_is_edit_state(each, session) for each in saved):
            yield f"the session {session_id} has an edit state that no turn can have left"
        if session.open != [turn.turn_id for turn in turns if turn is not None and not turn.closed]:
            yield f"the session {session_id} has other open turns than it says"
    for session_id, _ in state.claims.values():
        if session_id not in state.sessions:
            yield f"a claim opens the session {session_id}, which isn't there"


def _steps(turn: Turn | None) -> tuple[PlannedStep, ...]:
    return turn.plan.steps if turn is not None and turn.plan is not None else ()


def _is_edit_state(saved: Json, session: Session) -> bool:
    """Return whether the agent can go on from a saved edit state, and from the earlier ones in it."""
    from cattrs import BaseValidationError, StructureHandlerNotFoundError

    states = [saved] if saved else []
    try:
        for each in states:
            state = _converter().structure(each, EditState)
            if not has_sense(state, session.media):
                return False
            draft_builder.build(state, session.media)
            states += [{**earlier, "before": []} for earlier in state["before"]]
    except (BaseValidationError, StructureHandlerNotFoundError, ArithmeticError, LookupError, TypeError, ValueError):
        return False
    return True


def _of_turns(state: State) -> Iterator[str]:
    frozen = dict.fromkeys(state.accounts, 0)
    for turn_id, turn in state.turns.items():
        session = state.sessions.get(turn.session_id)
        if session is None or turn.turn_id != turn_id or turn_id not in session.turns or turn.price < 0:
            yield f"the turn {turn_id} belongs to no session"
            continue
        if turn.state is TurnState.RUNNING and (turn.plan is None or not 0 <= turn.played <= len(turn.plan.steps)):
            yield f"the turn {turn_id} runs without a plan"
        if not turn.closed:
            frozen[session.user_id] = frozen.get(session.user_id, 0) + turn.price
    for user_id, account in state.accounts.items():
        if account.frozen != frozen[user_id]:
            yield f"the account {user_id} has other credits frozen than its turns need"


def _of_renders(state: State) -> Iterator[str]:
    for user_id, renders in state.renders.items():
        for render_id, render in renders.items():
            known = user_id in state.accounts and render.session_id in state.sessions
            if not known or (render.user_id, render.render_id) != (user_id, render_id):
                yield f"the render {render_id} belongs to no account"


def _of_agenda(state: State) -> Iterator[str]:
    for _, serial, verb, key, part in state.agenda:
        if part:
            fits = verb in {"begin", "complete"} and part in state.renders.get(key, {})
        else:
            turn = state.turns.get(key)
            fits = turn is not None and verb in {NEXT_STEP, "finish"}
            if turn is not None and verb == NEXT_STEP and not turn.closed:
                fits = turn.plan is not None and turn.played < len(turn.plan.steps)
        if not fits or not 0 < serial <= state.scheduled:
            yield f"the agenda has {verb} for {key}, which can't happen"
