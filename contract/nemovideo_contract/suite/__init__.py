"""The black-box suite: what `requirements` says, checked on any server that speaks the API.

Every check is a plain function that takes a `Bench` and is marked with the requirements that it checks. pytest runs
them, with the options of `plugin`, and so may any other code that builds a `Bench`. The suite talks raw HTTP, and knows
nothing of a server but what its callers may know.
"""
