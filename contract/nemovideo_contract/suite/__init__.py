"""The black-box suite: checks of the requirements on any server with this API.

Every check is a plain function that takes a `Context` and is marked with the requirements that it checks. pytest runs
the checks with the options of `plugin`. Other code can run them too, if it creates a `Context`. The suite sends raw
HTTP and knows only what every caller of a server may know.
"""
