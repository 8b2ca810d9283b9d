"""Properties that hold of whatever callers send, and of whatever they do in any order."""

# ruff: noqa: D103 -- a check's name is its sentence

from __future__ import annotations

from collections.abc import Callable

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Flaky
from hypothesis.stateful import run_state_machine_as_test

from nemovideo_contract.openapi import Json
from nemovideo_contract.suite import strategies
from nemovideo_contract.suite.bench import Bench, draft_of, render_of
from nemovideo_contract.suite.exchange import File
from nemovideo_contract.suite.machine import Conversation
from nemovideo_contract.suite.marking import requirement
from nemovideo_contract.suite.samples import png


def drawn(bench: Bench, *, share: int = 1) -> settings:
    """How many examples are drawn: few where somebody pays."""
    count = max(1, (2 if bench.rails.charged else bench.examples) // share)
    return settings(
        max_examples=count,
        deadline=None,
        database=None,
        derandomize=True,
        print_blob=False,
        phases=(Phase.explicit, Phase.generate),  # shrinking would send hundreds of calls
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )


def explored(bench: Bench, explore: Callable[[], None]) -> None:
    """Explore, and say what was found first where a server, which remembers, doesn't behave so a second time.

    Raises:
        Difference: an example shows one.
    """
    try:
        explore()
    except Flaky:
        if bench.latest is None:
            raise
        raise bench.latest from None


@requirement("token-client-id-long")
def test_no_client_id_of_more_than_64_characters_gets_a_token(bench: Bench) -> None:
    @drawn(bench)
    @given(client_id=strategies.long_client_ids)
    def holds(client_id: str) -> None:
        bench.trail.clear()
        answer = bench.ask_token(client_id)
        bench.must("token-client-id-long", answer.status == 400, f"400 for {len(client_id)} characters", answer)

    explored(bench, holds)


@requirement("session-name", "session-language")
def test_any_name_and_language_make_a_session(bench: Bench) -> None:
    @drawn(bench)
    @given(name=strategies.task_names, language=strategies.languages)
    def holds(name: str, language: str) -> None:
        bench.trail.clear()
        created = bench.caller.session({"task_name": name, "language": language})
        bench.equal("session-language", created.code, 0, "the code")
        state = bench.caller.state(created.text("data", "session_id"))
        bench.equal("session-name", state.text("data", "task_name"), name, "task_name in the state")

    explored(bench, holds)


@requirement("turn-send", slow=True)
def test_any_message_is_answered_with_a_stream_in_order(bench: Bench) -> None:
    session_id = bench.caller.new_session()

    @drawn(bench)
    @given(text=strategies.messages)
    def holds(text: str) -> None:
        bench.trail.clear()
        answer = bench.caller.say(session_id, text)
        bench.must("turn-send", answer.is_stream and answer.whole, "a stream", answer)

    explored(bench, holds)


@requirement("upload-answer", "upload-state")
def test_a_picture_of_any_name_is_taken_and_listed(bench: Bench) -> None:
    session_id = bench.caller.new_session()
    names: list[Json] = []

    @drawn(bench)
    @given(name=strategies.image_names)
    def holds(name: str) -> None:
        bench.trail.clear()
        answer = bench.caller.upload(session_id, File(name, png()))
        bench.equal("upload-answer", answer.at("data", "files", 0, "filename"), name, "filename")
        names.append(name)
        infos = bench.caller.state(session_id).list("data", "state", "video_infos")
        listed = [each.get("filename") for each in infos if isinstance(each, dict)]
        bench.must("upload-state", set(map(str, listed)) == set(map(str, names)), f"{names} in video_infos", listed)

    explored(bench, holds)


@requirement("code-4001")
def test_no_file_of_an_unknown_ending_is_taken(bench: Bench) -> None:
    session_id = bench.caller.new_session()

    @drawn(bench)
    @given(name=strategies.unknown_names)
    def holds(name: str) -> None:
        bench.trail.clear()
        answer = bench.caller.vainly().upload(session_id, File(name, png()))
        bench.equal("code-4001", answer.code, 4001, f"the code of {name}")

    explored(bench, holds)


@requirement("render-id", slow=True)
def test_any_id_that_fits_into_a_path_is_the_exports(bench: Bench) -> None:
    made = bench.caller.made

    @drawn(bench, share=2)
    @given(render_id=strategies.render_ids)
    def holds(render_id: str) -> None:
        bench.trail.clear()
        if bench.caller.poll(render_id).status == 404:
            bench.caller.submit(made.session_id, draft_of(made.state), id=render_id)
        answer = bench.caller.poll(render_id)
        bench.must("render-id", render_of(answer)[0], "the export of that id", answer)
        bench.caller.cancel(render_id)

    explored(bench, holds)


@requirement(
    "credits-sum", "credits-talk", "credits-export", "state-still", "session-new", "session-isolated", "render-status"
)
def test_nothing_that_a_caller_does_breaks_the_books(bench: Bench) -> None:
    machine = type("BenchedConversation", (Conversation,), {"bench": bench})
    steps = 4 if bench.rails.charged or bench.examples < 5 else 12
    chosen = settings(drawn(bench), stateful_step_count=steps)
    explored(bench, lambda: run_state_machine_as_test(machine, settings=chosen))
