"""Rules about headers and tokens."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import Final

from nemovideo_contract.reports import Level
from nemovideo_contract.wire import (
    ATTRIBUTION_HEADERS,
    CLIENT_ID_HEADER,
    EVENT_STREAM,
    SKILL_SOURCE_HEADER,
    SKILL_VERSION_HEADER,
    TOKEN_BODY_LENGTH,
    TOKEN_PREFIX,
    Path,
)
from nemovideo_skills.lint.curl_commands import CurlCommand
from nemovideo_skills.lint.document import Document
from nemovideo_skills.lint.documented_calls import DocumentedCall
from nemovideo_skills.lint.endpoints import PathMatch
from nemovideo_skills.lint.rules.rule import Hit, format_source, rule

_KNOWN: Final = (CLIENT_ID_HEADER, *ATTRIBUTION_HEADERS)
_HEADER: Final = re.compile(r"(?<![\w-])X-[A-Z][A-Za-z]*(?:-[A-Za-z]+)*(?P<colon>[\"'`]?:)?")
_ATTRIBUTION: Final = re.compile(r"X-Skill-", re.IGNORECASE)
#: A token in a query: its key, and a value that is not a claim token.
_QUERY: Final = re.compile(
    r"[?&](?:nemo_|access_|auth_|api_|bearer_)?token=(?!<?\{?\$?\{?claim|clm_)(?P<value>[^\s&\"'`)|]*)"
    r"|[?&]\w+=(?P<variable>\$\{?(?:NEMO_)?TOKEN\b|<NEMO_TOKEN>|nmv_usr_)",
    re.IGNORECASE,
)
_FORBIDS: Final = re.compile(r"\b(?:never|don't|do not|must not|not)\b|不要|切勿|禁止", re.IGNORECASE)
_LITERAL: Final = re.compile(rf"\b{TOKEN_PREFIX}(?P<body>[A-Za-z0-9_-]{{{TOKEN_BODY_LENGTH}}})(?![A-Za-z0-9_-])")
_MADE_UP: Final = re.compile(r"x{4}|example|test|1234|abcd", re.IGNORECASE)
_SOURCE_VALUE: Final = re.compile(
    rf"{SKILL_SOURCE_HEADER}[`*\"']*(?:[ \t]*[:=]|[ \t]+is)[ \t]*[`\"']?"
    r"(?P<value>[a-z0-9]+(?:[-_][a-z0-9]+)+)\b(?![:/])"
)
_VERSION_VALUE: Final = re.compile(
    rf"{SKILL_VERSION_HEADER}[`*\"']*(?:[ \t]*[:=]|[ \t]+is)[ \t]*[`\"']?(?P<value>\d+(?:\.\d+)+)(?![\w.]*[A-Za-z])"
)


def _commands(document: Document) -> Iterator[tuple[DocumentedCall, CurlCommand]]:
    """Yield the curl commands to known endpoints whose headers are all visible."""
    for call in document.calls:
        if call.command is not None and call.endpoint is not None and call.fit in {PathMatch.EXACT, PathMatch.BARE}:
            yield call, call.command


@rule(
    "attribution-missing",
    Level.WARNING,
    "Every call except the anonymous-token call has X-Skill-Source, X-Skill-Version and X-Skill-Platform.",
    f"{format_source('attribution-source')}; profile attribution=none for documents that have no such headers",
    'Add -H "X-Skill-Source: $SKILL_NAME" -H "X-Skill-Version: $SKILL_VERSION" -H "X-Skill-Platform: $SKILL_SOURCE".',
)
def attribution_missing(document: Document) -> Iterator[Hit]:
    """Find curl commands that lack some of the headers, and documents with calls that never name them."""
    commands = list(_commands(document))
    for call, command in commands:
        assert call.endpoint is not None
        lacking = [name for name in ATTRIBUTION_HEADERS if not command.headers.get(name.lower())]
        if call.endpoint.needs_bearer and lacking and not command.hides_headers:
            names = " and ".join([", ".join(lacking[:-1]), lacking[-1]]) if lacking[1:] else lacking[0]
            result = (
                "the export is refused with 402"
                if call.endpoint.path is Path.RENDER
                else "the service can't identify the skill"
            )
            yield Hit(command.offset, f"This command lacks {names}: {result}.")
    first = next((call for call in document.calls if call.endpoint and call.endpoint.path is Path.RENDER), None)
    if document.is_skill and not commands and first is not None and not _ATTRIBUTION.search(document.whole):
        message = "It never names X-Skill-Source, X-Skill-Version and X-Skill-Platform: exports are refused with 402."
        advice = "Write that every call except the anonymous-token call has all three."
        yield Hit(first.offset, message, advice)


_EVERYWHERE: Final = re.compile(
    r"\b(?:missing|without|omit\w*|lack\w*)\b[^.\n|]{0,60}"
    r"\b(?:auth\w*|every call|all calls|requests)\s+(?:will )?(?:fail|error)",
    re.IGNORECASE,
)


@rule(
    "attribution-everywhere",
    Level.NOTE,
    "Without the attribution headers, exports get 402, and other calls work.",
    f"{format_source('attribution-export-only')}; {format_source('attribution-everywhere')}",
    "Write that exports fail with 402 without the headers; sending them with every call is right either way.",
)
def attribution_everywhere(document: Document) -> Iterator[Hit]:
    """Find statements that calls other than exports fail without the headers."""
    for found in _EVERYWHERE.finditer(document.whole) if "fail" in document.lowered else ():
        yield Hit(
            found.start(),
            "It says that calls fail without the attribution headers; documents disagree: the vendor's 1.9 says so"
            " (profile attribution=everywhere), most others have 402 only for exports.",
        )


@rule(
    "attribution-other",
    Level.WARNING,
    "X-Skill-Source and X-Skill-Version are the name and the version of the document's own front matter.",
    format_source("attribution-headers"),
    subject="skill",
)
def attribution_other(document: Document) -> Iterator[Hit]:
    """Find literal values that belong to another skill; they stay in copies."""
    front = document.front
    if front is None or front.problem is not None:
        return
    for pattern, key, header in (
        (_SOURCE_VALUE, "name", SKILL_SOURCE_HEADER),
        (_VERSION_VALUE, "version", SKILL_VERSION_HEADER),
    ):
        own = front.written.get(key)
        for found in pattern.finditer(document.whole):
            if own and found["value"] != own:
                message = f'{header} is "{found["value"]}" here, the front matter\'s {key} is "{own:.80}".'
                yield Hit(found.start("value"), message, f"Take the {key} from the front matter.")


#: The scheme of another service before a token, outside of a command.
_OTHER_SCHEME: Final = re.compile(
    r"\bAuthorization[`*\"']{0,2}: ?[`\"']?(?:Token|Basic|A[Pp][Ii]-?[Kk]ey|Key|JWT|OAuth)"
    r"(?= [<${\w])(?! (?:is|auth|and|or)\b)"
)


@rule(
    "bearer-missing",
    Level.ERROR,
    "Every call except the anonymous-token call has the header Authorization: Bearer with the token.",
    format_source("token-missing"),
    'Add -H "Authorization: Bearer $NEMO_TOKEN".',
)
def bearer_missing(document: Document) -> Iterator[Hit]:
    """Find curl commands without a bearer."""
    for call, command in _commands(document):
        assert call.endpoint is not None
        if not call.endpoint.needs_bearer or command.hides_headers:
            continue
        value = command.headers.get("authorization")
        if value is None:
            yield Hit(command.offset, f"This command calls {call.endpoint.path} without a token, which gets 1001.")
        elif not value.lower().startswith(("bearer", "$", "<")):
            yield Hit(command.offset, "This command's Authorization does not begin with the word Bearer.")
    inside = [(each.offset, each.end) for each in document.commands]
    for found in _OTHER_SCHEME.finditer(document.whole):
        line = document.text.lines[document.text.line_of(found.start()) - 1]
        if not any(begin <= found.start() < end for begin, end in inside) and not _FORBIDS.search(line):
            message = f'It says "{found[0]}"; the service expects the word Bearer before the token.'
            yield Hit(found.start(), message, "Write Authorization: Bearer <NEMO_TOKEN>.")


@rule(
    "client-id-missing",
    Level.WARNING,
    "The request for an anonymous token has X-Client-Id.",
    f"{format_source('code-400')}; profile client_id=optional for the oldest documents",
    'Add -H "X-Client-Id: $CLIENT_ID", with a UUID that stays the same in all sessions.',
)
def client_id_missing(document: Document) -> Iterator[Hit]:
    """Find curl commands that request a token without the header."""
    for call, command in _commands(document):
        assert call.endpoint is not None
        if (
            call.endpoint.path is Path.ANONYMOUS_TOKEN
            and not command.hides_headers
            and not command.headers.get(CLIENT_ID_HEADER.lower())
        ):
            yield Hit(command.offset, "This command requests a token without X-Client-Id, which gets 400.")
    first = next(
        (
            call
            for call in document.calls
            if call.endpoint and call.endpoint.path is Path.ANONYMOUS_TOKEN and call.fit is not PathMatch.SHORT
        ),
        None,
    )
    is_shown = any(call.command for call in document.calls if first is not None and call.endpoint is first.endpoint)
    is_named = CLIENT_ID_HEADER.lower() in document.whole.lower()
    if first is not None and first.method and not is_shown and not is_named:
        yield Hit(first.offset, "It requests a token but never names X-Client-Id; without it, the response is 400.")


@rule(
    "accept-missing",
    Level.WARNING,
    "A message has the header Accept: text/event-stream.",
    format_source("turn-accept"),
    f'Add -H "Accept: {EVENT_STREAM}".',
)
def accept_missing(document: Document) -> Iterator[Hit]:
    """Find curl commands that send a message without a request for a stream."""
    for call, command in _commands(document):
        assert call.endpoint is not None
        if call.endpoint.path is Path.RUN_SSE and not command.hides_headers:
            accepted = command.headers.get("accept")
            if accepted is None:
                yield Hit(command.offset, f"This command sends a message without Accept: {EVENT_STREAM}.")
            elif EVENT_STREAM not in accepted.lower():
                yield Hit(command.offset, f'This command accepts "{accepted:.60}", but the response is {EVENT_STREAM}.')


def _find_misspelled_headers(document: Document) -> Iterator[tuple[str, int, bool]]:
    """Yield unknown headers that begin with X-, their offsets, and whether they certainly are headers."""
    for found in _HEADER.finditer(document.whole):
        spelled = found[0].removesuffix(found["colon"] or "")
        name = spelled.lower()
        if name.startswith("x-nemo-mock-"):
            continue  # a header of the fake
        # If a mirror lost the marks around a name, the next word follows it directly.
        if any(name.startswith(known.lower()) or known.lower().startswith(name) for known in _KNOWN):
            continue
        # Two hyphens, or a colon after the name: X-Axis is not a header.
        yield spelled, found.start(), spelled.count("-") > 1 or found["colon"] is not None


#: Other names for the content of X-Skill-Source, the skill's name.
_ALIASES: Final = dict.fromkeys(("xskillname", "xskillid", "xskillslug"), SKILL_SOURCE_HEADER)


def _closest_header(name: str) -> str | None:
    """Return the documented header that is most similar to a name, or None."""
    plain = {known.replace("-", "").lower(): known for known in _KNOWN}
    own = name.replace("-", "").lower()
    if own in _ALIASES:
        return _ALIASES[own]
    close = difflib.get_close_matches(own, plain, 1, 0.6 if own.startswith("xskill") else 0.85)
    return plain[close[0]] if close else None


@rule(
    "header-misspelt",
    Level.ERROR,
    "Headers have the spelling that the service expects.",
    f"{format_source('attribution-headers')}; {format_source('code-400')}",
)
def header_misspelt(document: Document) -> Iterator[Hit]:
    """Find headers that are almost a documented one."""
    for name, offset, _ in _find_misspelled_headers(document):
        meant = _closest_header(name)
        if meant is not None:
            yield Hit(
                offset, f"The header {name} is not documented; the correct spelling is {meant}.", f"Write {meant}."
            )


@rule(
    "header-unknown",
    Level.WARNING,
    "Calls have only documented headers.",
    f"{format_source('token-missing')}; the vendor's first README for X-API-Key and X-User-Id, as outdated",
    "The service reads Authorization, Accept, Content-Type, X-Client-Id and the three X-Skill headers.",
)
def header_unknown(document: Document) -> Iterator[Hit]:
    """Find headers that are not documented."""
    for name, offset, is_header in _find_misspelled_headers(document):
        if name.lower() in {"x-api-key", "x-user-id"}:
            message = f"{name} is a former way of authentication; the token belongs into Authorization: Bearer."
            yield Hit(offset, message)
        elif is_header and _closest_header(name) is None:
            yield Hit(offset, f"The header {name} is not documented for this API.")


@rule(
    "token-in-link",
    Level.ERROR,
    "A token is never part of a URL.",
    format_source("claim-token"),
    "Ask POST /api/auth/claim-token for a claim token and link to $NEMO_WEB_URL/workspace/claim?ct=<claim_token>.",
)
def token_in_link(document: Document) -> Iterator[Hit]:
    """Find addresses with a token in their query."""
    for found in _QUERY.finditer(document.whole):
        before = document.whole[max(0, found.start() - 100) : found.start()].rpartition("\n")[2]
        if not _FORBIDS.search(before):
            message = "It puts the token into a URL, which histories and logs keep; any reader can use it."
            yield Hit(found.start(), message)


@rule(
    "token-literal",
    Level.ERROR,
    "A document does not contain a real token.",
    format_source("token-format"),
    "Write <NEMO_TOKEN>, and revoke this one.",
)
def token_literal(document: Document) -> Iterator[Hit]:
    """Find tokens that look real."""
    for found in _LITERAL.finditer(document.whole):
        if not _MADE_UP.search(found["body"]):
            yield Hit(found.start(), "The document contains a complete token, which every reader can use.")


RULES = (
    attribution_missing,
    attribution_everywhere,
    attribution_other,
    bearer_missing,
    client_id_missing,
    accept_missing,
    header_misspelt,
    header_unknown,
    token_in_link,
    token_literal,
)
