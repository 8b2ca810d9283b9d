"""The skill's own sentences: whole in both languages."""

from __future__ import annotations

import inspect
import string

import pytest

from nemovideo_client import NemoError, errors
from nemovideo_skills.agent import phrases
from nemovideo_skills.agent.actions_and_replies import Language
from nemovideo_skills.agent.phrases import Phrases

TABLES = {**phrases._SAYINGS, **phrases._STEPS, **phrases._FILES}


def fields(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


@pytest.mark.parametrize("key", TABLES)
def test_a_sentence_asks_for_the_same_values_in_both_languages(key: str) -> None:
    english, chinese = TABLES[key]

    assert fields(english) == fields(chinese)
    assert english.isascii() or set(english) - {chr(c) for c in range(128)} <= set("⏳✅…“”‘’")
    assert any("\u3400" <= letter <= "\u9fff" for letter in chinese) or fields(chinese)


KINDS = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, NemoError)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_error_has_words_for_people(kind: type[NemoError], language: Language) -> None:
    error = kind.__new__(kind)
    for name, value in (("reason", "missing"), ("code", 7), ("hint", None)):
        setattr(error, name, value)
    error.path = errors.Path("a.jpg")  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue] -- some have one

    told = Phrases(language, "https://web.example").error(error)

    assert told
    assert "{" not in told
    assert "None" not in told
