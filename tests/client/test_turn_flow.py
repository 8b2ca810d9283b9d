from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo_client import (
    BadRequest,
    ConnectionFailed,
    ConnectionLost,
    Heartbeat,
    InsufficientCredits,
    InvalidSetting,
    Limits,
    MissingScope,
    NemoError,
    NotFound,
    ServiceFailed,
    SessionBusy,
    SessionNotFound,
    Text,
    TimedOut,
    Token,
    ToolCall,
    TransportError,
    TurnOutcome,
    TurnResult,
    UnexpectedAnswer,
    UnknownApiError,
)
from nemovideo_client.errors import ApiError
from nemovideo_client.flows import check_message, turn
from nemovideo_client.flows.effects import Request, Response
from nemovideo_client.flows.send_message import SentMessage
from nemovideo_contract import wire

from .stage import (
    BASE,
    SESSION,
    Answer,
    Stage,
    Stream,
    answer,
    body_of,
    envelope,
    failure,
    headers_of,
    records,
    service,
)

KYOTO: dict[str, object] = {"t": [{"tt": 7, "sg": [{"s": 0, "d": 3000, "m": {"text": "Kyoto", "role": "title"}}]}]}
EMPTY = envelope(state={"draft": {}})
MADE = envelope(state={"draft": KYOTO})
ADDED = ("Title added: 'Kyoto' (0-3s)",)
HELLO = records({"type": "text", "content": "Hello."})
TOOL = records({"type": "tool_call", "name": "edit_multitrack", "args": {}})
BEAT = records({"type": "heartbeat"})


def play(*answers: Answer, limits: Limits = Limits()) -> tuple[TurnResult, Stage]:  # noqa: B008 -- immutable
    stage = Stage(*answers)
    return stage.run(turn(service(limits), SESSION, "make it")), stage


def posts(stage: Stage) -> list[str]:
    return [request.url for request in stage.requests if request.method == "POST"]


def test_an_answered_turn_sends_the_documented_request_once() -> None:
    ending, stage = play(EMPTY, Stream([TOOL, BEAT + HELLO]))

    assert ending == TurnResult(TurnOutcome.ANSWERED)
    assert stage.emitted == [ToolCall("edit_multitrack", {}), Heartbeat("typed"), Text("Hello.")]
    request = stage.requests[1]
    assert (request.method, request.url) == ("POST", f"{BASE}/run_sse")
    assert headers_of(request)["Accept"] == "text/event-stream"
    assert body_of(request) == {
        "app_name": "nemo_agent",
        "user_id": "me",
        "session_id": SESSION.session_id,
        "new_message": {"parts": [{"text": "make it"}]},
    }


def test_a_silent_edit_is_reported_by_its_changes() -> None:
    ending, stage = play(EMPTY, Stream([TOOL]), MADE)

    assert (ending.kind, ending.changes, ending.error) == (TurnOutcome.SILENT, ADDED, None)
    assert stage.sleeps == []


def test_a_silent_turn_that_changed_nothing_says_so() -> None:
    result = records({"type": "tool_result", "name": "edit_multitrack", "result": {}})

    ending, stage = play(MADE, Stream([TOOL, result]), MADE)

    assert (ending.kind, ending.changes) == (TurnOutcome.SILENT, ())
    assert stage.sleeps == []


@pytest.mark.parametrize(
    "cut", [[], [BEAT], [TOOL], [HELLO, TOOL], [records({"type": "error", "code": 500, "message": "Internal error"})]]
)
def test_a_stream_that_closes_too_early_is_no_silent_edit_and_the_work_is_waited_for(cut: list[bytes]) -> None:
    ending, stage = play(EMPTY, Stream(cut), EMPTY, EMPTY, MADE)

    assert (ending.kind, ending.changes) == (TurnOutcome.TRUNCATED, ADDED)
    assert ending.error is not None
    assert stage.sleeps == [30, 60]
    assert len(posts(stage)) == 1


