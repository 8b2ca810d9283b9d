"""The vocabulary of the wire: every name and number that the client and the fake must spell alike.

Standard library only. The `#:` line of each constant names its requirement. `openapi.yaml` says the same things as a
document. A test compares the two in both directions.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Final

# --- addresses of the service ----------------------------------------------------------------------------------------

#: base-url
PRODUCTION_URL: Final = "https://mega-api-prod.nemovideo.ai"
#: web-url
WEB_URL: Final = "https://nemovideo.com"
#: agent-name
AGENT: Final = "nemo_agent"
#: user-me
ME: Final = "me"

# --- environment ------------------------------------------------------------------------------------------------------

#: env-token
ENV_TOKEN: Final = "NEMO_TOKEN"
#: env-api-url
ENV_API_URL: Final = "NEMO_API_URL"
#: env-web-url
ENV_WEB_URL: Final = "NEMO_WEB_URL"
#: env-client-id
ENV_CLIENT_ID: Final = "NEMO_CLIENT_ID"
#: env-skill-source
ENV_SKILL_SOURCE: Final = "SKILL_SOURCE"

# --- paths (templates in OpenAPI's form) ------------------------------------------------------------------------------


class Path(StrEnum):
    """A path template of the API; `format(**parameters)` fills it in."""

    #: token-anonymous
    ANONYMOUS_TOKEN = "/api/auth/anonymous-token"
    #: claim-token
    CLAIM_TOKEN = "/api/auth/claim-token"
    #: session-create
    SESSION = "/api/tasks/{user_id}/with-session/nemo_agent"
    #: turn-send
    RUN_SSE = "/run_sse"
    #: upload-file
    UPLOAD = "/api/upload-video/nemo_agent/{user_id}/{session_id}"
    #: state-read
    STATE = "/api/state/nemo_agent/{user_id}/{session_id}/latest"
    #: credits-read
    CREDITS = "/api/credits/balance/simple"
    #: render-submit
    RENDER = "/api/render/proxy/lambda"
    #: render-poll
    RENDER_STATUS = "/api/render/proxy/lambda/{render_id}"
    #: render-cancel
    RENDER_CANCEL = "/api/render/proxy/lambda/{render_id}/cancel"
    #: render-download
    RENDER_DOWNLOAD = "/api/render/proxy/{render_id}/download"


# --- headers ----------------------------------------------------------------------------------------------------------

#: token-client-id
CLIENT_ID_HEADER: Final = "X-Client-Id"
#: attribution-source
SKILL_SOURCE_HEADER: Final = "X-Skill-Source"
#: attribution-version
SKILL_VERSION_HEADER: Final = "X-Skill-Version"
#: attribution-platform
SKILL_PLATFORM_HEADER: Final = "X-Skill-Platform"
#: attribution-headers
ATTRIBUTION_HEADERS: Final = (SKILL_SOURCE_HEADER, SKILL_VERSION_HEADER, SKILL_PLATFORM_HEADER)
#: attribution-platform
SKILL_PLATFORMS: Final = ("clawhub", "cursor", "unknown")
#: turn-accept
EVENT_STREAM: Final = "text/event-stream"

# --- codes ------------------------------------------------------------------------------------------------------------


class Code(IntEnum):
    """The `code` of an envelope. A code that is also an HTTP status has the same number."""

    #: code-0
    SUCCESS = 0
    #: code-400
    BAD_REQUEST = 400
    #: code-402
    EXPORT_BLOCKED = 402
    #: code-403
    MISSING_SCOPE = 403
    #: code-404
    NOT_FOUND = 404
    #: code-409
    BUSY = 409
    #: code-429
    RATE_LIMITED = 429
    #: code-1001
    TOKEN_INVALID = 1001
    #: code-1002
    SESSION_NOT_FOUND = 1002
    #: code-2001
    INSUFFICIENT_CREDITS = 2001
    #: code-4001
    UNSUPPORTED_FILE = 4001
    #: code-4002
    FILE_TOO_LARGE = 4002


# --- tokens -----------------------------------------------------------------------------------------------------------

#: token-format
TOKEN_PREFIX: Final = "nmv_usr_"
#: token-format; characters after the prefix, url-safe base64
TOKEN_BODY_LENGTH: Final = 43
#: token-magic; the prefix of a fake's scenario tokens
TEST_TOKEN_PREFIX: Final = "nmv_usr_test_"
#: token-user-id
ANONYMOUS_USER_PREFIX: Final = "anon_"
#: claim-token
CLAIM_TOKEN_PREFIX: Final = "clm_"
#: token-expiry; seconds
TOKEN_LIFETIME_S: Final = 7 * 24 * 60 * 60
#: claim-token; seconds
CLAIM_TOKEN_LIFETIME_S: Final = 604_800
#: token-limit-client; tokens for one client in seven days
TOKENS_PER_CLIENT: Final = 1
#: token-limit-address; tokens for one address in seven days
TOKENS_PER_ADDRESS: Final = 10
#: token-limit-hour; tokens for one address in an hour, by the oldest documents
TOKENS_PER_ADDRESS_HOUR: Final = 5
#: token-scopes
SCOPES: Final = ("read", "write", "upload", "render")
#: token-scopes; of an anonymous token
ANONYMOUS_SCOPES: Final = ("read", "write", "upload")
#: credits-initial
ANONYMOUS_CREDITS: Final = 100
#: token-client-id; characters
CLIENT_ID_MAX_LENGTH: Final = 64

# --- turns ------------------------------------------------------------------------------------------------------------


class EventType(StrEnum):
    """The `type` of a stream record in the typed dialect."""

    #: stream-text
    TEXT = "text"
    #: stream-tool-call
    TOOL_CALL = "tool_call"
    #: stream-tool-result
    TOOL_RESULT = "tool_result"
    #: stream-heartbeat
    HEARTBEAT = "heartbeat"
    #: stream-error; in no document
    ERROR = "error"


#: tool-names
TOOL_GENERATE: Final = "generate_video_with_seedance"
#: tool-names
TOOL_EDIT: Final = "edit_multitrack"
#: turn-duration-max; seconds
TURN_LIMIT_S: Final = 15 * 60
#: turn-heartbeats-only; seconds
PROGRESS_LIMIT_S: Final = 10 * 60
#: turn-still-working; seconds
STILL_WORKING_S: Final = 2 * 60
#: recovery-wait; seconds before the first state read after a broken stream
RECOVERY_FIRST_WAIT_S: Final = 30
#: recovery-wait; seconds between the later ones
RECOVERY_NEXT_WAIT_S: Final = 60
#: recovery-limit; unchanged state reads before giving up
RECOVERY_READS: Final = 5

# --- uploads ----------------------------------------------------------------------------------------------------------

#: upload-field
UPLOAD_FIELD: Final = "files"
#: upload-url
UPLOAD_SOURCE_TYPE: Final = "url"


class FileType(StrEnum):
    """The `file_type` of an uploaded file."""

    #: upload-file-type
    VIDEO = "video"
    #: upload-file-type
    IMAGE = "image"
    #: upload-file-type
    AUDIO = "audio"


#: upload-formats; `.jpeg` is another spelling of `.jpg`
FORMATS: Final[dict[FileType, tuple[str, ...]]] = {
    FileType.VIDEO: ("mp4", "mov", "avi", "webm", "mkv"),
    FileType.IMAGE: ("jpg", "png", "gif", "webp"),
    FileType.AUDIO: ("mp3", "wav", "m4a", "aac"),
}
#: upload-size-limit; bytes. The documents disagree (200 MB, 500 MB): this is the seeds' number.
UPLOAD_SIZE_LIMIT: Final = 200 * 1_000_000

# --- renders ----------------------------------------------------------------------------------------------------------


class RenderStatus(StrEnum):
    """The `status` of a render; `COMPLETED` and `FAILED` are final."""

    #: render-status
    PENDING = "pending"
    #: render-status
    PROCESSING = "processing"
    #: render-status
    COMPLETED = "completed"
    #: render-status
    FAILED = "failed"


#: render-id
RENDER_ID_PREFIX: Final = "render_"
#: render-poll-interval; seconds
POLL_INTERVAL_S: Final = 30
#: render-poll-limit; polls
POLL_LIMIT: Final = 10
#: render-output
DEFAULT_OUTPUT: Final = {"format": "mp4", "quality": "high"}


def file_type_of(filename: str) -> FileType | None:
    """Return the kind of file that a name's ending announces, or None if the service takes no such file."""
    _, dot, ending = filename.rpartition(".")
    if not dot:
        return None
    ending = ending.lower()
    ending = {"jpeg": "jpg"}.get(ending, ending)
    return next((kind for kind, endings in FORMATS.items() if ending in endings), None)
