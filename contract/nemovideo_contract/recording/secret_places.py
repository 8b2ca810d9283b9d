"""The places of secrets in a recording: members with a secret's name, and forms of text that contain a secret."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from nemovideo_contract.openapi import Json
from nemovideo_contract.redaction import is_plural_of_secret, is_secret_name

#: A name in a text, of at most 41 characters.
_NAME: Final = r"(?<![A-Za-z0-9_-])(?P<name>[A-Za-z][A-Za-z0-9_-]{1,40})"
#: The gap between the two lines of a record that a server has broken in two.
_GAP: Final = r"\s*(?:data:\s*)?"
#: A credential in a header or a form. A mark does not match, because it has brackets.
_CREDENTIAL: Final = r"(?P<value>[A-Za-z0-9._~+/%!*-]{3,}+=*+)(?![<\w])"
_FORMS: Final = (
    # A member of a JSON object, also of one that is cut off.
    re.compile(rf'{_NAME}"{_GAP}:{_GAP}"(?P<value>(?:[^"\\]|\\.)+)'),
    re.compile(rf'{_NAME}"{_GAP}:{_GAP}(?P<value>\d+)'),
    # A parameter of a form.
    re.compile(rf"{_NAME}={_CREDENTIAL}"),
)
_SAID: Final = (
    re.compile(rf"(?i:authorization)[\"']*\s*[:=]\s*[\"']*(?i:bearer|basic|token)\s+{_CREDENTIAL}"),
    # The word is also plain English, so the next word must look like a credential.
    re.compile(rf"(?i:\bbearer)\s+(?=\S{{20}}|[^\s\d]*\d){_CREDENTIAL}"),
    re.compile(rf"(?i:(?:^|[^\w-])(?:set-)?cookie|x-api-key)\s*:\s*(?:[\w.-]+=)?{_CREDENTIAL}"),
    re.compile(r"(?P<value>\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)"),
    re.compile(r"://[^\s/:@\"'<>?#]*:(?P<value>[^\s/@\"'<>?#]+)@"),
)


def find_secret_members(name: str, value: Json) -> Iterator[str]:
    """Yield the secrets in a member of a JSON object, numbers as text; none if its name is not a secret's.

    Under a plural, such as `tokens`, a single number is a count.
    """
    if is_secret_name(name):
        yield from _scalars(value)
    elif is_plural_of_secret(name) and isinstance(value, list | dict):
        yield from (each for each in _scalars(value) if not each.isdecimal())


def find_secrets_in_text(text: str) -> Iterator[tuple[int, int]]:
    """Yield the ranges of a text that contain a secret. Ranges may overlap, and a range may be a mark."""
    for form in _FORMS:
        yield from (found.span("value") for found in form.finditer(text) if is_secret_name(found["name"]))
    for form in _SAID:
        yield from (found.span("value") for found in form.finditer(text))


def _scalars(node: Json) -> Iterator[str]:
    if isinstance(node, dict):
        for value in node.values():
            yield from _scalars(value)
    elif isinstance(node, list):
        for value in node:
            yield from _scalars(value)
    elif isinstance(node, str) or (isinstance(node, int | float) and not isinstance(node, bool)):
        yield str(node)
