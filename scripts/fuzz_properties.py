"""Runs every property test round after round, each round with another seed, and keeps what fails in the test itself.

    scripts/fuzz properties [--minutes N] [--seed S] [--rounds R] [PYTEST ARGS]

A round draws each test's usual number of examples, so that no test takes all of the time. A test that has failed is
left out of later rounds. Its falsifying example is written above the test as an `@example(...)`, by Hypothesis' own
patch writer. If that is not possible (a state machine, `st.data()`, a value whose `repr` is not an expression), the
printed command still repeats the failure.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import random
import re
import shlex
import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, Final

import libcst
import pytest
from libcst.codemod import CodemodContext
from libcst.codemod.visitors import AddImportsVisitor

from nemovideo_contract import machine

#: Hypothesis makes a find smaller for up to 300 s; the limit of a test must not cut that short.
TIMEOUT_S: Final = 600
OPTIONS: Final = (
    *("-m", "hypothesis", "--hypothesis-profile", "search", f"--timeout={TIMEOUT_S}"),
    *("-q", "--tb=short", "-p", "no:randomly", "-p", "no:xdist"),
    *("-p", "no:schemathesis"),  # which swaps Hypothesis' printer for one that shows no values
)
COMMAND: Final = "scripts/fuzz properties"
_PASSING: Final = re.compile(r"(\d+) passing")


@dataclass(slots=True, eq=False)
class Find:
    """A test that failed: with which seed, and the calls of it that fail, as far as Hypothesis wrote them down."""

    nodeid: str
    seed: int
    function: Callable[..., object]
    calls: list[str]

    @property
    def command(self) -> str:
        """What repeats it."""
        return f"{COMMAND} --rounds 1 --seed {self.seed} {shlex.quote(self.nodeid)}"


@dataclass(slots=True, eq=False)
class Search:
    """A plugin that runs the tests which pytest has collected in rounds, until the time or the rounds are over."""

    seed: int
    until: float
    rounds: int | None
    tests: int = 0
    runs: int = 0
    examples: int = 0
    seeds: list[int] = field(default_factory=list[int])
    finds: list[Find] = field(default_factory=list[Find])
    _failed: set[str] = field(default_factory=set[str])

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Run every test once in each round, with the round's seed."""
        from hypothesis import core  # pytest wants to import it first, to rewrite its assertions

        if session.testsfailed or session.config.option.collectonly:
            return None
        left, self.tests = list(session.items), len(session.items)
        while left and self._has_time(session) and (self.rounds is None or len(self.seeds) < self.rounds):
            began, before = machine.stopwatch(), self.examples
            seed = self.seed + len(self.seeds)
            self.seeds.append(seed)
            core.global_force_seed = seed
            # Or a search that ends within a round would always have the same tests before it ends.
            random.Random(seed).shuffle(left)  # noqa: S311 - an order, not a secret
            for number, item in enumerate(left):
                if not self._has_time(session):
                    break
                following = left[number + 1] if number + 1 < len(left) else None
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                self._note(item, seed)
            left = [item for item in left if item.nodeid not in self._failed]
            drawn, took = self.examples - before, machine.stopwatch() - began
            print(
                f"round {len(self.seeds)}, seed {seed}: {drawn} examples, {took:.0f} s, finds so far: {len(self.finds)}"
            )
            sys.stdout.flush()
        return True

    def _has_time(self, session: pytest.Session) -> bool:
        return machine.stopwatch() < self.until and not session.shouldstop and not session.shouldfail

    def _note(self, item: pytest.Item, seed: int) -> None:
        self.runs += 1
        # What Hypothesis' own plugin leaves there.
        self.examples += sum(map(int, _PASSING.findall(getattr(item, "hypothesis_statistics", ""))))
        if isinstance(item, pytest.Function) and item.nodeid in self._failed:
            calls: list[str] = getattr(item, "_hypothesis_failing_examples", [])
            self.finds.append(Find(item.nodeid, seed, item.obj, calls))
            print(f"found: {self.finds[-1].command}", *calls, sep="\n", flush=True)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember what failed."""
        # Hypothesis' plugin would offer a patch of its own with the same examples, and the tests' parameters in them.
        vars(report).pop("_hypothesis_failing_examples", None)
        if report.failed:
            self._failed.add(report.nodeid)

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Print nothing for a test that passed, of which there are thousands."""
        return ("passed", "", "") if report.when == "call" and report.passed else None


