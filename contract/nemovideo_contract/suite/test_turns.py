"""Checks of turns: what a message needs, what it does, and what happens without its caller."""

from __future__ import annotations

import json
import re
from typing import cast

from nemovideo_contract.http.exchange import Answer
from nemovideo_contract.openapi import JsonObject
from nemovideo_contract.suite.account import Account
from nemovideo_contract.suite.caller import Caller
from nemovideo_contract.suite.context import Context
from nemovideo_contract.suite.marks import requirement
from nemovideo_contract.suite.messages import NO_SESSION, QUESTION, REEL, SCENE, details, draft_of, tracks
from nemovideo_contract.suite.waiting import SIGN_S, wait_until
from nemovideo_contract.wire import RECOVERY_NEXT_WAIT_S, RECOVERY_READS, TOOL_EDIT, TOOL_GENERATE, TURN_LIMIT_S, Path

NOISE = "temporary issue"
#: The heartbeats that a check waits for, fewer than come within the patience for a stream at the documents' speed.
STUCK_SIGNS = 6
GUI = re.compile(r"(?i)\b(click|tap|panel|button|preview window|drag)\b|点击|按钮|面板|拖")


def post_message(caller: Caller, body: JsonObject) -> Answer:
    """Send a message that the server can only refuse."""
    return caller.expecting_refusal().call("run_sse", "POST", Path.RUN_SSE, body)


def failure_of(answer: Answer) -> JsonObject:
    """Return the last record of a stream."""
    if not answer.values:
        raise answer.differs("a stream with a record")
    return answer.values[-1]


@requirement("turn-send", "turn-accept", "turn-talk", "credits-talk", "turn-role", "turn-parts", "turn-language")
def test_talk_is_answered_in_its_language_and_is_free(context: Context) -> None:
    caller = context.caller
    session_id, before = caller.new_session(), caller.balance()
    draft = caller.state(session_id).mapping("data", "state").get("draft")
    plain = caller.say(session_id, "Hello! What can you do?")
    context.must("turn-accept", plain.is_stream, "text/event-stream", plain)
    context.must("turn-send", plain.status == 200, "HTTP status 200", plain)
    context.must("turn-talk", plain.words and not plain.tools, "words only", plain)
    context.must("turn-language", not re.search(r"[\u4e00-\u9fff]", plain.words), "English", plain)
    chinese = caller.say(session_id, "你好！你能做什么？")
    context.must("turn-language", re.search(r"[\u4e00-\u9fff]", chinese.words), "Chinese", chinese)
    role = caller.say(session_id, "", new_message={"role": "user", "parts": [{"text": "Hello!"}]})
    context.must("turn-role", role.is_stream and role.words, "an answer to the role user", role)
    parts = caller.say(session_id, "", new_message={"parts": [{"text": "Hello!"}, {"text": "What can you do?"}]})
    context.must("turn-parts", parts.is_stream and parts.words, "one answer to two parts", parts)
    after = caller.state(session_id).mapping("data", "state").get("draft")
    context.equal("turn-talk", after, draft, "the draft after it")
    context.equal("credits-talk", caller.balance(), before, "the balance after it")


@requirement("turn-user-optional")
def test_a_message_needs_no_user_id(context: Context) -> None:
    answer = context.caller.say(context.caller.new_session(), "hello", user_id=None)
    context.must("turn-user-optional", answer.is_stream and answer.words, "an answer", answer)


@requirement("agent-name", "turn-empty", "turn-fields-kit")
def test_a_malformed_message_is_refused(context: Context) -> None:
    caller = context.caller
    session_id = caller.new_session()
    other = post_message(caller, caller.message(session_id, "hello", app_name="other_agent"))
    refused = other.status == 404 or (context.profile.turn_errors == "in_stream" and other.code == 404)
    profile = context.profile
    refused = refused or (profile.events == "adk-1" and profile.turn_errors == "adk" and other.status == 500)
    context.must("agent-name", refused, "404 for another agent", other)
    for words in ("", " \n "):
        answer = post_message(caller, caller.message(session_id, words))
        context.must("turn-empty", answer.status == 400, f"400 for {words!r}", answer)
    for name in ("userId", "sessionId"):
        snake = re.sub(r"([A-Z])", r"_\1", name).lower()
        answer = post_message(caller, caller.message(session_id, "hello", **{snake: None}))
        named = answer.status == 422 and name in json.dumps(answer.json.get("detail"))
        context.must("turn-fields-kit", named, f"422 with {name} in detail", answer)


