"""The pytest plugin: options, the header that names the target, the plan, verdicts, and what is left on paper."""

from __future__ import annotations

import json
import os
from collections.abc import Generator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final, cast

import pytest

from nemovideo_contract.profiles import PROFILES, named
from nemovideo_contract.requirements import AREAS, area_of
from nemovideo_contract.suite import probing
from nemovideo_contract.suite.bench import Bench, worst_of
from nemovideo_contract.suite.driver import Driver
from nemovideo_contract.suite.findings import Ceiling, Difference, Unreachable
from nemovideo_contract.suite.marking import Check, Marked, marked
from nemovideo_contract.suite.plan import calls_of
from nemovideo_contract.suite.rails import Rails
from nemovideo_contract.suite.report import Line, as_html, as_json
from nemovideo_contract.targets import SCENARIOS, Target, fake, fake_tokens, is_loopback, production, refusal
from nemovideo_contract.wire import ENV_API_URL, ENV_CLIENT_ID, ENV_TOKEN, PRODUCTION_URL

#: How a run ends where nobody answers; pytest's own codes are 0, 1, 2, 4 and 5.
UNREACHABLE: Final = 3


@dataclass(slots=True)
class Run:
    """One run of the suite."""

    bench: Bench
    found: probing.Found | None = None
    lines: list[Line] = field(default_factory=list[Line])
    closing: ExitStack = field(default_factory=ExitStack)


_RUN: Final = pytest.StashKey[Run]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The suite's options."""
    group = parser.getgroup("contract", "what the NemoVideo API promises")
    group.addoption("--contract-target", metavar="TARGET", help=f"mock (at {ENV_API_URL}), production, or a URL")
    group.addoption("--contract-profile", metavar="NAME", choices=list(PROFILES), help="which variation is expected")
    group.addoption("--contract-only", metavar="AREAS", help=f"some of {','.join(AREAS)}")
    group.addoption("--contract-allow-credits", metavar="N", type=int, help="what may be spent on production")
    group.addoption("--contract-allow-token", action="store_true", help="ask production for an anonymous token too")
    group.addoption("--contract-plan", action="store_true", help="only say what would be called, and what it may cost")
    group.addoption("--contract-report", metavar="FILE", action="append", default=[], help="write .html, .xml or .json")
    group.addoption("--contract-agreed", metavar="FILE", help="keep in this file when which requirement was agreed to")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Register the mark, and find out where to go; nothing is sent yet."""
    config.addinivalue_line("markers", "contract: a check of the NemoVideo contract")
    for file in _reports(config):
        ending = Path(file).suffix
        if ending == ".xml":
            config.option.xmlpath = file
        elif ending not in {".html", ".json"}:
            raise pytest.UsageError(f"--contract-report {file}: name a file that ends in .html, .xml or .json.")
    if (said := config.getoption("--contract-target")) is None:
        return
    areas = _areas(config)
    unknown = areas - AREAS.keys()
    if unknown:
        raise pytest.UsageError(f"--contract-only: there is no {', '.join(unknown)}; take some of {', '.join(AREAS)}.")
    target = _target(said, config)
    closing = ExitStack()
    driver = closing.enter_context(Driver(target.base_url))
    bench = Bench(target, driver, Rails(target.spends), target.profile or named("seeds"))
    config.stash[_RUN] = Run(bench, closing=closing)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Let go of the connections."""
    if _RUN in config.stash:
        config.stash[_RUN].closing.close()


def pytest_report_header(config: pytest.Config) -> list[str]:
    """The target, its profile, and what may be spent."""
    run = config.stash.get(_RUN, None)
    if run is None:
        return ["contract: no target; name one with --contract-target"]
    target = run.bench.target
    spends = "whatever it takes" if target.spends is None else str(target.spends)
    lines = [f"contract: {target.name} at {target.base_url}, which may be made to spend {spends}"]
    if config.getoption("--contract-plan") or config.option.collectonly:
        return lines
    found = _probed(run, config)
    seen = ", ".join(f"{key}={value}" for key, value in found.seen.items())
    lines.append(f"contract: profile {found.name}; seen {seen}")
    if found.contradictions:
        wrong = ", ".join(f"{key}={value}" for key, value in found.contradictions.items())
        lines.append(f"contract: CONTRADICTS {found.name}: {wrong}")
    return lines


