"""How worlds begin: with the settings of the fake, or as a scenario describes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from nemovideo_contract.profiles import Profile
from nemovideo_contract.wire import ANONYMOUS_USER_PREFIX, TOKEN_PREFIX
from nemovideo_mock.clock import VIRTUAL_EPOCH, wall
from nemovideo_mock.runtime.scenario_file import Mode, NewAccount, WorldScenario
from nemovideo_mock.runtime.world_registry import MOST_WORLDS, WorldRegistry
from nemovideo_mock.runtime.world_runtime import DEFAULT_WORLD, WorldRuntime
from nemovideo_mock.world import Account, World
from nemovideo_mock.world.tokens import REGISTERED_USER_PREFIX


class TakenError(ValueError):
    """A name, id or token is taken, or there would be too many worlds; the message is one sentence."""


def begin(
    world_registry: WorldRegistry,
    runtime: WorldRuntime,
    *,
    seed: int | None = None,
    profile: Profile | None = None,
    mode: Mode | None = None,
    speed: float | None = None,
) -> None:
    """Restart a world and its clock; an argument that is None has its value from the settings of the fake."""
    settings = world_registry.settings
    runtime.end_renders()
    runtime.settings = replace(runtime.settings, speed=settings.speed if speed is None else speed)
    mode = mode or settings.clock
    runtime.set_mode(mode, VIRTUAL_EPOCH if mode == "virtual" else wall())
    runtime.reset(settings.seed if seed is None else seed, settings.profile if profile is None else profile)
    world_registry.forget_uploads()


def empty(world_registry: WorldRegistry, runtime: WorldRuntime) -> None:
    """Remove all accounts and everything that belongs to them; faults, clock, journal and profile stay."""
    runtime.end_renders()
    before = runtime.world
    world = World(replace(before.settings), before.planner)
    runtime.adopt(world, runtime.faults)
    world_registry.forget_uploads()


def play(
    world_registry: WorldRegistry, scenarios: Mapping[str, WorldScenario], world: str = DEFAULT_WORLD
) -> list[str]:
    """Restart worlds as their scenarios describe, and return their names; the scenario under "" is for `world`.

    Raises:
        TakenError: there would be too many worlds; nothing has changed.
    """
    named = {name or world: scenario for name, scenario in scenarios.items()}
    if len(named.keys() | world_registry.runtimes.keys()) > MOST_WORLDS:
        raise TakenError(f"There would be more than {MOST_WORLDS} worlds.")
    for name, scenario in named.items():
        runtime = world_registry.runtime(name)
        begin(
            world_registry,
            runtime,
            seed=scenario.seed,
            profile=scenario.profile,
            mode=scenario.mode,
            speed=scenario.speed,
        )
        for account in scenario.accounts:
            open_account(runtime, account)
        for fault in scenario.faults:
            runtime.faults.add(fault, runtime.clock.now())
    return list(named)


def open_account(runtime: WorldRuntime, new: NewAccount) -> tuple[Account, str]:
    """Create an account, or another token for an existing one; return the account and the token.

    Raises:
        TakenError: the token is taken.
    """
    world, now = runtime.world, runtime.clock.now()
    user_id = new.user_id or _draw_user_id(world, registered=new.registered)
    known = world.state.accounts.get(user_id)
    token = new.token
    if token is None:
        issued = 0 if known is None else known.tokens_issued
        token = TOKEN_PREFIX + world.settings.chance.url_safe("token", user_id, issued)
    if token in world.state.tokens:
        raise TakenError("The token is taken: it belongs to an existing account.")
    account = world.tokens.add_account(
        user_id,
        token,
        now,
        credits=new.credits,
        registered=new.registered,
        scopes=new.scopes,
        expires_at=None if new.expires_in is None else now + new.expires_in,
    )
    account.tokens_issued += 1
    if known is None:
        account.blocked = new.plan_blocked
        account.overrides = dict(new.overrides)
    return account, token


def _draw_user_id(world: World, *, registered: bool) -> str:
    prefix = REGISTERED_USER_PREFIX if registered else ANONYMOUS_USER_PREFIX
    number = len(world.state.accounts)
    while (user_id := prefix + world.settings.chance.hex(16, "made user", number)) in world.state.accounts:
        number += 1
    return user_id
