"""What the single calls share: their options, the client for a target, and the token that it shows.

A call that works on a session is made with a token that the next command knows too: `NEMO_TOKEN`, or one that was kept
by `--save`. None of them asks for an anonymous token by the way, for there is one a week and it would be lost with the
command.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Concatenate, Final, ParamSpec, TypeVar

import click

from nemovideo_contract.wire import TEST_TOKEN_PREFIX
from nemovideo_harness.cli.console import json_output
from nemovideo_harness.cli.console.exit_codes import Exit, Stop
from nemovideo_harness.cli.options import credentials
from nemovideo_harness.cli.options.attribution import skill_option
from nemovideo_harness.cli.options.switch import SelectedTarget, TargetError, check_ceiling, choose

if TYPE_CHECKING:
    from nemovideo_client import Attribution, Call, Client, Limits, Token
    from nemovideo_harness.cli.console.activity import ActivityDisplay
    from nemovideo_harness.cli.console.progress import ProgressDisplay

P = ParamSpec("P")
T = TypeVar("T")

NO_SERVER: Final = (
    "A fake inside this command would end with it: run nemo-harness serve and export NEMO_API_URL as it says, "
    "or name a --target."
)
VERBOSE_HELP: Final = "Print each request on standard error, with a curl command that repeats it."


@dataclass(slots=True)
class ClientOptions:
    """The options that all calls have, as they were given."""

    target: str | None = None
    as_json: bool = False
    verbose: bool = False
    skill: Attribution | None = None

    @property
    def goal(self) -> SelectedTarget:
        """Where the call goes.

        Raises:
            Stop: The target is none.
        """
        try:
            return choose(self.target, os.environ)
        except TargetError as error:
            raise Stop(Exit.USAGE, str(error)) from None

    @property
    def on_call(self) -> Callable[[Call], None] | None:
        """Who is told of each call."""
        if not self.verbose:
            return None
        from nemovideo_harness.cli.console import call_log

        return call_log.show

    def sign(self) -> ActivityDisplay:
        """A sign that the command waits, for commands that print nothing meanwhile: only on a terminal."""
        from nemovideo_harness.cli.console import activity

        is_seen = sys.stderr.isatty() and not self.as_json and not self.verbose
        return activity.choose(as_json=not is_seen, is_plain=False)

    def show(self) -> ProgressDisplay:
        """What a person sees meanwhile, on standard error so that the result stays alone."""
        from rich.console import Console

        from nemovideo_harness.cli.console import progress

        # Lines of -v between the frames of a bar would tear it.
        return progress.choose(as_json=self.as_json, console=Console(stderr=True), is_plain=self.verbose)

    def answer(self, fields: Mapping[str, object], words: str) -> None:
        """Print the result: the fields as one JSON object, or the words."""
        if self.as_json:
            json_output.write(fields)
        else:
            click.echo(words)


def _store_option(name: str) -> Callable[[click.Context, click.Parameter, object], None]:
    def note(context: click.Context, parameter: click.Parameter, value: object) -> None:
        del parameter
        setattr(context.ensure_object(ClientOptions), name, value)

    return note


_TARGET: Final = click.option(
    "--target",
    metavar="production|URL",
    expose_value=False,
    callback=_store_option("target"),
    help="The service to call.  [default: NEMO_API_URL]",
)


def _note_skill(context: click.Context, skill: Attribution | None) -> None:
    context.ensure_object(ClientOptions).skill = skill


_SKILL: Final = skill_option(_note_skill)
_JSON: Final = click.option(
    "--json",
    "as_json",
    is_flag=True,
    expose_value=False,
    callback=_store_option("as_json"),
    help="Print the result as one JSON object.",
)
_VERBOSE: Final = click.option(
    "-v",
    "--verbose",
    is_flag=True,
    expose_value=False,
    callback=_store_option("verbose"),
    help=VERBOSE_HELP,
)


def call_options(command: Callable[Concatenate[ClientOptions, P], T]) -> Callable[P, T]:
    """Give a command the options that all calls have; it gets them as its first argument."""
    passed = click.make_pass_decorator(ClientOptions, ensure=True)(command)
    return _TARGET(_SKILL(_JSON(_VERBOSE(passed))))


def check_cost(goal: SelectedTarget, cost: int, allowed: int | None) -> None:
    """End the command where it may spend more than is allowed."""
    try:
        check_ceiling(goal, cost, allowed)
    except TargetError as error:
        raise Stop(Exit.USAGE, str(error)) from None


@contextmanager
def connect_client(asked: ClientOptions) -> Generator[Client]:
    """A client for the target, with a token that the next command knows too.

    Without a server it is one of a fake of its own, for which only a test token makes sense.

    Raises:
        Stop: No server is named, or no token is known.
    """
    goal = asked.goal
    if goal.base_url is None:
        with _own_fake(asked) as client:
            yield client
        return
    kept = credentials.load_saved_token(goal.base_url)
    if kept is None and not credentials.token_from_environment():
        raise Stop(Exit.USAGE, credentials.MISSING)
    with credentials.advising(kept), open_client(asked, kept) as client:
        yield client


@contextmanager
def _own_fake(asked: ClientOptions) -> Generator[Client]:
    if not credentials.token_from_environment().startswith(TEST_TOKEN_PREFIX):
        raise Stop(Exit.USAGE, NO_SERVER)
    from nemovideo_harness.cli.serve import require_mock

    require_mock()
    from nemovideo_harness.inprocess import connect
    from nemovideo_mock.server import running
    from nemovideo_mock.settings import Settings

    settings = Settings(quality="stub", clock="virtual")
    with (
        running(settings) as server,
        connect(
            server, attribution=asked.skill, token=credentials.token_from_environment(), on_call=asked.on_call
        ) as client,
    ):
        yield client


def open_client(asked: ClientOptions, token: str | None) -> Client:
    """A client of the server that is the target; `token` None leaves the choice to the environment."""
    from nemovideo_client import Client

    goal = asked.goal
    return Client(goal.base_url, token=token, attribution=asked.skill, limits=limits_for(goal), on_call=asked.on_call)


def new_token(asked: ClientOptions) -> Token:
    """A new anonymous token from the target."""
    with open_client(asked, None) as client, asked.sign() as sign:
        sign.on("Asking for a token")
        return client.token()


def is_valid(asked: ClientOptions, token: str) -> bool:
    """Whether the target still takes a token, which asking for the balance tells at no cost."""
    from nemovideo_client.errors import TokenInvalid

    with open_client(asked, token) as client, asked.sign() as sign:
        sign.on("Checking the kept token")
        try:
            client.credits()
        except TokenInvalid:
            return False
    return True


def limits_for(goal: SelectedTarget) -> Limits:
    """How long to wait between polls."""
    from nemovideo_client import Limits

    # A server on this machine needs no politeness, and may be ten times as fast as the service.
    return Limits(poll_interval_s=0.2, polls=3000) if goal.is_local else Limits()


def need_server(goal: SelectedTarget) -> str:
    """The base URL of the server that the command works on.

    Raises:
        Stop: None is named.
    """
    if goal.base_url is None:
        raise Stop(Exit.USAGE, NO_SERVER)
    return goal.base_url