@requirement("turn-fields")
def test_a_message_without_its_fields_is_400(context: Context) -> None:
    for name in ("session_id", "new_message"):
        answer = post_message(context.caller, context.caller.message(NO_SESSION, "hello", **{name: None}))
        context.must("turn-fields", answer.status == 400, f"400 without {name}", answer)


@requirement("turn-session-json", "turn-session-stream", "turn-session-kit")
def test_a_message_to_an_unknown_session_is_refused(context: Context) -> None:
    answer = context.caller.expecting_refusal().say(NO_SESSION, "hello")
    plain = answer.code == 1002 and not answer.is_stream
    context.must("turn-session-json", plain, "1002 as JSON", answer)
    only = answer.is_stream and len(answer.records) in {1, 2} and answer.code == 1002
    context.must("turn-session-stream", only, "1002 in the only record of a stream", answer)
    kit = answer.status == 404 and not answer.is_stream and "not found" in str(answer.json.get("detail"))
    context.must("turn-session-kit", kit, "404 with a detail", answer)


@requirement("turn-isolated")
def test_a_message_to_another_accounts_session_starts_nothing(context: Context) -> None:
    session_id = context.caller.new_session()
    answer = context.anonymous("token").expecting_refusal().say(session_id, "hello")
    context.must("turn-isolated", answer.code == 1002 or answer.status == 404, "a refusal", answer)


@requirement("code-2001", "turn-no-credits-json")
def test_work_without_enough_credits_does_not_begin(context: Context) -> None:
    caller = context.caller
    session_id = caller.new_session()
    caller.upload(session_id)
    answer = caller.say(session_id, REEL)
    context.equal("code-2001", answer.code, 2001, "the code")
    context.must("turn-no-credits-json", not answer.is_stream and answer.code == 2001, "2001 as JSON", answer)
    context.must("code-2001", not draft_of(caller.state(session_id)), "no draft", "a draft")


@requirement("turn-no-credits-stream")
def test_work_without_enough_credits_may_be_refused_in_a_stream(context: Context) -> None:
    caller = context.caller
    session_id = caller.new_session()
    caller.upload(session_id)
    answer = caller.say(session_id, REEL)
    only = answer.is_stream and answer.code == 2001 and len(answer.records) <= 2
    context.must("turn-no-credits-stream", only, "2001 as the only record", answer)


@requirement("turn-assemble", "turn-duration-max")
def test_photos_become_a_draft(context: Context) -> None:
    turn = context.caller.made.turn
    context.must("turn-assemble", TOOL_EDIT in turn.tools, f"a call of {TOOL_EDIT}", turn)
    context.must("turn-duration-max", turn.whole and turn.seconds < TURN_LIMIT_S, "an end within 15 minutes", turn)


@requirement("turn-generate", "tool-names", "credits-clip", "turn-two-stage", "turn-one-stage")
def test_words_become_a_clip(context: Context) -> None:
    clip = context.caller.clip
    context.must("turn-generate", TOOL_GENERATE in clip.turn.tools, f"a call of {TOOL_GENERATE}", clip.turn)
    strange = set(clip.turn.tools) - {TOOL_GENERATE, TOOL_EDIT}
    context.must("tool-names", not strange, "the two documented tools", strange)
    context.equal("credits-clip", clip.credits_before - clip.credits_after, 100, "the price")
    draft = draft_of(clip.state)
    both = tracks(draft, 1) and tracks(draft, 7) and clip.turn.tools[0] == TOOL_GENERATE and len(clip.turn.tools) > 1
    context.must("turn-two-stage", both, "music and a title after the raw clip", clip.turn)
    context.must("turn-one-stage", tracks(draft, 0) and not tracks(draft, 1) + tracks(draft, 7), "the clip only", draft)


@requirement("turn-silent-edits", "turn-silent-never", "turn-silent", "turn-gui-talk", "turn-gui-talk-none", slow=True)
def test_of_many_edits_as_many_are_silent_as_the_profile_says(context: Context) -> None:
    caller = context.caller
    session_id = caller.reel().session_id
    words: list[str] = []
    for number in range(24):
        answer = caller.say(session_id, f"Change the title to 'Take {number}'")
        context.must("turn-silent", answer.tools, "tool records", answer)
        words.append(answer.words)
    silent = sum(not each for each in words)
    of_a_gui = [each for each in words if GUI.search(each)]
    context.must("turn-gui-talk", of_a_gui or silent == 24, "talk of buttons or panels in one answer", words)
    context.must("turn-gui-talk-none", not of_a_gui, "no talk of buttons and panels", of_a_gui)
    context.must("turn-silent-edits", 2 <= silent <= 15, "about three of ten without a word", f"{silent} of 24")
    context.must("turn-silent-never", silent == 0, "words each time", f"{silent} of 24 without")
    context.must("turn-silent", silent == 24, "none with a word", f"{24 - silent} of 24 with one")
    titles = details(draft_of(caller.state(session_id)), 7, "text")
    context.must("turn-silent", "Take 23" in titles, "the change in the state", titles)


