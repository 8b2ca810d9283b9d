"""A faithful, stateful fake of the NemoVideo service."""