def test_after_a_reported_failure_the_state_is_read_twice_more() -> None:
    failed = records({"type": "error", "code": 503, "message": "overloaded"})

    ending, stage = play(EMPTY, Stream([TOOL, failed]), EMPTY, EMPTY, EMPTY)

    assert (ending.kind, ending.changes) == (TurnOutcome.TRUNCATED, ())
    assert isinstance(ending.error, ServiceFailed)
    assert stage.sleeps == [30, 60]


def said(words: str, **fields: object) -> bytes:
    """Words in the kit's dialect."""
    return records({"author": "nemo_agent", "content": {"parts": [{"text": words}], "role": "model"}, **fields})


def test_deltas_without_their_aggregate_are_a_stream_that_was_cut_however_cleanly() -> None:
    ending, stage = play(EMPTY, Stream([said("Your video ", partial=True)]), MADE)

    assert (ending.kind, ending.changes) == (TurnOutcome.TRUNCATED, ADDED)
    assert stage.sleeps == [30]
    whole, _ = play(EMPTY, Stream([said("Your video ", partial=True), said("Your video is ready.")]))
    assert whole == TurnResult(TurnOutcome.ANSWERED)


def test_an_answer_that_the_model_had_to_cut_short_is_no_whole_one_and_waited_for_no_longer() -> None:
    ending, stage = play(EMPTY, Stream([said("Your video has", finishReason="MAX_TOKENS")]), MADE)

    assert (ending.kind, ending.changes) == (TurnOutcome.TRUNCATED, ADDED)
    assert "MAX_TOKENS" in str(ending.error)
    assert stage.sleeps == []
    assert play(EMPTY, Stream([said("Done.", finishReason="STOP")]))[0] == TurnResult(TurnOutcome.ANSWERED)


def test_words_before_the_work_do_not_count_as_its_answer() -> None:
    result = records({"type": "tool_result", "name": "edit_multitrack", "result": {}})

    ending, _ = play(EMPTY, Stream([HELLO, TOOL, result]), MADE)

    assert (ending.kind, ending.changes) == (TurnOutcome.SILENT, ADDED)


def test_noise_after_tools_is_silence() -> None:
    ending, _ = play(
        EMPTY, Stream([TOOL, records({"type": "text", "content": "I encountered a temporary issue"})]), MADE
    )

    assert (ending.kind, ending.changes) == (TurnOutcome.SILENT, ADDED)


@pytest.mark.parametrize(
    "breaking", [[HELLO, ConnectionLost("x")], [ConnectionLost("x")], [HELLO[:-1]], [HELLO + b"data: {"]]
)
def test_a_broken_stream_is_never_sent_again_and_the_state_tells(breaking: list[bytes | float | NemoError]) -> None:
    ending, stage = play(EMPTY, Stream(breaking), EMPTY, EMPTY, MADE)

    assert (ending.kind, ending.changes) == (TurnOutcome.TRUNCATED, ADDED)
    assert ending.error is not None
    assert stage.sleeps == [30, 60, 60]
    assert posts(stage) == [f"{BASE}/run_sse"]


def test_five_unchanged_reads_are_enough() -> None:
    ending, stage = play(EMPTY, Stream([ConnectionLost("x")]), *[EMPTY] * 5)

    assert (ending.kind, ending.changes) == (TurnOutcome.TRUNCATED, ())
    assert stage.sleeps == [30, 60, 60, 60, 60]


def test_a_message_without_a_response_may_have_been_accepted() -> None:
    for silence in (TimedOut("x"), ConnectionLost("x"), answer({}, 504), answer({}, 502)):
        ending, stage = play(EMPTY, silence, MADE)
        kind = TurnOutcome.STALLED if isinstance(silence, TimedOut) else TurnOutcome.TRUNCATED
        assert (ending.kind, ending.changes) == (kind, ADDED)
        assert len(posts(stage)) == 1


