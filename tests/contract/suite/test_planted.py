"""Planted defects: each is a fake that is wrong in one way, with the checks that must say so."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from nemovideo_contract.profiles import Profile
from nemovideo_contract.suite.findings import Difference
from tests.contract.suite.stage import benched, named

#: What is ordered to go wrong -> the check that must fail, and the requirement that it must name.
FAULTS: list[tuple[Mapping[str, object], str, str]] = [
    (
        {"kind": "status", "on": "credits", "status": 503},
        "a_token_from_elsewhere_is_taken_as_it_is",
        "credits-read",
    ),
    (
        {"kind": "code", "on": "run_sse", "code": 2001},
        "talk_is_answered_in_words_and_in_its_language_for_nothing",
        "turn-send",
    ),
    ({"kind": "malformed", "record": 1}, "records_are_framed_as_the_only_sample_shows", "stream-typed"),
    ({"kind": "unknown_event", "record": "each"}, "a_message_needs_no_user_id", "stream-typed"),
    ({"kind": "render_fails"}, "an_export_goes_forward_to_its_end", "render-status"),
    ({"kind": "render_stuck"}, "an_export_goes_forward_to_its_end", "render-status"),
    ({"kind": "render_lost"}, "an_export_goes_forward_to_its_end", "render-poll"),
    ({"kind": "not_json", "on": "state"}, "a_new_session_has_an_empty_state", "state-read"),
    ({"kind": "cut", "records": 0, "mid_record": True, "how": "abort"}, "a_stream_is_not_taken_up_again", "turn-send"),
    (
        {"kind": "truncated_body", "on": "output"},
        "the_file_is_an_mp4_at_its_address_and_by_the_download_call",
        "base-url",
    ),
    ({"kind": "session_lost", "on": "state"}, "a_session_is_still_there_after_others", "session-lives"),
    ({"kind": "token_expires", "on": "credits"}, "a_token_from_elsewhere_is_taken_as_it_is", "env-token"),
    (
        {"kind": "code", "on": "upload", "code": 4001},
        "a_photo_is_answered_with_all_that_is_known_of_it",
        "upload-file",
    ),
    ({"kind": "turn_fails"}, "photos_become_a_draft", "turn-assemble"),
    ({"kind": "noise"}, "as_many_answers_have_noise_as_the_profile_says", "turn-noise-none"),
    ({"kind": "reset", "on": "credits"}, "a_balance_is_three_whole_numbers_and_stands_still", "credits-read"),
    (
        {"kind": "status", "on": "anonymous_token", "status": 400, "code": 400},
        "an_anonymous_token_is_as_the_documents_show_it",
        "token-anonymous",
    ),
    ({"kind": "session_lost", "on": "state", "after": 9}, "nothing_that_a_caller_does_breaks_the_books", "state-read"),
]
#: How the fake plays, where the seeds' profile is expected -> the check that must fail, and its requirement.
PLAYED: list[tuple[Mapping[str, object], str, str]] = [
    ({"errors": "http"}, "a_token_that_was_never_given_is_answered_1001_on_every_call", "claim-token"),
    ({"render": "wrapped"}, "a_flat_answer_has_everything_at_the_top", "render-submit"),
    ({"events": "adk-2"}, "work_is_a_typed_stream", "stream-typed"),
    ({"text_key": "text"}, "records_are_framed_as_the_only_sample_shows", "stream-typed"),
    ({"heartbeat": "comment"}, "a_long_turn_sends_the_profiles_signs_of_life", "stream-heartbeat"),
    ({"turn_errors": "in_stream"}, "a_message_to_a_session_that_nobody_made_is_refused", "turn-session-json"),
    ({"duplicate_render": "existing"}, "an_id_that_is_taken_is_met_as_the_profile_says", "render-duplicate-refused"),
    ({"disconnect": "cancel"}, "a_turn_whose_caller_leaves_is_met_as_the_profile_says", "turn-detached"),
    ({"busy": "refuse"}, "a_message_to_a_busy_session_is_met_as_the_profile_says", "turn-busy-queue"),
    ({"client_id": "optional"}, "a_token_is_not_given_without_a_client_id", "code-400"),
    ({"token_limit": "none"}, "one_token_too_many_in_a_week_is_429", "token-limit-client"),
    ({"attribution": "none"}, "an_export_without_one_of_the_headers_is_402", "attribution-source"),
    ({"attribution": "everywhere"}, "everything_but_an_export_is_answered_without_the_headers", "session-create"),
    ({"two_stage": True}, "words_become_a_clip", "turn-one-stage"),
    ({"trailing_noise": True}, "as_many_answers_have_noise_as_the_profile_says", "turn-noise-none"),
    ({"silent": "never"}, "of_many_edits_as_many_are_silent_as_the_profile_says", "turn-silent-edits"),
    ({"pricing": "operation"}, "the_price_of_work_is_frozen_and_then_gone", "credits-frozen"),
    ({"empty_draft": "null"}, "there_is_no_draft_before_anything_is_made", "state-read"),
]


@pytest.mark.parametrize(("fault", "check", "rule"), FAULTS)
def test_a_fault_is_found_by_its_check(fault: Mapping[str, object], check: str, rule: str) -> None:
    with benched(Profile()) as bench:
        bench.run(named(check))
    with benched(Profile(), faults=(fault,)) as bench, pytest.raises(Difference) as found:
        bench.run(named(check))
    assert found.value.requirement.id == rule
    assert found.value.repeat
    assert "curl" in str(found.value)


@pytest.mark.parametrize(("keys", "check", "rule"), PLAYED)
def test_another_profile_than_the_expected_one_is_found_by_its_check(
    keys: Mapping[str, object], check: str, rule: str
) -> None:
    with benched(Profile().replace(keys), Profile()) as bench, pytest.raises(Difference) as found:
        bench.run(named(check))
    assert found.value.requirement.id == rule
