"""Writes what each check calls: `python -m tests.contract.suite.record_calls`, after a change of a check."""

from __future__ import annotations

import json
from collections import Counter
from importlib.resources import as_file, files

from nemovideo_contract.http.driver import Driver
from nemovideo_contract.http.spending_limits import SpendingLimits
from nemovideo_contract.profiles import PROFILES, Profile
from nemovideo_contract.suite.checks import checks
from nemovideo_contract.suite.context import Context
from nemovideo_contract.targets import fake
from nemovideo_mock.server import running
from nemovideo_mock.settings import Settings


def recorded(profile: Profile) -> dict[str, Counter[str]]:
    """Return the calls of each check on a profile; each check has its own world, so nothing is shared."""
    found: dict[str, Counter[str]] = {}
    with running(Settings(quality="stub", clock="virtual", profile=profile)) as server:
        for check in checks():
            url = server.url_of(check.__name__[-40:].strip("_"))
            with Driver(url) as driver:
                context = Context(fake(url, profile), driver, SpendingLimits(None), profile)
                if context.run(check) is None:
                    found[check.__name__] = context.spending.calls
    return found


def main() -> None:
    """Write the file."""
    most: dict[str, Counter[str]] = {each.__name__: Counter() for each in checks()}
    for profile in PROFILES.values():
        for name, calls in recorded(profile).items():
            most[name] |= calls
    text = json.dumps({name: dict(sorted(calls.items())) for name, calls in sorted(most.items())}, indent=1) + "\n"
    with as_file(files("nemovideo_contract.suite") / "calls.json") as file:
        file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
