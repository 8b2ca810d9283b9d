"""What a judgement says to people and programs.

case.py      a journal's judgements, and what heads every report of them
words.py     calls, answers and times in words
terminal.py  for a terminal, or plain text
records.py   JSON, SARIF and JUnit
scale.py     times to places in a picture
picture.py   one caller's traffic as a picture
page.py      one self-contained page
"""

from __future__ import annotations

from nemovideo_harness.conduct.telling.case import Case, Charge
from nemovideo_harness.conduct.telling.page import as_html
from nemovideo_harness.conduct.telling.records import as_json, as_junit, as_sarif
from nemovideo_harness.conduct.telling.terminal import print_case

__all__ = ["Case", "Charge", "as_html", "as_json", "as_junit", "as_sarif", "print_case"]
