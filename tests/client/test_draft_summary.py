from __future__ import annotations

from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo_client import difference, summary
from nemovideo_client.json_reading import Json


def photo(name: str, start: int, length: int, **meta: object) -> Json:
    return {"id": name, "s": start, "d": length, "m": {"name": name, "kind": "image", **meta}}


def draft(total: int = 15000, *tracks: Json) -> Json:
    return {"t": list(tracks), "d": total, "m": {"title": "Kyoto", "width": 1080, "height": 1920, "fps": 30}}


def video(*segments: Json) -> Json:
    return {"tt": 0, "sg": list(segments), "m": {"name": "Video"}}


def music(name: str = "Lo-fi", length: int = 10000, volume: float = 0.35) -> Json:
    return {"tt": 1, "sg": [{"s": 0, "d": length, "m": {"name": name, "kind": "music", "volume": volume}}]}


def words(text: str, start: int = 0, length: int = 3000, role: str = "title", **meta: object) -> Json:
    return {"tt": 7, "sg": [{"s": start, "d": length, "m": {"text": text, "role": role, **meta}}]}


CITY = draft(10000, video(photo("city timelapse", 0, 10000)), music(), words("Urban Dreams"))


def test_the_summary_has_exactly_the_documents_form() -> None:
    assert summary(CITY) == (
        "Timeline (3 tracks): 1. Video: city timelapse (0-10s) 2. BGM: Lo-fi (0-10s, 35%) "
        '3. Title: "Urban Dreams" (0-3s)'
    )


def test_three_of_several_photos_are_named_and_the_rest_counted() -> None:
    names = ["cat.jpg", "coffee.png", "rocket.jpeg", "astronaut.jpg"]
    shown = draft(15000, video(*(photo(name, 3750 * at, 3750) for at, name in enumerate(names))))

    assert summary(shown) == "Timeline (1 track): 1. Video: cat, coffee, rocket +1 (0-15s)"


def test_captions_are_separate_from_titles_and_fractions_are_rounded() -> None:
    shown = draft(7500, video(photo("cat", 0, 7500)), words("Hello there", 1250, 3333, "caption"))

    assert summary(shown) == 'Timeline (2 tracks): 1. Video: cat (0-7.5s) 2. Captions: "Hello there" (1.25-4.58s)'


ODD: list[tuple[Json | None, str]] = [
    (None, "Timeline (empty)"),
    ({}, "Timeline (empty)"),
    ({"t": []}, "Timeline (empty)"),
    ({"t": [{}]}, "Timeline (1 track): 1. Track: empty"),
    ({"t": [{"tt": 0, "sg": [{}]}]}, "Timeline (1 track): 1. Video: clip"),
    ({"t": [{"tt": 0, "sg": [{"d": 2000}, {"d": 3000}]}]}, "Timeline (1 track): 1. Video: clip, clip (0-5s)"),
    ({"t": [{"tt": 3, "sg": [{"d": 500, "m": {"name": "Glow"}}]}]},
     "Timeline (1 track): 1. Track of type 3: Glow (0-0.5s)"),
    ({"t": [{"tt": 3, "sg": [], "m": {"name": "Effects"}}]}, "Timeline (1 track): 1. Effects: empty"),
    ({"t": [{"tt": 0, "sg": [{"s": 0, "d": 1000, "m": {"src": "https://cdn.example/a%20b.mp4?x=1"}}]}]},
     "Timeline (1 track): 1. Video: a b (0-1s)"),
    ({"t": [{"tt": 1, "sg": [{"m": {"mood": "calm", "volume": 80}}]}]}, "Timeline (1 track): 1. BGM: calm (80%)"),
    ({"t": "none"}, "Timeline (empty)"),
]  # fmt: skip


@pytest.mark.parametrize(("shown", "line"), ODD)
def test_whatever_a_draft_lacks_is_left_out(shown: Json | None, line: str) -> None:
    assert summary(shown) == line


def test_equal_drafts_have_no_difference() -> None:
    assert difference(CITY, deepcopy(CITY)) == []
    assert difference(None, {}) == []