def test_a_message_that_was_never_sent_is_refused_at_once() -> None:
    ending, stage = play(EMPTY, ConnectionFailed("x"))

    assert ending.kind is TurnOutcome.REFUSED
    assert isinstance(ending.error, ConnectionFailed)
    assert stage.sleeps == []


@pytest.mark.parametrize(
    ("refusal", "kind"),
    [
        (failure(2001), InsufficientCredits),
        (failure(2001, status=402), InsufficientCredits),
        (failure(1002, status=404), SessionNotFound),
        (failure(2001, status=500), InsufficientCredits),
        (answer({"detail": "no"}, 422), BadRequest),
        (failure(418, status=418), UnknownApiError),
        (answer({}, 403), MissingScope),
        (Stream([records({"type": "error", "code": 2001, "message": "no"})]), InsufficientCredits),
        (Stream([BEAT, records({"code": 409, "message": "no"})]), SessionBusy),
        (Stream([b' {"code": 20', b"01}"]), InsufficientCredits),
        (Stream([b'{"code": 2001}'], headers={}), InsufficientCredits),
        (Stream([b'{"code": 1002}'], headers={"content-type": "Application/JSON"}), SessionNotFound),
    ],
)
def test_an_error_in_place_of_an_answer_is_a_refusal(refusal: Answer, kind: type[NemoError]) -> None:
    ending, stage = play(EMPTY, refusal)

    assert ending.kind is TurnOutcome.REFUSED
    assert type(ending.error) is kind
    assert len(posts(stage)) == 1


@pytest.mark.parametrize(
    ("unclear", "sleeps"),
    [
        (answer({}, 500), [30, 60]),
        (answer({}, 503), [30, 60]),
        (failure(9999), [30, 60]),
        (answer({"success": False}), [30, 60]),
        (answer({"code": 0, "message": "success"}), [30, 60, 60]),
        (answer({}), [30, 60, 60]),
        (Response(204, {}), [30, 60, 60]),
        (answer({}, 520), [30, 60, 60]),
        (answer({}, 524), [30, 60, 60]),
        (answer({}, 408), [30, 60, 60]),
        (failure(429, status=504), [30, 60, 60]),
        (failure(404, status=502), [30, 60, 60]),
        (failure(1001, status=502), [30, 60, 60]),
        (failure(429, status=408), [30, 60, 60]),
        (answer({}, 499), [30, 60, 60]),
        (Response(418, {}, b"teapot"), [30, 60]),
        (Stream([b"<html>login</html>"], headers={"content-type": "text/html"}), [30, 60, 60]),
    ],
)
def test_an_ambiguous_response_is_recovered_and_never_counts_as_refused(unclear: Answer, sleeps: list[float]) -> None:
    ending, stage = play(EMPTY, unclear, *[EMPTY] * (len(sleeps) - 1), MADE)

    assert (ending.kind, ending.changes) == (TurnOutcome.TRUNCATED, ADDED)
    assert ending.error is not None
    assert "again later" not in str(ending)
    assert stage.sleeps == sleeps
    assert len(posts(stage)) == 1


@pytest.mark.parametrize("code", [9999, 1003, 429, 400, "RESOURCE_EXHAUSTED", None])
@pytest.mark.parametrize("first", [[], [HELLO]])
def test_an_error_in_a_stream_is_no_refusal_unless_it_says_that_no_work_goes_on(
    code: object, first: list[bytes | float | NemoError]
) -> None:
    failed = records({"type": "error", "code": code, "message": "no"})

    ending, stage = play(EMPTY, Stream([*first, failed]), EMPTY, EMPTY, MADE)

    assert (ending.kind, ending.changes) == (TurnOutcome.TRUNCATED, ADDED)
    assert isinstance(ending.error, ApiError)
    assert stage.sleeps == [30, 60]


