"""Faults that the fake plays on request: a check of the suite must notice them like any other defect."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from nemovideo_contract.http.errors import RequirementFailure
from nemovideo_contract.profiles import Profile
from tests.contract.suite.stage import context_on_fake, named

#: What is ordered to go wrong -> the check that must fail, and the requirement that it must name.
FAULTS: list[tuple[Mapping[str, object], str, str]] = [
    (
        {"kind": "status", "on": "credits", "status": 503},
        "a_token_from_elsewhere_is_taken_as_it_is",
        "credits-read",
    ),
    (
        {"kind": "code", "on": "run_sse", "code": 2001},
        "talk_is_answered_in_its_language_and_is_free",
        "turn-accept",
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
        "an_uploaded_photo_is_described_in_the_answer",
        "upload-file",
    ),
    ({"kind": "turn_fails"}, "photos_become_a_draft", "turn-assemble"),
    ({"kind": "noise"}, "as_many_answers_have_noise_as_the_profile_says", "turn-noise-none"),
    ({"kind": "reset", "on": "credits"}, "a_balance_is_three_whole_numbers_and_does_not_change", "credits-read"),
    (
        {"kind": "status", "on": "anonymous_token", "status": 400, "code": 400},
        "an_anonymous_token_is_as_the_documents_show_it",
        "token-client-id",
    ),
    ({"kind": "session_lost", "on": "state", "after": 9}, "no_sequence_of_calls_contradicts_the_model", "state-read"),
]


@pytest.mark.parametrize(("fault", "check", "rule"), FAULTS)
def test_a_fault_is_found_by_its_check(fault: Mapping[str, object], check: str, rule: str) -> None:
    with context_on_fake(Profile()) as context:
        context.run(named(check))
    with context_on_fake(Profile(), faults=(fault,)) as context, pytest.raises(RequirementFailure) as found:
        context.run(named(check))
    assert found.value.requirement.id == rule
    assert found.value.repeat
    assert "curl" in str(found.value)
