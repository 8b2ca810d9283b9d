from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from nemovideo_skills.agent.gui_translation import translate
from nemovideo_skills.judge.judging import Verdict, judge_journal
from nemovideo_skills.judge.rules import RULES
from nemovideo_skills.judge.transcripts import Transcript, TranscriptError, read_transcript
from tests.skills.judge.scripted import CALL, HEARTBEAT, RESULT, TEXT, Scripted, broken_by, judged

SENTENCES = Path(__file__).parents[2] / "skills/agent/gui_sentences.yaml"


def spoken(transcript: Transcript) -> list[tuple[str, str]]:
    return [(line.speaker, line.text) for line in transcript.lines]


# --- reading ----------------------------------------------------------------------------------------------------------


def test_speakers_and_the_lines_that_go_on_are_reported_apart() -> None:
    text = (
        "Setting things up ...\n\nuser: a clip of my cat\nAgent: Here it is.\nFive seconds long.\n"
        "**You:** thanks\n> export\n⏳ Rendering"
    )
    assert spoken(read_transcript(text)) == [
        ("agent", "Setting things up ..."),
        ("user", "a clip of my cat"),
        ("agent", "Here it is."),
        ("agent", "Five seconds long."),
        ("user", "thanks"),
        ("user", "export"),
        ("agent", "⏳ Rendering"),
    ]


def test_times_may_be_absolute_or_count_from_the_first_call() -> None:
    text = "[2027-01-15T08:00:00Z] agent: one\n[+12.5] agent: two\n[1800000000.25] three\n[note] four"
    lines = read_transcript(text).lines
    assert [line.when(1000.0) for line in lines] == [
        datetime(2027, 1, 15, 8, tzinfo=UTC).timestamp(),
        1012.5,
        1800000000.25,
        1800000000.25,
    ]
    assert [line.text for line in lines] == ["one", "two", "three", "[note] four"]
    assert read_transcript(text).timed
    assert not read_transcript("agent: one\n[+3] agent: two").timed


def test_a_programs_records_are_read_too() -> None:
    text = '{"kind": "user", "text": "hello"}\n{"kind": "status", "text": "Working", "time": 12}\n'
    transcript = read_transcript(text)
    assert spoken(transcript) == [("user", "hello"), ("agent", "Working")]
    assert transcript.lines[1].time == 12


@pytest.mark.parametrize("text", ["", "\n\n", "[", "[+x] agent:", "user:", "\x00\x1b[0m", '{"kind": 1}'])
def test_any_text_is_a_transcript(text: str) -> None:
    assert isinstance(read_transcript(text), Transcript)


# --- judging ----------------------------------------------------------------------------------------------------------


def a_turn(lasts: float = 20, records: Sequence[Mapping[str, object]] = (CALL, RESULT, TEXT)) -> Scripted:
    """Return a set-up at 0 s and a turn that ends after `lasts` seconds."""
    script = Scripted()
    script.set_up()
    script.say(records=records, lasts=lasts)
    return script


def broken(script: Scripted, text: str) -> dict[str, str]:
    transcript = read_transcript(text)
    judgement = judged(script, transcript=transcript)
    return {each.rule.id: each.broken[0].what for each in judgement.broken}


GOOD = "user: a clip\nagent: This may take a few minutes.\nDone: Title “Click Export” added, 0-3 s.\n"


def test_a_good_transcript_keeps_every_rule() -> None:
    judgement = judged(a_turn(), transcript=read_transcript(GOOD))
    verdicts = {each.rule.id: each.verdict for each in judgement.findings}
    shown = ("no-token-shown", "no-raw-json-shown", "tools-kept-internal", "no-gui-passed-on", "told-after-edit")
    assert judgement.broken == []
    assert [verdicts[rule] for rule in shown] == [Verdict.KEPT] * 5
    assert verdicts["still-working-said"] is Verdict.NOT_EXERCISED


def test_without_a_transcript_its_rules_are_not_exercised() -> None:
    (finding,) = judged(a_turn(), RULES["no-token-shown"]).findings
    assert finding.verdict is Verdict.NOT_EXERCISED


