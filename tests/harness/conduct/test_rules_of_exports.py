from __future__ import annotations

from nemovideo_harness.conduct.judging import Verdict
from nemovideo_harness.conduct.rules import RULES
from tests.harness.conduct.scripted import Scripted, broken_by, judged


def a_good_export() -> Scripted:
    script = Scripted()
    script.set_up()
    script.say()
    script.read_state()
    script.submit()
    script.poll()
    script.poll(status="completed")
    script.fetch()
    return script


def test_a_good_export_breaks_no_rule() -> None:
    assert broken_by(a_good_export()) == []


def test_a_render_id_that_is_used_twice_breaks_its_rule_alone() -> None:
    script = a_good_export()
    script.read_state()
    script.submit(after=60)
    assert broken_by(script) == ["fresh-render-id"]
    (finding,) = judged(script, RULES["fresh-render-id"]).broken
    assert finding.broken[0].what == "The render id render_1 was used a second time."


def test_a_new_render_id_for_each_submission_keeps_the_rule() -> None:
    script = a_good_export()
    script.read_state()
    script.submit("render_2", after=60)
    (finding,) = judged(script, RULES["fresh-render-id"]).findings
    assert (finding.verdict, finding.kept) == (Verdict.KEPT, 2)
