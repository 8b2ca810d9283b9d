"""What wishes sound like in English and Chinese, as tables of patterns.

All see one clause at a time, in lower case, with quoted words masked and each file, or list of files, as one `FILE`.
Those of wishes must match the whole clause: it is the rest of a clause that makes "export figures" a topic, "a status
bar" an ornament and "the uploaded photos" a subject.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from nemovideo_skills.agent.lexicon import Lexicon


@dataclass(frozen=True, slots=True)
class WishPatterns:
    """The patterns of one language.

    - `words`: what decides where no pattern fits.
    - `breaks`: part clauses; `joints`: part them where what stands on one side is a wish by itself.
    - `polite`: may precede a wish; `filler`: a clause without a wish.
    - `reverse`: a clause that names the later wish first, as groups `late` and `early`; `before`: the beginning of one
      that only says what it precedes.
    - `condition`: a clause that names what is to be done before the wish, as group `early`.
    - `hold`: asks to leave something; `how`: asks how it is done; `refusal`: takes back the wish before it.
    - `longing`: begins a wish that is none where `contrast` begins the clause after it.
    - `reason`: only says why the wish after it is made; `reported`: begins what somebody else asks or says.
    - `halt`: all that is said, where somebody only wants nothing more done.
    - `without`: begins a clause that says how an export is to be, with what joins it to that.
    - `ahead`: a clause that names what is to be done before the wish behind it, as groups `first` and `late`.
    - `look`: asks plainly for the credits or the state, and leaves what comes of it to nobody's judgement.
    - `only_files`: all that may surround files that are just handed over.
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
    """A pattern that looks at no case."""
    return re.compile(pattern, re.IGNORECASE)
