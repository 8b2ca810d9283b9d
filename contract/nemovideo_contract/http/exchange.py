"""A call and its answer: the request, which can be repeated, and the response as it came."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, cast

from nemovideo_contract.events.record_contents import tool_calls_of, words_of
from nemovideo_contract.http import shell_words
from nemovideo_contract.http.errors import RequirementFailure, redact_text
from nemovideo_contract.http.sse import Record
from nemovideo_contract.json_input import JsonInputError, parse
from nemovideo_contract.openapi import Json, JsonObject
from nemovideo_contract.requirements import REQUIREMENTS, Requirement
from nemovideo_contract.wire import ENV_API_URL, ENV_TOKEN, EVENT_STREAM, TEST_TOKEN_PREFIX

#: The most characters of a body that a message quotes.
EXCERPT: Final = 600
#: The most digits of a code.
LONGEST_CODE: Final = 9
#: The statuses by which a proxy says that it can't reach the service; those from 520 on are Cloudflare's.
GATEWAY_STATUSES: Final = frozenset({502, 503, 504, *range(520, 528)})
#: Operation -> the requirement that its answer belongs to.
RULES: Final[Mapping[str, str]] = {
    "anonymous_token": "token-anonymous",
    "claim_token": "claim-token",
    "create_session": "session-create",
    "run_sse": "turn-send",
    "upload": "upload-file",
    "state": "state-read",
    "credits": "credits-read",
    "submit_render": "render-submit",
    "render_status": "render-poll",
    "cancel_render": "render-cancel",
    "download_render": "render-download",
}


@dataclass(frozen=True, slots=True)
class File:
    """One part of an upload's form.

    `padding` is a number of zero bytes after the content, which are made while they are sent.
    """

    name: str
    content: bytes = field(repr=False)
    field_name: str = "files"
    padding: int = 0


@dataclass(frozen=True, slots=True)
class Call:
    """A request. `operation` is the id of the operation that the caller means; it is empty if there is none.

    `body` is JSON, bytes or files. `url` is absolute if the call doesn't go to the target's own path. With
    `expect_refusal` the server can only refuse the call, so it spends nothing. A `made_up` token is not valid, and not
    a secret.
    """

    operation: str
    method: str
    path: str
    headers: Mapping[str, str]
    token: str | None = field(default=None, repr=False)
    body: Json | bytes | tuple[File, ...] = None
    url: str | None = None
    expect_refusal: bool = False
    made_up: bool = False

    @property
    def requirement(self) -> Requirement:
        """The requirement that its answer belongs to."""
        return REQUIREMENTS[RULES.get(self.operation, "base-url")]

    def curl(self) -> str:
        """Return a line that repeats the call in bash, with its files; a secret token becomes `$NEMO_TOKEN`."""
        words = ["curl -sS" + (" -N" if self.operation == "run_sse" else "")]
        if self.method != "GET":
            words.append(f"-X {self.method}")
        words.append(shlex.quote(self.url) if self.url else f'"${ENV_API_URL}"{shlex.quote(self.path)}')
        if self.token is not None:
            if self.made_up or self.token.startswith(TEST_TOKEN_PREFIX):
                words.append(f"-H {shlex.quote(f'Authorization: Bearer {self.token}')}")
            else:
                words.append(f'-H "Authorization: Bearer ${ENV_TOKEN}"')
        words += [f"-H {shlex.quote(shell_words.header(name, value))}" for name, value in self.headers.items()]
        first: list[str] = []
        if isinstance(self.body, tuple):
            paths = [f"part{number}" for number in range(1, len(self.body) + 1)]
            for each, path in zip(self.body, paths, strict=True):
                first += shell_words.file_lines(each.content, each.padding, path)
                words.append(shell_words.form_part(each.field_name, each.name, path))
        elif isinstance(self.body, bytes):
            if "content-type" not in map(str.lower, self.headers):
                words.append("-H Content-Type:")  # without it, curl adds a content type
            words.append(shell_words.text_body(self.body) or shell_words.binary_body(self.body))
        elif self.body is not None:
            words.append("--json " + shlex.quote(json.dumps(self.body, ensure_ascii=False)))
        return "; ".join([*first, " ".join(words)])


@dataclass(slots=True)
class Answer:
    """A response, with the time until its end in `seconds`.

    `began` is the stopwatch's value at the request, and `headed` the seconds from then to the end of the headers.
    `doubled` has the values of each header that came more than once and is not a list. `records` and `left` are the
    records of a stream, and the bytes after its last complete record. `broken` says how the connection broke, or is
    None. `cut` is True if the connection broke, and `late` if it broke because the suite stopped waiting.
    `whole` is False if the caller left before the end. `tell` is called with every finding about the response.
    """

    call: Call
    status: int
    headers: Mapping[str, str]
    content: bytes
    seconds: float
    records: list[Record] = field(default_factory=list[Record])
    left: bytes = b""
    broken: str | None = None
    whole: bool = True
    late: bool = False
    began: float = 0.0
    headed: float = 0.0
    doubled: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    cut: bool = False
    tell: Callable[[RequirementFailure], None] | None = field(default=None, repr=False)

    @property
    def is_stream(self) -> bool:
        """Whether the content type is a stream of events."""
        return self.media == EVENT_STREAM

    @property
    def encoding(self) -> str:
        """The content encoding, such as gzip; empty for a plain body."""
        said = self.headers.get("content-encoding", "").strip().lower()
        return "" if said == "identity" else said

    @property
    def is_gateway_page(self) -> bool:
        """Whether something in front of the service failed: the service itself answers with JSON."""
        fails = self.status in GATEWAY_STATUSES or (self.status >= 500 and self.media == "text/html")
        return fails and self.media != "application/json"

    @property
    def date(self) -> datetime | None:
        """The time of the service's own clock, from the `Date` header; None without a readable date."""
        try:
            said = parsedate_to_datetime(self.headers.get("date", ""))
        except ValueError:
            return None
        return said if said.tzinfo else said.replace(tzinfo=UTC)

    @property
    def media(self) -> str:
        """The media type, in lower case and without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def json(self) -> JsonObject:
        """The JSON object in the body.

        Raises:
            RequirementFailure: the body is not a JSON object.
        """
        found = self.object
        if found is None:
            raise self.differs("a JSON object")
        return found

    @property
    def object(self) -> JsonObject | None:
        """The JSON object in the body, or None."""
        try:
            found = cast("Json", parse(self.content, half_pairs=True))
        except JsonInputError:
            return None
        return found if isinstance(found, dict) else None

    @property
    def code(self) -> int | None:
        """The code in the envelope, or in the error record that ends a stream; None if there is no code."""
        found = self.object if not self.is_stream else next((each for each in reversed(self.values)), None)
        if found is None:
            return None
        code = found.get("code", found.get("errorCode"))
        if code is None and self.is_stream and len(self.values) > 1 and "error" in found:
            code = self.values[-2].get("errorCode")  # the kit has the code in the event before the last record
        if isinstance(code, str) and code.isdecimal() and len(code) <= LONGEST_CODE:
            return int(code)
        return code if isinstance(code, int) and not isinstance(code, bool) else None

    @property
    def values(self) -> list[JsonObject]:
        """The JSON objects of a stream, without heartbeats."""
        return [value for each in self.records if not each.is_sign_of_life and (value := each.value) is not None]

    @property
    def signs(self) -> list[Record]:
        """The heartbeats of a stream."""
        return [each for each in self.records if each.is_sign_of_life]

    @property
    def words(self) -> str:
        """The words of a stream to the user, without the partial events of an answer."""
        return "\n".join(words for value in self.values for words in words_of(value) if words.strip())

    @property
    def tools(self) -> list[str]:
        """The names of the tools that a stream calls, in order."""
        return [name for value in self.values for name in tool_calls_of(value)]

    def at(self, *keys: str | int) -> Json:
        """Return the value at these keys.

        Raises:
            RequirementFailure: a key on the way is missing.
        """
        node: Json = self.json
        for number, key in enumerate(keys):
            match node, key:
                case dict(), str() if key in node:
                    node = node[key]
                case list(), int() if key < len(node):
                    node = node[key]
                case _:
                    raise self.differs(f"{'.'.join(map(str, keys[: number + 1]))} in the answer")
        return node

    def text(self, *keys: str | int) -> str:
        """Return the string at these keys.

        Raises:
            RequirementFailure: the value is missing or not a string.
        """
        found = self.at(*keys)
        if not isinstance(found, str):
            raise self.differs(f"a string at {'.'.join(map(str, keys))}")
        return found

    def number(self, *keys: str | int) -> int:
        """Return the whole number at these keys.

        Raises:
            RequirementFailure: the value is missing or not a whole number.
        """
        found = self.at(*keys)
        if not isinstance(found, int) or isinstance(found, bool):
            raise self.differs(f"a whole number at {'.'.join(map(str, keys))}")
        return found

    def list(self, *keys: str | int) -> list[Json]:
        """Return the list at these keys.

        Raises:
            RequirementFailure: the value is missing or not a list.
        """
        found = self.at(*keys)
        if not isinstance(found, list):
            raise self.differs(f"a list at {'.'.join(map(str, keys))}")
        return found

    def mapping(self, *keys: str | int) -> JsonObject:
        """Return the object at these keys.

        Raises:
            RequirementFailure: the value is missing or not an object.
        """
        found = self.at(*keys)
        if not isinstance(found, dict):
            raise self.differs(f"an object at {'.'.join(map(str, keys))}")
        return found

    def describe(self, longest: int = EXCERPT) -> str:
        """Return the answer in one line, without secrets; its body is cut to `longest` characters."""
        if self.status == 0:
            return f"no answer: {self.broken}"
        head = f"HTTP {self.status} {self.headers.get('content-type', 'without a content type')}"
        if self.is_stream:
            body = " | ".join(each.text for each in self.records if not each.is_sign_of_life)
        elif self.media.startswith(("text/", "application/json")) or len(self.content) < EXCERPT:
            body = self.content[: 64 * EXCERPT].decode("utf-8", "replace")
        else:
            body = f"{len(self.content)} bytes"
        ending = f"; it broke off: {self.broken}" if self.broken else ""
        seen = "".join(each if each.isprintable() else "\ufffd" for each in " ".join(body.split()))
        # Redact before cutting: the rest of a token at the cut is still a secret.
        hidden = redact_text(seen, self.call.token)
        return redact_text(f"{head}: {hidden[:longest] or 'nothing'}{ending}", self.call.token)

    def differs(self, expected: str, rule: str | None = None) -> RequirementFailure:
        """Return a finding: the answer differs from what was expected."""
        requirement = self.call.requirement if rule is None else REQUIREMENTS[rule]
        found = RequirementFailure(requirement, expected, self.describe(), (self.call.curl(),))
        if self.tell is not None:
            self.tell(found)
        return found


def seconds_between(earlier: Answer, later: Answer) -> float | None:
    """Return the seconds between two answers by the service's clock, or None if one of them has no date."""
    if earlier.date is None or later.date is None:
        return None
    return (later.date - earlier.date).total_seconds()
