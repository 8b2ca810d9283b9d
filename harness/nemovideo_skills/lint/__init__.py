"""Checks of skill documents against the contract of the API.

`Document` reads a document, even if a mirror damaged it, and finds the facts in it. `check` applies `RULES` to it. Both
are pure: text in, findings out.
"""

from __future__ import annotations

from nemovideo_skills.lint.check import check
from nemovideo_skills.lint.decoding import decode_text
from nemovideo_skills.lint.document import Document
from nemovideo_skills.lint.rules import AREAS, RULES, Rule

__all__ = ["AREAS", "RULES", "Document", "Rule", "check", "decode_text"]
