"""The table of kinds is complete and consistent with the specification, and each row works."""

from __future__ import annotations

import json
from dataclasses import fields

import pytest

from nemovideo_contract import openapi
from nemovideo_mock.faults import ENDPOINTS, KINDS, Fault, FaultKind, Faults, FaultScope, FaultTrigger, Requester, parse
from nemovideo_mock.faults.stream_shaper import ORDER
from nemovideo_mock.seeded_random import Chance

from .streams import HEARTBEATS, play, text

every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


def test_endpoints_are_the_operations_of_the_specification_and_the_outputs() -> None:
    operations = [operation.id for operation in openapi.operations(openapi.document())]
    assert list(ENDPOINTS) == [*operations, "output"]


def test_every_fault_of_streams_has_its_place_in_the_order() -> None:
    assert {kind.effect for kind in KINDS.values() if kind.layer == "stream"} == set(ORDER)


@every_kind
def test_a_kind_says_what_it_and_its_parameters_mean(kind: FaultKind) -> None:
    assert kind.meaning.endswith(".")
    assert all(parameter.meaning and parameter.accepts for parameter in kind.parameters)
    assert set(kind.default_on) <= set(kind.endpoints) <= set(ENDPOINTS)


@every_kind
def test_a_kinds_parameters_dont_hide_what_every_fault_has(kind: FaultKind) -> None:
    everybodys = {"kind", "name", "on", *(field.name for part in (FaultScope, FaultTrigger) for field in fields(part))}
    assert not everybodys & {parameter.name for parameter in kind.parameters}


@every_kind
def test_a_kinds_defaults_are_what_its_rules_take(kind: FaultKind) -> None:
    for parameter in kind.parameters:
        assert parameter.default is None or parameter.rule.takes(parameter.default)


@every_kind
def test_an_example_comes_back_from_json_as_it_was(kind: FaultKind) -> None:
    fault = parse(json.loads(json.dumps(kind.example)))
    again = fault.as_json()

    assert fault.kind is kind
    assert kind.example.items() <= (again | {"on": kind.example.get("on")}).items()
    assert parse(json.loads(json.dumps(again))) == fault


@every_kind
def test_an_example_fires(kind: FaultKind) -> None:
    faults = Faults(Chance("0"))
    fault = faults.add(kind.example, 0.0)
    who = Requester("anon_1", "5529798706024415232", "Add a title")

    drawn = [faults.draw(kind.layer, fault.on[0], who, float(now)) for now in range(1, 10)]

    assert any(drawn)
    assert {found.name for found in sum(drawn, ())} == {f"{kind.name}-1"}
    assert faults.list(10.0)[0].fired == sum(map(len, drawn))


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS.values() if kind.layer == "stream"], ids=lambda kind: kind.name
)
def test_an_example_of_streams_changes_the_stream(kind: FaultKind) -> None:
    items = [(text("one"), False), (HEARTBEATS[0], True), (text("two"), False), (text("three"), False)]
    assert play(items, kind.example) != play(items)


def test_a_fault_of_another_layer_is_no_fault_of_streams() -> None:
    with pytest.raises(TypeError, match="Latency is not a fault of streams"):
        play([], {"kind": "latency"})


def test_the_json_of_a_fault_is_that_it_was_parsed_from() -> None:
    spec = {
        "name": "busy",
        "kind": "status",
        "on": ["credits", "state"],
        "account": "anon_1",
        "after": 1,
        "first": 2,
        "status": 503,
        "retry_after": 7,
    }
    assert parse(spec).as_json() == {
        "name": "busy",
        "kind": "status",
        "on": ["state", "credits"],
        "account": "anon_1",
        "after": 1,
        "first": 2,
        "every": 1,
        "probability": 1.0,
        "per": "world",
        "status": 503,
        "retry_after": 7,
        "handled": False,
    }


