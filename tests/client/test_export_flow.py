from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest

from nemovideo_client import (
    BadRequest,
    ConnectionLost,
    DownloadFailed,
    DownloadProgress,
    ExportBlocked,
    Limits,
    NothingToExport,
    RenderCancelled,
    RenderFailed,
    RenderProgress,
    RenderUnfinished,
    ServiceFailed,
)
from nemovideo_client.flows import RenderOrder, Service, cancel_render, export, pick_up
from nemovideo_client.flows.effects import Response
from nemovideo_client.models import format_size

from .stage import (
    BASE,
    SESSION,
    TOKEN,
    VIDEO,
    Answer,
    Stage,
    Stream,
    answer,
    body_of,
    envelope,
    failure,
    headers_of,
    service,
)

OUT = Path("out.mp4")
DRAFT: dict[str, object] = {"t": [{"tt": 0, "sg": [{"d": 1000}]}], "d": 1000}
ORDER = RenderOrder(SESSION.session_id, draft=DRAFT)
CDN = "https://cdn.example/out.mp4"


def pending(progress: int = 5) -> Response:
    return answer({"status": "pending", "progress": progress})


def completed(url: str | None = CDN, **output: object) -> Response:
    return answer({"status": "completed", "progress": 100, "output": {"url": url, **output}})


def file(*pieces: bytes | float | ConnectionLost, status: int = 200, **headers: str) -> Stream:
    return Stream(pieces, status, {"content-type": "video/mp4", **{k.replace("_", "-"): v for k, v in headers.items()}})


def test_a_draft_becomes_a_file() -> None:
    stage = Stage(
        pending(), answer({"status": "processing", "progress": 50}), completed(duration=1.0, size=500), file(VIDEO)
    )

    exported = stage.run(export(service(), ORDER, OUT))

    render_id = exported.render_id
    assert (exported.path, exported.url, exported.size, exported.duration) == (OUT, CDN, 500, 1.0)
    assert stage.committed == VIDEO
    assert stage.sleeps == [30, 30]
    assert stage.emitted == [
        RenderProgress(render_id, "pending", 5),
        RenderProgress(render_id, "processing", 50),
        RenderProgress(render_id, "completed", 100),
        DownloadProgress(500, 500),
    ]
    assert [(request.method, request.url) for request in stage.requests] == [
        ("POST", f"{BASE}/api/render/proxy/lambda"),
        ("GET", f"{BASE}/api/render/proxy/lambda/{render_id}"),
        ("GET", f"{BASE}/api/render/proxy/lambda/{render_id}"),
        ("GET", CDN),
    ]
    assert body_of(stage.requests[0]) == {
        "id": render_id,
        "sessionId": SESSION.session_id,
        "draft": DRAFT,
        "output": {"format": "mp4", "quality": "high"},
    }
    assert UUID(render_id.removeprefix("render_")).version == 4


def test_the_wrapped_shape_is_understood_too() -> None:
    stage = Stage(
        answer({"success": True, "data": {"id": "render_x", "status": "pending", "progress": 5}}),
        answer({"success": True, "data": {"id": "render_x", "status": "completed", "progress": 100, "outputUrl": CDN}}),
        file(VIDEO),
    )

    exported = stage.run(export(service(), ORDER, OUT))

    assert (exported.render_id, exported.url, exported.duration) == ("render_x", CDN, None)


def test_a_render_that_is_complete_at_once_is_not_polled() -> None:
    stage = Stage(completed(), file(VIDEO))

    stage.run(export(service(), ORDER, OUT))

    assert stage.sleeps == []


def test_without_a_draft_the_sessions_own_is_exported() -> None:
    stage = Stage(envelope(state={"draft": DRAFT}), completed(), file(VIDEO))

    stage.run(export(service(), RenderOrder(SESSION.session_id, output={"format": "mp4"}), OUT))

    assert body_of(stage.requests[1])["draft"] == DRAFT
    assert body_of(stage.requests[1])["output"] == {"format": "mp4"}


EMPTY: list[dict[str, object]] = [{}, {"t": []}, {"t": [{"tt": 0, "sg": []}]}]


@pytest.mark.parametrize("draft", EMPTY)
def test_an_empty_draft_is_not_submitted(draft: dict[str, object]) -> None:
    for stage, order in (
        (Stage(envelope(state={"draft": draft})), RenderOrder("1")),
        (Stage(), RenderOrder("1", draft=draft)),
    ):
        with pytest.raises(NothingToExport):
            stage.run(export(service(), order, OUT))