def search(arguments: list[str], seed: int, seconds: float, rounds: int | None) -> int:
    """Run the property tests for so many seconds, or rounds, and keep what is found; returns the exit code."""
    print(shlex.join([*COMMAND.split(), "--seed", str(seed), *arguments]), flush=True)
    plugin = Search(seed, machine.stopwatch() + seconds, rounds)
    code = pytest.main([*OPTIONS, *arguments], plugins=[plugin])
    finds = plugin.finds
    for each in finds:
        print(f"repeat: {each.command}")
    for function in {each.function: None for each in finds}:
        print(write_examples(function, [each for each in finds if each.function is function]))
    seeds = f"{plugin.seeds[0]} to {plugin.seeds[-1]}" if plugin.seeds else "none"
    print(f"{plugin.tests} tests, {plugin.runs} runs, {plugin.examples} examples, seeds {seeds}, {len(finds)} finds")
    if finds:
        return 1
    return 0 if plugin.runs and code == pytest.ExitCode.OK else 2


# --- keeping ----------------------------------------------------------------------------------------------------------


def write_examples(function: Callable[..., object], finds: list[Find]) -> str:
    """Write the failing calls of a test into its source as examples; returns what was done, or why nothing was."""
    from hypothesis.extra._patching import get_patch_for

    name = f"{function.__module__}.{function.__name__}"
    examples = [
        (call, each.command) for each in finds for text in each.calls if (call := keep_drawn_arguments(function, text))
    ]
    written = get_patch_for(function, examples) if examples else None
    if written is None:
        return f"{name}: no example can be written for it; the command above repeats it"
    path, before, after = Path(written[0]), *written[1:]
    source = path.read_text(encoding="utf-8")
    path.write_text(with_imports(source.replace(before, after, 1), missing_imports(function, after)), encoding="utf-8")
    ruff = [sys.executable, "-m", "ruff"]
    check = subprocess.run(
        [*ruff, "check", "-q", "--select", "F821", path], check=False, capture_output=True, text=True
    )
    if check.returncode:
        path.write_text(source, encoding="utf-8")
        return f"{name}: its example can't be written into {path}:\n{check.stdout}"
    subprocess.run([*ruff, "check", "-q", "--fix", "--select", "I", path], check=True)
    subprocess.run([*ruff, "format", "-q", path], check=True)
    return f"{name}: its example is in {path}"


def keep_drawn_arguments(function: Callable[..., object], call: str) -> str | None:
    """Return the call with only the arguments that `@given` draws; None if it is not an expression."""
    try:
        tree = ast.parse(call, mode="eval").body
    except SyntaxError:
        return None
    if not isinstance(tree, ast.Call):
        return None
    handle: Any = getattr(function, "hypothesis")  # noqa: B009 - every test under @given has it
    drawn: set[str] = set(handle._given_kwargs)  # noqa: SLF001 - the patch writer doesn't look at it
    tree.keywords = [each for each in tree.keywords if each.arg in drawn]
    return ast.unparse(tree)


def missing_imports(function: Callable[..., object], source: str) -> list[tuple[str, str]]:
    """The imports, as module and name, that the test's new source needs and its module lacks."""
    scope = vars(sys.modules[function.__module__]).keys() | vars(builtins).keys()
    names = {each.id for each in ast.walk(ast.parse(textwrap.dedent(source))) if isinstance(each, ast.Name)}
    parameters = inspect.signature(function).parameters.keys()
    found = [("hypothesis", "example")] if "example" not in scope else []
    for name in sorted(names - scope - parameters - {"example"}):
        homes = {module.__name__ for module in list(sys.modules.values()) if _is_home(module, name)}
        found += [(home, name) for home in homes if len(homes) == 1]
    return found


def _is_home(module: ModuleType, name: str) -> bool:
    """Whether the module defines a class or a function of that name."""
    thing = getattr(module, "__dict__", {}).get(name)
    return isinstance(thing, type | FunctionType) and thing.__module__ == module.__name__


def with_imports(source: str, imports: list[tuple[str, str]]) -> str:
    """The source with these names imported."""
    context = CodemodContext()
    for module, name in imports:
        AddImportsVisitor.add_needed_import(context, module, name)
    return AddImportsVisitor(context).transform_module(libcst.parse_module(source)).code
