"""All checks of the suite.

It imports every test module, and they import the other modules of the suite, so it is a separate module.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from typing import cast

from nemovideo_contract.suite.context import Check
from nemovideo_contract.suite.marks import find_marks


def checks() -> Iterator[Check]:
    """Yield every check of the suite, module by module."""
    package = import_module("nemovideo_contract.suite")
    for module in iter_modules(package.__path__):
        if module.name.startswith("test_"):
            for name, value in vars(import_module(f"{package.__name__}.{module.name}")).items():
                if name.startswith("test_") and find_marks(value) is not None:
                    yield cast("Check", value)
