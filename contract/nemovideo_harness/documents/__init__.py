"""Skill documents, read and checked against what the API promises.

`Document` reads one, however a mirror damaged it, and finds the facts in it; `check` holds them against `RULES`. Pure:
text in, findings out.
"""

from __future__ import annotations

from nemovideo_harness.documents.check import check
from nemovideo_harness.documents.document import Document
from nemovideo_harness.documents.rules import AREAS, RULES, Rule
from nemovideo_harness.documents.text import decoded

__all__ = ["AREAS", "RULES", "Document", "Rule", "check", "decoded"]