def test_a_session_or_token_that_is_lost_in_a_stream_is_believed_when_the_state_says_so_too() -> None:
    for code in (1001, 1002):
        failed = Stream([records({"type": "error", "code": code})])
        ending, stage = play(EMPTY, failed, failure(1002))
        assert (ending.kind, ending.changes) == (TurnOutcome.TRUNCATED, None)
        assert isinstance(ending.error, SessionNotFound)
        assert stage.sleeps == []
        found, _ = play(EMPTY, failed, MADE)
        assert found.changes == ADDED


def said_only(words: str) -> Stream:
    return Stream([records({"type": "text", "content": words})])


@pytest.mark.parametrize(
    "words",
    [
        "I'll generate your video now. This may take a few minutes.",
        "Sure! I'll put your 2 photos together.",
        "Let me change that.",
        "I'm now generating the clip...",
        "Generating your video now.",
        "Creating your clip…",
        "Working on it…",
        "Okay, rendering the final video.",
        "I'll create your 2 videos now.",
        "This can take up to 5 minutes.",
        "开始生成视频。",
        "视频生成中，请稍候",
        "我将根据您的照片生成视频。",
        "我现在开始生成视频，可能需要几分钟。",
        "好的，我来修改。",
    ],
)
def test_a_stream_that_ends_with_an_announcement_is_recovered(words: str) -> None:
    ending, stage = play(EMPTY, said_only(words), EMPTY, EMPTY, MADE)

    assert (ending.kind, ending.changes) == (TurnOutcome.TRUNCATED, ADDED)
    assert stage.sleeps == [30, 60]
    done, _ = play(EMPTY, said_only(words), MADE)
    assert (done.kind, done.changes) == (TurnOutcome.SILENT, ADDED)


@pytest.mark.parametrize(
    "words",
    [
        "Hello! Tell me what the video should be.",
        "Send me some photos and I'll make a reel.",
        "I'll make it vertical if you want.",
        "Shall I start now?",
        "Let me know what to change.",
        "Let me know which edits you want.",
        "Let me know your changes.",
        "I'll make videos from your photos and words.",
        "I'm making videos for creators.",
        "This can take any format.",
        "I will not change the music.",
        "Making a reel takes two minutes.",
        "我会根据您的描述生成视频。",
        "视频制作中文字幕很重要。",
        "Your video is ready.",
        "你想做什么样的视频？",
        "告诉我内容，我来制作。",
    ],
)
def test_small_talk_is_an_answer_and_no_state_is_read(words: str) -> None:
    assert play(EMPTY, said_only(words))[0] == TurnResult(TurnOutcome.ANSWERED)


def test_a_token_that_could_not_be_renewed_leaves_the_message_unsent() -> None:
    class Closed(Stage):
        def _authorise(self, refused: Token | None) -> Token:
            if refused is not None:
                raise TimedOut("no token")
            return super()._authorise(refused)

    stage = Closed(EMPTY, failure(1001))

    ending = stage.run(turn(service(), SESSION, "make it"))

    assert (ending.kind, type(ending.error)) == (TurnOutcome.REFUSED, TimedOut)


def test_no_token_shows_in_an_error_of_a_turn_however_it_comes() -> None:
    secret = "another-form-of-token"
    scripts: list[tuple[Answer, int]] = [
        (answer({"code": 2001, "message": f"no credits for {secret}", "token": secret}, x_request_id=secret), 0),
        (Stream([records({"type": "error", "code": 2001, "message": f"for {secret}", "request_id": secret})]), 0),
        (Stream([TOOL, records({"type": "error", "code": 2001, "message": f"for {secret}", "id": secret})]), 1),
        (answer({"code": 0, "data": {"token": secret}}), 5),
    ]
    for refused, reads in scripts:
        stage = Stage(EMPTY, refused, *[EMPTY] * reads, token=Token(secret))
        ending = stage.run(turn(service(), SESSION, "make it"))
        error = ending.error
        assert isinstance(error, ApiError | UnexpectedAnswer)
        shown = [str(error), repr(error), repr(error.body), repr(stage.emitted)]
        assert secret not in "".join(shown)


