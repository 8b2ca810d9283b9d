"""Checks of the state of a session, and of the draft in it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import cast

from nemovideo_contract.http.exchange import Answer, File
from nemovideo_contract.http.sample_files import png
from nemovideo_contract.openapi import Json, JsonObject
from nemovideo_contract.suite.context import Context
from nemovideo_contract.suite.marks import requirement
from nemovideo_contract.suite.messages import details, draft_of, tracks


def size_of(draft: JsonObject) -> tuple[Json, Json]:
    """Return the width and height of a draft."""
    meta = draft.get("m")
    return (meta.get("width"), meta.get("height")) if isinstance(meta, dict) else (None, None)


@requirement("state-read", "state-keys", "state-user-id", "state-ids")
def test_a_new_session_has_an_empty_state(context: Context) -> None:
    created = context.caller.session()
    state = context.caller.state(created.text("data", "session_id"))
    context.equal("state-read", state.code, 0, "the code")
    inner = state.mapping("data", "state")
    for key, kind in (
        ("video_infos", list),
        ("generated_media", list),
        ("canvas_config", dict),
        ("video_analyses", dict),
    ):
        context.must("state-keys", isinstance(inner.get(key), kind), f"{key}, a {kind.__name__}", state)
    context.equal("state-user-id", state.text("data", "user_id"), created.text("data", "user_id"), "user_id")
    for key in ("session_id", "task_id"):
        context.equal("state-ids", state.text("data", key), created.text("data", key), key)


@requirement("state-empty-object", "state-empty-null", "state-empty-absent")
def test_there_is_no_draft_before_anything_is_made(context: Context) -> None:
    inner = context.caller.state(context.caller.new_session(blank=True)).mapping("data", "state")
    context.must("state-empty-object", inner.get("draft", 0) == {}, "{}", inner.get("draft", "absent"))
    context.must("state-empty-null", inner.get("draft", 0) is None, "null", inner.get("draft", "absent"))
    context.must("state-empty-absent", "draft" not in inner, "no draft", inner.get("draft"))


@requirement(
    "draft-tracks",
    "draft-track-type",
    "draft-duration",
    "draft-meta",
    "draft-ready",
    "draft-segments",
    "draft-segments-in-order",
    "draft-photo",
    "draft-title",
    "state-canvas-size",
)
def test_a_draft_holds_what_was_asked_for(context: Context) -> None:
    made = context.caller.made
    draft = made.draft
    listed = draft.get("t")
    context.must("draft-tracks", isinstance(listed, list) and listed, "tracks in t", made.state)
    every = list(cast("list[JsonObject]", listed))
    for track in every:
        context.must("draft-tracks", "tt" in track and isinstance(track.get("sg"), list), "tt and sg", track)
        context.must("draft-track-type", track.get("tt") in {0, 1, 7}, "a tt of 0, 1 or 7", track.get("tt"))
    context.equal("draft-duration", draft.get("d"), 5000, "d")
    meta = draft.get("m")
    held = isinstance(meta, dict) and {"title", "width", "height"} <= meta.keys()
    context.must("draft-meta", held, "title, width and height in m", meta)
    context.must("draft-ready", any(track.get("sg") for track in every), "a track with a segment", made.state)
    for track in every:
        at = 0
        for segment in cast("list[JsonObject]", track.get("sg")):
            start, length = segment.get("s"), segment.get("d")
            whole = isinstance(start, int) and isinstance(length, int) and {"id", "m"} <= segment.keys()
            context.must("draft-segments", whole, "id, s, d and m in a segment", segment)
            inside = at <= cast("int", start) and cast("int", start) + cast("int", length) <= 5000
            context.must("draft-segments-in-order", inside, f"a segment after {at} ms and before the end", segment)
            at = cast("int", start) + cast("int", length)
    url = made.uploaded.text("data", "files", 0, "cdn_url")
    sources = details(draft, 0, "src")
    context.must("draft-photo", url in sources, f"a segment with {url}", sources)
    titles = details(draft, 7, "text")
    context.must("draft-title", "Kyoto" in titles, "Kyoto in a text track", titles)
    canvas = made.state.mapping("data", "state", "canvas_config")
    wanted = {"width": size_of(draft)[0], "height": size_of(draft)[1], "aspect_ratio": "9:16"}
    context.equal("state-canvas-size", canvas, wanted, "canvas_config")


@requirement("state-still")
def test_reading_changes_nothing(context: Context) -> None:
    caller = context.caller
    exported = caller.exported
    context.equal("state-still", exported.state_after, exported.state_before, "the state after an export")
    before = caller.state(exported.session_id)
    caller.credits()
    caller.poll(exported.render_id)
    context.equal("state-still", caller.state(exported.session_id).json, before.json, "the state after other reads")


@requirement("draft-landscape", "draft-ratio")
def test_a_video_has_the_ratio_that_was_asked_for(context: Context) -> None:
    caller = context.caller
    context.equal("draft-ratio", size_of(caller.made.draft), (1080, 1920), "width and height of a vertical video")
    square = caller.reel("Make a square 4-second video of this photo").draft
    width, height = size_of(square)
    context.must("draft-ratio", width == height and width, "a square", f"{width} x {height}")
    wide = caller.reel("Make a 4-second video of this photo").draft
    context.equal("draft-landscape", size_of(wide), (1920, 1080), "width and height without a requested ratio")


@requirement("state-generated", "state-uploads-only")
def test_a_clip_from_words_is_listed_as_generated(context: Context) -> None:
    state = context.caller.clip.state
    context.equal("state-generated", len(state.list("data", "state", "generated_media")), 1, "clips in generated_media")
    context.equal("state-uploads-only", state.list("data", "state", "video_infos"), [], "video_infos without an upload")


def _shows(fact: Callable[[JsonObject], object], state: Answer) -> bool:
    return bool(fact(draft_of(state)))


@requirement("draft-music", "turn-edit", "turn-remove", "draft-photo")
def test_an_edit_changes_only_its_subject(context: Context) -> None:
    caller = context.caller
    session_id = caller.reel().session_id
    photo = [each.get("id") for each in tracks(draft_of(caller.state(session_id)), 0)]
    steps: tuple[tuple[str, str, Callable[[JsonObject], object], str], ...] = (
        ("Remove the music", "turn-remove", lambda draft: not tracks(draft, 1), "no audio segment"),
        ("Add calm piano music", "draft-music", lambda draft: tracks(draft, 1), "a segment of an audio track"),
        ("Remove the title", "turn-remove", lambda draft: not tracks(draft, 7), "no text segment"),
    )
    for words, rule, fact, expected in steps:
        caller.say(session_id, words)
        draft = draft_of(caller.wait_for_work(session_id, partial(_shows, fact)))
        context.must(rule, fact(draft), f"{expected} after {words!r}", draft)
        kept = [each.get("id") for each in tracks(draft, 0)] == photo
        context.must(
            "turn-edit", kept and size_of(draft) == (1080, 1920), f"the photo as it was after {words!r}", draft
        )
    caller.upload(session_id, File("second.png", png((1, 1, 1))))
    infos = caller.state(session_id).list("data", "state", "video_infos")
    context.must("draft-photo", len(infos) == 2, "two uploads", f"{len(infos)}")
