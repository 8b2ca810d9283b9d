"""Checks of uploads: what the service accepts, how it answers, and what it refuses."""

from __future__ import annotations

from nemovideo_contract.http.exchange import Call, File
from nemovideo_contract.http.sample_files import SIZE, gif, png, video_size, wav
from nemovideo_contract.openapi import Json
from nemovideo_contract.suite.context import Context
from nemovideo_contract.suite.marks import requirement
from nemovideo_contract.suite.messages import render_of

URL = "https://example.com/kyoto/gate.jpg"


@requirement(
    "upload-file",
    "upload-answer",
    "upload-file-type",
    "upload-size-image",
    "upload-measures-null",
    "upload-state",
    "credits-free",
    "upload-fetch",
    "upload-again",
    "upload-hash",
)
def test_an_uploaded_photo_is_described_in_the_answer(context: Context) -> None:
    caller = context.caller
    session_id, before = caller.new_session(blank=True), caller.balance()
    content = png((10, 20, 30))
    answer = caller.upload(session_id, File("gate.png", content))
    context.equal("upload-file", answer.code, 0, "the code")
    found = answer.mapping("data", "files", 0)
    missing = {"filename", "file_type", "cdn_url"} - found.keys()
    context.must("upload-answer", not missing, "filename, file_type and cdn_url", answer)
    context.equal("upload-answer", found.get("filename"), "gate.png", "filename")
    context.equal("upload-file-type", found.get("file_type"), "image", "file_type")
    context.must("upload-answer", answer.at("data", "session_state_applied") is True, "session_state_applied", answer)
    context.equal("upload-size-image", (found.get("width"), found.get("height")), SIZE, "width and height")
    nothing = "duration" in found and found["duration"] is None
    context.must("upload-measures-null", nothing, "a duration that is null", answer)
    infos = caller.state(session_id).list("data", "state", "video_infos")
    context.equal("upload-state", infos, [found], "video_infos")
    url = answer.text("data", "files", 0, "cdn_url")
    fetched = context.server.send(Call("", "GET", "", {}, url=url), caller.profile)
    context.must("upload-fetch", fetched.content == content, "the file's own bytes without a token", fetched)
    again = caller.upload(session_id, File("gate.png", content)).mapping("data", "files", 0)
    context.equal("upload-again", {**again, "cdn_url": url}, found, "the same file's answer")
    other = caller.upload(session_id, File("other.PNG", png((90, 90, 90)))).mapping("data", "files", 0)
    context.must(
        "upload-hash", again.get("hash") == found.get("hash") != other.get("hash"), "hashes by content", answer
    )
    context.equal("upload-file-type", other.get("file_type"), "image", "the file_type of a PNG")
    context.equal("credits-free", caller.balance(), before, "the balance")


@requirement("upload-field", "upload-several")
def test_the_parts_of_a_form_are_named_files(context: Context) -> None:
    caller = context.caller
    session_id = caller.new_session()
    names = ["c.png", "a.png", "b.wav"]
    answer = caller.upload(session_id, *(File(name, wav() if name.endswith("wav") else png()) for name in names))
    came = [each.get("filename") for each in answer.list("data", "files") if isinstance(each, dict)]
    context.equal("upload-several", came, names, "the files' names in order")
    wrong = caller.upload(session_id, File("a.png", png(), "file"))
    context.must("upload-field", wrong.status == 400, "400 for a form without files", wrong)


@requirement("upload-url")
def test_a_file_is_uploaded_by_its_url(context: Context) -> None:
    caller = context.caller
    session_id = caller.new_session()
    good = caller.upload_json(session_id, {"urls": [URL], "source_type": "url"})
    context.equal("upload-url", good.code, 0, "the code")
    context.equal("upload-url", len(good.list("data", "files")), 1, "the number of files")


