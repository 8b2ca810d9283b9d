"""Checks of exports: how a caller submits one, how it goes on, and how a caller gets the file."""

from __future__ import annotations

from itertools import pairwise
from typing import cast

from nemovideo_contract.http.errors import Unreachable
from nemovideo_contract.http.exchange import Answer, Call
from nemovideo_contract.openapi import Json, JsonObject
from nemovideo_contract.suite.context import Context
from nemovideo_contract.suite.marks import requirement
from nemovideo_contract.suite.messages import draft_of, new_render_id, render_of
from nemovideo_contract.suite.waiting import ROUNDS, can_wait, pass_time, wait_until
from nemovideo_contract.wire import POLL_INTERVAL_S, POLL_LIMIT

ORDER = ("pending", "processing", "completed", "failed")
FINISHED = {"completed", "failed"}


def progress_of(answer: Answer) -> Json:
    """Return the progress of an export from a flat or a wrapped answer."""
    body = answer.json
    node = body.get("data") if isinstance(body.get("data"), dict) else body
    return cast("JsonObject", node).get("progress")


def fetch_file(context: Context, finished: Answer) -> Answer:
    """Get the file at the address in the answer of a finished export, without a token.

    Raises:
        RequirementFailure: the address is missing, or no server answers there.
    """
    url = render_of(finished)[1]
    if url is None:
        raise finished.differs("the address of the file", "render-file")
    try:
        return context.server.send(Call("", "GET", "", {}, url=url), context.caller.profile, form=False)
    except Unreachable as error:
        raise finished.differs(f"a file at {url}, where no server answers: {error}", "render-file") from None


@requirement("render-submit", "render-id", "render-begins", "render-poll", "render-status", "render-progress")
def test_an_export_goes_forward_to_its_end(context: Context) -> None:
    exported = context.caller.exported
    first = exported.answers[0]
    context.must("render-submit", first.status == 200, "an export that is accepted", first)
    context.must("render-id", exported.render_id in first.content.decode(), "the caller's id in the answer", first)
    begins = (render_of(first)[0], progress_of(first))
    missed = "the export may have gone on before its first answer"
    context.doubt_if_missed("render-begins", begins == ("pending", 5), missed, first, first)
    context.equal("render-begins", begins, ("pending", 5), "status and progress")
    ranks = [ORDER.index(render_of(each)[0]) for each in exported.answers]
    context.must("render-poll", ranks, "answers to polls", exported.last)
    context.must("render-status", all(one <= two for one, two in pairwise(ranks)), "no step back", ranks)
    context.equal("render-status", render_of(exported.last)[0], "completed", "the status at the end")
    steps = [progress_of(each) for each in exported.answers]
    numbers = all(isinstance(each, int) for each in steps)
    rising = numbers and all(one <= two for one, two in pairwise(cast("list[int]", steps)))
    context.must("render-progress", rising and steps[-1] == 100, "whole numbers that rise to 100", steps)


@requirement("render-poll-interval", "render-poll-limit")
def test_a_short_video_is_finished_within_ten_polls(context: Context) -> None:
    exported = context.caller.exported
    for answer in exported.answers:
        context.must("render-poll-interval", answer.status == 200, "a poll that is answered", answer)
    # On this machine polls are not 30 seconds apart, so only the end counts.
    ended = render_of(exported.last)[0] in FINISHED
    in_time = ended and (not context.spending.charged or len(exported.answers) <= 1 + POLL_LIMIT)
    context.must("render-poll-limit", in_time, "an end within ten polls", exported.last)


@requirement("render-flat", "render-flat-output", "render-measures")
def test_a_flat_answer_has_everything_at_the_top(context: Context) -> None:
    exported = context.caller.exported
    for answer in exported.answers:
        top = {"taskId", "status", "progress"} <= answer.json.keys() and "code" not in answer.json
        context.must("render-flat", top, "taskId, status and progress at the top", answer)
    last = exported.last
    context.must("render-flat-output", {"url", "duration", "size"} <= last.mapping("output").keys(), "all three", last)
    length = context.caller.made.draft.get("d")
    context.must(
        "render-measures", last.at("output", "duration") == cast("int", length) / 1000, "the draft's length", last
    )
    size = len(fetch_file(context, last).content)
    context.equal("render-measures", last.at("output", "size"), size, "size, of the file's bytes,")