def test_a_failed_render_is_tried_once_more_under_a_new_id() -> None:
    stage = Stage(pending(), answer({"status": "failed", "error": "invalid draft"}), completed(), file(VIDEO))

    stage.run(export(service(), ORDER, OUT))

    first, second = (body_of(request)["id"] for request in stage.requests if request.method == "POST")
    assert first != second


def test_a_render_that_fails_twice_says_why() -> None:
    failed = answer({"success": False, "data": {"status": "failed", "error": {"message": "invalid draft"}}})
    stage = Stage(pending(), failed, pending(), failed)

    with pytest.raises(RenderFailed, match="invalid draft") as caught:
        stage.run(export(service(), ORDER, OUT))
    assert caught.value.render_id.startswith("render_")
    assert stage.committed is None


@pytest.mark.parametrize("refusal", [failure(400), answer({}, 500), ConnectionLost("x"), failure(9999)])
def test_a_failed_submit_is_tried_once_more(refusal: Answer) -> None:
    stage = Stage(refusal, completed(), file(VIDEO))

    stage.run(export(service(), ORDER, OUT))

    assert stage.committed == VIDEO


def test_a_second_failed_submit_is_the_error() -> None:
    with pytest.raises(ServiceFailed):
        Stage(answer({}, 500), answer({}, 500)).run(export(service(), ORDER, OUT))


def test_a_blocked_export_is_not_tried_again() -> None:
    stage = Stage(failure(402, status=402))

    with pytest.raises(ExportBlocked, match="plan"):
        stage.run(export(service(), ORDER, OUT))


def test_polling_ends_after_the_documented_ten() -> None:
    stage = Stage(pending(), *[pending(50)] * 10)

    with pytest.raises(RenderUnfinished, match="10 polls"):
        stage.run(export(service(), ORDER, OUT))
    assert stage.sleeps == [30] * 10


def test_a_render_that_completes_at_the_last_poll_counts() -> None:
    stage = Stage(pending(), pending(), completed(), file(VIDEO))

    assert stage.run(export(service(Limits(polls=2, poll_interval_s=5)), ORDER, OUT)).size == len(VIDEO)
    assert stage.sleeps == [5, 5]


def test_a_poll_that_gets_no_answer_is_asked_again() -> None:
    stage = Stage(pending(), ConnectionLost("x"), answer({}, 503), completed(), file(VIDEO))

    stage.run(export(service(), ORDER, OUT))

    assert stage.sleeps == [30, 1, 2]


def test_a_render_is_picked_up_by_its_id_without_a_submit() -> None:
    stage = Stage(answer({"status": "processing"}), completed(), file(VIDEO))

    exported = stage.run(pick_up(service(), "render_7", OUT))

    assert exported.render_id == "render_7"
    assert all(request.method == "GET" for request in stage.requests)


def test_the_bearer_goes_only_to_the_services_origin() -> None:
    stage = Stage(completed(), file(VIDEO))

    stage.run(export(service(), ORDER, OUT))

    foreign = headers_of(stage.requests[-1])
    assert foreign == {"Accept": "*/*", "Accept-Encoding": "identity"}


@pytest.mark.parametrize("url", [f"{BASE}/files/out.mp4", "/files/out.mp4", "https://API.example:443/files/out.mp4"])
def test_the_same_origin_gets_the_bearer_and_the_attribution(url: str) -> None:
    stage = Stage(completed(url), file(VIDEO))

    stage.run(export(service(), ORDER, OUT))

    headers = headers_of(stage.requests[-1])
    assert headers["Authorization"] == f"Bearer {TOKEN.value}"
    assert headers["X-Skill-Source"] == "my-skill"


@pytest.mark.parametrize(
    "url", ["http://api.example/out.mp4", "https://api.example:8443/out.mp4", "https://api.example.evil/x"]
)
def test_an_origin_that_only_looks_alike_gets_no_bearer(url: str) -> None:
    stage = Stage(completed(url), file(VIDEO))

    stage.run(export(service(), ORDER, OUT))

    assert "Authorization" not in headers_of(stage.requests[-1])


def test_a_redirect_is_followed_without_the_bearer() -> None:
    stage = Stage(
        completed(f"{BASE}/files/1"),
        Stream([], 302, {"location": "https://other.example/x"}),
        Stream([], 307, {"location": f"{BASE}/back"}),
        file(VIDEO),
    )

    stage.run(export(service(), ORDER, OUT))

    assert [request.url for request in stage.requests[1:]] == [
        f"{BASE}/files/1", "https://other.example/x", f"{BASE}/back",
    ]  # fmt: skip
    assert ["Authorization" in headers_of(request) for request in stage.requests[1:]] == [True, False, False]


