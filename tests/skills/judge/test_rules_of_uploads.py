from __future__ import annotations

from typing import Any

import pytest

from nemovideo_skills.judge.judging import Verdict
from tests.skills.judge.scripted import SESSION, Scripted, sentence_of, verdict_of

RULES = ("upload-format", "upload-size", "upload-not-repeated")


def begun() -> Scripted:
    script = Scripted()
    script.set_up()
    return script


def by_url(script: Scripted, url: str, code: int = 0) -> Scripted:
    body: dict[str, Any] = {"urls": [url], "source_type": "url"}
    script.call("POST", f"/api/upload-video/nemo_agent/me/{SESSION}", body=body, session=SESSION, code=code)
    return script


@pytest.mark.parametrize("name", ["cat.jpeg", "clip.MOV", "music.m4a"])
def test_supported_files_keep_the_rules(name: str) -> None:
    script = begun()
    script.upload((name, "", 1000))
    assert verdict_of(script, "upload-format") is Verdict.KEPT
    assert verdict_of(script, "upload-size") is Verdict.KEPT


def test_a_file_of_another_format_is_reported() -> None:
    script = begun()
    script.upload(("one.jpg", "image/jpeg", 1000), ("two.heic", "image/heic", 1000), code=4001)
    assert (
        sentence_of(script, "upload-format")
        == "The caller uploaded two.heic, whose format the service does not accept."
    )


def test_a_file_whose_name_says_nothing_is_reported_when_it_is_refused() -> None:
    script = begun()
    script.upload(("upload", "application/octet-stream", 1000), code=4001)
    sentence = "The caller uploaded upload, which has no file extension, and got 4001."
    assert sentence_of(script, "upload-format") == sentence


def test_a_supported_file_may_be_refused_all_the_same() -> None:
    script = begun()
    script.upload(code=4001)
    assert verdict_of(script, "upload-format") is Verdict.KEPT


def test_a_url_that_ends_in_another_format_is_reported() -> None:
    script = by_url(begun(), "https://example.com/files/brief.pdf?x=1.jpg", 4001)
    assert (
        sentence_of(script, "upload-format")
        == "The caller uploaded brief.pdf, whose format the service does not accept."
    )


def test_a_url_without_an_ending_may_be_a_video() -> None:
    assert verdict_of(by_url(begun(), "https://example.com/watch"), "upload-format") is Verdict.KEPT


@pytest.mark.parametrize("size", [250_000_000, 4_000])
def test_a_file_that_is_refused_for_its_size_is_reported(size: int) -> None:
    script = begun()
    script.upload(("clip.mp4", "video/mp4", size), code=4002)
    sentence = f"The caller uploaded clip.mp4 with {size / 1e6:.0f} MB, more than the service accepts."
    assert sentence_of(script, "upload-size") == sentence


def test_a_large_file_that_the_service_took_was_no_mistake() -> None:
    script = begun()
    script.upload(("clip.mp4", "video/mp4", 250_000_000))
    assert verdict_of(script, "upload-size") is Verdict.KEPT


def test_a_refused_file_that_is_sent_again_is_reported() -> None:
    script = begun()
    script.upload(code=4001)
    script.upload(code=4001, after=20)
    sentence = "The upload of one.jpg got 4001, and was repeated once."
    assert sentence_of(script, "upload-not-repeated") == sentence


def test_a_file_that_was_made_smaller_may_be_sent_again() -> None:
    script = begun()
    script.upload(("clip.jpg", "", 1000), code=4001)
    script.upload(("clip.jpg", "", 900), after=20)
    assert verdict_of(script, "upload-not-repeated") is Verdict.KEPT
