from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import cast

import pytest

import nemovideo_client
from nemovideo_client import AsyncClient, AsyncDriver, AsyncTurn, Client, Driver, Turn

from .fake_edge import BASE, SECRET, Edge

TWINS = [(Client, AsyncClient), (Turn, AsyncTurn), (Driver, AsyncDriver)]
#: How the names of one twin read in the other.
RENAMED = {
    "AsyncClient": "Client",
    "AsyncClock": "Clock",
    "AsyncDrive": "Drive",
    "AsyncGenerator": "Generator",
    "AsyncHost": "Host",
    "AsyncPlay": "Play",
    "AsyncTransport": "Transport",
    "AsyncTurn": "Turn",
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "__aiter__": "__iter__",
}


def renamed(words: str) -> str:
    for theirs, ours in RENAMED.items():
        words = words.replace(theirs, ours)
    return words


def members(kind: type) -> dict[str, str]:
    return {
        renamed(name): renamed(str(inspect.signature(cast("Callable[..., object]", value))))
        for name, value in vars(kind).items()
        if inspect.isfunction(value) and (not name.startswith("_") or name.startswith("__"))
    }


@pytest.mark.parametrize(("sync", "asynchronous"), TWINS)
def test_the_twins_have_the_same_methods_in_the_same_order(sync: type, asynchronous: type) -> None:
    assert list(members(sync).items()) == list(members(asynchronous).items())


@pytest.mark.parametrize(("sync", "asynchronous"), TWINS)
def test_each_blocking_method_is_a_coroutine_in_the_asynchronous_client(sync: type, asynchronous: type) -> None:
    immediate = {"__init__", "__repr__", "say", "play"}
    for name, value in vars(asynchronous).items():
        if inspect.isfunction(value) and name not in immediate and not name.startswith("_"):
            assert inspect.iscoroutinefunction(value), name
    assert not [name for name, value in vars(sync).items() if inspect.iscoroutinefunction(value)]


def test_the_twins_say_the_same_of_each_method() -> None:
    for sync, asynchronous in TWINS:
        for name in members(sync):
            if not name.startswith("_"):
                assert inspect.getdoc(getattr(sync, name)) == inspect.getdoc(getattr(asynchronous, name)), name


def test_all_public_names_are_listed_in_order_in_the_package() -> None:
    public = {
        name
        for name, value in vars(nemovideo_client).items()
        if not name.startswith("_") and not inspect.ismodule(value)
    }

    assert sorted(nemovideo_client.__all__) == nemovideo_client.__all__
    assert set(nemovideo_client.__all__) == public


def test_httpx_is_imported_where_requests_are_made_and_nowhere_else() -> None:
    folder = Path(nemovideo_client.__file__).parent
    users: set[str] = set()
    below: set[str] = set()
    allowed = {"httpx", "httpcore", "anyio", "nemovideo_client", "nemovideo_contract", *sys.stdlib_module_names}
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                assert name.partition(".")[0] in allowed, f"{path.name} imports {name}"
                if name.partition(".")[0] == "httpx":
                    users.add(path.name)
                if name.partition(".")[0] == "httpcore":
                    below.add(path.name)

    assert users == {"drivers.py"}
    assert below == {"drivers.py"}


def test_a_call_runs_code_of_at_most_six_modules_of_the_client() -> None:
    folder = Path(nemovideo_client.__file__).parent
    modules: set[str] = set()

    def record(frame: FrameType, event: str, argument: object) -> None:
        path = Path(frame.f_code.co_filename)
        if event == "call" and path.is_relative_to(folder):
            modules.add(path.relative_to(folder).as_posix())

    with Client(BASE, token=SECRET, transport=Edge().transport(), environ={}) as nemo:
        former = sys.getprofile()
        sys.setprofile(record)
        try:
            nemo.credits()
        finally:
            sys.setprofile(former)

    assert {"client.py", "drivers.py", "flows/calls.py"} <= modules
    assert len(modules) <= 6, sorted(modules)