def test_a_refusal_without_credits_says_where_to_register() -> None:
    for refusal in (failure(2001), Stream([records({"type": "error", "code": 2001})])):
        ending, _ = play(EMPTY, refusal)
        assert "register?bind=anon_0123456789abcdef" in str(ending.error)


def test_an_error_after_work_is_no_refusal_and_the_state_tells() -> None:
    ending, stage = play(EMPTY, Stream([TOOL, records({"error": "exploded"})]), MADE)

    assert (ending.kind, ending.changes) == (TurnOutcome.TRUNCATED, ADDED)
    assert isinstance(ending.error, ApiError)
    assert stage.sleeps == []


POOR = records({"type": "error", "code": 2001, "message": "no"})
FAILED = records({"type": "error", "code": 500, "message": "exploded"})


@pytest.mark.parametrize("failures", [[FAILED, POOR], [POOR, FAILED]])
def test_missing_credits_with_another_failure_are_not_a_refusal_and_say_where_to_register(
    failures: list[bytes | float | NemoError],
) -> None:
    ending, stage = play(EMPTY, Stream(failures), EMPTY, EMPTY, MADE)

    assert (ending.kind, ending.changes) == (TurnOutcome.TRUNCATED, ADDED)
    assert isinstance(ending.error, InsufficientCredits)
    assert "register?bind=" in str(ending.error)
    assert stage.sleeps == [30, 60]


@pytest.mark.parametrize(
    "after", [[], [POOR], [ConnectionLost("reset")], [b'data: {"type": "te'], [BEAT, 20.0, BEAT, 20.0], [400.0]]
)
def test_missing_credits_are_a_refusal_however_the_stream_ends(after: list[bytes | float | NemoError]) -> None:
    ending, stage = play(EMPTY, Stream([POOR, *after]))

    assert ending.kind is TurnOutcome.REFUSED
    assert isinstance(ending.error, InsufficientCredits)
    assert "register?bind=" in str(ending.error)
    assert ending.seconds <= 40
    assert stage.sleeps == []


def test_a_reported_failure_is_kept_when_the_connection_then_breaks() -> None:
    ending, stage = play(EMPTY, Stream([TOOL, FAILED, ConnectionLost("reset")]), EMPTY, EMPTY, EMPTY)

    assert (ending.kind, ending.changes) == (TurnOutcome.TRUNCATED, ())
    assert isinstance(ending.error, ServiceFailed)
    assert stage.sleeps == [30, 60]


def test_a_stream_that_goes_on_after_a_failure_is_read_as_long_as_any_other() -> None:
    ending, _ = play(EMPTY, Stream([FAILED, BEAT, 200.0, BEAT, TOOL, HELLO]), MADE)

    assert (ending.kind, ending.changes) == (TurnOutcome.TRUNCATED, ADDED)
    assert ending.seconds == 200


def test_a_session_that_is_gone_is_found_before_anything_is_sent() -> None:
    ending, stage = play(failure(1002))

    assert ending.kind is TurnOutcome.REFUSED
    assert isinstance(ending.error, SessionNotFound)
    assert posts(stage) == []


def test_a_server_without_a_state_endpoint_still_answers() -> None:
    missing = answer({"detail": "Not Found"}, 404)

    assert play(missing, Stream([HELLO]))[0] == TurnResult(TurnOutcome.ANSWERED)
    result = records({"type": "tool_result", "name": "edit_multitrack", "result": {}})
    silent, _ = play(missing, Stream([TOOL, result]), missing)
    assert (silent.kind, silent.changes) == (TurnOutcome.SILENT, None)
    assert isinstance(silent.error, NotFound)
    cut, stage = play(missing, Stream([TOOL]), missing)
    assert (cut.kind, cut.changes, str(cut.error)) == (
        TurnOutcome.TRUNCATED,
        None,
        "The stream ended before the turn did.",
    )
    assert stage.sleeps == []
    broken, stage = play(missing, Stream([ConnectionLost("x")]), missing)
    assert (broken.kind, broken.changes) == (TurnOutcome.TRUNCATED, None)
    assert stage.sleeps == [30]


