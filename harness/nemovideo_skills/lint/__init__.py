"""Skill documents, read and checked against what the API promises.

`Document` reads one, however a mirror damaged it, and finds the facts in it; `check` holds them against `RULES`. Pure:
text in, findings out.
"""

from __future__ import annotations

from nemovideo_skills.lint.check import check
from nemovideo_skills.lint.document import Document
from nemovideo_skills.lint.rules import AREAS, RULES, Rule
from nemovideo_skills.lint.text import decode_text

__all__ = ["AREAS", "RULES", "Document", "Rule", "check", "decode_text"]
