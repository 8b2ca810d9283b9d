"""What the service's documents say of it, fact by fact, seen over a real socket by a caller with plain HTTP.

Each test is a fact of the documents that the fake plays by default or under a key of the profile, and that no other
test holds. What it doesn't play stands in `docs/omissions.md`.
"""
