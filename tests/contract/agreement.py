"""What `openapi.yaml` and the vocabulary say of the same things, side by side; the profiles' values as well.

A facet is one sort of fact: two functions that each list what their side says, by name. `differences` compares the two
lists in both directions. Each facet names the constants of `wire.py` that it accounts for, so that a constant which no
facet accounts for is noticed too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import EnumType
from typing import Final

from nemovideo_contract import draft, profiles, wire
from nemovideo_contract.openapi import Json, JsonObject, at, mapping, operations, parameters, resolve

Entries = Mapping[str, object]

#: Which operation is behind which path, and how it is called; `wire.py` has no methods.
OPERATIONS: Final[dict[str, tuple[str, wire.Path]]] = {
    "anonymous_token": ("POST", wire.Path.ANONYMOUS_TOKEN),
    "claim_token": ("POST", wire.Path.CLAIM_TOKEN),
    "create_session": ("POST", wire.Path.SESSION),
    "run_sse": ("POST", wire.Path.RUN_SSE),
    "upload": ("POST", wire.Path.UPLOAD),
    "state": ("GET", wire.Path.STATE),
    "credits": ("GET", wire.Path.CREDITS),
    "submit_render": ("POST", wire.Path.RENDER),
    "render_status": ("GET", wire.Path.RENDER_STATUS),
    "cancel_render": ("POST", wire.Path.RENDER_CANCEL),
    "download_render": ("GET", wire.Path.RENDER_DOWNLOAD),
}

#: Where a number belongs.
LIMITS: Final[dict[str, tuple[str, ...]]] = {
    "anonymous_token": (
        "ANONYMOUS_CREDITS",
        "CLIENT_ID_MAX_LENGTH",
        "TOKEN_BODY_LENGTH",
        "TOKEN_LIFETIME_S",
        "TOKENS_PER_CLIENT",
        "TOKENS_PER_ADDRESS",
        "TOKENS_PER_ADDRESS_HOUR",
    ),
    "claim_token": ("CLAIM_TOKEN_LIFETIME_S",),
    "run_sse": (
        "TURN_LIMIT_S",
        "PROGRESS_LIMIT_S",
        "STILL_WORKING_S",
        "RECOVERY_FIRST_WAIT_S",
        "RECOVERY_NEXT_WAIT_S",
        "RECOVERY_READS",
    ),
    "upload": ("UPLOAD_SIZE_LIMIT",),
    "render_status": ("POLL_INTERVAL_S", "POLL_LIMIT"),
}


def differences(document: Entries, vocabulary: Entries) -> list[str]:
    """A sentence for each entry that only one side has, or that the two state differently."""
    return [
        *(f"only openapi.yaml has {name}: {document[name]!r}" for name in document if name not in vocabulary),
        *(f"openapi.yaml lacks {name}: {vocabulary[name]!r}" for name in vocabulary if name not in document),
        *(
            f"{name}: openapi.yaml says {document[name]!r}, the vocabulary {vocabulary[name]!r}"
            for name in document
            if name in vocabulary and document[name] != vocabulary[name]
        ),
    ]


@dataclass(frozen=True, slots=True)
class Facet:
    """One sort of fact; `covers` names the constants of `wire.py` that it accounts for."""

    name: str
    document: Callable[[JsonObject], Entries]
    vocabulary: Callable[[], Entries]
    covers: frozenset[str]

    def differences(self, root: JsonObject) -> list[str]:
        """What the document and the vocabulary disagree on, in words."""
        return differences(self.document(root), self.vocabulary())


def nodes(node: Json, where: str = "") -> Iterator[tuple[str, JsonObject]]:
    """Every object in the document with its path, outermost first; values of examples are left out."""
    if isinstance(node, dict):
        yield where, node
        for key, value in node.items():
            if key not in {"example", "examples", "default"}:
                yield from nodes(value, f"{where}/{key}")
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from nodes(value, f"{where}/{number}")


def schema_marks(root: JsonObject, keyword: str) -> dict[str, Json]:
    """Return the values of a keyword in all schemas and parameters, by their place."""
    found: dict[str, Json] = {}
    for part in ("schemas", "parameters"):
        for where, node in nodes(at(root, "components", part)):
            if keyword in node:
                found[where.removeprefix("/").replace("/properties/", ".").removesuffix("/schema")] = node[keyword]
    return found


def _operations(root: JsonObject) -> Entries:
    return {each.id: (each.method, each.path) for each in operations(root)}


def _paths(root: JsonObject) -> Entries:
    return dict.fromkeys(mapping(root["paths"]), "a path")


def _headers(root: JsonObject) -> Entries:
    return {
        f"{operation.id} {parameter['name']}": parameter["required"]
        for operation in operations(root)
        for parameter in parameters(root, operation)
        if parameter["in"] == "header"
    }


def _vocabulary_headers() -> Entries:
    bearing = (name for name in OPERATIONS if name != "anonymous_token")
    attribution = {f"{name} {header}": False for name in bearing for header in wire.ATTRIBUTION_HEADERS}
    return {f"anonymous_token {wire.CLIENT_ID_HEADER}": True, **attribution}


def _path_parameters(root: JsonObject) -> Entries:
    return {
        each.path: {str(parameter["name"]) for parameter in parameters(root, each) if parameter["in"] == "path"}
        for each in operations(root)
    }


def _vocabulary_path_parameters() -> Entries:
    return {path: {part[1:-1] for part in path.split("/") if part.startswith("{")} for path in wire.Path}


def _codes(root: JsonObject) -> Entries:
    schemas = mapping(at(root, "components", "schemas"))
    errors = _plain(at(schemas, "Error", "properties", "code", "enum"))
    successes = [at(schemas, name, "properties", "code", "const") for name in schemas if name.endswith("Answer")]
    return {f"code {code}": "a code" for code in (*errors, *successes)}


def _example_codes(root: JsonObject) -> Entries:
    examples = mapping(at(root, "components", "examples"))
    return {f"example {name}": at(example, "value", "code") for name, example in examples.items()}


def _enums(root: JsonObject) -> Entries:
    many = {where: _plain(values) for where, values in schema_marks(root, "enum").items()}
    one = {where: (value,) for where, value in schema_marks(root, "const").items()}
    # The codes of envelopes are a facet of their own.
    return {where: values for where, values in {**many, **one}.items() if not where.endswith(".code")}


def _plain(values: Json) -> tuple[Json, ...]:
    assert isinstance(values, list)
    return tuple(values)


def _vocabulary_enums() -> Entries:
    return {
        "UserId/schema/anyOf/0": (wire.ME,),
        "RunRequest.app_name": (wire.AGENT,),
        "TextEvent.type": (wire.EventType.TEXT,),
        "ToolCallEvent.type": (wire.EventType.TOOL_CALL,),
        "ToolResultEvent.type": (wire.EventType.TOOL_RESULT,),
        "HeartbeatEvent.type": (wire.EventType.HEARTBEAT,),
        "ErrorEvent.type": (wire.EventType.ERROR,),
        "UploadByUrlRequest.source_type": (wire.UPLOAD_SOURCE_TYPE,),
        "UploadedFile.file_type": tuple(wire.FileType),
        "RenderStatus": tuple(wire.RenderStatus),
        "RenderOutputRequest.format": (wire.DEFAULT_OUTPUT["format"],),
        "VideoTrack.tt": (draft.TrackType.VIDEO,),
        "AudioTrack.tt": (draft.TrackType.AUDIO,),
        "TextTrack.tt": (draft.TrackType.TEXT,),
        "VisualMeta.kind": ("image", "video", "generated"),
        "VisualMeta.motion": draft.MOTIONS,
        "AudioMeta.kind": ("music", "file"),
        "TextMeta.role": ("title", "caption"),
        "TextMeta.position": draft.POSITIONS,
        "Transition.kind": draft.TRANSITIONS,
    }


def _stream_types(root: JsonObject) -> Entries:
    return {
        str(name): "a type"
        for name in mapping(at(root, "components", "schemas", "TypedEvent", "discriminator", "mapping"))
    }


def _limits(root: JsonObject) -> Entries:
    return {
        f"{operation.id} {name}": at(limit, "value")
        for operation in operations(root)
        for name, limit in mapping(operation.node.get("x-limits", {})).items()
    }


def _vocabulary_limits() -> Entries:
    return {f"{operation} {name}": vars(wire)[name] for operation, names in LIMITS.items() for name in names}


def _formats(root: JsonObject) -> Entries:
    listed = mapping(at(root, "paths", wire.Path.UPLOAD, "post", "x-formats"))
    return {kind: _plain(endings) for kind, endings in listed.items() if not kind.startswith("x-")}


def _schema_limits(root: JsonObject) -> Entries:
    sizes = at(root, "components", "schemas", "Draft", "x-sizes")
    return {
        "longest client id": at(root, "components", "parameters", "ClientId", "schema", "maxLength"),
        "token pattern": at(root, "components", "schemas", "AnonymousToken", "properties", "token", "pattern"),
        "form fields": tuple(mapping(at(root, "components", "schemas", "UploadForm", "properties"))),
        "default output": at(root, "components", "schemas", "RenderOutputRequest", "default"),
        "sizes": {name: _plain(size) for name, size in mapping(sizes).items()},
    }


def _vocabulary_schema_limits() -> Entries:
    return {
        "longest client id": wire.CLIENT_ID_MAX_LENGTH,
        "token pattern": f"^{wire.TOKEN_PREFIX}[A-Za-z0-9_-]{{{wire.TOKEN_BODY_LENGTH}}}$",
        "form fields": (wire.UPLOAD_FIELD,),
        "default output": wire.DEFAULT_OUTPUT,
        "sizes": draft.SIZES,
    }


def _known_values(root: JsonObject) -> Entries:
    return {where: _plain(values) for where, values in schema_marks(root, "x-known-values").items()}


def _scopes(root: JsonObject) -> Entries:
    bearer = mapping(at(root, "components", "securitySchemes", "bearer"))
    return {name: _plain(at(scopes, "value")) for name, scopes in mapping(bearer["x-scopes"]).items()}


def _prefixes(root: JsonObject) -> Entries:
    test_tokens = at(root, "components", "securitySchemes", "bearer", "x-test-tokens", "x-prefix")
    return {**schema_marks(root, "x-prefix"), "test tokens": test_tokens}


def _run_sse(root: JsonObject) -> JsonObject:
    content = at(root, "paths", wire.Path.RUN_SSE, "post", "responses", "200", "content", wire.EVENT_STREAM)
    return mapping(content)


def _profile_choices(root: JsonObject) -> Entries:
    stream = _run_sse(root)
    return {
        **{f"events {name}": "a dialect" for name in mapping(stream["x-dialects"])},
        **{f"heartbeat {name}": "a form" for name in mapping(stream["x-heartbeats"])},
    }


def _vocabulary_profile_choices() -> Entries:
    forms = [form for form in profiles.choices("heartbeat") if form not in {"mixed", "none"}]
    return {
        **{f"events {name}": "a dialect" for name in profiles.choices("events")},
        **{f"heartbeat {form}": "a form" for form in forms},
    }


def _environment(root: JsonObject) -> Entries:
    return {name: mapping(node).get("default") for name, node in mapping(root["x-environment"]).items()}


def _servers(root: JsonObject) -> Entries:
    servers = root["servers"]
    assert isinstance(servers, list)
    return {"servers": tuple(at(each, "url") for each in servers)}


def _media_types(root: JsonObject) -> Entries:
    found: dict[str, object] = {}
    for operation in operations(root):
        success = resolve(root, at(operation.node, "responses", "200"))
        found[operation.id] = set(mapping(success["content"])) - {"application/json"}
    return found


def _vocabulary_media_types() -> Entries:
    return {name: set[str]() for name in OPERATIONS} | {
        "run_sse": {wire.EVENT_STREAM},
        "download_render": {"video/mp4"},
    }


FACETS: Final = (
    Facet("paths", _paths, lambda: dict.fromkeys(map(str, wire.Path), "a path"), frozenset({"Path"})),
    Facet("operations", _operations, lambda: {k: (m, str(p)) for k, (m, p) in OPERATIONS.items()}, frozenset()),
    Facet("path parameters", _path_parameters, _vocabulary_path_parameters, frozenset()),
    Facet(
        "headers",
        _headers,
        _vocabulary_headers,
        frozenset(
            {
                "ATTRIBUTION_HEADERS",
                "CLIENT_ID_HEADER",
                "SKILL_PLATFORM_HEADER",
                "SKILL_SOURCE_HEADER",
                "SKILL_VERSION_HEADER",
            }
        ),
    ),
    Facet("codes", _codes, lambda: {f"code {int(code)}": "a code" for code in wire.Code}, frozenset({"Code"})),
    Facet(
        "examples of errors",
        _example_codes,
        lambda: {f"example {code.name.lower()}": int(code) for code in wire.Code if code is not wire.Code.SUCCESS},
        frozenset(),
    ),
    Facet(
        "enumerations",
        _enums,
        _vocabulary_enums,
        frozenset({"AGENT", "EventType", "FileType", "ME", "RenderStatus", "UPLOAD_SOURCE_TYPE"}),
    ),
    Facet(
        "types of stream records", _stream_types, lambda: dict.fromkeys(map(str, wire.EventType), "a type"), frozenset()
    ),
    Facet("limits", _limits, _vocabulary_limits, frozenset(name for names in LIMITS.values() for name in names)),
    Facet("formats", _formats, lambda: {str(k): v for k, v in wire.FORMATS.items()}, frozenset({"FORMATS"})),
    Facet(
        "limits within schemas",
        _schema_limits,
        _vocabulary_schema_limits,
        frozenset({"DEFAULT_OUTPUT", "UPLOAD_FIELD"}),
    ),
    Facet(
        "known values",
        _known_values,
        lambda: {
            "SkillPlatform": wire.SKILL_PLATFORMS,
            "ToolCallEvent.name": (wire.TOOL_GENERATE, wire.TOOL_EDIT),
            "ToolResultEvent.name": (wire.TOOL_GENERATE, wire.TOOL_EDIT),
        },
        frozenset({"SKILL_PLATFORMS", "TOOL_EDIT", "TOOL_GENERATE"}),
    ),
    Facet(
        "prefixes",
        _prefixes,
        lambda: {
            "AnonymousToken.token": wire.TOKEN_PREFIX,
            "AnonymousToken.user_id": wire.ANONYMOUS_USER_PREFIX,
            "ClaimToken.claim_token": wire.CLAIM_TOKEN_PREFIX,
            "RenderRequest.id": wire.RENDER_ID_PREFIX,
            "test tokens": wire.TEST_TOKEN_PREFIX,
        },
        frozenset(
            {"ANONYMOUS_USER_PREFIX", "CLAIM_TOKEN_PREFIX", "RENDER_ID_PREFIX", "TEST_TOKEN_PREFIX", "TOKEN_PREFIX"}
        ),
    ),
    Facet(
        "scopes",
        _scopes,
        lambda: {"SCOPES": wire.SCOPES, "ANONYMOUS_SCOPES": wire.ANONYMOUS_SCOPES},
        frozenset({"ANONYMOUS_SCOPES", "SCOPES"}),
    ),
    Facet("dialects and signs of life", _profile_choices, _vocabulary_profile_choices, frozenset()),
    Facet(
        "environment",
        _environment,
        lambda: {
            wire.ENV_TOKEN: None,
            wire.ENV_API_URL: wire.PRODUCTION_URL,
            wire.ENV_WEB_URL: wire.WEB_URL,
            wire.ENV_CLIENT_ID: None,
            wire.ENV_SKILL_SOURCE: None,
        },
        frozenset({"ENV_API_URL", "ENV_CLIENT_ID", "ENV_SKILL_SOURCE", "ENV_TOKEN", "ENV_WEB_URL", "WEB_URL"}),
    ),
    Facet("servers", _servers, lambda: {"servers": (wire.PRODUCTION_URL,)}, frozenset({"PRODUCTION_URL"})),
    Facet("media types of answers", _media_types, _vocabulary_media_types, frozenset({"EVENT_STREAM"})),
)


def constants() -> frozenset[str]:
    """The public constants and enumerations of `wire.py`."""
    return frozenset(
        name
        for name, value in vars(wire).items()
        if not name.startswith("_")
        and (name.isupper() or (isinstance(value, EnumType) and value.__module__ == wire.__name__))
    )
