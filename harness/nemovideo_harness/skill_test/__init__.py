"""The regression test of a skill: a caller plays every scenario of a matrix, and the judge checks its traffic.

scenarios.py         the scenarios, as data
user_files.py        the files of the user
trial_environment.py the world of a scenario, and its folders
built_in_agent.py    our own agent as the caller
command_caller.py    a command as the caller
skill_copy.py        a copy of the skill that calls the world
sleep_command.py     a replacement for `sleep`, for callers that share the virtual clock
runner.py            runs the scenarios in parallel
trial.py             the result of one scenario
baseline.py          the matrix as a file, and the regressions since then
matrix_output.py     the matrix for people
"""
