"""The regression test of a skill: a caller in every situation of a matrix, judged by its traffic.

scenarios.py   the situations, as data
given.py       the files that the user has at hand
stage.py       a world that begins as a scenario says, and folders of its own
ouragent.py    our own agent as the caller
commands.py    a command as the caller
skillcopy.py   a copy of the skill whose calls go to the world
sleeper.py     a stand-in for `sleep`, for callers that share the virtual clock
running.py     all scenarios, side by side
trial.py       what became of one
baseline.py    the matrix as a file, and what became worse
matrix.py      the matrix for people
"""
