"""The waits and limits that the documents ask of callers, and their differences by profile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from nemovideo_contract import wire


@dataclass(frozen=True, slots=True)
class Expectations:
    """The waits of a caller, in seconds, and its numbers of tries. The defaults follow most documents.

    `slack` is the fraction of a wait that may be missing, because clocks and shells are not exact. `attribution` and
    `client_id` are true if the documents define those headers.
    """

    poll_interval: float = wire.POLL_INTERVAL_S
    poll_limit: float = 1200  # twice the longest poll time of a document, because the user may ask a second time
    size_limit: int = wire.UPLOAD_SIZE_LIMIT
    turn_limit: float = wire.TURN_LIMIT_S
    progress_limit: float = wire.PROGRESS_LIMIT_S
    silence_limit: float = 300  # F1: five minutes without any record, not even heartbeats
    still_working: float = wire.STILL_WORKING_S
    first_wait: float = wire.RECOVERY_FIRST_WAIT_S
    next_wait: float = wire.RECOVERY_NEXT_WAIT_S
    recovery_reads: int = wire.RECOVERY_READS
    rate_wait: float = 30
    slack: float = 0.1
    attribution: bool = True
    client_id: bool = True

    def short(self, wait: float, wanted: float) -> bool:
        """Return whether a wait is shorter than the expected one by more than the slack."""
        return wait < wanted * (1 - self.slack)


#: The expectations of each named profile.
PRACTICES: Final[Mapping[str, Expectations]] = {
    "seeds": Expectations(),
    # F1's reference polls every 10 s, 30 times, gives a turn 10 minutes, and has no header except the bearer.
    "reference-4.4": Expectations(poll_interval=10, turn_limit=600, attribution=False, client_id=False),
    "vendor-1.9": Expectations(),
    "adk": Expectations(),
}