def test_a_fault_without_endpoints_takes_its_kinds_and_filters_narrow_them() -> None:
    def on(**spec: object) -> tuple[str, ...]:
        return parse(spec).on

    assert on(kind="status") == on(kind="status", on="*") == ENDPOINTS
    assert on(kind="slow_body") == ("upload",)
    assert on(kind="slow_body", on="*") == ("claim_token", "create_session", "run_sse", "upload", "submit_render")
    assert on(kind="status", match="title") == on(kind="status", match="title", on="*") == ("run_sse",)
    assert on(kind="slow_body", match="title") == ("run_sse",)
    assert "credits" not in on(kind="status", session="1")
    assert on(kind="cut") == on(kind="cut", on="*") == on(kind="cut", on=["run_sse", "run_sse"]) == ("run_sse",)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (["cut"], "A fault is a JSON object, not ['cut']."),
        ({"on": "state"}, "A fault needs a kind, not None; the kinds are status, code, latency, "),
        ({"kind": "latancy"}, "There is no kind of fault 'latancy': did you mean latency?"),
        ({"kind": "cut", "recods": 2}, "The fault cut has no field 'recods': did you mean records?"),
        ({"kind": "cut", "status": 500}, "The fault cut has no field 'status': there are records, mid_record, "),
        ({"kind": "cut", "records": "2"}, "The fault cut: records must be a whole number from 0 to 1000000, not '2'."),
        (
            {"kind": "cut", "records": True},
            "The fault cut: records must be a whole number from 0 to 1000000, not True",
        ),
        (
            {"kind": "cut", "records": None},
            "The fault cut: records must be a whole number from 0 to 1000000, not None",
        ),
        ({"kind": "cut", "how": "ends"}, "The fault cut: how must be close or abort, not 'ends'."),
        ({"kind": "cut", "mid_record": 1}, "The fault cut: mid_record must be true or false, not 1."),
        ({"kind": "stall", "pause": 0}, "The fault stall: pause must be a number above 0 and up to 86400, not 0."),
        ({"kind": "drip", "pause": float("nan")}, "The fault drip: pause must be a number from 0 to 86400, not nan."),
        ({"kind": "status", "status": 200}, "The fault status: status must be a whole number from 400 to 599, not 2"),
        ({"kind": "status", "content_type": "text/html"}, "The fault status takes content_type only together with"),
        ({"kind": "status", "body": "no", "code": 1}, "The fault status takes either body or an envelope's code and"),
        (
            {"kind": "status", "body": "no", "content_type": "a\r\nb"},
            "The fault status: content_type must be a text of printable ASCII, 1 to 200 characters long, not 'a\\r",
        ),
        ({"kind": "noise", "text": "\ud800"}, "The fault noise: text must be a text, 1 to 1000 characters long, not"),
        ({"kind": "render_lost", "code": 1001}, "The fault render_lost: code must be 404 or 1002, not 1001."),
        (
            {"kind": "duplicate", "record": 0},
            "The fault duplicate: record must be a whole number from 1 to 1000000 or",
        ),
        (
            {"kind": "oversized", "bytes": 1 << 26},
            "The fault oversized: bytes must be a whole number from 1024 to 3355",
        ),
        ({"kind": "cut", "first": 0}, "The fault cut: first must be a whole number from 1 to 1000000000, not 0."),
        ({"kind": "cut", "probability": 1.5}, "The fault cut: probability must be a number from 0 to 1, not 1.5."),
        ({"kind": "cut", "per": "token"}, "The fault cut: per must be world or account or session, not 'token'."),
        ({"kind": "cut", "name": "a/b"}, "A fault's name is 1 to 64 letters, digits, dots, dashes and underscores"),
        ({"kind": "cut", "on": "state"}, "The fault cut cannot apply to state, only to run_sse."),
        ({"kind": "cut", "on": "run_see"}, "There is no endpoint 'run_see': did you mean run_sse?"),
        ({"kind": "cut", "on": []}, "The fault cut needs an endpoint in on: name one, or omit on."),
        ({"kind": "cut", "on": [1]}, 'The fault cut: on must be an endpoint, a list of endpoints or "*", not 1.'),
        ({"kind": "code", "on": "output"}, "The fault code cannot apply to output, only to anonymous_token, claim_"),
        ({"kind": "status", "on": "state", "match": "x"}, "The fault status cannot take match on state: no"),
        ({"kind": "status", "on": "credits", "session": "1"}, "The fault status cannot take session on credits: no"),
        ({"kind": "render_fails", "match": "x"}, "The fault render_fails takes no match: its requests do not have"),
        (
            {"kind": "cut", "account": "x" * 300},
            "The fault cut: account must be a text, 1 to 200 characters long, not",
        ),
    ],
)
def test_an_invalid_fault_is_refused_in_one_sentence(spec: object, message: str) -> None:
    with pytest.raises(ValueError, match=r"\.$|\?$") as refused:
        parse(spec)
    assert str(refused.value).startswith(message)


def test_answers_are_envelopes_or_the_given_body() -> None:
    def answer(**spec: object) -> object:
        effect: object = parse(spec).effect
        return effect.answer()  # type: ignore[attr-defined]  # of the two kinds that are asked for here

    assert answer(kind="status", status=502) == {"code": 502, "message": "Bad Gateway.", "data": None}
    assert answer(kind="status", status=599) == {"code": 599, "message": "Error 599.", "data": None}
    assert answer(kind="status", status=401, code=1001, message="no") == {"code": 1001, "message": "no", "data": None}
    assert answer(kind="status", body="<p>") == ("<p>", "text/html; charset=utf-8")
    assert answer(kind="status", body="{", content_type="application/json") == ("{", "application/json")
    assert answer(kind="code", code=1002) == {"code": 1002, "message": "The session was not found.", "data": None}
    assert answer(kind="code", code=7777) == {"code": 7777, "message": "Error 7777.", "data": None}


def test_a_truncated_body_always_lacks_something() -> None:
    effect = parse({"kind": "truncated_body", "share": 0.999}).effect
    assert [effect.length(size) for size in (0, 1, 2, 1000, 10_000)] == [0, 0, 1, 999, 9990]  # type: ignore[union-attr]  # as parsed


def test_a_fault_concerns_only_requests_in_its_scope() -> None:
    def concerns(fault: Fault, **who: str) -> bool:
        return fault.concerns("run_sse", Requester(**who))

    aimed = parse({"kind": "cut", "account": "a", "session": "1", "match": "Title"})
    assert concerns(aimed, account="a", session="1", message="add a TITLE, please")
    assert not concerns(aimed, account="b", session="1", message="title")
    assert not concerns(aimed, account="a", session="2", message="title")
    assert not concerns(aimed, account="a", session="1", message="music")
    assert not concerns(aimed, account="a", session="1")
    assert concerns(parse({"kind": "cut"}))
    assert not parse({"kind": "status", "on": "state"}).concerns("run_sse", Requester())
