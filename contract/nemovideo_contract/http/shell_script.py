"""A run's calls as a short shell script that makes them again, with new sessions and exports.

The script takes ids and tokens from the server's answers into shell variables. Where a server takes a caller's value
only once, the script chooses a new one. It needs bash, curl, base64 and sed.
"""

from __future__ import annotations

import json
import re
import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from nemovideo_contract.http import shell_words
from nemovideo_contract.http.exchange import Answer, Call, File
from nemovideo_contract.openapi import JsonObject
from nemovideo_contract.wire import CLIENT_ID_HEADER, ENV_API_URL, ENV_TOKEN, TEST_TOKEN_PREFIX

#: How many reads of one thing are kept, from the last one back.
LAST_READS: Final = 4
#: Operation -> the keys of its answer's data whose values later calls may name, each with its shell variable.
_GIVEN: Final[Mapping[str, Mapping[str, str]]] = {
    "create_session": {"session_id": "SESSION", "task_id": "TASK", "user_id": "USER_ID"},
    "anonymous_token": {"token": "TOKEN", "user_id": "USER_ID"},
    "claim_token": {"claim_token": "CLAIM"},
}


def script(answers: Sequence[Answer], base_url: str) -> list[str]:
    """Return the lines of a script that repeats these calls; it prints what it reads, and always the last answer."""
    kept = _without_repetition(answers)
    writer = _Writer([each.call for each in kept], base_url)
    for number, answer in enumerate(kept):
        writer.write(answer, is_last=number == len(kept) - 1)
    return writer.lines


def _without_repetition(answers: Sequence[Answer]) -> list[Answer]:
    """Return the calls without repeated reads; the last reads of each thing show the state before and after."""
    seen: Counter[tuple[str, str | None]] = Counter()
    kept: list[Answer] = []
    for answer in reversed(answers):
        call = answer.call
        seen[call.path, call.token] += 1
        if call.operation not in {"state", "credits"} or seen[call.path, call.token] <= LAST_READS:
            kept.append(answer)
    return kept[::-1]


