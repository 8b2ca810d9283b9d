"""A message is accepted in both spellings; its errors are reported in the words of the service or of the kit."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nemovideo_contract.profiles import Profile
from nemovideo_contract.wire import Code
from nemovideo_mock.errors import KitError, ServiceError, kit_session_not_found
from nemovideo_mock.http.run_sse_request import Message, read_message, unreadable
from tests.mock_server.dialects.streams import values

SERVICE = Profile()
KIT = Profile(events="adk-2", turn_errors="adk")
OLD_KIT = Profile(events="adk-1", turn_errors="adk")

BODY: dict[str, object] = {
    "app_name": "nemo_agent",
    "user_id": "me",
    "session_id": "1",
    "new_message": {"parts": [{"text": "hi"}]},
}
HI = Message(session_id="1", user_id="me", text="hi", streaming=False, app_name="nemo_agent")
CAMEL = {"app_name": "appName", "user_id": "userId", "session_id": "sessionId", "new_message": "newMessage"}
ALL = [SERVICE, KIT, OLD_KIT]


def without(*names: str) -> dict[str, object]:
    """Return the body without some of its fields."""
    return {name: value for name, value in BODY.items() if name not in names}


def complaint(body: dict[str, object], profile: Profile = KIT) -> tuple[int, object]:
    """Return the status and detail with which the kit refuses a body."""
    with pytest.raises(KitError) as refused:
        read_message(body, profile)
    assert refused.value.body() == {"detail": refused.value.detail}
    return refused.value.status, refused.value.detail


@pytest.mark.parametrize("profile", ALL)
@pytest.mark.parametrize("camel", [(), ("session_id",), ("app_name", "new_message"), tuple(CAMEL)])
def test_both_spellings_are_read_and_may_be_mixed(profile: Profile, camel: tuple[str, ...]) -> None:
    body = {CAMEL[name] if name in camel else name: value for name, value in BODY.items()}
    assert read_message(body, profile) == HI


@pytest.mark.parametrize("profile", ALL)
def test_camel_case_wins_and_unknown_keys_are_ignored(profile: Profile) -> None:
    body = {**BODY, "sessionId": "2", "session_id": 5, "userId": "anon_1", "priority": 9}
    message = read_message(body, profile)
    assert (message.session_id, message.user_id) == ("2", "anon_1")


@pytest.mark.parametrize("profile", ALL)
def test_several_parts_are_joined_by_line_breaks(profile: Profile) -> None:
    body = {**BODY, "new_message": {"role": "user", "parts": [{"text": " one"}, {"text": "two\n"}]}}
    assert read_message(body, profile).text == "one\ntwo"


@pytest.mark.parametrize("profile", ALL)
def test_streaming_is_taken_from_whatever_the_kit_takes_for_a_boolean(profile: Profile) -> None:
    for value in (True, "ON", "y", "True", "1", 1, 1.0):
        assert read_message({**BODY, "streaming": value}, profile).streaming is True
    for value in (False, "off", "N", "false", "0", 0, -0.0):
        assert read_message({**BODY, "streaming": value}, profile).streaming is False


@pytest.mark.parametrize("value", ["maybe", None, 2, [], {"a": 1}])
def test_the_service_ignores_a_meaningless_streaming_value(value: object) -> None:
    assert read_message({**BODY, "streaming": value}, SERVICE) == HI


def test_the_service_needs_no_user() -> None:
    assert read_message(without("user_id"), SERVICE) == HI


#: Bodies that the service refuses, and its sentence.
REFUSED: list[tuple[dict[str, object], str]] = [
    (without("session_id"), "The field session_id is missing."),
    ({**BODY, "session_id": 5}, "The field session_id is not a string."),
    ({**BODY, "sessionId": 5}, "The field sessionId is not a string."),
    ({**BODY, "user_id": None}, "The field user_id is missing."),
    (without("app_name"), "The field app_name is missing."),
    (without("new_message"), "The field new_message.parts is missing or not a list."),
    ({**BODY, "new_message": "hi"}, "The field new_message.parts is missing or not a list."),
    ({**BODY, "new_message": {"parts": "hi"}}, "The field new_message.parts is missing or not a list."),
    ({**BODY, "new_message": {"parts": ["hi"]}}, "Each entry of new_message.parts needs a text."),
    ({**BODY, "new_message": {"parts": [{}]}}, "Each entry of new_message.parts needs a text."),
    ({**BODY, "new_message": {"parts": []}}, "The message is empty: new_message.parts[0].text has no text."),
    (
        {**BODY, "newMessage": {"parts": [{"text": " "}]}},
        "The message is empty: newMessage.parts[0].text has no text.",
    ),
]


@pytest.mark.parametrize(("body", "message"), REFUSED)
def test_the_service_refuses_a_body_with_400_and_a_sentence(body: dict[str, object], message: str) -> None:
    with pytest.raises(ServiceError) as refused:
        read_message(body, SERVICE)
    assert refused.value.status_in(SERVICE) == 400
    assert (refused.value.code, refused.value.message) == (Code.BAD_REQUEST, message)


def test_another_agent_is_not_found() -> None:
    with pytest.raises(ServiceError) as refused:
        read_message({**BODY, "app_name": "other", "session_id": None}, SERVICE)
    assert refused.value.body() == {
        "code": 404,
        "message": "There is no agent of that name; use nemo_agent.",
        "data": None,
    }


# --- the kit's words, measured on 2.13.0 ------------------------------------------------------------------------------


STRING = "Input should be a valid string"
BOOLEAN = "Input should be a valid boolean"
UNCLEAR = "Input should be a valid boolean, unable to interpret input"
OBJECT = "Input should be a valid dictionary or object to extract fields from"
EXTRA = "Extra inputs are not permitted"
PARTS_AT: list[str | int] = ["body", "new_message", "parts"]


def with_fields(**changes: object) -> dict[str, object]:
    """Return the body with other values for some fields."""
    return {**BODY, **changes}


#: Bodies that the kit refuses, and the type, place, input and sentence of each error.
COMPLAINTS: list[tuple[dict[str, object], list[tuple[str, list[str | int], object, str]]]] = [
    (with_fields(user_id=None), [("string_type", ["body", "user_id"], None, STRING)]),
    (with_fields(userId=5), [("string_type", ["body", "userId"], 5, STRING)]),
    (with_fields(new_message="hi"), [("model_attributes_type", ["body", "new_message"], "hi", OBJECT)]),
    (with_fields(newMessage=[1]), [("model_attributes_type", ["body", "newMessage"], [1], OBJECT)]),
    (
        with_fields(new_message={"parts": {"a": 1}}),
        [("list_type", [*PARTS_AT], {"a": 1}, "Input should be a valid list")],
    ),
    (with_fields(new_message={"parts": [1]}), [("model_attributes_type", [*PARTS_AT, 0], 1, OBJECT)]),
    (
        with_fields(new_message={"parts": [{"text": "a"}, {"text": 5}]}),
        [("string_type", [*PARTS_AT, 1, "text"], 5, STRING)],
    ),
    (
        with_fields(new_message={"parts": [{"text": "a", "foo": 1}]}),
        [("extra_forbidden", [*PARTS_AT, 0, "foo"], 1, EXTRA)],
    ),
    (
        with_fields(new_message={"role": 5, "foo": 1, "parts": []}),
        [
            ("string_type", ["body", "new_message", "role"], 5, STRING),
            ("extra_forbidden", ["body", "new_message", "foo"], 1, EXTRA),
        ],
    ),
    (with_fields(streaming="maybe"), [("bool_parsing", ["body", "streaming"], "maybe", UNCLEAR)]),
    (with_fields(streaming=2.0), [("bool_parsing", ["body", "streaming"], 2.0, UNCLEAR)]),
    (with_fields(streaming=-3), [("bool_parsing", ["body", "streaming"], -3, UNCLEAR)]),
    (with_fields(streaming=None), [("bool_type", ["body", "streaming"], None, BOOLEAN)]),
    (with_fields(streaming=0.5), [("bool_type", ["body", "streaming"], 0.5, BOOLEAN)]),
    (with_fields(streaming=10**30), [("bool_type", ["body", "streaming"], 10**30, BOOLEAN)]),
    (with_fields(stateDelta=[]), [("dict_type", ["body", "stateDelta"], [], "Input should be a valid dictionary")]),
    (with_fields(invocation_id=5), [("string_type", ["body", "invocation_id"], 5, STRING)]),
    (
        with_fields(app_name="other", user_id=5, new_message=3),
        [
            ("string_type", ["body", "user_id"], 5, STRING),
            ("model_attributes_type", ["body", "new_message"], 3, OBJECT),
        ],
    ),
    (
        without("user_id", "session_id"),
        [
            ("missing", ["body", "userId"], without("user_id", "session_id"), "Field required"),
            ("missing", ["body", "sessionId"], without("user_id", "session_id"), "Field required"),
        ],
    ),
]


@pytest.mark.parametrize(("body", "wrong"), COMPLAINTS)
def test_the_kit_names_all_that_is_wrong(
    body: dict[str, object], wrong: list[tuple[str, list[str | int], object, str]]
) -> None:
    expected = [{"type": kind, "loc": place, "msg": msg, "input": value} for kind, place, value, msg in wrong]
    status, found = complaint(body)
    assert status == 422
    assert json.dumps(found) == json.dumps(expected)


WORDLESS: list[dict[str, object]] = [
    without("new_message"),
    with_fields(new_message=None),
    with_fields(new_message={}),
    with_fields(new_message={"parts": None}),
    with_fields(new_message={"parts": []}),
    with_fields(new_message={"parts": [dict[str, object]()]}),
    with_fields(new_message={"parts": [{"text": None}]}),
    with_fields(new_message={"parts": [{"inlineData": {"data": "", "mimeType": "image/png"}}]}),
]


@pytest.mark.parametrize("body", WORDLESS)
def test_the_kit_runs_without_words(body: dict[str, object]) -> None:
    assert read_message(body, KIT).text == ""


@pytest.mark.parametrize("body", [without("app_name"), with_fields(app_name=None), with_fields(app_name="")])
def test_the_kit_requires_an_agent(body: dict[str, object]) -> None:
    assert complaint(body) == (400, "app_name is required when ADK_DEFAULT_APP_NAME is not set")


def test_before_2_the_agent_is_a_field_like_any_other() -> None:
    status, detail = complaint(without("app_name"), OLD_KIT)
    assert status == 422
    assert detail == [
        {"type": "missing", "loc": ["body", "appName"], "msg": "Field required", "input": without("app_name")}
    ]
    assert complaint(with_fields(app_name=None), OLD_KIT)[0] == 422


@pytest.mark.parametrize("name", ["other", ""])
def test_before_2_another_agent_crashes_the_kit(name: str) -> None:
    assert complaint(with_fields(app_name=name), OLD_KIT) == (500, "Internal Server Error")


def test_before_2_a_message_without_parts_is_accepted_and_fails() -> None:
    absent = (
        "Running an agent requires either a new_message or an invocation_id to resume a previous invocation."
        " Session: 1, User: me"
    )
    assert read_message(without("new_message"), OLD_KIT).failure == absent
    assert read_message(with_fields(new_message=None), OLD_KIT).failure == absent
    wordless: list[dict[str, object]] = [{}, {"parts": None}, {"parts": []}]
    for message in wordless:
        assert read_message(with_fields(new_message=message), OLD_KIT).failure == "No parts in the new_message."
    assert read_message(with_fields(new_message={"parts": [{"text": ""}]}), OLD_KIT).failure is None
    assert read_message(without("new_message"), KIT).failure is None


def test_the_kit_knows_no_other_agent_and_names_the_session_it_misses() -> None:
    assert complaint(with_fields(app_name="other")) == (
        404,
        "Agent not found: 'other'. In single agent mode, only 'nemo_agent' is accessible.",
    )
    missing = kit_session_not_found("no-such-session")
    assert missing.status == 404
    assert missing.body() == {"detail": "Session not found: no-such-session"}


#: Bodies that are not objects, and the kit's answer.
UNREADABLE: list[tuple[bytes, dict[str, object]]] = [
    (b"", {"type": "missing", "loc": ["body"], "msg": "Field required", "input": None}),
    (b"[1]", {"type": "model_attributes_type", "loc": ["body"], "msg": OBJECT, "input": [1]}),
    (b"null", {"type": "model_attributes_type", "loc": ["body"], "msg": OBJECT, "input": None}),
    (
        b"{",
        {
            "type": "json_invalid",
            "loc": ["body", 1],
            "msg": "JSON decode error",
            "input": {},
            "ctx": {"error": "Expecting property name enclosed in double quotes"},
        },
    ),
    (
        '"é" x'.encode(),
        {
            "type": "json_invalid",
            "loc": ["body", 4],
            "msg": "JSON decode error",
            "input": {},
            "ctx": {"error": "Extra data"},
        },
    ),
]


@pytest.mark.parametrize(("body", "detail"), UNREADABLE)
def test_the_kit_names_what_keeps_a_body_from_being_an_object(body: bytes, detail: dict[str, object]) -> None:
    refused = unreadable(body)
    assert refused.status == 422
    assert json.dumps(refused.body()) == json.dumps({"detail": [detail]})


@pytest.mark.parametrize("body", [b"\xff", b"NaN", b'"\\ud800"', b"[" * 100_000])
def test_a_body_that_crashes_the_kit_is_a_bad_request(body: bytes) -> None:
    assert (unreadable(body).status, unreadable(body).detail) == (400, "There was an error parsing the body")


def test_the_kit_shows_a_body_that_is_not_called_json_as_a_string() -> None:
    for body in (json.dumps(BODY), "{", "5"):
        refused = unreadable(body.encode(), called_json=False)
        complaint = {"type": "model_attributes_type", "loc": ["body"], "msg": OBJECT, "input": body}
        assert (refused.status, refused.detail) == (422, [complaint])
    assert unreadable(b"", called_json=False).detail == unreadable(b"").detail
    assert unreadable(b"\xff", called_json=False).status == 500


@given(st.binary(max_size=40))
def test_every_body_that_is_no_object_has_an_answer_that_can_be_sent(body: bytes) -> None:
    assert json.dumps(unreadable(body).body(), ensure_ascii=False, allow_nan=False).encode("utf-8")


KEYS = st.one_of(st.sampled_from([*BODY, *CAMEL.values(), "streaming", "state_delta"]), st.text(max_size=5))
FIELDS = st.dictionaries(st.sampled_from(["text", "inlineData", "foo"]), values, max_size=2)
PARTS = st.lists(st.one_of(values, FIELDS), max_size=3)
MESSAGES = st.dictionaries(st.sampled_from(["parts", "role", "foo"]), st.one_of(values, PARTS), max_size=3)
BODIES = st.dictionaries(KEYS, st.one_of(values, MESSAGES, st.just("nemo_agent")), max_size=6)


@given(st.sampled_from(ALL), st.one_of(BODIES, BODIES.map(lambda found: {**BODY, **found})))
@example(KIT, {**BODY, "new_message": {"parts": [{"text": "\ud800"}], "\ud800": 1}})
@example(SERVICE, {**BODY, "new_message": {"parts": [{"text": "\ud800"}]}})
def test_every_object_is_a_message_or_is_refused(profile: Profile, body: dict[str, object]) -> None:
    try:
        message = read_message(body, profile)
    except (KitError, ServiceError) as refused:
        error = refused
    else:
        assert message.app_name == "nemo_agent"
        assert message.session_id == body.get("sessionId", body.get("session_id"))
        assert message.text or profile is not SERVICE
        assert message.text == message.text.strip()
        return
    assert isinstance(error, ServiceError) is (profile is SERVICE)
    status = error.status if isinstance(error, KitError) else error.status_in(profile)
    assert status in {400, 404} if profile is SERVICE else status in {400, 404, 422, 500}
    assert json.loads(json.dumps(error.body(), allow_nan=False))
