"""The judge: it applies rules of conduct to the traffic that a fake's journal recorded.

operations.py     method and path -> the API operation of a request
body_facts.py     bodies -> the few facts that rules need, so that a long journal needs little memory
stream_facts.py   records of a stream -> counts, words and times
exchanges.py      entries -> exchanges: one request with its response, and a mark if entries are missing
callers.py        exchanges -> the callers that made them
history.py        the exchanges of one caller, and the questions that rules ask about them
transcripts.py    what the user saw, read from a text file
rules/            the rules, as data and pure functions over a history
judging.py        a history and rules -> verdicts
journal_reader.py a journal while it is read: its lines, its gaps and its callers
live.py           the same while callers are still running
report/           the reports for people and for programs
"""