def test_the_difference_to_a_first_draft_names_its_content() -> None:
    assert difference(None, CITY) == [
        "Video added: city timelapse (0-10s)",
        "Title added: 'Urban Dreams' (0-3s)",
        "Music added: Lo-fi (0-10s, 35%)",
    ]


def test_changes_of_titles_are_reported() -> None:
    clip = video(photo("cat", 0, 10000))
    plain = draft(10000, clip)
    kyoto = draft(10000, clip, words("Kyoto"))

    assert difference(plain, kyoto) == ["Title added: 'Kyoto' (0-3s)"]
    assert difference(kyoto, plain) == ["Title removed: 'Kyoto'"]
    assert difference(kyoto, draft(10000, clip, words("Osaka"))) == ["Title changed: 'Kyoto' -> 'Osaka'"]
    assert difference(kyoto, draft(10000, clip, words("Kyoto", 7000))) == ["Title 'Kyoto': 0-3s -> 7-10s"]
    assert difference(kyoto, draft(10000, clip, words("Kyoto", color="#ff0000"))) == [
        "Title 'Kyoto' color: none -> #ff0000"
    ]


def test_changes_of_the_music_are_reported() -> None:
    clip = video(photo("cat", 0, 10000))

    assert difference(draft(10000, clip, music()), draft(10000, clip)) == ["Music removed: Lo-fi"]
    assert difference(draft(10000, clip, music()), draft(10000, clip, music("Jazz"))) == [
        "Music changed: Lo-fi -> Jazz (0-10s, 35%)"
    ]
    assert difference(draft(10000, clip, music()), draft(10000, clip, music(volume=0.2))) == ["Music volume 35% -> 20%"]


def test_changes_of_the_pictures_are_reported() -> None:
    cat, dog = photo("cat", 0, 5000), photo("dog", 5000, 5000)
    both = draft(10000, video(cat, dog))

    assert difference(both, draft(10000, video(photo("dog", 0, 5000), photo("cat", 5000, 5000)))) == [
        "Order: cat, dog -> dog, cat"
    ]
    assert difference(both, draft(5000, video(cat))) == ["Video removed: dog", "Duration 10s -> 5s"]
    assert difference(
        both, draft(10000, video(photo("cat", 0, 5000, motion="zoom_in"), photo("dog", 5000, 5000, motion="zoom_in")))
    ) == ["Motion of cat, dog: none -> zoom in"]
    slid = draft(10000, video(cat, photo("dog", 5000, 5000, transition={"kind": "slide", "d": 500})))
    assert difference(both, slid) == ["Transition of dog: none -> slide 0.5s"]


def test_changes_of_duration_and_size_are_reported() -> None:
    wide = draft(10000, video(photo("cat", 0, 10000)))
    wide["m"] = {"width": 1920, "height": 1080}

    assert difference(draft(15000, video(photo("cat", 0, 10000))), wide) == [
        "Duration 15s -> 10s",
        "Size 1080x1920 -> 1920x1080",
    ]


META = st.dictionaries(
    st.sampled_from(["name", "text", "volume", "motion", "role"]), st.text(max_size=3) | st.floats(allow_nan=False)
)
SEGMENT = st.fixed_dictionaries(
    {}, optional={"s": st.none() | st.integers(0, 9000), "d": st.integers(0, 9000) | st.text(max_size=2), "m": META}
)
TRACK = st.fixed_dictionaries({"tt": st.integers(0, 8) | st.none(), "sg": st.lists(SEGMENT, max_size=3)})
SIZE = st.dictionaries(st.sampled_from(["width", "height"]), st.integers(0, 4000))
DRAFT = st.none() | st.fixed_dictionaries(
    {}, optional={"t": st.lists(TRACK, max_size=4), "d": st.integers(0, 60000) | st.none(), "m": st.none() | SIZE}
)


@given(DRAFT, DRAFT)
def test_any_two_drafts_differ_in_words_exactly_when_they_differ(before: Json | None, after: Json | None) -> None:
    assert bool(difference(before, after)) == ((before or {}) != (after or {}))
    assert "\n" not in summary(after)
