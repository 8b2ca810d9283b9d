from __future__ import annotations

from pathlib import Path

import pytest

from nemovideo_client import ConnectionLost, DownloadFailed, NemoError
from nemovideo_client.files import PartialFile
from nemovideo_client.flows import pick_up
from nemovideo_client.flows.downloads import PAUSES_S, download
from nemovideo_client.flows.effects import Response
from nemovideo_client.models import DownloadProgress, Render

from .stage import BASE, VIDEO, Answer, Stage, Stream, answer, failure, headers_of, service

CDN = "https://cdn.example/out.mp4?signature=1"
LOST = ConnectionLost("x")


def render(url: str | None = CDN, size: int | None = len(VIDEO)) -> Render:
    return Render("render_1", "completed", 100, url, 1.0, size, None)


def whole(*pieces: bytes | float | NemoError, **headers: str) -> Stream:
    return Stream(pieces, 200, {"content-type": "video/mp4", "content-length": str(len(VIDEO)), **headers})


def rest(first: int, *pieces: bytes | float | NemoError, total: object = len(VIDEO), **headers: str) -> Stream:
    span = {"content-range": f"bytes {first}-{len(VIDEO) - 1}/{total}", "content-length": str(len(VIDEO) - first)}
    return Stream(pieces, 206, {"content-type": "video/mp4", **span, **headers})


def fetch(*answers: Answer, made: Render | None = None, left: PartialFile | None = None) -> Stage:
    stage = Stage(*answers, left=left)
    assert stage.run(download(service(), made or render())) == len(VIDEO)
    assert stage.written == VIDEO
    return stage


def ranges(stage: Stage) -> list[tuple[str | None, str | None]]:
    found = [headers_of(request) for request in stage.requests]
    return [(headers.get("Range"), headers.get("If-Range")) for headers in found]


def test_a_download_that_breaks_goes_on_where_it_broke() -> None:
    stage = fetch(whole(VIDEO[:100], LOST), rest(100, VIDEO[100:200], LOST), rest(200, VIDEO[200:]))

    assert ranges(stage) == [(None, None), ("bytes=100-", None), ("bytes=200-", None)]
    assert stage.sleeps == [1, 2]
    assert stage.emitted == [DownloadProgress(size, 500) for size in (100, 200, 500)]


def test_the_entity_tag_is_sent_so_that_another_file_comes_complete() -> None:
    other = whole(VIDEO, etag='"b"')

    stage = fetch(whole(b"other", LOST, etag='"a"'), other, made=render(size=None))

    assert ranges(stage) == [(None, None), ("bytes=5-", '"a"')]
    assert stage.restarts == [('"a"', True), ('"b"', True)]


@pytest.mark.parametrize(
    "unfit",
    [
        rest(99, VIDEO[99:]),
        rest(100, VIDEO[100:], total=501),
        rest(100, VIDEO[100:], etag='"b"'),
        Stream([], 416, {"content-range": "bytes */500"}),
        Stream([VIDEO[100:]], 206, {"content-type": "video/mp4"}),
    ],
)
def test_a_response_that_does_not_continue_the_part_is_replaced_by_a_whole_one(unfit: Stream) -> None:
    stage = fetch(whole(VIDEO[:100], LOST, etag='"a"'), unfit, whole(VIDEO))

    assert ranges(stage) == [(None, None), ("bytes=100-", '"a"'), (None, None)]


def test_a_service_without_ranges_sends_the_file_again() -> None:
    stage = fetch(whole(VIDEO[:100], LOST), whole(VIDEO))

    assert stage.emitted[-1] == DownloadProgress(500, 500)


def test_a_part_that_may_belong_to_another_file_is_not_resumed() -> None:
    nameless = Stream([VIDEO[:100], LOST], 200, {"content-type": "video/mp4"})

    stage = fetch(nameless, Stream([VIDEO], 200, {"content-type": "video/mp4"}), made=render(size=None))

    assert ranges(stage) == [(None, None), (None, None)]
    assert stage.restarts == [(None, False), (None, False)]


def test_the_part_that_an_earlier_process_kept_is_resumed() -> None:
    stage = fetch(rest(300, VIDEO[300:], etag='"a"'), left=PartialFile(300, '"a"'))

    assert ranges(stage) == [("bytes=300-", '"a"')]
    assert fetch(left=PartialFile(500)).requests == []


def test_the_part_is_known_by_render_address_and_size_but_not_by_its_signature() -> None:
    keys = [
        fetch(whole(VIDEO), made=made).keys[0]
        for made in (render(), render("https://cdn.example/out.mp4?signature=2"), render("https://cdn.example/b.mp4"))
    ]

    assert keys[0] == keys[1] != keys[2]
    assert all(int(key, 16) for key in keys)


