"""Rules about URLs: base URLs, paths, methods, and web pages used as calls."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from nemovideo_contract.reports import Level
from nemovideo_contract.wire import ENV_API_URL, PRODUCTION_URL, Path
from nemovideo_skills.lint.document import Document
from nemovideo_skills.lint.documented_calls import DocumentedCall
from nemovideo_skills.lint.endpoints import PathMatch, closest
from nemovideo_skills.lint.rules.rule import Hit, format_source, rule

_PRODUCTION: Final = PRODUCTION_URL.removeprefix("https://")
#: Hosts in older documents, and what the vendor did about them.
_OUTDATED: Final = {
    "mega-api-dev.nemovideo.ai": "the vendor's documents before 1.6 did",
    "mega-api.nemovideo.ai": "one vendor document did for half an hour",
}
#: Hosts of the vendor's other products, which have another API.
_OTHERS: Final = ("mega-x-api.nemovideo.ai", "mega-x-api-dev.nemovideo.ai", "api.nemovideo.ai")
_URL: Final = re.compile(r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9.-]+[A-Za-z0-9])(?::\d+)?")
_OURS: Final = re.compile(r"(?:^|\.)nemovideo\.[a-z]+$")
_WEB: Final = re.compile(r"(?:www\.|dev\.)?nemovideo\.(?:com|ai)")
_LOCAL: Final = re.compile(r"localhost|127\.[\d.]+|0\.0\.0\.0|.*\.?example(?:\.\w+)?|.*\.test|.*\.local")
_API_PATH: Final = re.compile(r"/(?:api|run_?sse|v\d+)(?:/|$)")
_PAGE: Final = re.compile(r"/(?:workspace|register|login|settings|dashboard|pricing)(?:[/?]|$)")
_WEB_VARIABLE: Final = re.compile(r"\$\{?(?:NEMO_)?WEB")
_API_VARIABLE: Final = re.compile(r"\$\{?(?:NEMO_)?(?:API|BASE)|[{<](?:API|BASE)", re.IGNORECASE)
#: The control endpoints and the worlds of a fake.
_FAKE: Final = re.compile(r"/(?:w/[^/]+/)?_mock\b|/w/[^/]+/")
#: Former paths and paths of another product, with a description.
_FORMER: Final = {
    "/api/render/proxy/draft": "was replaced by /api/render/proxy/lambda in March 2026",
    "/api/tokens": "manages tokens of registered users and is only in the vendor's first README",
}
_FOREIGN: Final = re.compile(r"(?:/api)?/v\d+/(?:run|generate|edit|upload|jobs)(?:/|$)")


@rule(
    "base-url-wrong",
    Level.ERROR,
    "The service is at the production address, over https.",
    format_source("base-url"),
    f"Write {PRODUCTION_URL}.",
)
def base_url_wrong(document: Document) -> Iterator[Hit]:
    """Find unknown API hosts, and the right host without https."""
    api_hosts = {
        call.host: call for call in document.calls if call.host and call.endpoint and call.fit is PathMatch.EXACT
    }
    for found in _URL.finditer(document.whole):
        host = found["host"].lower()
        is_api = host.split(".")[0].endswith("api") or "-api-" in host.split(".")[0]
        if host == _PRODUCTION:
            if found["scheme"] == "http":
                message = f"It calls {host} over http, so others on the network can read the token."
                yield Hit(found.start(), message)
        elif host in _OUTDATED or host in _OTHERS or _LOCAL.fullmatch(host):
            continue
        elif (_OURS.search(host) and is_api) or (found["host"] in api_hosts and not _WEB.fullmatch(host)):
            yield Hit(found.start(), f"{host} is not a documented address of the service; it is at {_PRODUCTION}.")


@rule(
    "base-url-outdated",
    Level.WARNING,
    "A document does not use addresses from earlier documents or from other products.",
    format_source("base-url"),
    f"Write {PRODUCTION_URL}.",
)
def base_url_outdated(document: Document) -> Iterator[Hit]:
    """Find hosts from older documents or of other products."""
    for found in _URL.finditer(document.whole):
        host = found["host"].lower()
        if host in _OUTDATED:
            message = f"It names {host}, as {_OUTDATED[host]}; now the service is at {_PRODUCTION}."
            yield Hit(found.start(), message)
        elif host in _OTHERS:
            yield Hit(found.start(), f"{host} serves another product of the vendor; the service is at {_PRODUCTION}.")


@rule(
    "base-url-missing",
    Level.WARNING,
    "A document gives the address of the service.",
    f"{format_source('base-url')}; {format_source('env-api-url')}",
    f"Write that the base URL is {ENV_API_URL} if that is set, else {PRODUCTION_URL}.",
)
def base_url_missing(document: Document) -> Iterator[Hit]:
    """Find documents with calls but without an address."""
    first = next((call for call in document.calls if call.endpoint is not None), None)
    is_said = ENV_API_URL in document.whole or any(_OURS.search(each["host"]) for each in _URL.finditer(document.whole))
    if first is not None and not is_said and not any(call.host for call in document.calls):
        yield Hit(first.offset, f"It names calls but not the service's address: neither {ENV_API_URL} nor a URL.")


def _is_to_the_api(call: DocumentedCall) -> bool:
    """Return whether an unknown path is meant for the service, and is not a link, another site or a fake's endpoint."""
    if _FAKE.match(call.path):
        return False
    if call.host is not None:
        return call.host == _PRODUCTION or call.host in _OUTDATED
    if call.base is not None and _WEB_VARIABLE.match(call.base):
        return False
    if call.base is not None and _API_VARIABLE.match(call.base):
        return True
    is_named = call.method is not None or call.path.startswith("/api/")
    return is_named and _API_PATH.match(call.path) is not None