def _probed(run: Run, config: pytest.Config) -> probing.Found:
    """The profile that the target speaks, found out once; ends the run where there is nothing to work with."""
    if run.found is None:
        try:
            run.found = probing.probe(run.bench, config.getoption("--contract-profile"))
        except Unreachable as error:
            pytest.exit(str(error), UNREACHABLE)
        except probing.NotTheService as error:
            pytest.exit(f"This is not the service. {error}", 1)
        except Difference as difference:
            pytest.exit(f"The target can't be worked with. {difference}", 1)
        run.bench.profile = run.found.profile
        run.bench.start_over()
    return run.found


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the areas that were not asked for."""
    areas = _areas(config)
    if not areas:
        return
    kept = [
        each for each in items if (found := _marked(each)) is None or areas & {area_of(r) for r in found.requirements}
    ]
    config.hook.pytest_deselected(items=[each for each in items if each not in kept])
    items[:] = kept


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """In place of a run, the plan, where that is asked for."""
    config = session.config
    if _RUN not in config.stash:
        return None
    if not config.getoption("--contract-plan"):
        if not config.option.collectonly:
            _probed(config.stash[_RUN], config)
        return None
    bench = config.stash[_RUN].bench
    write = partial(cast("pytest.TerminalReporter", config.pluginmanager.get_plugin("terminalreporter")).write_line)
    total = 0
    for item in session.items:
        found = _marked(item)
        if found is None:
            continue
        ways = bench.ways(found)
        if isinstance(ways, str):
            write(f"  skip {item.name}: {ways}")
            continue
        cost = worst_of(found)
        total += cost.credits
        write(f"  call {item.name}: {calls_of(item.name) or 'nothing'}; at worst {cost}")
    write(f"At worst {total} credits, were nothing shared; the run stops at its ceiling.")
    return True


@pytest.fixture(scope="session")
def bench(request: pytest.FixtureRequest) -> Bench:
    """The bench that checks work on."""
    run = request.config.stash.get(_RUN, None)
    if run is None:
        pytest.fail("Name a target: --contract-target mock, production, or a URL.", pytrace=False)
    return run.bench


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a check, once for each account that shows more of it."""
    if _marked(pyfuncitem) is None or _RUN not in pyfuncitem.config.stash:
        return None
    run = pyfuncitem.config.stash[_RUN]
    before, doubts = run.bench.rails.calls.copy(), len(run.bench.doubts)
    try:
        reason = run.bench.run(cast("Check", pyfuncitem.obj))
    except Unreachable as error:
        pytest.exit(str(error), UNREACHABLE)
    except Ceiling as error:
        reason = str(error)
    calls = run.bench.rails.calls - before
    pyfuncitem.user_properties.append(("calls", ", ".join(f"{name} {count}" for name, count in sorted(calls.items()))))
    new = run.bench.doubts[doubts:]
    pyfuncitem.user_properties.append(("doubts", "\n".join(map(str, new))))
    if reason is not None:
        pytest.skip(reason)
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A difference speaks for itself, without a traceback."""
    report = yield
    found = _marked(item)
    if found is None or _RUN not in item.config.stash:
        return report
    if call.excinfo is not None and isinstance(call.excinfo.value, Difference):
        report.longrepr = str(call.excinfo.value)
    if call.when == "call" or report.outcome != "passed":
        noted = dict(report.user_properties)
        words = "" if report.passed else _words(report)
        line = Line(
            item.name, found.ids, report.outcome, words, str(noted.get("doubts", "")), str(noted.get("calls", ""))
        )
        item.config.stash[_RUN].lines.append(line)
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """What differs from assumed facts, and the receipt."""
    run = config.stash.get(_RUN, None)
    if run is None or config.getoption("--contract-plan"):
        return
    rails = run.bench.rails
    if run.bench.doubts:
        terminalreporter.section("assumed facts that the target contradicts")
        for doubt in run.bench.doubts:
            terminalreporter.write_line(str(doubt))
    total = sum(rails.calls.values())
    terminalreporter.write_line(f"contract: {len(run.bench.checked)} requirements looked at with {total} calls")
    if rails.before is not None:
        terminalreporter.write_line(f"contract: {rails.before} credits before, {rails.last} at the last reading")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write what was asked for."""
    run = session.config.stash.get(_RUN, None)
    if run is None or session.config.getoption("--contract-plan"):
        return
    now = datetime.now(UTC)
    head = {
        "target": run.bench.target.name,
        "url": run.bench.target.base_url,
        "profile": run.found.name if run.found else None,
        "keys": run.bench.profile.as_dict(),
        "contradicts": run.found.contradictions if run.found else {},
        "at": now.isoformat(timespec="seconds"),
        "calls": dict(sorted(run.bench.rails.calls.items())),
        "credits_before": run.bench.rails.before,
        "credits_after": run.bench.rails.last,
        "checked": sorted(run.bench.checked),
        "doubts": [each.requirement.id for each in run.bench.doubts],
    }
    for file in map(Path, _reports(session.config)):
        if file.suffix == ".json":
            file.write_text(as_json(head, run.lines), encoding="utf-8")
        elif file.suffix == ".html":
            file.write_text(as_html(head, run.lines), encoding="utf-8")
    if (agreed := session.config.getoption("--contract-agreed")) is not None:
        _keep(Path(agreed), run, now.date().isoformat())


