"""Reports of a judgement for people and for programs.

judge_report.py  the judgements of a journal, and the sentences above every report
descriptions.py  requests, responses and times in words
terminal.py      the report for a terminal, or as plain text
formats.py       JSON, SARIF and JUnit
time_scale.py    times as positions in a picture
timeline_svg.py  the traffic of one caller as a picture
html.py          one self-contained page
"""

from __future__ import annotations

from nemovideo_skills.judge.report.formats import as_json, as_junit, as_sarif
from nemovideo_skills.judge.report.html import as_html
from nemovideo_skills.judge.report.judge_report import JudgeReport, Violation
from nemovideo_skills.judge.report.terminal import print_report

__all__ = ["JudgeReport", "Violation", "as_html", "as_json", "as_junit", "as_sarif", "print_report"]
