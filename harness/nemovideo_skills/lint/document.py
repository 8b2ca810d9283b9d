"""A skill document: its text, and the facts that rules check."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import PurePath
from typing import Final

from nemovideo_contract import wire
from nemovideo_skills.lint.body_examples import BodyExample, body_at
from nemovideo_skills.lint.curl_commands import CurlCommand, commands
from nemovideo_skills.lint.document_text import DocumentText, Sentence
from nemovideo_skills.lint.documented_calls import DocumentedCall, find_calls
from nemovideo_skills.lint.error_codes import CodeRow, code_rows
from nemovideo_skills.lint.front_matter import FrontMatter, front_matter
from nemovideo_skills.lint.numeric_claim_patterns import Topic
from nemovideo_skills.lint.numeric_claims import NumericClaim, claims, wait_claims

#: The signs of a document about this API: a call, the host, the variables, the headers, or the name in its title. The
#: name in the text is not enough.
_SUBJECT: Final = re.compile(
    r"NEMO_(?:TOKEN|API_URL)|/run_?sse|nemo_?agent|X-Skill-(?:Source|Version|Platform)|api[\w-]*\.nemovideo\.[a-z]"
    r"|/api/(?:render/proxy|auth/(?:anonymous|claim)-token|upload-video|credits/balance/simple)"
    r"|nemovideo\.[a-z]+/(?:api|v\d)"
    r"|^(?:\#{1,3}[ \t]+|name:[ \t]*[\"']?)(?:the )?nemo[_ -]?video\b(?!,? (?:and|vs|versus|alternatives?)\b)",
    re.IGNORECASE | re.MULTILINE,
)
#: The text between a call in prose and the object that is its body.
_BODY_LABEL: Final = re.compile(
    r"(?:\b(?:body|request|payload|or URL|URL upload)\b|请求体|或URL)[^{\n]{0,30}(?:\n\s*)?(?:```\w*\s*\n\s*)?(?=\{)",
    re.IGNORECASE,
)
_SPEAKS_OF_FRONT_MATTER: Final = re.compile(
    r"this file's (?:YAML )?front ?matter|此文件的YAML前置元数据", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class RequestExample:
    """A JSON body that a document sends with a call; `is_whole` is true inside a command."""

    call: DocumentedCall
    body: BodyExample
    is_whole: bool


class Document:
    """A document and its facts, each computed at its first use.

    `name` is the path in findings. `folder` is the name of its folder, by default taken from the path. `is_utf8` says
    whether the file was UTF-8.
    """

    def __init__(
        self, original: str, name: str = "SKILL.md", *, folder: str | None = None, is_utf8: bool = True
    ) -> None:
        self.name = name
        self.folder = PurePath(name).parent.name if folder is None else folder
        self.is_utf8 = is_utf8
        self.text = DocumentText(original)

    @property
    def whole(self) -> str:
        """The whole text, repaired."""
        return self.text.whole

    @cached_property
    def lowered(self) -> str:
        """The whole text in lower case, for quick searches."""
        return self.whole.lower()

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """The sentences and table cells, in order."""
        return self.text.sentences

    @cached_property
    def is_about_the_api(self) -> bool:
        """True if the document is about NemoVideo."""
        return _SUBJECT.search(self.whole) is not None

    @cached_property
    def is_skill(self) -> bool:
        """True if this is a skill's own document: by its file name, its front matter, or its text."""
        called_so = PurePath(self.name).name.lower().endswith("skill.md")
        return called_so or self.front is not None or _SPEAKS_OF_FRONT_MATTER.search(self.whole) is not None

    @cached_property
    def front(self) -> FrontMatter | None:
        """The front matter, or None."""
        return front_matter(self.text.lines)

    @cached_property
    def commands(self) -> tuple[CurlCommand, ...]:
        """The curl commands."""
        return tuple(commands(self.whole))

    @cached_property
    def calls(self) -> tuple[DocumentedCall, ...]:
        """The calls in prose, tables and commands."""
        return tuple(find_calls(self.whole, self.commands))

    @cached_property
    def rows(self) -> tuple[CodeRow, ...]:
        """The rows about error codes."""
        return tuple(code_rows(self.whole))

    @cached_property
    def claims(self) -> tuple[NumericClaim, ...]:
        """The numeric claims; a time limit in a command counts only if the command sends a message."""
        others = sorted(
            (call.command.offset, call.command.end)
            for call in self.calls
            if call.command is not None and (call.endpoint is None or call.endpoint.path is not wire.Path.RUN_SSE)
        )
        return tuple(
            claim
            for claim in (*claims(self.sentences), *wait_claims(self.text))
            if claim.topic is not Topic.STREAM_LIMIT or not _is_inside(claim.offset, others)
        )

    @cached_property
    def requests(self) -> tuple[RequestExample, ...]:
        """The JSON bodies of calls."""
        return tuple(self._requests())

    def _requests(self) -> Iterator[RequestExample]:
        for number, call in enumerate(self.calls):
            if call.endpoint is None or call.endpoint.body is None:
                continue
            if call.command is not None:
                for data in call.command.values("-d") + call.command.values("--json"):
                    brace = data.text.find("{")
                    body = body_at(data.text, brace) if brace >= 0 and not data.text[:brace].strip() else None
                    if body is not None:
                        yield RequestExample(call, _shift(body, data.offset), is_whole=True)
            elif "POST" in call.endpoint.methods and call.method in {None, "POST"}:
                following = self.calls[number + 1].offset if number + 1 < len(self.calls) else len(self.whole)
                end = min(following, call.end + 1200)
                label = _BODY_LABEL.search(self.whole, call.end, end)
                body = body_at(self.whole, label.end()) if label else None
                if body is not None:
                    yield RequestExample(call, body, is_whole=False)


def _is_inside(offset: int, spans: list[tuple[int, int]]) -> bool:
    """Return whether one of these sorted spans, which do not overlap, has the offset."""
    at = bisect_right(spans, offset, key=lambda span: span[0])
    return at > 0 and offset < spans[at - 1][1]


def _shift(body: BodyExample, offset: int) -> BodyExample:
    fields = tuple(replace(each, offset=each.offset + offset) for each in body.fields)
    return BodyExample(fields, body.is_open, body.offset + offset, body.end + offset)