@requirement("upload-formats", "upload-jpeg", "upload-file-type")
def test_every_documented_format_is_taken(context: Context) -> None:
    """Upload by URL: then a server needs only the name to know the kind of a file."""
    caller = context.caller
    session_id = caller.new_session()
    kinds = {
        "video": ("mp4", "mov", "avi", "webm", "mkv"),
        "image": ("jpg", "jpeg", "png", "gif", "webp"),
        "audio": ("mp3", "wav", "m4a", "aac"),
    }
    for kind, endings in kinds.items():
        for ending in endings:
            url: Json = f"https://example.com/media/sample.{ending}"
            answer = caller.upload_json(session_id, {"urls": [url], "source_type": "url"})
            rule = "upload-jpeg" if ending == "jpeg" else "upload-formats"
            context.equal(rule, answer.code, 0, f"the code of a {ending}")
            context.equal(
                "upload-file-type", answer.at("data", "files", 0, "file_type"), kind, f"a {ending}'s file_type"
            )
    for name, content in (("a.png", png()), ("a.gif", gif()), ("a.wav", wav())):
        answer = caller.upload(session_id, File(name, content))
        context.equal("upload-formats", answer.code, 0, f"the code of {name}")


@requirement("code-4001", "upload-refused-whole", "credits-free")
def test_a_file_of_another_kind_is_4001_for_its_whole_form(context: Context) -> None:
    caller = context.caller
    session_id, before = caller.new_session(blank=True), caller.balance()
    for name in ("a.heic", "a.tiff", "notes.txt", "a.pdf", "noending"):
        answer = caller.expecting_refusal().upload(session_id, File(name, b"something"))
        context.equal("code-4001", answer.code, 4001, f"the code of {name}")
    mixed = caller.expecting_refusal().upload(session_id, File("good.png", png()), File("bad.txt", b"x"))
    context.equal("code-4001", mixed.code, 4001, "the code of a form with a bad file")
    infos = caller.state(session_id).list("data", "state", "video_infos")
    context.equal("upload-refused-whole", infos, [], "video_infos after it")
    context.equal("credits-free", caller.balance(), before, "the balance after refusals")


@requirement("code-4002")
def test_a_file_that_is_too_large_is_4002(context: Context) -> None:
    answer = context.caller.upload(context.caller.new_session())
    context.equal("code-4002", answer.code, 4002, "the code")


@requirement("upload-size-limit", slow=True)
def test_more_than_200_megabytes_are_4002(context: Context) -> None:
    session_id = context.caller.new_session()
    answer = context.caller.upload(session_id, File("film.png", png(), padding=200_000_000))
    context.equal("upload-size-limit", answer.code, 4002, "the code")


@requirement("upload-size-limit-500", slow=True)
def test_more_than_500_megabytes_are_4002_and_200_and_a_byte_are_taken(context: Context) -> None:
    caller = context.caller
    session_id = caller.new_session()
    taken = caller.upload(session_id, File("film.png", png(), padding=200_000_001))
    context.equal("upload-size-limit-500", taken.code, 0, "the code of 200 MB and more")
    refused = caller.upload(session_id, File("longer.png", png(), padding=500_000_000))
    context.equal("upload-size-limit-500", refused.code, 4002, "the code of more than 500 MB")


@requirement("upload-size-video")
def test_a_video_is_answered_with_its_size_and_length(context: Context) -> None:
    caller = context.caller
    film = caller.download(caller.exported.render_id)
    context.must("upload-size-video", render_of(caller.exported.last)[0] == "completed", "an export to upload", film)
    answer = caller.upload(caller.new_session(), File("film.mp4", film.content))
    came = [answer.at("data", "files", 0, key) for key in ("width", "height")]
    context.equal("upload-size-video", came, list(video_size(film.content)), "width and height")
    duration = answer.at("data", "files", 0, "duration")
    close = isinstance(duration, float | int) and abs(duration - 5) < 0.5
    context.must("upload-size-video", close, "a duration of 5 seconds", f"{duration}")
