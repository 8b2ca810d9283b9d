"""The black-box suite: what `requirements` says, checked on any server that speaks the API.

Every check is a plain function that takes a `Bench` and is marked with the requirements that it checks. pytest runs them
(`pytest -p nemovideo_contract.suite.plugin --pyargs nemovideo_contract.suite --contract-target ...`), and so may any
other code that builds a `Bench`. The suite talks raw HTTP, and knows nothing of a server but what its callers may know.
"""
