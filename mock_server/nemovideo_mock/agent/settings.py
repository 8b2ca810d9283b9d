"""The behaviour of the agent, independent of the message: durations, turns without an answer, and habits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from nemovideo_contract.profiles import Profile

#: A range of seconds of service time.
Span = tuple[float, float]

#: The turns that may end without an answer: edits, generations, none, or all that do work.
Silence = Literal["edits", "generation", "never", "always"]

#: The probability that a turn of the silent kind has no answer (documented: about 30 %).
SILENT: Final = 0.30
#: The probability of an apology after an answer, in profiles that have it (*assumed*: no document gives a number).
NOISE: Final = 0.30


@dataclass(frozen=True, slots=True)
class AgentSettings:
    """The behaviour of the agent: the seconds of service time that each kind of turn takes, and its habits.

    `generate` is the time to make a new video, `assemble` the time to put uploads together, if it differs, and `finish`
    the time of the second stage. `silent` is the probability that a turn of the kind `silence` ends without an answer.
    `gui_talk` mentions buttons and panels. `two_stage` adds music, a title and effects to a generated clip without
    being asked. `noise` is the probability of `turn_planner.APOLOGY` after a good answer, and `noise_after` its delay
    in seconds.
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
        """Return the settings of a profile.

        `durations` is the seeds' 20-40 s for a turn that works, or the vendor's 5-15 s for text, 10-30 s for putting
        together and editing, and 100-300 s for generating.
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
        """Return the time for putting uploads together."""
        return self.generate if self.assemble is None else self.assemble

    def closes_silently(self, kind: Literal["edit", "generate", "assemble"], *, needed: bool, draw: float) -> bool:
        """Return whether a turn of this kind ends without an answer; `needed` means that it must report something more.

        `draw` is the turn's own random number, from 0 to below 1.
        """
        if self.silence in {"never", "always"}:
            return self.silence == "always"
        quiet = "edit" if self.silence == "edits" else "generate"
        return kind == quiet and not needed and draw < self.silent


#: The seeds' settings, which are the default.
DOCUMENTED: Final = AgentSettings()
