"""What a judgement says to people and programs.

judge_report.py  a journal's judgements, and what heads every report of them
descriptions.py  calls, answers and times in words
terminal.py      for a terminal, or plain text
formats.py       JSON, SARIF and JUnit
time_scale.py    times to places in a picture
timeline_svg.py  one caller's traffic as a picture
html.py          one self-contained page
"""

from __future__ import annotations

from nemovideo_skills.judge.report.formats import as_json, as_junit, as_sarif
from nemovideo_skills.judge.report.html import as_html
from nemovideo_skills.judge.report.judge_report import JudgeReport, Violation
from nemovideo_skills.judge.report.terminal import print_report

__all__ = ["JudgeReport", "Violation", "as_html", "as_json", "as_junit", "as_sarif", "print_report"]
