"""Was the skill obeyed? Rules of conduct for callers of the service, judged over what stands in a fake's journal.

entries.py     lines of a journal -> checked values
operations.py  method and path -> which of the API's calls
body_facts.py  bodies -> the few facts that rules ask about, so that a long journal needs little memory
streams.py     records of a stream -> counts, words and times
exchanges.py   entries -> exchanges: one request and what it was answered, with what is missing
callers.py     exchanges -> who made them
history.py     one caller's exchanges, with the questions that rules ask
transcripts.py what the user saw, read from a text file
rules/         the rules, as data and pure functions over a history
judging.py     a history and rules -> verdicts
journal.py     a journal as it is read: its lines, its gaps, whose calls it has
live.py        the same while callers are at work
telling/       what a judgement says to people and programs
"""