def test_no_advice_about_the_state_is_given_where_there_is_none() -> None:
    missing = answer({"detail": "Not Found"}, 404)
    failed = Stream([records({"error": "exploded"})])

    ending, _ = play(missing, failed, missing)
    assert "has no state" in str(ending.error)
    assert "read the state" not in str(ending.error)
    ending, _ = play(missing, answer({"message": "down"}, 500), missing)
    assert "has no state" in str(ending.error)


def test_a_turn_that_leaves_a_long_running_tool_at_work_is_complete() -> None:
    call: dict[str, object] = {"functionCall": {"id": "adk-1", "args": {}, "name": "render"}}
    event: dict[str, object] = {
        "author": "nemo_agent",
        "content": {"parts": [call]},
        "longRunningToolIds": ["adk-1"],
    }
    missing = answer({"detail": "Not Found"}, 404)

    assert play(missing, Stream([records(event)]), missing)[0].kind is TurnOutcome.SILENT
    assert play(missing, Stream([records({**event, "longRunningToolIds": []})]), missing)[0].error is not None


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({"author": "a", "errorCode": "SAFETY"}, "SAFETY"),
        ({"author": "a", "errorCode": "RESOURCE_EXHAUSTED", "errorMessage": "Quota"}, "RESOURCE_EXHAUSTED: Quota"),
        ({"error": "", "error_details": {"error_type": "RESOURCE_EXHAUSTED"}}, "RESOURCE_EXHAUSTED"),
        ({"author": "a", "content": {"parts": []}, "finishReason": "SAFETY"}, "SAFETY"),
        ({"author": "a", "content": {"role": "model"}, "finishReason": "MAX_TOKENS"}, "MAX_TOKENS"),
    ],
)
@pytest.mark.parametrize("before", [b"", records({"author": "a", "content": {"parts": [{"text": "Well."}]}})])
def test_the_reason_of_a_failure_without_a_text_of_its_own_is_in_the_error(
    event: dict[str, object], reason: str, before: bytes
) -> None:
    missing = answer({"detail": "Not Found"}, 404)

    ending, _ = play(missing, Stream([before + records(event)]), missing)

    assert ending.kind is TurnOutcome.TRUNCATED
    assert reason in str(ending.error)


def test_an_old_servers_error_is_told_though_the_stream_breaks_inside_it() -> None:
    missing = answer({"detail": "Not Found"}, 404)

    ending, _ = play(missing, Stream([b'data: {"error": "one\ntwo\n\n', ConnectionLost("x")]), missing)

    assert "one\ntwo" in str(ending.error)


def test_much_white_space_before_a_response_is_looked_at_once() -> None:
    post = SentMessage()
    for _ in range(3_000):
        post.note(b" " * 10)
    post.note(b"{}")

    assert post.refusal is None
    assert repr(post).count(" ") < 2_000


def test_ten_minutes_with_only_heartbeats_are_a_stall() -> None:
    beats: list[bytes | float] = [15.0, BEAT] * 45

    ending, stage = play(EMPTY, Stream([TOOL, *beats]), MADE)

    assert (ending.kind, ending.changes) == (TurnOutcome.STALLED, ADDED)
    assert isinstance(ending.error, TimedOut)
    assert len([event for event in stage.emitted if isinstance(event, Heartbeat)]) == 600 // 15


def test_progress_resets_the_stall_and_the_whole_has_its_own_limit() -> None:
    ending, _ = play(EMPTY, Stream([300.0, TOOL, 300.0, BEAT, 299.0, HELLO, 1.0, TOOL, HELLO]), MADE)

    assert (ending.kind, ending.changes) == (TurnOutcome.TIMED_OUT, ADDED)