@requirement("turn-silent-generation", slow=True)
def test_of_many_clips_some_are_silent(context: Context) -> None:
    words = [context.caller.say(context.caller.new_session(), SCENE).words for _ in range(12)]
    silent = sum(not each for each in words)
    context.must("turn-silent-generation", 0 < silent < 12, "some without a word", f"{silent} of 12")


@requirement("turn-noise")
def test_noise_after_a_good_answer_undoes_nothing(context: Context) -> None:
    made = context.caller.made
    context.must("turn-noise", NOISE in made.turn.words, "words of a temporary issue", made.turn)
    context.must("turn-noise", draft_of(made.state), "a draft all the same", made.state)


@requirement("turn-noise-some", "turn-noise-none", slow=True)
def test_as_many_answers_have_noise_as_the_profile_says(context: Context) -> None:
    session_id = context.caller.new_session()
    noisy = sum(NOISE in context.caller.say(session_id, f"Hello number {number}!").words for number in range(30))
    context.must("turn-noise-some", noisy, "some that end with it", f"{noisy} of 30")
    context.must("turn-noise-none", not noisy, "none that ends with it", f"{noisy} of 30")


@requirement("turn-fails", "stream-error", "stream-error-last", "stream-adk-error", "credits-released")
def test_a_turn_that_fails_says_so_last_and_gives_its_credits_back(context: Context) -> None:
    caller = context.caller
    session_id, before = caller.new_session(), caller.balance()
    caller.upload(session_id)
    answer = caller.say(session_id, REEL)
    last = failure_of(answer)
    failed = [number for number, each in enumerate(answer.values) if each.get("type") == "error" or "error" in each]
    context.must("turn-fails", failed, "a failure in the stream", answer)
    context.must(
        "stream-error", last.get("type") == "error" and {"code", "message"} <= last.keys(), "type error", answer
    )
    context.must("stream-error-last", failed == [len(answer.values) - 1], "nothing after the failure", answer)
    context.must(
        "stream-adk-error", "error" in last and "invocationId" not in last, "a record that is not an event", answer
    )
    caller.wait_for_work(session_id)
    context.equal("credits-released", caller.balance(), before, "the balance after it")
    again = caller.say(session_id, REEL)
    context.must(
        "turn-fails", not any("error" in each or each.get("type") == "error" for each in again.values), "work", again
    )


@requirement("turn-runs-out", "credits-spent")
def test_credits_that_run_out_end_the_turn(context: Context) -> None:
    caller = context.caller
    session_id, before = caller.new_session(), caller.balance()
    caller.upload(session_id)
    answer = caller.say(session_id, REEL)
    context.must("turn-runs-out", context.profile.events == "adk-1" or answer.code == 2001, "2001 at the end", answer)
    context.must("turn-runs-out", not draft_of(caller.wait_for_work(session_id)), "no draft", "a draft")
    context.must("credits-spent", caller.balance() < before, f"less than {before} credits", caller.balance())


@requirement("turn-busy-queue", "code-409", "turn-busy-concurrent")
def test_a_message_to_a_busy_session_is_handled_as_the_profile_says(context: Context) -> None:
    caller = context.caller
    session_id = caller.new_session()
    caller.upload(session_id)
    with (
        caller.open_upload(caller.new_session()) as finish,
        caller.open_stream(session_id, REEL) as first,
        caller.open_stream(session_id, "Add calm piano music") as second,
    ):
        caller.credits()
        finish()
        two, one = second.read(), first.read()
    refused = 409 in {two.status, two.code}
    missed = "the first message may have been over when the second came"
    context.doubt_if_missed("code-409", refused, missed, one, two)
    context.must("code-409", refused, "409 for the second message", two)
    for rule in ("turn-busy-queue", "turn-busy-concurrent"):
        context.must(rule, two.is_stream and not refused, "a stream for the second message", two)
    context.server.check_answer(one, caller.profile)
    context.server.check_answer(two, caller.profile)
    state = caller.wait_for_work(session_id, lambda answer: bool(draft_of(answer)))
    titles = details(draft_of(state), 7, "text")
    context.must(
        "turn-busy-queue", "Kyoto" in titles and tracks(draft_of(state), 1), "the work of both messages", state
    )
    context.must("turn-busy-concurrent", one.tools and two.tools and draft_of(state), "work in both streams", state)
    context.must("code-409", "Kyoto" in titles, "the work of the first message", state)