@pytest.mark.parametrize(
    ("line", "rule", "sentence"),
    [
        ("Your token is nmv_usr_Zk3vXw81_abc-def.", "no-token-shown", "A token is shown in line 4."),
        ("Authorization: Bearer abcdef0123456789xyz", "no-token-shown", "A token is shown in line 4."),
        ('{"code":0,"data":{}}', "no-raw-json-shown", 'Raw JSON is shown in line 4: “{"code":0,"data":{}}”.'),
        ('  "code": 0,', "no-raw-json-shown", 'Raw JSON is shown in line 4: “"code": 0,”.'),
        (
            "Calling edit_multitrack …",
            "tools-kept-internal",
            "The service's inner workings are shown in line 4: “Calling edit_multitrack …”.",
        ),
        (
            "Click the Export button to save it.",
            "no-gui-passed-on",
            "An editor's instruction is shown in line 4: “Click the Export button to save it.”.",
        ),
        (
            "请点击右上角的导出按钮",
            "no-gui-passed-on",
            "An editor's instruction is shown in line 4: “请点击右上角的导出按钮”.",
        ),
    ],
)
def test_a_line_that_must_not_be_shown_breaks_only_its_rule(line: str, rule: str, sentence: str) -> None:
    assert broken(a_turn(), GOOD + line) == {rule: sentence}


def test_a_token_is_not_repeated_in_a_report() -> None:
    found = broken(a_turn(), GOOD + '{"token":"nmv_usr_Zk3vXw81_abcdef"}')
    assert set(found) == {"no-token-shown", "no-raw-json-shown"}
    assert all("Zk3v" not in what for what in found.values())


@pytest.mark.parametrize("line", ["user: click the export button", "> my token is nmv_usr_abcdefgh", 'user: {"a": 1}'])
def test_a_line_of_the_user_breaks_no_rule_of_the_agent(line: str) -> None:
    assert broken(a_turn(), f"{GOOD}{line}\nagent: Say “export” to get the file.") == {}


def test_the_services_instructions_are_known_and_their_translations_are_none() -> None:
    sentences: list[dict[str, str]] = yaml.safe_load(SENTENCES.read_text(encoding="utf-8"))
    rule = "no-gui-passed-on"

    def found(says: str) -> bool:
        return rule in broken(a_turn(), f"agent: {says}")

    unseen = [each["says"] for each in sentences if each["about"] and not found(each["says"])]
    assert unseen == []
    assert [each["says"] for each in sentences if not each["about"] and found(each["says"])] == []
    assert [text for each in sentences if found(text := translate(each["says"]).text)] == []


def test_silence_after_a_silent_edit_is_reported() -> None:
    script = a_turn(20, (CALL, RESULT))
    script.read_state()
    early = "[+0] user: add a title\n[+1] agent: This may take a few minutes."
    assert broken(script, early) == {"told-after-edit": "The turn ended, and the user did not see its result."}
    assert broken(script, f"{early}\n[+21] agent: Title added.") == {}


def test_silence_before_the_next_wish_is_reported_without_times_too() -> None:
    script = a_turn()
    found = broken(script, "user: a clip\nagent: Done.\nuser: add music\n\nuser: hello?\nagent: Yes.")
    sentence = "There is no reply to the user's message in line 3 before the next message."
    assert found == {"told-after-edit": sentence}


def test_two_lines_of_the_user_in_a_row_are_one_request() -> None:
    assert broken(a_turn(), "user: a clip\nuser: of my cat\nagent: Done.") == {}


def test_five_minutes_without_a_word_are_reported() -> None:
    script = a_turn(300, (CALL, *[HEARTBEAT] * 20, RESULT, TEXT))
    text = "[+0] user: a clip\n[+1] agent: This may take a few minutes.\n[+301] agent: Done."
    sentence = "For 4 min 59 s of a turn (from 1 s into it) the user saw nothing."
    assert broken(script, text) == {"still-working-said": sentence}


def test_a_word_every_two_minutes_keeps_the_rule() -> None:
    script = a_turn(300, (CALL, *[HEARTBEAT] * 20, RESULT, TEXT))
    text = "[+0] agent: This may take a few minutes.\n[+121] Still working\n[+250] Still working\n[+301] Done."
    assert broken(script, text) == {}
    (finding,) = judged(script, RULES["still-working-said"], transcript=read_transcript(text)).findings
    assert finding.verdict is Verdict.KEPT


def test_a_transcript_belongs_to_one_caller() -> None:
    script, other = a_turn(), a_turn()
    for entry in other.entries:
        entry["world"] = "friday"
    with pytest.raises(TranscriptError, match="the journal has 2: anon_0123456789abcdef"):
        judge_journal([*script.entries, *other.entries], (), transcript=read_transcript(GOOD))
    assert broken_by(script) == []
