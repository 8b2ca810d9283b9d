"""Schemathesis sends what the specification allows, and what it doesn't, and finds nothing.

It is told the ids that the fake knows, or it would hardly ever get past them. What it sends is drawn the same each
time; `NEMO_SCHEMATHESIS_EXAMPLES` draws more, anew each time. Its plugin for pytest is left out, see pyproject.toml:
the engine runs inside a test. Whatever is answered is held against the specification a second time, by our own check,
which closes it against unnamed keys and reads the records of streams.

Schemathesis swaps parts of Hypothesis for the whole process when it is imported: property tests that fail after that
don't show their values. So it is imported inside `swapped` alone, which undoes that.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import httpx
import pytest

from nemovideo_contract.openapi import JsonObject, at, document, mapping, narrow_to_profile, operations
from nemovideo_contract.profiles import PROFILES, Profile, find_profile
from nemovideo_contract.wire import RENDER_ID_PREFIX, TEST_TOKEN_PREFIX
from tests.guards import HANG_S
from tests.integration.conformity import Conformity
from tests.integration.conversation import POLLS, REEL, RENDER, Conversation, conversing

if TYPE_CHECKING:
    from schemathesis.engine.recorder import ScenarioRecorder

EXAMPLES: Final = int(os.environ.get("NEMO_SCHEMATHESIS_EXAMPLES", "4"))
TOKEN: Final = TEST_TOKEN_PREFIX + "funded"
#: Where refusals have a status that says so: what Schemathesis can tell from an acceptance.
STRICT: Final = Profile(errors="http", attribution="everywhere", duplicate_render="existing")
#: The checks that need no such status.
FORM: Final = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
#: What the server says below HTTP, to bytes that are no request.
NO_REQUEST: Final = b"Invalid HTTP request received."

Checks = dict[str, object]

#: What Schemathesis swaps in Hypothesis, for good.
SWAPPED: Final = (
    "hypothesis.core.RepresentationPrinter",
    "hypothesis.core.BUFFER_SIZE",
    "hypothesis.internal.entropy.register_random",
    "hypothesis.internal.conjecture.engine.BUFFER_SIZE",
    "hypothesis.strategies._internal.collections.BUFFER_SIZE",
    "hypothesis.strategies._internal.core.is_first_param_referenced_in_function",
)


@contextmanager
def swapped() -> Generator[None]:
    """Let Schemathesis have Hypothesis as it wants it, and put everything back."""
    with pytest.MonkeyPatch.context() as patch:
        for name in SWAPPED:
            place, _, attribute = name.rpartition(".")
            patch.setattr(name, getattr(import_module(place), attribute))
        from schemathesis.generation.hypothesis import setup

        patch.setattr(setup, "_is_patched", False, raising=False)
        setup()
        yield


pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture
def engine() -> Generator[None]:
    """Schemathesis at work."""
    with swapped():
        yield


def strict_checks() -> Checks:
    """Every check, with the statuses by which the API says no."""
    refusals = ["400", "401", "402", "403", "404", "405", "413", "415", "422"]
    return {
        "missing_required_header": {"expected-statuses": ["400", "401", "402"]},
        "negative_data_rejection": {"expected-statuses": refusals},
        # A file's bytes or name may be those of no photo, an id that of nothing.
        "positive_data_acceptance": {"expected-statuses": ["2xx", "404", "415", "429"]},
    }


def form_checks() -> Checks:
    """The checks of an answer's form alone."""
    return {"enabled": False, **{name: {"enabled": True} for name in FORM}}


def told(profile: Profile, ids: dict[str, Any], render_id: str) -> JsonObject:  # Any: what a server answers
    """The specification of a profile with the ids that the fake knows."""
    root = narrow_to_profile(document(), profile)
    session: JsonObject = {"enum": [ids["session_id"]]}
    task: JsonObject = {"enum": [ids["task_id"]]}
    user: JsonObject = {"enum": ["me", ids["user_id"]]}
    parameters = mapping(at(root, "components", "parameters"))
    mapping(parameters["SessionId"]).update(schema=session, example=ids["session_id"])
    mapping(parameters["UserId"])["schema"] = user
    ids_of_renders = at(root, "components", "schemas", "RenderRequest", "properties", "id")
    mapping(parameters["RenderId"]).update(schema={"anyOf": [{"const": render_id}, ids_of_renders]}, example=render_id)
    if profile.attribution == "everywhere":
        for name in ("SkillSource", "SkillVersion", "SkillPlatform"):
            mapping(parameters[name]).update(required=True, schema={"type": "string", "pattern": r"\S"})
    for schema, key, known in (
        ("ClaimTokenRequest", "session_id", session),
        ("ClaimTokenRequest", "task_id", task),
        ("RunRequest", "session_id", session),
        ("RunRequest", "user_id", user),
        ("RenderRequest", "sessionId", session),
    ):
        mapping(at(root, "components", "schemas", schema, "properties"))[key] = dict(known)
    # Thousands of files would be in each state from then on.
    del mapping(at(root, "components", "schemas", "UploadByUrlRequest", "properties", "urls"))["maxItems"]
    return root


def exported(conversation: Conversation, session_id: str) -> str:
    """The id of a render that is complete."""
    render_id = RENDER_ID_PREFIX + "1"
    conversation.say(session_id, REEL)
    draft = conversation.settled(session_id)
    conversation.post(RENDER, {"id": render_id, "sessionId": session_id, "draft": draft})
    polls = [conversation.get(f"{RENDER}/{render_id}") for _ in range(POLLS)]
    assert conversation.render_of(polls[-1])[0] == "completed"
    return render_id


