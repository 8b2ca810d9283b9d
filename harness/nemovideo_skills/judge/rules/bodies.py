"""Rules about the bodies of session, upload and export requests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from nemovideo_contract.requirements.requirement import parse_sources
from nemovideo_contract.wire import UPLOAD_FIELD, UPLOAD_SOURCE_TYPE, Code
from nemovideo_skills.judge.body_facts import at, items_of, text_at
from nemovideo_skills.judge.exchanges import Exchange
from nemovideo_skills.judge.history import History
from nemovideo_skills.judge.operations import Operation
from nemovideo_skills.judge.rules.common import is_placeholder
from nemovideo_skills.judge.rules.rule import Broken, Kept, Observation, Rule, Unsure
from nemovideo_skills.judge.text_format import short

_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")
_CUT: Final = "The journal does not have the complete body of the request."
_JSON: Final = "application/json"
_POSTS: Final = frozenset({Operation.SESSION, Operation.MESSAGE, Operation.SUBMIT, Operation.CLAIM})


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def session_body(history: History) -> Iterator[Observation]:
    """Check each request for a session."""
    for each in history.of(Operation.SESSION):
        yield from _judge(each, "The session's body", list(_session_flaws(each.request_body)))


def _session_flaws(body: object) -> Iterator[str]:
    if not _is_object(body):
        yield "was not a JSON object"
        return
    name, language = text_at(body, "task_name"), at(body, "language")
    if name is None:
        yield "had taskName in place of task_name" if at(body, "taskName") is not None else "had no task_name"
    elif is_placeholder(name):
        yield f"had the task_name {name!r}"
    if language is not None and not (isinstance(language, str) and _LANGUAGE.fullmatch(language)):
        yield f"had the language {short(str(language))!r}, which is not a code such as en or zh-CN"


def upload_body(history: History) -> Iterator[Observation]:
    """Check each upload that the service read, as a form or by URL."""
    for each in history.of(Operation.UPLOAD):
        if not _content_type(each).startswith("multipart/form-data"):
            yield from _judge(each, "The upload", list(_url_flaws(each.request_body)))
        elif each.succeeded or (each.refusal is not None and each.refusal > Code.INSUFFICIENT_CREDITS):
            yield Kept(each)
        elif each.refusal == Code.BAD_REQUEST and not each.fault:
            yield Broken(each, f"The upload's form had no file in the field {UPLOAD_FIELD}.", (each,))


def _url_flaws(body: object) -> Iterator[str]:
    if not _is_object(body):
        yield "was neither a form nor a JSON object"
        return
    urls = items_of(at(body, "urls"))
    if not urls:
        yield "had no list of urls"
    elif not all(isinstance(url, str) and url.lower().startswith(("http://", "https://")) for url in urls):
        yield "had urls that are not web addresses"
    if text_at(body, "source_type") != UPLOAD_SOURCE_TYPE:
        yield f"had no source_type {UPLOAD_SOURCE_TYPE}"


def export_body(history: History) -> Iterator[Observation]:
    """Check each submission."""
    for each in history.of(Operation.SUBMIT):
        yield from _judge(each, "The submission", list(_export_flaws(each)))


def _export_flaws(each: Exchange) -> Iterator[str]:
    body = each.request_body
    if not _is_object(body):
        yield "was not a JSON object"
        return
    if not each.submitted:
        yield "had no id"
    elif "/" in each.submitted or is_placeholder(each.submitted):
        yield f"had the id {short(each.submitted)!r}"
    if not text_at(body, "sessionId"):
        yield "had session_id in place of sessionId" if at(body, "session_id") is not None else "had no sessionId"
    if each.draft is None:
        yield "had no draft"
    elif each.draft.in_text:
        yield "had its draft as a string"
    output = at(body, "output")
    if output is not None and not _is_object(output):
        yield "had an output that is not an object"
    elif (wanted := at(output, "format")) not in (None, "mp4"):
        yield f"asked for the format {short(str(wanted))}"


def json_content_type(history: History) -> Iterator[Observation]:
    """Check each call with a JSON body."""
    for each in history.of(*_POSTS, Operation.UPLOAD):
        if each.request_body is None:
            continue
        sent = _content_type(each)
        if sent.startswith(_JSON):
            yield Kept(each)
        else:
            what = f"The {each.call} call sent JSON {f'as {sent}' if sent else 'without a Content-Type'}."
            yield Broken(each, what, (each,))


def _content_type(exchange: Exchange) -> str:
    return exchange.headers.get("content-type", "").partition(";")[0].strip().lower()


def _judge(each: Exchange, subject: str, flaws: list[str]) -> Iterator[Observation]:
    # A request that was refused for another reason, or failed by a fault, may have a body that the service did not
    # read.
    read = not each.fault and (each.succeeded or each.refusal == Code.BAD_REQUEST)
    if each.request_cut:
        if read:
            yield Unsure(each, _CUT)
    elif not flaws:
        yield Kept(each)
    elif read or each.request_body is not None:
        yield Broken(each, f"{subject} {' and '.join(flaws)}.", (each,))


RULES: Final = (
    Rule(
        "session-body",
        "A request for a session has task_name; its field language, if present, is the code of the user's language.",
        "warning",
        "provable",
        parse_sources("F1 with-session", "F2 1.9 §3.0", "F5 setup"),
        "The project has no name, or the agent answers in the wrong language.",
        'Send {"task_name":"project","language":"en"}, with the user\'s language.',
        session_body,
    ),
    Rule(
        "upload-body",
        "An upload is a form with its files in the field files, or JSON with urls and source_type url.",
        "error",
        "provable",
        parse_sources("F0 step 3", "F1 upload-video", "F2 1.9 §3.2", "F5 calls"),
        "Nothing is uploaded.",
        'Write -F "files=@/path", or {"urls":["https://…"],"source_type":"url"}.',
        upload_body,
    ),
    Rule(
        "export-body",
        "An export has id, sessionId (in camelCase) and the draft as an object; its output, if any, is mp4.",
        "error",
        "provable",
        parse_sources("F1 render", "F2 1.9 §3.5", "F5 export"),
        "The export is refused, or renders nothing.",
        "Build the body with jq --argjson: the draft as JSON, and sessionId as the only field in camelCase.",
        export_body,
    ),
    Rule(
        "json-content-type",
        "A JSON body has the content type application/json.",
        "warning",
        "provable",
        parse_sources("F0 all calls", "F1 run_sse", "F2 1.9 §3"),
        "curl -d without a header says that the body is a form, and a service may refuse it.",
        'Put -H "Content-Type: application/json" next to each -d.',
        json_content_type,
    ),
)
