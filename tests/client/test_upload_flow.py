from __future__ import annotations

from pathlib import Path

import pytest

from nemovideo_client import MisuseError, UnexpectedAnswer, UnusableFile
from nemovideo_client.files import FileCheck
from nemovideo_client.flows import upload

from .stage import BASE, SESSION, Stage, body_of, envelope, failure, headers_of, service

CAT, DOG = Path("cat.jpg"), Path("dog.PNG")
SMALL = {CAT: FileCheck(CAT, 10), DOG: FileCheck(DOG, 10)}


def listed(*names: str) -> dict[str, object]:
    return {"files": [{"filename": name, "file_type": "image", "cdn_url": f"https://cdn/{name}"} for name in names]}


def test_files_share_a_request_in_their_order() -> None:
    stage = Stage(envelope(**listed("cat.jpg", "dog.PNG")), files=SMALL)

    found = stage.run(upload(service(), SESSION.session_id, [CAT, DOG]))

    (request,) = stage.requests
    assert (request.method, request.files, request.body) == ("POST", (CAT, DOG), None)
    assert request.url == f"{BASE}/api/upload-video/nemo_agent/me/{SESSION.session_id}"
    assert "Content-Type" not in headers_of(request)
    assert [(file.filename, file.url) for file in found] == [
        ("cat.jpg", "https://cdn/cat.jpg"), ("dog.PNG", "https://cdn/dog.PNG"),
    ]  # fmt: skip


def test_addresses_are_sent_as_json_and_the_order_of_a_mixture_is_kept() -> None:
    stage = Stage(
        envelope(**listed("cat.jpg")), envelope(**listed("a.mp4", "b.mp4")), envelope(**listed("dog.PNG")), files=SMALL
    )

    found = stage.run(upload(service(), "1", [CAT, "https://x/a.mp4", "https://x/b.mp4", DOG]))

    assert [request.files for request in stage.requests] == [(CAT,), (), (DOG,)]
    assert body_of(stage.requests[1]) == {"urls": ["https://x/a.mp4", "https://x/b.mp4"], "source_type": "url"}
    assert [file.filename for file in found] == ["cat.jpg", "a.mp4", "b.mp4", "dog.PNG"]


def test_a_full_answer_is_understood() -> None:
    entry = {
        "filename": "v.mp4", "file_type": "video", "cdn_url": "https://cdn/v.mp4", "duration": 30.5, "width": 1920,
        "height": 1080, "fps": 30, "hash": "abc", "extra": 1,
    }  # fmt: skip
    path = Path("v.mp4")

    (file,) = Stage(envelope(files=[entry]), files={path: FileCheck(path, 1)}).run(upload(service(), "1", [path]))

    assert (file.duration, file.width, file.height, file.fps, file.hash, file.raw) == (
        30.5,
        1920,
        1080,
        30,
        "abc",
        entry,
    )


def test_the_other_documented_name_of_the_list_is_understood_too() -> None:
    stage = Stage(envelope(uploaded_files=[{"url": "https://cdn/a%20b.jpg"}]), files=SMALL)

    (file,) = stage.run(upload(service(), "1", [CAT]))

    assert (file.filename, file.url) == ("a b.jpg", "https://cdn/a%20b.jpg")


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (FileCheck(DOG, problem="missing"), "missing"),
        (FileCheck(DOG, problem="folder"), "folder"),
        (FileCheck(DOG, problem="unreadable"), "unreadable"),
        (FileCheck(DOG, 0), "empty"),
        (FileCheck(DOG, 200_000_001), "size"),
        (FileCheck(Path("notes.txt"), 5), "format"),
        (FileCheck(Path("noending"), 5), "format"),
    ],
)
def test_one_unusable_file_stops_all_before_a_byte_is_sent(file: FileCheck, reason: str) -> None:
    stage = Stage(files={CAT: FileCheck(CAT, 10), file.path: file})

    with pytest.raises(UnusableFile, match=file.path.name) as caught:
        stage.run(upload(service(), "1", [CAT, file.path]))

    assert (caught.value.reason, caught.value.path) == (reason, file.path)
    assert stage.requests == []


def test_the_error_about_a_wrong_format_names_the_accepted_ones() -> None:
    with pytest.raises(UnusableFile, match="mp4, mov, avi, webm, mkv, jpg, png, gif, webp, mp3, wav, m4a, aac"):
        Stage(files={Path("a.heic"): FileCheck(Path("a.heic"), 5)}).run(upload(service(), "1", [Path("a.heic")]))


def test_the_size_limit_itself_is_allowed() -> None:
    stage = Stage(envelope(**listed("cat.jpg")), files={CAT: FileCheck(CAT, 200_000_000)})

    assert len(stage.run(upload(service(), "1", [CAT]))) == 1


def test_no_file_at_all_is_misuse() -> None:
    with pytest.raises(MisuseError, match="nothing to upload"):
        Stage().run(upload(service(), "1", []))


def test_a_file_that_the_response_does_not_name_is_an_error() -> None:
    with pytest.raises(UnexpectedAnswer, match="2 files or URLs were sent, but the response names 1"):
        Stage(envelope(**listed("cat.jpg")), files=SMALL).run(upload(service(), "1", [CAT, DOG]))


def test_a_token_that_expired_is_renewed_and_the_files_are_sent_again() -> None:
    stage = Stage(failure(1001), envelope(**listed("cat.jpg")), files=SMALL)

    assert len(stage.run(upload(service(), "1", [CAT]))) == 1
    assert [request.files for request in stage.requests] == [(CAT,), (CAT,)]