@requirement(
    "render-wrapped", "render-wrapped-output", "render-wrapped-times", "render-time-seed", "render-time-vendor"
)
def test_a_wrapped_answer_has_everything_inside_data(context: Context) -> None:
    exported = context.caller.exported
    for answer in exported.answers:
        inside = answer.json.get("success") is True and {"id", "status", "progress"} <= answer.mapping("data").keys()
        context.must("render-wrapped", inside, "success, and id, status and progress inside data", answer)
        context.must("render-wrapped", "output" not in answer.json, "no output at the top", answer)
    last = exported.last
    context.must("render-wrapped-output", render_of(last)[1], "outputUrl inside data", last)
    begun, done = last.number("data", "createdAt"), last.number("data", "completedAt")
    context.must("render-wrapped-times", 10**12 < begun <= done < 10**13, "milliseconds since 1970", last)
    took = (done - begun) / 1000
    context.must("render-time-seed", 25 <= took <= 95, "30 to 90 seconds", took)
    context.must("render-time-vendor", 15 <= took <= 60, "about 30 seconds", took)


@requirement("render-file", "render-file-open", "render-download")
def test_the_file_is_an_mp4_at_its_address_and_by_the_download_call(context: Context) -> None:
    exported = context.caller.exported
    file = fetch_file(context, exported.last)
    context.must("render-file-open", file.status == 200, "a file without a token", file)
    context.must("render-file", file.media == "video/mp4" and file.content[4:8] == b"ftyp", "an MP4", file)
    same = context.caller.download(exported.render_id).content == file.content
    context.must("render-download", same and file.content, "the same file by the download call", "other bytes")


@requirement("render-cancel", "render-cancel-finished", "render-download-early")
def test_an_unfinished_export_can_be_cancelled(context: Context) -> None:
    caller = context.caller
    made, render_id = caller.made, new_render_id()
    begun = caller.submit(made.session_id, draft_of(made.state), id=render_id)
    early = caller.download(render_id)
    missed = "the export may have ended before the download"
    context.doubt_if_missed("render-download-early", early.status == 404, missed, begun, early)
    context.must("render-download-early", early.status == 404, "404 before it is completed", early)
    given_up = caller.cancel(render_id)
    missed = "the export may have ended before the cancel"
    context.doubt_if_missed("render-cancel", given_up.status == 200, missed, begun, given_up)
    context.equal("render-cancel", render_of(given_up)[0], "failed", "the status after it")
    again = caller.cancel(render_id)
    context.must("render-cancel-finished", again.status == 400, "400 for what is finished", again)
    context.equal("render-cancel-finished", render_of(caller.poll(render_id))[0], "failed", "the status after that")
    exported = caller.exported
    context.equal("render-cancel-finished", caller.cancel(exported.render_id).status, 400, "the status of a cancel")
    context.equal("render-cancel-finished", render_of(caller.poll(exported.render_id))[0], "completed", "the status")


@requirement("render-id-form", "render-session-key", "render-draft-text", "render-output-format")
def test_a_malformed_export_request_is_400(context: Context) -> None:
    caller = context.caller.expecting_refusal()
    made = context.caller.made
    draft, sid = draft_of(made.state), made.session_id
    wrong: dict[str, list[Answer]] = {
        "render-id-form": [caller.submit(sid, draft, id=each) for each in ("", "a/b", None)],
        "render-session-key": [caller.submit(sid, draft, sessionId=None, session_id=sid)],
        "render-draft-text": [caller.submit(sid, "draft")],
        "render-output-format": [caller.submit(sid, draft, output={"format": "gif", "quality": "high"})],
    }
    for rule, answers in wrong.items():
        for answer in answers:
            context.must(rule, answer.status == 400, "400", answer)


@requirement("render-draft-empty")
def test_a_draft_without_a_segment_is_not_exported(context: Context) -> None:
    caller = context.caller
    session_id = caller.new_session()
    empty: tuple[Json, ...] = ({}, {"t": []}, {"t": [{"tt": 0, "sg": []}]})
    for draft in empty:
        answer = caller.expecting_refusal().submit(session_id, draft)
        context.must("render-draft-empty", answer.status == 400, f"400 for {draft}", answer)


@requirement("render-output", "render-output-more", "render-parallel", "render-queue")
def test_an_export_request_may_have_more_or_fewer_output_settings(context: Context) -> None:
    caller = context.caller
    made, ids = caller.made, (new_render_id(), new_render_id())
    more: JsonObject = {"format": "mp4", "quality": "high", "resolution": "720p", "fps": 30, "codec": "h264", "crf": 23}
    less = caller.submit(made.session_id, draft_of(made.state), id=ids[0], output=None)
    much = caller.submit(made.session_id, draft_of(made.state), id=ids[1], output=more)
    context.must("render-output", less.status == 200, "an export that is accepted", less)
    context.must("render-output-more", much.status == 200, "an export that is accepted", much)
    overlaps, ends = side_by_side(context, *ids)
    missed = "the first export may have ended before the second poll"
    context.doubt_if_missed("render-parallel", overlaps, missed, less, much)
    context.must("render-parallel", overlaps, "the second at work before the first is finished", "one after the other")
    context.must("render-queue", not overlaps, "the second pending until the first is finished", "both at work")
    for rule in ("render-parallel", "render-queue"):
        context.must(rule, ends == {"completed"}, "both finished", ends)