@dataclass(slots=True)
class _Writer:
    """The lines so far, and the shell variables by the values that they replace."""

    calls: list[Call]
    base_url: str
    lines: list[str] = field(default_factory=list[str])
    _names: dict[str, str] = field(default_factory=dict[str, str])
    _files: dict[tuple[bytes, int], str] = field(default_factory=dict[tuple[bytes, int], str])
    _written: int = 0
    _token: str | None = None
    _usual: dict[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        self._names[self.base_url.rstrip("/")] = ENV_API_URL
        if any(isinstance(each.body, tuple) for each in self.calls):
            self.lines.append('cd "$(mktemp -d)"')
        first = next((each for each in self.calls if each.token is not None and not each.expect_refusal), None)
        if first is None or first.token is None:
            return
        self._token, self._usual = first.token, dict(first.headers)
        self._names[first.token] = ENV_TOKEN
        if first.token.startswith(TEST_TOKEN_PREFIX):
            self.lines.append(f"{ENV_TOKEN}={first.token}")
        headers = " ".join(f"-H {shlex.quote(f'{name}: {value}')}" for name, value in self._usual.items())
        self.lines.append(f"""nemo() {{ curl -sS -w '\\n' -H "Authorization: Bearer ${ENV_TOKEN}" {headers} "$@"; }}""")

    def write(self, answer: Answer, *, is_last: bool) -> None:
        """Add one call."""
        call = answer.call
        self._written += 1
        self._choose(call, answer)
        words = self._words(call)
        given = self._given(call, answer)
        if given and not is_last:
            self.lines.append(f"ANSWER=$({words})")
            for key, name in given.items():
                pattern = f's/.*"{key}": *"\\([^"]*\\)".*/\\1/p'
                self.lines.append(f"{name}=$(printf %s \"$ANSWER\" | sed -n '{pattern}')")
        elif is_last or call.method == "GET":
            self.lines.append(words if answer.media != "video/mp4" else f"{words} -o /dev/null")
        else:
            self.lines.append(f"{words} > /dev/null")

    def _choose(self, call: Call, answer: Answer) -> None:
        """Choose a new value if the caller chose one that a server takes only once."""
        body = call.body if isinstance(call.body, dict) else JsonObject()
        chosen = {"submit_render": (body.get("id"), "RENDER", "render_")}.get(call.operation)
        if call.operation == "anonymous_token" and answer.code == 0:
            chosen = (call.headers.get(CLIENT_ID_HEADER), "CLIENT", "client-")
        if chosen is not None and isinstance(chosen[0], str) and len(chosen[0]) > 8 and chosen[0] not in self._names:
            name = self._name(chosen[0], chosen[1])
            self.lines.append(f"{name}={chosen[2]}$(date +%s)$RANDOM$RANDOM")

    def _given(self, call: Call, answer: Answer) -> dict[str, str]:
        """Return the keys of this answer that later calls need, with their new variables."""
        data = (answer.object or {}).get("data")
        found: dict[str, str] = {}
        for key, stem in _GIVEN.get(call.operation, {}).items():
            value = data.get(key) if isinstance(data, dict) else None
            if not isinstance(value, str) or not self._is_needed(value):
                continue
            if value == self._token:
                found[key] = ENV_TOKEN
            elif value not in self._names:
                found[key] = self._name(value, stem)
        return found

    def _is_needed(self, value: str) -> bool:
        return any(
            value in each.path or value == each.token or value in json.dumps(each.body, default=str)
            for each in self.calls[self._written :]
        )

    def _name(self, value: str, stem: str) -> str:
        taken = sum(each.rstrip("0123456789") == stem for each in self._names.values())
        self._names[value] = f"{stem}{taken + 1}" if taken else stem
        return self._names[value]

    def _words(self, call: Call) -> str:
        """Return one call as words for the shell; values in shell variables are not quoted."""
        own = call.token == self._token and self._token is not None and self._usual.items() <= call.headers.items()
        words = ["nemo" if own else "curl -sS -w '\\n'"]
        if call.operation == "run_sse":
            words.append("-N")
        if call.method != "GET" and call.body is None:
            words.append(f"-X {call.method}")
        words.append(self._quoted(call.url or self.base_url.rstrip("/") + call.path))
        if not own and call.token is not None:
            known = call.token.startswith(TEST_TOKEN_PREFIX) or call.token in self._names
            bearer = self._quoted(call.token) if known else '"${OTHER_TOKEN:?another account}"'
            words.append(f'-H "Authorization: Bearer "{bearer}')
        headers = {name: value for name, value in call.headers.items() if not own or name not in self._usual}
        words += [f"-H {self._quoted(shell_words.header(name, value))}" for name, value in headers.items()]
        return " ".join([*words, *self._body(call)])

    def _body(self, call: Call) -> list[str]:
        if isinstance(call.body, tuple):
            return [self._part(each) for each in call.body]
        if isinstance(call.body, bytes):
            return [shell_words.binary_body(call.body)]
        if call.body is None:
            return []
        typed = "-H 'Content-Type: application/json' "
        return [f"{typed}-d {self._quoted(json.dumps(call.body, ensure_ascii=False))}"]

    def _part(self, file: File) -> str:
        """Write a file of a form first, and return its option."""
        key = file.content, file.padding
        if key not in self._files:
            self._files[key] = f"file{len(self._files) + 1}"
            self.lines += shell_words.file_lines(file.content, file.padding, self._files[key])
        return shell_words.form_part(file.field_name, file.name, self._files[key])

    def _quoted(self, text: str) -> str:
        """Return the text quoted for a shell, with variables in place of known values."""
        known = sorted(self._names, key=len, reverse=True)
        pieces = re.split("(" + "|".join(map(re.escape, known)) + ")", text)
        return "".join(
            f'"${{{self._names[each]}}}"' if each in self._names else shlex.quote(each) for each in pieces if each
        )
