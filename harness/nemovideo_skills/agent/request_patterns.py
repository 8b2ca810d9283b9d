"""The patterns of requests in English and Chinese, as tables.

Each pattern gets one clause in lower case, with quoted words masked and each file, or list of files, as one `FILE`. A
pattern of a request must match the whole clause, because the rest of a clause changes its meaning: "export figures" is
a topic, "a status bar" an ornament, and "the uploaded photos" a subject.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from nemovideo_skills.agent.clause_meaning import Lexicon


@dataclass(frozen=True, slots=True)
class RequestPatterns:
    """The patterns of one language.

    - `words`: the lexicon, which decides if no pattern matches.
    - `breaks`: separates clauses; `joints`: separates them if the text on one side is a request by itself.
    - `polite`: may precede a request; `filler`: a clause without a request.
    - `reverse`: a clause that names the later request first, as groups `late` and `early`; `before`: the beginning of a
      clause that only says what it precedes.
    - `condition`: a clause that names what to do before the request, as group `early`.
    - `hold`: asks not to do something yet; `how`: asks how to do it; `refusal`: withdraws the request before it.
    - `longing`: begins a request that does not count if `contrast` begins the next clause.
    - `reason`: only gives the reason for the next request; `reported`: begins what another person asks or says.
    - `halt`: the whole utterance only asks to stop.
    - `without`: begins a clause that says how an export should be, with the word that joins it.
    - `ahead`: a clause that names what to do before the request after it, as groups `first` and `late`.
    - `look`: plainly asks for the credits or the state, without a question about them.
    - `only_files`: all words that may surround files without a request.
    """

    words: Lexicon
    breaks: re.Pattern[str]
    joints: re.Pattern[str]
    polite: re.Pattern[str]
    filler: re.Pattern[str]
    reverse: re.Pattern[str]
    before: re.Pattern[str]
    condition: re.Pattern[str]
    hold: re.Pattern[str]
    how: re.Pattern[str]
    export: re.Pattern[str]
    credits: re.Pattern[str]
    state: re.Pattern[str]
    upload: re.Pattern[str]
    only_files: re.Pattern[str]
    refusal: re.Pattern[str]
    longing: re.Pattern[str]
    contrast: re.Pattern[str]
    reason: re.Pattern[str]
    reported: re.Pattern[str]
    halt: re.Pattern[str]
    without: re.Pattern[str]
    ahead: re.Pattern[str]
    look: re.Pattern[str]


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Compile a pattern that ignores case."""
    return re.compile(pattern, re.IGNORECASE)
