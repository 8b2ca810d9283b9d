from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo_client.events import ErrorEvent, Event, Text, ToolCall, ToolResult
from nemovideo_client.transcript import NOISE, Transcript

READY = "Your video is ready."
NOISES = [
    NOISE,
    f"{NOISE}.",
    f"{NOISE}. Please try again.",
    f"Sorry, {NOISE}. Please try again later!",
    f"I'm sorry, but {NOISE} while processing your request. Please try again in a moment.",
    f"{NOISE}. Sorry about that.",
    f"{NOISE}, so please try again. My apologies for the trouble!",
    f"I apologize, but {NOISE} and could not go on.",
    f"I apologise, but {NOISE}. I apologize for the inconvenience.",
    f"{NOISE}, so I stopped.",
]


def heard(*events: Event) -> Transcript:
    found = Transcript()
    for event in events:
        found.add(event)
    return found


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("partial", [False, True])
def test_noise_is_left_out_however_it_is_cut_and_worded(noise: str, *, partial: bool) -> None:
    for cut in range(len(noise)):
        pieces = [Text(piece, partial=partial) for piece in (noise[:cut], noise[cut:]) if piece]
        assert heard(Text(READY), *pieces).text == READY
        silent = heard(ToolCall("edit", {}), ToolResult("edit", {}), *pieces)
        assert (silent.text, silent.closing) == ("", False)


def test_words_of_the_answer_itself_are_not_noise() -> None:
    for words in (
        f"While rendering {NOISE}, which I fixed. {READY}",
        f"{NOISE} with one photo. I left it out.",
        f"{NOISE} with the music, so I used another track.",
        f"{NOISE} with the music, but I've quickly replaced it.",
        "I enjoyed making this.",
    ):
        assert heard(Text("Hello."), Text(words)).text == f"Hello.\n{words}"
    assert heard(Text(f"{NOISE}. Please try again.")).text == f"{NOISE}. Please try again."


def test_noise_as_an_error_is_a_failure_only_before_an_answer() -> None:
    noise = ErrorEvent(None, f"{NOISE}. Please try again.")

    assert heard(Text(READY), noise).errors == []
    assert heard(noise).errors == [noise]
    assert heard(Text(READY), ToolCall("edit", {}), noise).errors == [noise]
    exploded, poor = ErrorEvent(500, "exploded"), ErrorEvent(2001, "no credits")
    assert heard(Text(READY), exploded, poor).errors == [exploded, poor]


@given(
    st.lists(
        st.sampled_from(
            [
                "I",
                " enc",
                "I encountered",
                " a temporary issue",
                NOISE,
                ". ",
                ".",
                READY,
                "好。",
                "\n",
                "'s",
                f" {NOISE}.",
            ]
        )
    ),
    st.booleans(),
)
def test_pieces_taken_from_a_transcript_add_up_to_its_text(pieces: list[str], partial: bool) -> None:  # noqa: FBT001 -- drawn
    found = Transcript()
    taken = ""
    for piece in pieces:
        found.add(Text(piece, partial=partial))
        taken += found.take()
    taken += found.take(is_over=True)

    assert taken.strip() == found.text


def test_noise_that_comes_in_pieces_is_never_shown_for_a_moment() -> None:
    found = heard(Text(READY))

    shown = [found.take()]
    for piece in ("Sorry, I enc", "ountered a tempo", "rary issue. Please", " try again."):
        found.add(Text(piece))
        shown.append(found.take())

    assert "".join([*shown, found.take(is_over=True)]).strip() == READY


def test_noise_behind_an_answer_of_short_deltas_is_never_taken() -> None:
    found = Transcript()
    taken = ""
    for delta in ("The title", "'s set", ".", " I encountered a temporary issue.", " Please try again."):
        found.add(Text(delta, partial=True))
        taken += found.take()

    assert (taken + found.take(is_over=True)).rstrip() == "The title's set." == found.text


def test_asking_for_the_text_after_each_of_many_pieces_joins_each_piece_once() -> None:
    found = Transcript()
    for number in range(2000):
        found.add(Text("word ", partial=True))
        assert len(found.text) == 5 * number + 4
        assert found.closing
        assert len(found._new) == 0
    assert found.text is not None


def test_taking_after_each_of_many_pieces_costs_no_more_for_the_later_ones() -> None:
    found = Transcript()
    for _ in range(3000):
        found.add(Text("word "))
        assert len(found.take()) <= 5
    assert sum(map(len, found._untaken)) == 0