def _is_page(call: DocumentedCall) -> bool:
    is_web = (call.host is not None and _WEB.fullmatch(call.host) is not None) or (
        call.base is not None and _WEB_VARIABLE.match(call.base) is not None
    )
    return _PAGE.match(call.path) is not None or is_web


#: Other spellings of the call for a render's status.
_RENDER_STATUS: Final = re.compile(
    r"/api/render(?:/proxy)?(?:/lambda)?/(?:[^/]+/)?(?:status|state|progress)/?(?:[^/]+)?"
)


@rule(
    "endpoint-unknown",
    Level.ERROR,
    "Every call uses a documented endpoint.",
    format_source("call-unknown"),
)
def endpoint_unknown(document: Document) -> Iterator[Hit]:
    """Find paths of the service that are not documented."""
    for call in document.calls:
        is_unfinished = "*" in call.path or call.path.endswith("..")
        is_unknown = call.fit is PathMatch.NONE or (
            call.fit is PathMatch.SHORT and (call.command is not None or call.method is not None)
        )
        if not is_unknown or is_unfinished or not _is_to_the_api(call) or _is_page(call) or _former(call):
            continue
        if _RENDER_STATUS.fullmatch(call.path):
            advice = f"Did you mean GET {Path.RENDER_STATUS}?"
        else:
            meant = call.endpoint or closest(call.path)
            advice = f"Did you mean {meant.name}?" if meant else "docs/contract.md lists the endpoints."
        yield Hit(call.offset, f"The call {_format_call(call)} is not documented.", advice)


def _former(call: DocumentedCall) -> str | None:
    path = call.path.split("?")[0]
    known = next((words for former, words in _FORMER.items() if path == former or path.startswith(f"{former}/")), None)
    if known is None and _FOREIGN.match(path):
        known = "is in some published skills for this server, but not in the vendor's documents"
    return known