def findings(
    url: str, root: JsonObject, checks: Checks, note: Callable[[httpx.Response], None], **phases: bool
) -> list[str]:
    """What Schemathesis finds, in words; every answer that it gets is noted."""
    import schemathesis
    from schemathesis.engine import events, from_schema

    config = schemathesis.Config.from_dict(  # pyright: ignore[reportUnknownMemberType] -- takes any dict
        {
            "base-url": url,
            "auth": {"openapi": {"bearer": {"bearer": TOKEN}}},
            "cache": {"enabled": False},
            "checks": checks,
            "continue-on-failure": True,
            "generation": {
                "allow-extra-parameters": False,  # nobody refuses a header that they don't know
                "database": "none",
                "deterministic": "NEMO_SCHEMATHESIS_EXAMPLES" not in os.environ,
                "max-examples": EXAMPLES,
                "no-shrink": True,
            },
            "operations": [
                {
                    "include-operation-id": "cancel_render",  # refused as well where the render has ended
                    "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "400", "404"]}},
                }
            ],
            "phases": {
                "fuzzing": {"error-feedback": {"enabled": False}},
                "stateful": {"enabled": phases.get("stateful", False), "max-steps": 6},
            },
        }
    )
    found: list[str] = []
    for event in from_schema(schemathesis.openapi.from_dict(dict(root), config=config)).execute():
        if isinstance(event, events.NonFatalError | events.FatalError):
            found.append(f"error: {event}")
        elif isinstance(event, events.ScenarioFinished):
            found += failures(event.recorder)
            for answer in answers(event.recorder):
                try:
                    note(answer)
                except AssertionError as error:
                    found.append(str(error))
    return found


def failures(recorder: ScenarioRecorder) -> Iterator[str]:
    """The checks of a scenario that failed, each with a command that shows it."""
    for checks in recorder.checks.values():
        for check in checks:
            if check.failure_info is not None:
                failure, command = check.failure_info.failure, check.failure_info.code_sample
                yield f"{check.name}: {failure.title}: {failure.message:.300}\n{command:.600}"


def answers(recorder: ScenarioRecorder) -> Iterator[httpx.Response]:
    """What was answered in a scenario."""
    for interaction in recorder.interactions.values():
        if (response := interaction.response) is not None and response.content != NO_REQUEST:
            yield httpx.Response(
                response.status_code,
                headers=[(name, value) for name, values in response.headers.items() for value in values],
                content=response.content,
                request=httpx.Request(interaction.request.method, interaction.request.uri),
            )


def conforms(conformity: Conformity) -> Callable[[httpx.Response], None]:
    """Our own check, but for paths and methods that are none of the API's: those are 404 and 405."""

    kit = conformity.profile.turn_errors == "adk"

    def said(code: int, message: str) -> JsonObject:
        return {"detail": message} if kit else {"code": code, "message": message, "data": None}

    def check(answer: httpx.Response) -> None:
        if answer.status_code == 405:
            assert answer.headers["allow"] in {"GET, HEAD", "POST"}
            assert answer.json() == said(405, "Method Not Allowed")
            return
        try:
            conformity.operation_of(answer.request)
        except AssertionError:
            if answer.status_code != 307:  # the kit redirects a path with a slash too many
                assert answer.json() == said(404, "Not Found")
        else:
            conformity.check(answer)

    return check


@pytest.mark.slow
@pytest.mark.timeout(HANG_S + 10 * EXAMPLES)
def test_schemathesis_finds_nothing_if_every_refusal_has_a_status() -> None:
    with conversing(STRICT) as conversation:
        conversation.act_as(TOKEN)
        ids = conversation.start()
        root = told(STRICT, ids, exported(conversation, ids["session_id"]))
        conformity = Conformity(STRICT)
        found = findings(conversation.server.url, root, strict_checks(), conforms(conformity), stateful=True)
        assert found == [], "\n\n".join(found[:5])
        succeeded = {operation for operation, status, _ in conformity.seen if status == 200}
        refused = {operation for operation, status, _ in conformity.seen if status >= 400}
        assert succeeded == refused == {each.id for each in operations(root)}


@pytest.mark.slow
@pytest.mark.timeout(HANG_S + 10 * EXAMPLES)
@pytest.mark.parametrize("name", PROFILES)
def test_every_answer_has_the_form_that_the_profile_gives_it(name: str) -> None:
    profile = find_profile(name)
    with conversing(profile) as conversation:
        conversation.act_as(TOKEN)
        ids = conversation.start()
        root = told(profile, ids, exported(conversation, ids["session_id"]))
        conformity = Conformity(profile)
        found = findings(conversation.server.url, root, form_checks(), conforms(conformity))
        assert found == [], "\n\n".join(found[:5])
        assert {operation for operation, _, _ in conformity.seen} == {each.id for each in operations(root)}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("schema", "key", "wrong"),
    [
        ("Credits", "available", {"type": "string"}),  # the fake answers otherwise
        ("CreateSessionRequest", "task_name", {"type": "integer"}),  # the fake takes otherwise
    ],
)
def test_schemathesis_finds_a_difference_between_fake_and_specification(
    schema: str, key: str, wrong: JsonObject
) -> None:
    with conversing(STRICT) as conversation:
        conversation.act_as(TOKEN)
        root = told(STRICT, conversation.start(), "render_1")
        mapping(at(root, "components", "schemas", schema, "properties"))[key] = wrong
        kept = {"/api/credits/balance/simple", "/api/tasks/{user_id}/with-session/nemo_agent"}
        root["paths"] = {path: item for path, item in mapping(root["paths"]).items() if path in kept}
        assert findings(conversation.server.url, root, strict_checks(), lambda _: None)
