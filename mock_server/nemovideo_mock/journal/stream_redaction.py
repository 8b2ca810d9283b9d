"""Redaction of a stream, in which one token may be spread over the texts of several records.

A client joins the texts that have the same key in one record after another: `content`, or `text` in ADK's events. In
ADK's events, partial texts and the aggregates that repeat them are two sequences. Here such a sequence is a *lane*. A
lane carries over the end of a text if the next text may complete a secret there. Records are read as strings with keys,
not as JSON: so every dialect works, and a record that is malformed on purpose hides no secret.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from nemovideo_contract.json_input import is_json
from nemovideo_contract.redaction import PREFIXES, PUBLIC_WORDS, is_secret_name
from nemovideo_mock.journal.redaction import BEGINNINGS, WITHHELD, Secrets

#: A JSON string, then its closing quote and the colon after a key, if they are there.
STRING: Final = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)("(\s*:)?)?', re.DOTALL)
PARTIAL: Final = re.compile(r'"partial"\s*:\s*true')

#: The end of a value that may begin a prefix: first by its last character, then in full. `t` is the last letter of
#: many words in nearly every record, so those words are excluded.
ENDED: Final = re.compile(rb'[nmv_usrcltoke=](?:"(?!:)|\Z)')
BEGUN_BYTES: Final = re.compile(
    (
        "(?:" + "|".join(word for word in BEGINNINGS if word != "t") + r'|(?<!"tex)(?<!_agen)(?<!_resul)(?<!rtbea)t)\Z'
    ).encode("ascii")
)
LONGEST: Final = max(map(len, BEGINNINGS))

#: The most characters that a lane carries over. Of more it only remembers that it is inside a token.
CARRIED: Final = 4096

Lane = tuple[bool, str]


@dataclass(frozen=True, slots=True)
class Carry:
    """The text that a lane's next text continues. `guessed` if it is unknown: then the lane shows little."""

    text: str
    guessed: bool = False


INSIDE: Final = Carry(PREFIXES[0], guessed=True)


class StreamRedaction:
    """The redaction of one stream. It needs the payloads of the records in order."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self._carried: dict[Lane, Carry] = {}
        self._doubted = False
        self._settled: set[Lane] = set()

    def __repr__(self) -> str:
        return f"<StreamRedaction carried={len(self._carried)}>"

    def redact(self, payload: bytes, *, cut: bool = False) -> bytes:
        """Return the payload with marks for its secrets; the same object if it has none.

        If the record was `cut`, the ends of its texts are unknown: then the first word of each next text is hidden too.
        """
        quiet = not (self._carried or self._doubted or cut or self._secrets.remembers)
        if quiet and not _may_end_begun(payload) and not self._secrets.suspects_bytes(payload):
            return payload
        text = payload.decode("utf-8", "replace")
        if text[:1] in {"{", "["}:
            redacted = self._strings(text)
            if cut or not is_json(text):
                self._doubted = True
                self._settled.clear()
        else:
            redacted = self._continue((False, ""), text)
        return payload if redacted == text else redacted.encode("utf-8", "surrogatepass")

    def _strings(self, text: str) -> str:
        partial = PARTIAL.search(text) is not None
        secrets = self._secrets
        # If nothing in the whole record is suspect, only secrets across two records are left to find.
        suspect = secrets.suspects(text)
        pieces: list[str] = []
        done = 0
        key = ""
        for match in STRING.finditer(text):
            between = text[done : match.start()]
            pieces.append(secrets.text(between) if suspect else between)
            done = match.end()
            string, rest = match[1], match[2] or ""
            if match[3] is not None:
                key = string
                string = secrets.text(string) if suspect else string
            elif string and is_secret_name(key):
                string = secrets.mark(string)
            elif string not in PUBLIC_WORDS:
                string = self._continue((partial, key), string)
            pieces += ('"', string, rest)
        pieces.append(secrets.text(text[done:]) if suspect else text[done:])
        return "".join(pieces)

    def _continue(self, lane: Lane, text: str) -> str:
        """Return the next text of a lane, redacted as the continuation of the texts before it."""
        if not text:
            return text
        carry = self._carried.pop(lane, None)
        if carry is None and self._doubted and lane not in self._settled:
            carry = INSIDE
        self._settled.add(lane)
        if carry is None and not self._secrets.may_have_begun(text) and not self._secrets.suspects(text):
            return text
        before = carry.text if carry is not None else ""
        whole = before + text
        pieces: list[str] = []
        done = len(before)
        for span in self._secrets.spans(whole, open_end=True):
            if span.end <= len(before):
                continue
            shown = self._secrets.shown(span, unfinished=span.end == len(whole))
            if span.start < len(before):
                # The record before has shown the prefix.
                shown = WITHHELD if carry is not None and carry.guessed else WITHHELD + shown.partition(WITHHELD)[2]
            pieces.append(whole[done : max(span.start, done)])
            pieces.append(shown)
            done = span.end
        pieces.append(whole[done:])
        start = self._secrets.tail(whole)
        if start < len(whole):
            guessed = carry is not None and carry.guessed and start < len(before)
            rest = whole[start:]
            self._carried[lane] = Carry(rest, guessed) if len(rest) <= CARRIED else INSIDE
        return "".join(pieces)


def _may_end_begun(payload: bytes) -> bool:
    for match in ENDED.finditer(payload):
        end = match.start() + 1
        if BEGUN_BYTES.search(payload[max(0, end - LONGEST) : end]) is not None:
            return True
    return False