def test_tries_are_limited_and_the_other_address_starts_from_zero() -> None:
    broken = [whole(VIDEO[:100], LOST)] + [Stream([LOST], 206, rest(100).headers) for _ in PAUSES_S]

    stage = fetch(*broken, whole(VIDEO))

    assert stage.sleeps == list(PAUSES_S)
    assert stage.requests[-1].url == f"{BASE}/api/render/proxy/render_1/download"
    assert len(set(stage.keys)) == 2


def test_a_short_body_is_a_break() -> None:
    stage = fetch(whole(VIDEO[:100]), rest(100, VIDEO[100:]))

    assert stage.sleeps == [1]


def test_a_file_of_another_size_than_the_renders_is_not_kept() -> None:
    stage = Stage(whole(VIDEO), whole(VIDEO))

    with pytest.raises(DownloadFailed, match="More than the announced 499 bytes"):
        stage.run(download(service(), render(size=499)))
    assert stage.restarts[-1] == (None, False)


def test_another_servers_error_about_tokens_renews_no_token() -> None:
    stage = fetch(failure(1001), whole(VIDEO))

    assert stage.refused == []
    renewed = fetch(failure(1001), whole(VIDEO), made=render(f"{BASE}/out.mp4"))
    assert len(renewed.refused) == 1


def test_a_refused_address_is_not_asked_again() -> None:
    stage = fetch(answer({"message": "expired"}, 403), whole(VIDEO))

    assert stage.sleeps == []


def test_a_render_that_is_picked_up_is_waited_for_and_downloaded() -> None:
    def state(status: str) -> Response:
        return answer({"status": status, "output": {"url": CDN, "size": len(VIDEO)}})

    stage = Stage(state("processing"), state("completed"), whole(VIDEO))

    assert stage.run(pick_up(service(), "render_1", Path("out.mp4"))).render_id == "render_1"
    assert stage.committed == VIDEO
    assert stage.sleeps == [30]


def box(kind: bytes, content: bytes, *, is_long: bool = False) -> bytes:
    if is_long:
        return b"\0\0\0\x01" + kind + (16 + len(content)).to_bytes(8) + content
    return (8 + len(content)).to_bytes(4) + kind + content


MP4 = box(b"ftyp", b"isom") + box(b"mdat", b"x" * 200, is_long=True) + box(b"moov", b"y" * 50)


def unsized(*pieces: bytes, kind: str = "video/mp4") -> Stream:
    return Stream(pieces, 200, {"content-type": kind})


def test_a_file_of_unknown_size_that_ends_inside_a_box_is_fetched_again() -> None:
    for cut in (12, 30, 100, 236, 239, len(MP4) - 1, len(MP4) - 55):
        stage = Stage(unsized(MP4[:cut]), unsized(MP4[:7], MP4[7:]))
        assert stage.run(download(service(), render(size=None))) == len(MP4)
        assert stage.written == MP4
        assert stage.sleeps == [1]


def test_a_file_of_unknown_size_without_what_a_video_needs_is_fetched_again() -> None:
    head, pictures = box(b"ftyp", b"isom"), box(b"mdat", b"x" * 200)
    for part in (head, head + pictures, head + box(b"moov", b"y"), box(b"free", b"z" * 20)[:15]):
        stage = Stage(unsized(part), unsized(MP4))
        assert stage.run(download(service(), render(size=None))) == len(MP4)
        assert stage.sleeps == [1]


def test_a_last_box_without_a_size_goes_on_to_the_end_and_no_other_format_is_judged() -> None:
    padded = (MP4 + bytes(4), MP4 + bytes(12))
    for whole_file in (MP4 + b"\0\0\0\0mdat" + b"z" * 9, b"\x1aE\xdf\xa3webm", MP4 + b"\0\0\0\x03free", *padded):
        stage = Stage(unsized(whole_file))
        assert stage.run(download(service(), render(size=None))) == len(whole_file)


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        (b"<html>login</html>", "text/html"),
        (b"plain words", "text/plain"),
        (b"<Error/>", "Application/XML"),
        (b' {"code": 1}', "Application/JSON"),
        (b"\xef\xbb\xbf <html>", "video/mp4"),
        (b'{"code": 1}', ""),
    ],
)
def test_a_page_is_never_accepted_as_a_video(page: bytes, kind: str) -> None:
    stage = Stage(unsized(page, kind=kind), unsized(MP4))

    assert stage.run(download(service(), render(size=None))) == len(MP4)
    assert stage.written == MP4
