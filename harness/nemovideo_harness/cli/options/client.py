"""The options of the commands that make single calls, the client for their target, and its token.

Several such commands work on one session, so they need a token that the next command knows too: the one in
`NEMO_TOKEN`, or a token that `--save` saved. They never request an anonymous token as a side effect: the service gives
one per week, and the token would be lost when the command ends.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Concatenate, Final, ParamSpec, TypeVar

import click

from nemovideo_contract.targets import SelectedTarget
from nemovideo_contract.wire import TEST_TOKEN_PREFIX
from nemovideo_harness.cli.console import output
from nemovideo_harness.cli.console.exit_codes import Exit, Stop
from nemovideo_harness.cli.options.attribution import skill_option
from nemovideo_harness.cli.options.target import get_target
from nemovideo_harness.cli.servers.local_fake import run_stub_fake
from nemovideo_harness.cli.servers.target_client import limits_for
from nemovideo_harness.cli.tokens import lookup

if TYPE_CHECKING:
    from nemovideo_client import Attribution, Call, Client, Token
    from nemovideo_harness.cli.console.activity import ActivityDisplay
    from nemovideo_harness.cli.console.progress import ProgressDisplay

P = ParamSpec("P")
T = TypeVar("T")

NO_SERVER: Final = (
    "This command needs a server that continues after it: run nemo-harness serve and export NEMO_API_URL as it says, "
    "or name a server with --target."
)
VERBOSE_HELP: Final = "Print each request on standard error, with a curl command that repeats it."


@dataclass(slots=True)
class ClientOptions:
    """The options that all commands with single calls have, as the user gave them."""

    target: str | None = None
    as_json: bool = False
    verbose: bool = False
    skill: Attribution | None = None

    @property
    def selected_target(self) -> SelectedTarget:
        """The server to call.

        Raises:
            Stop: It is not a target, or may not be called.
        """
        return get_target(self.target)

    @property
    def on_call(self) -> Callable[[Call], None] | None:
        """The callback that prints each request, with `-v`."""
        return output.print_call if self.verbose else None

    def sign(self) -> ActivityDisplay:
        """Return a spinner for a command that prints nothing while it waits; it appears only on a terminal."""
        from nemovideo_harness.cli.console import activity

        is_seen = sys.stderr.isatty() and not self.as_json and not self.verbose
        return activity.choose(as_json=not is_seen, is_plain=False)

    def show(self) -> ProgressDisplay:
        """Return a progress display on standard error; standard output has only the result."""
        from nemovideo_harness.cli.console import progress

        # The lines of -v would break a progress bar.
        return progress.choose(as_json=self.as_json, console=output.safe_console(sys.stderr), is_plain=self.verbose)

    def answer(self, fields: Mapping[str, object], text: str) -> None:
        """Print the result: the fields as one JSON object, or the text."""
        output.print_result(fields, text, as_json=self.as_json)


def _store_option(name: str) -> Callable[[click.Context, click.Parameter, object], None]:
    def store(context: click.Context, parameter: click.Parameter, value: object) -> None:
        del parameter
        setattr(context.ensure_object(ClientOptions), name, value)

    return store


_TARGET: Final = click.option(
    "--target",
    metavar="production|URL",
    expose_value=False,
    callback=_store_option("target"),
    help="The service to call.  [default: NEMO_API_URL]",
)


def _store_skill(context: click.Context, skill: Attribution | None) -> None:
    context.ensure_object(ClientOptions).skill = skill


_SKILL: Final = skill_option(_store_skill)
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
    """Add the options of single calls to a command; the command gets them as its first argument."""
    passed = click.make_pass_decorator(ClientOptions, ensure=True)(command)
    return _TARGET(_SKILL(_JSON(_VERBOSE(passed))))


@contextmanager
def connect_client(asked: ClientOptions) -> Generator[Client]:
    """Connect a client to the target, with a token that the next command knows too.

    Without a server, the client calls a new fake inside the command. That is useful only with a test token.

    Raises:
        Stop: No server is named, or no token is known.
    """
    target = asked.selected_target
    if target.base_url is None:
        with _connect_to_new_fake(asked) as client:
            yield client
        return
    kept = lookup.load_saved_token(target.base_url)
    if kept is None and not lookup.token_from_environment():
        raise Stop(Exit.USAGE, lookup.MISSING)
    with lookup.explain_refused_token(kept, target), open_client(asked, kept) as client:
        yield client


@contextmanager
def _connect_to_new_fake(asked: ClientOptions) -> Generator[Client]:
    token = lookup.token_from_environment()
    if not token.startswith(TEST_TOKEN_PREFIX):
        raise Stop(Exit.USAGE, NO_SERVER)
    with run_stub_fake() as server:
        from nemovideo_harness.inprocess import connect

        with connect(server, attribution=asked.skill, token=token, on_call=asked.on_call) as client:
            yield client


def open_client(asked: ClientOptions, token: str | None) -> Client:
    """Return a client for the target; if `token` is None, the client takes the token from the environment."""
    from nemovideo_client import Client

    target = asked.selected_target
    limits = limits_for(target)
    return Client(target.base_url, token=token, attribution=asked.skill, limits=limits, on_call=asked.on_call)


def new_token(asked: ClientOptions) -> Token:
    """Request a new anonymous token from the target."""
    explained = lookup.explain_refused_token(None, asked.selected_target)
    with explained, open_client(asked, None) as client, asked.sign() as sign:
        sign.on("Asking for a token")
        return client.token()


def is_valid(asked: ClientOptions, token: str) -> bool:
    """Return whether the target accepts a token; the check reads the balance, which is free."""
    from nemovideo_client.errors import TokenInvalid

    with open_client(asked, token) as client, asked.sign() as sign:
        sign.on("Checking the saved token")
        try:
            client.credits()
        except TokenInvalid:
            return False
    return True


def need_server(target: SelectedTarget) -> str:
    """Return the base URL of the server.

    Raises:
        Stop: The target is a fake inside the command, which would end with it.
    """
    if target.base_url is None:
        raise Stop(Exit.USAGE, NO_SERVER)
    return target.base_url