def _keep(file: Path, run: Run, today: str) -> None:
    """Add the requirements that the target agreed to, with the day."""
    known = cast("dict[str, str]", json.loads(file.read_text(encoding="utf-8"))) if file.exists() else {}
    wrong = {each.requirement.id for each in run.bench.doubts}
    wrong |= {rule for line in run.lines if line.outcome == "failed" for rule in line.ids}
    known |= dict.fromkeys(run.bench.checked - wrong, today)
    file.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _target(said: str, config: pytest.Config) -> Target:
    name = config.getoption("--contract-profile")
    profile = None if name is None else named(name)
    token = os.environ.get(ENV_TOKEN, "").strip()
    url = os.environ.get(ENV_API_URL, "").strip()
    if said == "mock" and not url:
        raise pytest.UsageError(
            f"--contract-target mock wants a fake that runs: nemo-harness serve, and its address in {ENV_API_URL}."
        )
    url = url if said == "mock" else PRODUCTION_URL if said == "production" else said
    if (reason := refusal(url)) is not None:
        raise pytest.UsageError(f"--contract-target: {reason}")
    host = url.partition("://")[2].partition("/")[0].rpartition("@")[2]
    near = is_loopback(host.rpartition(":")[0].strip("[]") if ":" in host else host)
    if said == "mock" and near:
        return fake(url, profile)
    if near:
        bare = Target(said, url, profile, token or None, os.environ.get(ENV_CLIENT_ID) or None, spends=None)
        return bare if token else _with_scenarios(bare)
    if not token:
        raise pytest.UsageError(f"{said} wants a token of your own in {ENV_TOKEN}.")
    return production(
        token,
        client_id=os.environ.get(ENV_CLIENT_ID) or None,
        credits=config.getoption("--contract-allow-credits"),
        may_ask_tokens=bool(config.getoption("--contract-allow-token")),
    )


def _with_scenarios(bare: Target) -> Target:
    """The target with test tokens; whether it knows them shows when they are used."""
    return Target(bare.name, bare.base_url, bare.profile, scenarios=fake_tokens(SCENARIOS), spends=None)


def _reports(config: pytest.Config) -> list[str]:
    return cast("list[str]", config.getoption("--contract-report") or [])


def _areas(config: pytest.Config) -> set[str]:
    said = config.getoption("--contract-only") or ""
    return {each.strip() for each in said.split(",") if each.strip()}


def _marked(item: pytest.Item) -> Marked | None:
    return marked(cast("object", item.obj)) if isinstance(item, pytest.Function) else None


def _words(report: pytest.TestReport) -> str:
    return report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