@pytest.mark.parametrize(
    "broken",
    [
        answer({"error": "gone"}, 404),
        file(),
        failure(1001),
        Stream([], 302, {"location": "ftp://x/y"}),
    ],
)
def test_the_fallback_gives_the_whole_file_where_the_address_does_not(broken: Answer) -> None:
    stage = Stage(completed(), broken, file(VIDEO, content_length="500"))

    exported = stage.run(export(service(), ORDER, OUT))

    assert stage.committed == VIDEO
    assert stage.requests[-1].url == f"{BASE}/api/render/proxy/{exported.render_id}/download"
    assert "Authorization" in headers_of(stage.requests[-1])


@pytest.mark.parametrize("url", [None, "ftp://x/y", "https://[bad"])
def test_no_usable_address_leads_to_the_fallback(url: str | None) -> None:
    stage = Stage(completed(url), file(VIDEO))

    assert stage.run(export(service(), ORDER, OUT)).size == len(VIDEO)


def test_the_size_that_the_render_names_is_checked() -> None:
    stage = Stage(completed(size=999), file(VIDEO), file(VIDEO))

    with pytest.raises(DownloadFailed, match="500 of 999 bytes"):
        stage.run(export(service(), ORDER, OUT))
    assert stage.committed is None


def test_a_compressed_file_is_refused_and_the_other_address_used() -> None:
    stage = Stage(completed(), file(VIDEO, content_length="7", content_encoding="gzip"), file(VIDEO))

    assert stage.run(export(service(), ORDER, OUT)).size == len(VIDEO)
    assert len(stage.requests) == len(set(stage.requests))


def test_two_failed_addresses_say_what_the_first_one_said() -> None:
    stage = Stage(completed(), answer({"message": "expired link"}, 404), failure(404, status=404))

    with pytest.raises(DownloadFailed, match="expired link") as caught:
        stage.run(export(service(), ORDER, OUT))
    assert caught.value.render_id.startswith("render_")


def cancels(stage: Stage, setting: Service) -> None:
    """Cancel the render as soon as it shows."""
    (progress,) = stage.emitted
    assert isinstance(progress, RenderProgress)
    Stage(answer({"code": 0})).run(cancel_render(setting, progress.render_id))


def test_a_render_that_this_client_cancels_is_not_submitted_again() -> None:
    setting = service()

    class Cancelling(Stage):
        def _sleep(self, seconds: float) -> None:
            cancels(self, setting)
            super()._sleep(seconds)

    stage = Cancelling(pending(), answer({"status": "failed", "error": "cancelled"}))

    with pytest.raises(RenderCancelled):
        stage.run(export(setting, ORDER, OUT))


def test_a_cancellation_that_is_refused_leaves_the_second_try() -> None:
    setting = service()
    with pytest.raises(BadRequest):
        Stage(failure(400)).run(cancel_render(setting, "render_x"))

    assert setting.cancelled == set()


@pytest.mark.parametrize("status", ["canceled", "Cancelled"])
def test_a_render_that_was_cancelled_elsewhere_is_not_submitted_again(status: str) -> None:
    with pytest.raises(RenderCancelled):
        Stage(pending(), answer({"status": status})).run(export(service(), ORDER, OUT))


def test_another_word_for_completed_is_understood() -> None:
    stage = Stage(pending(), answer({"status": "SUCCEEDED", "output": {"url": CDN}}), file(VIDEO))

    assert stage.run(export(service(), ORDER, OUT)).size == len(VIDEO)


def test_the_reason_of_a_failed_render_keeps_one_full_stop() -> None:
    failed = answer({"status": "failed", "progress": 3, "error": "The video cannot be written: File too large."})
    stage = Stage(*[failed] * 12)

    with pytest.raises(RenderFailed) as caught:
        stage.run(export(service(), ORDER, OUT))

    assert str(caught.value).startswith("The render failed: The video cannot be written: File too large.")
    assert ".." not in str(caught.value)


@pytest.mark.parametrize(
    ("size", "shown"),
    [(0, "0 bytes"), (999, "999 bytes"), (38_200, "38 kB"), (1_000_000, "1.0 MB"), (199_960_000, "200.0 MB")],
)
def test_a_size_is_shown_in_a_unit_in_which_it_is_not_zero(size: int, shown: str) -> None:
    assert format_size(size) == shown
