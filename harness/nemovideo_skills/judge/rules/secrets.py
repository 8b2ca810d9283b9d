"""Rules about secrets: the token belongs only into its header."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from nemovideo_contract.requirements.requirement import parse_sources
from nemovideo_skills.judge.exchanges import Exchange
from nemovideo_skills.judge.history import History
from nemovideo_skills.judge.rules.rule import Broken, Kept, Observation, Rule
from nemovideo_skills.judge.text_format import quantity

#: A token of unknown form, which a journal recognises by the parameter's name.
_NAMED: Final = re.compile(r"(?:^|&)(?:nemo[-_]?|access[-_]?|auth[-_]?|bearer[-_]?)?(?:token|authorization|bearer)=\*")


def token_not_in_url(history: History) -> Iterator[Observation]:
    """Check all calls together."""
    found = [each for each in history.exchanges if _in_url(each)]
    if found:
        place = "path" if "path" in found[0].token_in else "query"
        what = f"{quantity(len(found), 'request')} had the token in the URL's {place}, as in {_describe(found[0])}."
        yield Broken(found[0], what, tuple(found[:2]))
    elif shown := next((each for each in history.exchanges if each.bearer is not None), None):
        yield Kept(shown)


def _in_url(exchange: Exchange) -> bool:
    return "path" in exchange.token_in or "query" in exchange.token_in or bool(_NAMED.search(exchange.query))


def _describe(exchange: Exchange) -> str:
    return f"{exchange.method} {exchange.path}{f'?{exchange.query}' if exchange.query else ''}"


def token_not_in_body(history: History) -> Iterator[Observation]:
    """Check all calls together."""
    found = [each for each in history.exchanges if "body" in each.token_in]
    if found:
        calls = ", ".join(dict.fromkeys(str(each.call) for each in found))
        what = f"{quantity(len(found), 'request')} ({calls}) had the token in the body."
        yield Broken(found[0], what, tuple(found[:2]))
    elif shown := next((each for each in history.exchanges if each.bearer is not None), None):
        yield Kept(shown)


RULES: Final = (
    Rule(
        "token-not-in-url",
        "A caller never puts the token into a URL.",
        "error",
        "provable",
        parse_sources("F2 1.9 §3.0"),
        "URLs are logged, shared and kept in histories: anyone who reads the URL can use the account.",
        "Send the token only in the Authorization header; use a claim token for the user's links (?ct=clm_…).",
        token_not_in_url,
    ),
    Rule(
        "token-not-in-body",
        "A caller never puts the token into a body, such as a message to the agent.",
        "error",
        "provable",
        parse_sources(
            "F2 1.9 §1, where it is a variable for the header alone", "ours bodies are kept and read by others"
        ),
        "Messages and drafts are kept and shown: anyone who reads them can use the account.",
        "Send the token only in the Authorization header.",
        token_not_in_body,
    ),
)