@rule(
    "endpoint-outdated",
    Level.WARNING,
    "A document does not use calls from earlier documents or from other products.",
    f"{format_source('base-url')}; {format_source('call-unknown')}",
    "Use the calls of docs/contract.md.",
)
def endpoint_outdated(document: Document) -> Iterator[Hit]:
    """Find former paths, and paths of another API."""
    for call in document.calls:
        words = _former(call) if call.fit is PathMatch.NONE and _is_to_the_api(call) else None
        if words is not None:
            yield Hit(call.offset, f"{_format_call(call)} {words}.")


@rule(
    "method-wrong",
    Level.ERROR,
    "Each call uses its documented method.",
    "openapi.yaml (the vendor's reference 4.4 and SKILL 1.9, §1 and §3)",
)
def method_wrong(document: Document) -> Iterator[Hit]:
    """Find endpoints with a wrong method."""
    for call in document.calls:
        if call.endpoint is None or call.fit is PathMatch.SHORT or call.method in {None, *call.endpoint.methods}:
            continue
        right = "/".join(sorted(call.endpoint.methods))
        advice = f"Write {right} {call.endpoint.path}."
        if call.command is not None and not call.command.values("-X"):
            advice = f"Add -X {right}."
        yield Hit(call.offset, f"It calls {call.endpoint.path} with {call.method}; the method is {right}.", advice)


def _format_call(call: DocumentedCall) -> str:
    path = call.path.split("?")[0][:120]
    return f"{call.method} {path}" if call.method else path


@rule(
    "page-called",
    Level.ERROR,
    "Web pages for people are links, not API calls.",
    f"{format_source('web-url')}; {format_source('claim-token')}",
    "Give the address to the user as a link; the API's own calls are in docs/contract.md.",
)
def page_called(document: Document) -> Iterator[Hit]:
    """Find web pages that are documented as API calls."""
    for call in document.calls:
        if call.fit is PathMatch.NONE and call.method is not None and _is_page(call) and not _API_PATH.match(call.path):
            yield Hit(call.offset, f"{_format_call(call)} is a web page for people, not a call of the API.")


@rule(
    "poll-call-missing",
    Level.WARNING,
    "A document that submits renders also says how to get their status.",
    format_source("render-poll"),
    "Write: poll GET /api/render/proxy/lambda/<id> every 30 seconds until status is completed or failed.",
)
def poll_call_missing(document: Document) -> Iterator[Hit]:
    """Find documents that submit renders but don't ask for their status."""
    paths = {call.endpoint.path for call in document.calls if call.endpoint is not None}
    if Path.RENDER in paths and Path.RENDER_STATUS not in paths:
        first = next(call for call in document.calls if call.endpoint and call.endpoint.path is Path.RENDER)
        yield Hit(first.offset, f"It submits renders to {Path.RENDER} but does not name the call for their status.")


#: A title or an item with a number.
_NUMBERED: Final = re.compile(r"^[#* \t]*(?:§ ?)?(?P<number>\d+(?:\.\d+)*)[.)]?[ \t]+\S", re.MULTILINE)
_REFERENCE: Final = re.compile(r"§ ?(?P<number>\d+(?:\.\d+)*)")


@rule(
    "reference-dangling",
    Level.NOTE,
    "References to sections of the document have a target.",
    "the document itself",
    "Name the section by its title, or number the titles.",
)
def reference_dangling(document: Document) -> Iterator[Hit]:
    """Find references to section numbers that a document does not have; one finding for each document."""
    lost: dict[str, int] = {}
    numbered = {found["number"] for found in _NUMBERED.finditer(document.whole)}
    for found in _REFERENCE.finditer(document.whole):
        if found["number"] not in numbered:
            lost.setdefault(found["number"], found.start())
    if lost:
        listed = ", ".join(f"§{number}" for number in lost)
        yield Hit(min(lost.values()), f"It refers to {listed}, but has no section with that number.")


RULES = (
    base_url_wrong,
    base_url_outdated,
    base_url_missing,
    endpoint_unknown,
    endpoint_outdated,
    method_wrong,
    page_called,
    poll_call_missing,
    reference_dangling,
)
