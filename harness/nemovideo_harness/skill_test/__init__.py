"""The regression test of a skill: a caller in every situation of a matrix, judged by its traffic.

scenarios.py       the situations, as data
user_files.py      the files that the user has at hand
scenario_world.py  a world that begins as a scenario says, and folders of its own
built_in_agent.py  our own agent as the caller
command_caller.py  a command as the caller
skill_copy.py      a copy of the skill whose calls go to the world
sleep_command.py   a stand-in for `sleep`, for callers that share the virtual clock
runner.py          all scenarios, side by side
trial.py           what became of one
baseline.py        the matrix as a file, and what became worse
matrix.py          the matrix for people
"""