def test_a_stream_that_ends_in_time_is_no_timeout() -> None:
    ending, _ = play(EMPTY, Stream([300.0, TOOL, 300.0, BEAT, 299.0, HELLO]))

    assert ending.kind is TurnOutcome.ANSWERED


def test_silence_without_a_byte_is_a_stall() -> None:
    ending, stage = play(EMPTY, Stream([HELLO, 330.0, TimedOut("x")]), MADE)

    assert ending.kind is TurnOutcome.STALLED
    assert stage.requests[1].patience_s == 330


def test_a_read_that_fails_during_recovery_counts_and_goes_on() -> None:
    ending, stage = play(EMPTY, Stream([ConnectionLost("x")]), failure(402), MADE)

    assert ending.changes == ADDED
    assert stage.sleeps == [30, 60]


def test_recovery_ends_where_asking_again_cannot_help() -> None:
    ending, stage = play(EMPTY, Stream([ConnectionLost("x")]), failure(1002))

    assert (ending.kind, ending.changes) == (TurnOutcome.TRUNCATED, None)
    assert stage.sleeps == [30]


def test_a_token_that_expired_is_renewed_before_the_message_is_taken() -> None:
    ending, stage = play(EMPTY, failure(1001), Stream([HELLO]))

    assert ending.kind is TurnOutcome.ANSWERED
    assert len(stage.refused) == 1


def test_a_change_of_only_the_media_is_a_change() -> None:
    ending, _ = play(EMPTY, Stream([TOOL]), envelope(state={"draft": {}, "generated_media": [{"url": "x"}]}))

    assert ending.changes == ("The session's media or canvas changed",)


@pytest.mark.parametrize("message", ["", " ", "\n\t"])
def test_an_empty_message_is_not_sent(message: str) -> None:
    with pytest.raises(InvalidSetting, match="empty"):
        check_message(message)


FAULTS = st.sampled_from([ConnectionLost("x"), TimedOut("x"), ConnectionFailed("x")])
REPLIES = st.sampled_from(
    [answer({}, 500), answer({}, 502), failure(1001), failure(2001), failure(429, status=429), EMPTY]
)
PIECES: st.SearchStrategy[bytes | float | NemoError] = (
    st.sampled_from([HELLO, TOOL, BEAT, HELLO[:5], b"\xff\n\n", b": c\n\n"]) | st.just(400.0) | FAULTS
)
STREAMS = st.lists(PIECES, max_size=8).map(Stream)


@given(st.data())
def test_whatever_happens_a_message_that_may_have_arrived_is_sent_once(data: st.DataObject) -> None:
    class Chance(Stage):
        posted = 0

        def _answer(self, request: Request) -> Response:
            assert request.method == "GET"
            found = data.draw(FAULTS | st.sampled_from([EMPTY, MADE]))
            if isinstance(found, NemoError):
                raise found
            return found

        def _next(self, request: Request) -> Answer:
            assert request.method == "POST"
            found = data.draw(STREAMS | FAULTS | REPLIES)
            # What is told to have been turned away, or never left, may be sent again.
            turned_away = isinstance(found, Response) and found in (failure(1001), failure(429, status=429))
            if not turned_away:
                self.posted += 1
            return found

    stage = Chance()
    ending = stage.run(turn(service(), SESSION, "make it"))

    assert stage.posted <= 1
    assert sum(stage.sleeps) <= 30 + 4 * 60 + 30 + 6 * (1 + 2 + 4)
    assert (ending.error is not None) or ending.kind in (TurnOutcome.ANSWERED, TurnOutcome.SILENT)
    if ending.kind is TurnOutcome.REFUSED and isinstance(ending.error, TransportError) and stage.posted:
        assert isinstance(ending.error, ConnectionFailed)


def test_the_documented_waits_are_the_vocabularys() -> None:
    assert (wire.RECOVERY_FIRST_WAIT_S, wire.RECOVERY_NEXT_WAIT_S, wire.RECOVERY_READS) == (30, 60, 5)
