"""Faults over HTTP: add all or none, read counts, remove, explain."""

from __future__ import annotations

import pytest

from nemovideo_mock.faults import KINDS
from tests.mock_server.control.stage import error, fake, register


def test_a_fault_strikes_and_its_counts_say_so() -> None:
    with fake() as http:
        spec = {"name": "down", "kind": "status", "on": "credits", "status": 503, "first": 1}
        (added,) = http.post("/_mock/faults", json=spec).json()["faults"]
        assert (added["name"], added["fired"], added["remaining"]) == ("down", 0, 1)
        headers = register(http)
        statuses = [http.get("/api/credits/balance/simple", headers=headers).status_code for _ in range(3)]
        assert statuses == [503, 200, 200]
        (seen,) = http.get("/_mock/faults").json()["faults"]
        assert (seen["matched"], seen["fired"], seen["active"]) == (3, 1, False)


def test_a_fault_of_one_world_does_not_affect_others() -> None:
    with fake() as http:
        http.post("/w/a/_mock/faults", json={"kind": "status", "on": "anonymous_token", "status": 500})
        assert http.post("/w/a/api/auth/anonymous-token", headers={"X-Client-Id": "x"}).status_code == 500
        assert http.post("/w/b/api/auth/anonymous-token", headers={"X-Client-Id": "x"}).status_code == 200


@pytest.mark.parametrize(
    ("specs", "words"),
    [
        ([{"kind": "noise"}, {"kind": "plague"}], "faults[1].kind: There is no kind of fault 'plague'"),
        ([{"kind": "noise"}, 3], "faults[1]: A fault is a JSON object, not 3."),
        ({"kind": "status", "status": 99}, "faults[0].status: "),
        ("noise", "faults[0]: A fault is a JSON object"),
        ([{"kind": "noise", "name": "a"}, {"kind": "silent", "name": "a"}], "faults[1].name: "),
    ],
)
def test_a_list_with_one_invalid_fault_orders_none(specs: object, words: str) -> None:
    with fake() as http:
        assert error(http.post("/_mock/faults", json=specs), 400).startswith(words)
        assert http.get("/_mock/faults").json() == {"faults": []}


def test_a_list_that_is_too_long_for_the_world_orders_no_fault() -> None:
    with fake() as http:
        many = [{"kind": "noise"}] * 600
        assert len(http.post("/_mock/faults", json=many).json()["faults"]) == 600
        assert "1000 faults already" in error(http.post("/_mock/faults", json=many), 409)
        assert len(http.get("/_mock/faults").json()["faults"]) == 600


def test_faults_are_called_off_one_by_one_or_all_together() -> None:
    with fake() as http:
        http.post("/_mock/faults", json=[{"kind": "noise"}, {"kind": "silent"}, {"kind": "cut"}])
        assert http.delete("/_mock/faults/silent-1").json() == {"removed": 1}
        assert error(http.delete("/_mock/faults/silent-1"), 404).startswith("There is no fault 'silent-1'")
        assert [each["name"] for each in http.get("/_mock/faults").json()["faults"]] == ["noise-1", "cut-1"]
        assert http.delete("/_mock/faults").json() == {"removed": 2}
        assert error(http.delete("/_mock/faults/noise-1"), 404) == "There is no fault 'noise-1': there are none."


def test_every_kind_is_explained_and_its_example_can_be_ordered() -> None:
    with fake() as http:
        kinds = http.get("/_mock/faults/kinds").json()["kinds"]
        assert [kind["kind"] for kind in kinds] == list(KINDS)
        for kind in kinds:
            assert kind["meaning"].endswith(".")
            assert all(each["meaning"] and each["accepts"] for each in kind["parameters"])
        added = http.post("/_mock/faults", json=[kind["example"] for kind in kinds]).json()["faults"]
        assert [each["kind"] for each in added] == list(KINDS)
