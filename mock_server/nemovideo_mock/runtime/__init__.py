"""Worlds at work: a world's state with its clock, storage, renders and faults, and how it begins and is saved.

The rules of the service live in `world`, which knows none of this.
"""