@requirement("turn-detached", "turn-cancelled")
def test_a_turn_whose_caller_leaves_is_handled_as_the_profile_says(context: Context) -> None:
    caller = context.caller
    session_id, before = caller.new_session(blank=True), caller.balance()
    caller.upload(session_id)
    with caller.open_upload(caller.new_session()):
        with caller.open_stream(session_id, REEL) as left:
            pass
        later = caller.credits()
    stays = context.profile.disconnect == "detach"
    state = caller.wait_for_work(session_id, (lambda answer: bool(draft_of(answer))) if stays else None)
    context.must("turn-detached", draft_of(state), "its work in the state", state)
    context.must("turn-detached", caller.balance() < before, f"less than {before} credits", caller.balance())
    missed = "the turn may have been over when its caller left"
    context.doubt_if_missed("turn-cancelled", not draft_of(state), missed, left.answer, later)
    context.must("turn-cancelled", not draft_of(state), "no draft", state)
    context.must("turn-cancelled", caller.balance() == before, f"{before} credits", caller.balance())


@requirement("turn-not-resumed")
def test_a_stream_is_not_taken_up_again(context: Context) -> None:
    session_id = context.caller.new_session()
    one = context.caller.say(session_id, QUESTION)
    two = context.caller.say(session_id, "Hello!", headers={"Last-Event-ID": "1"})
    context.must("turn-not-resumed", two.is_stream and two.words and two.words != one.words, "a new answer", two)


@requirement("recovery-wait", "recovery-limit")
def test_the_work_of_a_lost_stream_shows_in_the_state(context: Context) -> None:
    caller = context.caller
    session_id = caller.new_session()
    caller.upload(session_id)
    caller.say(session_id, REEL, form=False)
    reads: list[Answer] = []

    def over() -> bool:
        reads.append(caller.state(session_id))
        context.equal("recovery-wait", reads[-1].code, 0, "the code of a read")
        return bool(draft_of(reads[-1]))

    wait_until(
        context.server,
        over,
        RECOVERY_NEXT_WAIT_S,
        1 + RECOVERY_READS,
        "the draft of a turn whose stream was lost",
        lambda: caller.credits().number("data", "frozen") == 0,
    )
    context.must("recovery-limit", any(map(draft_of, reads)), "a draft in one of the reads", reads[-1])


@requirement("turn-heartbeats-only", "turn-stream-limit")
def test_a_stuck_turn_sends_only_heartbeats(context: Context) -> None:
    caller = context.caller
    session_id = caller.new_session()
    caller.upload(session_id)
    before = caller.state(session_id).json
    answer = caller.say(session_id, REEL, enough=lambda answer: len(answer.signs) >= STUCK_SIGNS)
    tail = answer.records[1 - STUCK_SIGNS :]
    context.must("turn-heartbeats-only", tail and all(each.is_sign_of_life for each in tail), "heartbeats", answer)
    context.equal("turn-heartbeats-only", caller.state(session_id).json, before, "the state meanwhile")
    if context.holds("turn-stream-limit"):
        limit, patience = context.caller.profile.stream_limit, context.driver.patience.stream
        if context.server.keeps_time and limit >= patience:
            said = f"The server ends such a stream after {limit} s, and a run waits for {patience:g} s here"
            raise context.server.doubt(said, ("turn-stream-limit",))
        caller = Account(context.server, caller.name, caller.token, caller.profile)
        other = caller.new_session()
        caller.upload(other)
        limited = caller.say(other, REEL)
        # Only heartbeats show how far a clock has jumped. On a server in real time they may come more often.
        jumped = limited.seconds < limit / 2 and len(limited.signs) * SIGN_S > limit + SIGN_S
        in_time = limited.seconds <= limit + SIGN_S and not jumped
        context.must("turn-stream-limit", limited.whole and in_time, f"an end by the server after {limit} s", limited)


@requirement("turn-time-seed", "turn-time-vendor")
def test_work_takes_as_long_as_the_documents_say(context: Context) -> None:
    turn = context.caller.made.turn
    times = [value["timestamp"] for value in turn.values if isinstance(value.get("timestamp"), float | int)]
    took = cast("float", times[-1]) - cast("float", times[0]) if times else -1.0
    context.must("turn-time-seed", 15 <= took <= 40, "20 to 40 seconds, less what comes before the first record", took)
    context.must("turn-time-vendor", 5 <= took <= 30, "10 to 30 seconds, less what comes before the first record", took)
