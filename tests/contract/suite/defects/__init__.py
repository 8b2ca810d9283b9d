"""Planted defects: for each requirement a fake that breaks it, and the checks that find it.

`catalogue` has the defects, and `matrix` runs the suite on them. `found.json` in this folder declares exactly which
checks fail on each defect. `python -m tests.contract.suite.defects` prints the table; `--check` runs everything and
compares.
"""