def side_by_side(context: Context, one: str, two: str) -> tuple[bool, set[str]]:
    """Return whether the second export was seen at work before the first had ended, and how both ended."""
    caller, seen, ends = context.caller, [False], set[str]()

    def over() -> bool:
        second, first = (
            render_of(caller.poll(each))[0] for each in (two, one)
        )  # the order matters: the first export is polled last
        at_work = first not in FINISHED
        seen[0] = seen[0] or (at_work and second != "pending")
        ends.update({first, second} & FINISHED)
        return not at_work and second in FINISHED

    for words in (
        "Hello!",
        "What can you do?",
    ):  # each takes less virtual time than a poll, after which all may be over
        caller.say(caller.new_session(), words)
    wait_until(context.server, over, POLL_INTERVAL_S, POLL_LIMIT, "the end of two exports")
    return seen[0], ends


@requirement("render-duplicate-refused", "render-duplicate-same")
def test_a_used_export_id_is_handled_as_the_profile_says(context: Context) -> None:
    caller = context.caller
    exported = caller.exported
    again = caller.submit(exported.session_id, draft_of(caller.made.state), id=exported.render_id)
    context.must("render-duplicate-refused", again.status == 400, "400", again)
    if again.status == 200:
        context.must("render-duplicate-same", render_of(again)[0] == "completed", "the export that has it", again)
    else:
        context.must("render-duplicate-same", again.status == 200, "the export that has it", again)
    goes_on = render_of(caller.poll(exported.render_id))[0]
    context.equal("render-duplicate-refused", goes_on, "completed", "the status of the first")


@requirement("render-isolated", "render-id-account")
def test_another_accounts_export_is_404_and_its_id_is_free(context: Context) -> None:
    exported = context.caller.exported
    other = context.anonymous("token")
    for answer in (other.poll(exported.render_id), other.download(exported.render_id)):
        context.equal("render-isolated", answer.status, 404, f"the status of {answer.call.operation}")
    made = other.made
    taken = other.submit(made.session_id, draft_of(made.state), id=exported.render_id)
    context.must("render-id-account", taken.status == 200, "an export of the same id", taken)
    mine = render_of(context.caller.poll(exported.render_id))[0]
    context.equal("render-id-account", mine, "completed", "the status of the first account's export")


@requirement("render-download-fallback")
def test_the_download_call_works_where_the_address_does_not(context: Context) -> None:
    exported = context.caller.exported
    broken = fetch_file(context, exported.last)
    context.must("render-download-fallback", broken.status >= 400, "an address that fails", broken)
    file = context.caller.download(exported.render_id)
    context.must("render-download-fallback", file.content[4:8] == b"ftyp", "an MP4 by the download call", file)


@requirement("render-file-ends")
def test_the_address_of_a_file_ends_and_the_download_call_goes_on(context: Context) -> None:
    caller, lifetime = context.caller, context.profile.output_ttl
    if not can_wait(context.server, lifetime):
        return
    made, render_id = caller.reel(), new_render_id()
    caller.submit(made.session_id, draft_of(made.state), id=render_id)
    finished = caller.poll_to_end(render_id)[-1]
    file = fetch_file(context, finished)
    context.must("render-file-ends", file.status == 200, "a file as long as its address lasts", file)
    for times in ROUNDS:
        pass_time(context.server, lifetime, times)
        file = fetch_file(context, finished)
        if file.status != 200:
            break
    context.must("render-file-ends", 400 <= file.status < 500, f"a refusal after {lifetime} s", file)
    still = caller.download(render_id)
    context.must("render-file-ends", still.content[4:8] == b"ftyp", "an MP4 by the download call", still)


@requirement("render-failed")
def test_an_export_that_fails_says_why(context: Context) -> None:
    last = context.caller.exported.last
    context.equal("render-failed", render_of(last)[0], "failed", "the status")
    error = last.json.get("error") or cast("JsonObject", last.json.get("data") or {}).get("error")
    context.must("render-failed", isinstance(error, str) and error, "a reason in error", last)


@requirement("render-failed-again")
def test_another_id_works_after_an_export_that_failed(context: Context) -> None:
    caller = context.caller
    context.equal("render-failed-again", render_of(caller.exported.last)[0], "failed", "the status of the first")
    render_id = new_render_id()
    caller.submit(caller.made.session_id, draft_of(caller.made.state), id=render_id)
    again = caller.poll_to_end(render_id)[-1]
    context.equal("render-failed-again", render_of(again)[0], "completed", "the status of the second")
