"""Planted defects: for each requirement a fake that breaks it, and the checks that find it, exactly these.

`catalogue` has the defects, `matrix` runs the suite on them, `found.json` beside them declares which checks fail by
which. `python -m tests.contract.suite.defects` prints the table; `--check` runs everything and compares.
"""
