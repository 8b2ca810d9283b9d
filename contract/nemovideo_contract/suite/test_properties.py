"""Properties that hold for any input, and for any order of calls."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager, nullcontext
from functools import wraps
from typing import Final, TypeVar, cast

from hypothesis import HealthCheck, Phase, Verbosity, example, given, settings
from hypothesis.errors import Flaky
from hypothesis.stateful import run_state_machine_as_test

from nemovideo_contract.http.errors import RequirementFailure
from nemovideo_contract.http.exchange import File
from nemovideo_contract.http.sample_files import png
from nemovideo_contract.http.shell_script import script
from nemovideo_contract.openapi import Json, JsonObject
from nemovideo_contract.suite import strategies
from nemovideo_contract.suite.context import Context
from nemovideo_contract.suite.marks import requirement
from nemovideo_contract.suite.messages import draft_of, new_render_id, render_of
from nemovideo_contract.suite.state_machine import ISOLATED, KNOWN, CallerMachine, ObservedCallerMachine
from nemovideo_contract.wire import Path, file_type_of

F = TypeVar("F", bound=Callable[[Context], None])
#: Held while Hypothesis works, except while a call waits for the server. Hypothesis parses source code and runs a
#: function in each garbage collection. CPython before 3.11.8 and 3.12.2 raises a `SystemError` if another thread parses
#: source code during such a collection (python/cpython#106905).
ENGINE: Final = threading.Lock()


@contextmanager
def _released() -> Generator[None]:
    """Let other threads use Hypothesis until the end of the block."""
    ENGINE.release()
    try:
        yield
    finally:
        ENGINE.acquire()


def draws_examples(check: F) -> F:
    """Run a check that uses Hypothesis while no other thread uses it."""

    @wraps(check)
    def run(context: Context) -> None:
        driver, pause = context.driver, context.spending.sleep

        def sleep(seconds: float) -> None:
            with _released():
                pause(seconds)

        with ENGINE:
            driver.waiting, context.spending.sleep = _released, sleep
            try:
                check(context)
            finally:
                driver.waiting, context.spending.sleep = nullcontext, pause

    return cast("F", run)


def example_settings(context: Context, *, share: int = 1) -> settings:
    """Return the settings of a property: how many examples it draws, few on a server that charges."""
    count = max(1, (2 if context.spending.charged else context.examples) // share)
    return settings(
        max_examples=count,
        deadline=None,
        database=None,
        derandomize=True,
        print_blob=False,
        report_multiple_bugs=False,  # the first finding ends the search
        verbosity=Verbosity.quiet,  # a finding says by itself what was sent
        phases=(Phase.explicit, Phase.generate),  # shrinking would send hundreds of calls
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )


def each_example(name: str, values: Iterable[str]) -> Callable[[Callable[[str], None]], Callable[[str], None]]:
    """Always try these values too, so that a finding does not depend on what is drawn."""

    def add_examples(test: Callable[[str], None]) -> Callable[[str], None]:
        for value in values:
            test = example(**{name: value})(test)
        return test

    return add_examples


def explore_examples(context: Context, explore: Callable[[], None]) -> None:
    """Run a property, and report its first finding with a script that repeats the calls of that example.

    A server remembers, so it may behave differently when the same example runs again.

    Raises:
        RequirementFailure: an example contradicts a requirement.
    """
    context.server.keep_calls()
    try:
        explore()
    except (RequirementFailure, Flaky) as error:
        found = error if context.server.latest is None else context.server.latest
        if not isinstance(found, RequirementFailure):
            raise
        where = context.target.base_url
        lines = script(context.server.led, where)
        raise RequirementFailure(
            found.requirement, found.expected, found.came, lines, where=where, of_form=found.of_form
        ) from None


@requirement("token-client-id-long")
@draws_examples
def test_no_client_id_of_more_than_64_characters_gets_a_token(context: Context) -> None:
    @example_settings(context)
    @given(client_id=strategies.long_client_ids)
    def holds(client_id: str) -> None:
        context.server.forget_calls()
        answer = context.ask_token(client_id)
        context.must("token-client-id-long", answer.status == 400, f"400 for {len(client_id)} characters", answer)

    explore_examples(context, holds)


@requirement("session-name", "session-language")
@draws_examples
def test_any_name_and_language_make_a_session(context: Context) -> None:
    @example_settings(context)
    @given(name=strategies.task_names, language=strategies.languages)
    def holds(name: str, language: str) -> None:
        context.server.forget_calls()
        created = context.caller.session({"task_name": name, "language": language})
        context.equal("session-language", created.code, 0, "the code")
        state = context.caller.state(created.text("data", "session_id"))
        context.equal("session-name", state.text("data", "task_name"), name, "task_name in the state")

    explore_examples(context, holds)


@requirement("turn-send", slow=True)
@draws_examples
def test_any_message_is_answered_with_a_stream_in_order(context: Context) -> None:
    session_id = context.caller.new_session()

    @example_settings(context)
    @given(text=strategies.messages)
    def holds(text: str) -> None:
        context.server.forget_calls()
        answer = context.caller.say(session_id, text)
        context.must("turn-send", answer.is_stream and answer.whole, "a stream", answer)

    explore_examples(context, holds)


@requirement("upload-answer", "upload-state")
@draws_examples
def test_a_file_of_any_name_is_taken_and_listed(context: Context) -> None:
    session_id = context.caller.new_session(blank=True)
    names: list[Json] = []

    @example_settings(context)
    @given(file=strategies.uploads)
    def holds(file: File) -> None:
        context.server.forget_calls()
        answer = context.caller.upload(session_id, file)
        context.equal("upload-answer", answer.at("data", "files", 0, "filename"), file.name, "filename")
        names.append(file.name)
        infos = context.caller.state(session_id).list("data", "state", "video_infos")
        listed = [each.get("filename") for each in infos if isinstance(each, dict)]
        context.must("upload-state", set(map(str, listed)) == set(map(str, names)), f"{names} in video_infos", listed)

    explore_examples(context, holds)


@requirement("upload-url", "upload-file-type")
@draws_examples
def test_a_file_of_any_format_is_taken_by_its_url(context: Context) -> None:
    session_id = context.caller.new_session()

    @example_settings(context)
    @given(url=strategies.urls)
    @each_example("url", strategies.URLS)
    def holds(url: str) -> None:
        context.server.forget_calls()
        answer = context.caller.upload_json(session_id, {"urls": [url], "source_type": "url"})
        context.equal("upload-url", answer.code, 0, f"the code of {url}")
        kind = file_type_of(url)
        context.equal("upload-file-type", answer.at("data", "files", 0, "file_type"), kind, f"the file_type of {url}")

    explore_examples(context, holds)


@requirement("code-4001")
@draws_examples
def test_no_file_of_an_unknown_ending_is_taken(context: Context) -> None:
    session_id = context.caller.new_session()

    @example_settings(context)
    @given(name=strategies.unknown_names)
    def holds(name: str) -> None:
        context.server.forget_calls()
        answer = context.caller.expecting_refusal().upload(session_id, File(name, png()))
        context.equal("code-4001", answer.code, 4001, f"the code of {name}")

    explore_examples(context, holds)


@requirement("attribution-headers")
@draws_examples
def test_any_attribution_values_are_accepted(context: Context) -> None:
    caller = context.caller.expecting_refusal()

    @example_settings(context)
    @given(headers=strategies.attributions)
    def holds(headers: dict[str, str]) -> None:
        context.server.forget_calls()
        answer = caller.call("submit_render", "POST", Path.RENDER, {}, headers=headers)
        context.must("attribution-headers", answer.status != 402, f"no 402 with {headers}", answer)

    explore_examples(context, holds)


@requirement("token-limit-none", "token-client-id")
@draws_examples
def test_any_client_id_makes_an_account(context: Context) -> None:
    if not context.holds("token-limit-none"):
        return

    @example_settings(context)
    @given(client_id=strategies.client_ids)
    def holds(client_id: str) -> None:
        context.server.forget_calls()
        answer = context.ask_token(client_id)
        context.must("token-client-id", answer.code == 0, f"a token for the client id {client_id!r}", answer)
        context.must("token-limit-none", answer.code == 0, "a token", answer)

    explore_examples(context, holds)


@requirement("render-submit", "render-draft-empty", slow=True)
@draws_examples
def test_any_draft_is_exported_only_with_a_segment(context: Context) -> None:
    caller = context.caller
    session_id = caller.new_session()

    @example_settings(context)
    @given(draft=strategies.drafts, output=strategies.outputs)
    def taken(draft: JsonObject, output: JsonObject) -> None:
        context.server.forget_calls()
        render_id = new_render_id()
        answer = caller.submit(session_id, draft, id=render_id, output=output)
        context.must("render-submit", answer.status == 200, "an export that is accepted", answer)
        caller.cancel(render_id)

    @example_settings(context)
    @given(draft=strategies.empty_drafts)
    def refused(draft: JsonObject) -> None:
        context.server.forget_calls()
        answer = caller.expecting_refusal().submit(session_id, draft)
        context.must("render-draft-empty", answer.status == 400, "400 for a draft without a segment", answer)

    explore_examples(context, taken)
    explore_examples(context, refused)


@requirement("render-id", slow=True)
@draws_examples
def test_any_id_that_fits_into_a_path_is_the_exports(context: Context) -> None:
    made = context.caller.made

    @example_settings(context, share=2)
    @given(render_id=strategies.render_ids)
    def holds(render_id: str) -> None:
        context.server.forget_calls()
        if context.caller.poll(render_id).status == 404:
            context.caller.submit(made.session_id, draft_of(made.state), id=render_id)
        answer = context.caller.poll(render_id)
        context.must("render-id", render_of(answer)[0], "the export of that id", answer)
        context.caller.cancel(render_id)

    explore_examples(context, holds)


def run_state_machine(context: Context, machine: type[CallerMachine]) -> None:
    """Run a state machine, with as many examples as the target permits."""
    steps = 4 if context.spending.charged or context.examples < 5 else 12
    chosen = settings(example_settings(context, share=2), stateful_step_count=steps)
    benched = type(machine.__name__, (machine,), {"context": context})
    explore_examples(context, lambda: run_state_machine_as_test(benched, settings=chosen))


@requirement(*KNOWN)
@draws_examples
def test_no_sequence_of_calls_contradicts_the_model(context: Context) -> None:
    run_state_machine(context, CallerMachine)


@requirement(*ISOLATED, *KNOWN)
@draws_examples
def test_no_sequence_of_calls_shows_to_another_account(context: Context) -> None:
    run_state_machine(context, ObservedCallerMachine)
