"""The vocabulary of all redaction: names, tokens and marks."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo_contract.recording.redaction import plain
from nemovideo_contract.redaction import (
    MARK,
    SECRET_WORDS,
    find_spans,
    is_plural_of_secret,
    is_secret_name,
    public_prefix,
    strike_out,
)

TOKEN = "nmv_usr_" + "Ab3" * 14


@pytest.mark.parametrize("word", SECRET_WORDS)
@pytest.mark.parametrize("before", ["", "x-", "my_", "X-Amz-", "a-b_c-"])
def test_a_name_that_ends_with_a_secret_word_is_secret(word: str, before: str) -> None:
    for joined in (word.replace(" ", "_"), word.replace(" ", "-"), word.replace(" ", "")):
        assert is_secret_name(before + joined)
        assert is_secret_name((before + joined).upper())
        assert is_plural_of_secret(f"{before}{joined}s")


@pytest.mark.parametrize("name", ["uploadToken", "accesstoken", "accessToken", "sessionKey", "Set-Cookie", "a.token"])
def test_a_name_may_be_joined_by_a_capital_letter_or_a_known_word(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name", ["max_token", "totalTokens", "promptToken", "key", "monkey", "design", "author", "tokens", "textKey", ""]
)
def test_names_that_count_or_only_contain_a_secret_word_are_not_secret(name: str) -> None:
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    "mark", ["*", "*1a2b3c4d", "nmv_usr_*1a2b3c4d", "clm_*", "<token:1>", "nmv_usr_<token:12>", "***", "clm_***"]
)
def test_every_mark_is_known_as_one(mark: str) -> None:
    assert MARK.fullmatch(mark)


def test_tokens_are_struck_out_but_for_their_prefix() -> None:
    assert strike_out(f"a {TOKEN}, clm_abc.") == "a nmv_usr_***, clm_***."
    assert (public_prefix(TOKEN), public_prefix("sk-live")) == ("nmv_usr_", "")


def test_a_given_secret_is_struck_out_everywhere_if_it_is_long_and_as_a_word_if_it_is_short() -> None:
    assert strike_out("xsk-live-12345x", "sk-live-12345") == "x***x"
    assert strike_out("the other the.", "the", None, "") == "*** other ***."
    assert strike_out("abcdefgh-1 abcdefgh", "abcdefgh", "abcdefgh-1") == "*** ***"


def test_test_tokens_are_struck_out_unless_they_are_to_stay() -> None:
    text = f"nmv_usr_test_funded {TOKEN}"
    assert strike_out(text) == "nmv_usr_*** nmv_usr_***"
    assert strike_out(text, "nmv_usr_test_funded", test_tokens=False) == "nmv_usr_test_funded nmv_usr_***"


@pytest.mark.parametrize("form", ["quoted", "percent", "percent twice", "escaped"])
@pytest.mark.parametrize("secret", ["nmv_usr_a/b+c==", "another/kind+of=token"])
def test_a_secret_is_struck_out_however_it_is_escaped(form: str, secret: str) -> None:
    percent = "".join(f"%{ord(each):02x}" for each in secret)
    spelled = {
        "quoted": quote(secret, safe=""),
        "percent": percent,
        "percent twice": quote(percent, safe=""),
        "escaped": "".join(f"\\u{ord(each):04x}" for each in secret),
    }[form]

    struck = strike_out(f"Bearer {spelled}, 100%25 sure", secret)

    assert struck.startswith("Bearer ")
    assert struck.endswith("***, 100%25 sure")
    assert spelled[-6:] not in struck


def test_only_the_given_secrets_are_struck_out_if_that_is_asked_for() -> None:
    assert (
        strike_out("nmv_usr_a12345 nmv_usr_b12345", "nmv_usr_a12345", other_tokens=False)
        == "nmv_usr_*** nmv_usr_b12345"
    )


def test_a_text_of_one_long_name_has_no_secret() -> None:
    for text in ("a-" * 50_000, "token" * 20_000, "aB" * 50_000):
        assert find_spans(text, lambda _: ()) == []
        assert not is_secret_name(text)


PIECES = st.lists(
    st.sampled_from([*"\\/% @.+-_aB=&'\"\u00a0", "u0041", "%5C", "token", "nmv_usr_", "clm_", "b.c"])
).map("".join)


@given(PIECES | st.text(max_size=40))
def test_escapes_are_undone_as_before_the_run_of_backslashes_was_read_once(text: str) -> None:
    def undo_slowly(escaped: str) -> str:
        for _ in range(6):
            read = re.sub(r"\\+u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), escaped)
            read = unquote(re.sub(r"\\+/", "/", read))
            if read == escaped:
                break
            escaped = read
        return escaped

    assert plain(text) == undo_slowly(text)


def test_a_million_backslashes_are_read_once() -> None:
    # Read again from each backslash, they would take an hour.
    text = "\\" * 1_000_000

    assert plain(text) == text
