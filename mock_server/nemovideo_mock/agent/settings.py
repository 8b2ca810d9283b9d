"""How the agent behaves, whatever it is asked: how long it takes, when it says nothing, and what else it does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from nemovideo_contract.profiles import Profile

#: From so many seconds of service time to so many.
Span = tuple[float, float]

#: The turns that may close without a word: edits of what is there, generations, none, or all that do work.
Silence = Literal["edits", "generation", "never", "always"]

#: How likely a turn of the silent kind says nothing (documented: about 30 %).
SILENT: Final = 0.30
#: How likely the apology trails an answer where it does at all (*assumed*: no document gives a number).
NOISE: Final = 0.30


@dataclass(frozen=True, slots=True)
class AgentSettings:
    """How the service behaves: seconds of service time that each kind of turn takes, and its habits.

    `generate` is the time of whatever makes a new video, `assemble` that of putting uploads together, where it differs;
    `finish` that of the second stage. `silent` is how likely a turn of the kind that `silence` names closes without a
    word. `gui_talk` speaks of buttons and panels. `two_stage` gives a generated clip music, a title and effects that
    nobody asked for. `noise` is how likely the apology of `script.APOLOGY` trails a good answer, `noise_after` seconds
    behind it.
    """

    talk: Span = (5, 15)
    edit: Span = (10, 30)
    generate: Span = (20, 40)
    silent: float = SILENT
    gui_talk: bool = True
    assemble: Span | None = None
    finish: Span = (10, 30)
    silence: Silence = "edits"
    two_stage: bool = False
    noise: float = 0.0
    noise_after: Span = (2, 6)

    @classmethod
    def of(cls, profile: Profile) -> AgentSettings:
        """The manner of a profile.

        `durations` is the seeds' 20-40 s for a turn that works, or the vendor's 5-15 s for text, 10-30 s for whatever
        is put together or edited, and 100-300 s for what is generated.
        """
        vendor = profile.durations == "vendor"
        return cls(
            generate=(100, 300) if vendor else (20, 40),
            assemble=(10, 30) if vendor else None,
            gui_talk=profile.gui_talk,
            silence=profile.silent,
            two_stage=profile.two_stage,
            noise=NOISE if profile.trailing_noise else 0.0,
        )

    def assembling(self) -> Span:
        """The time of putting uploads together."""
        return self.generate if self.assemble is None else self.assemble

    def closes_silently(self, kind: Literal["edit", "generate", "assemble"], *, needed: bool, draw: float) -> bool:
        """Whether a turn of this kind says nothing; `needed` says that it has more to tell than what it did.

        `draw` is the turn's own number from 0 up to 1.
        """
        if self.silence in {"never", "always"}:
            return self.silence == "always"
        quiet = "edit" if self.silence == "edits" else "generate"
        return kind == quiet and not needed and draw < self.silent


#: The seeds' manner, which is played where none is given.
DOCUMENTED: Final = AgentSettings()
