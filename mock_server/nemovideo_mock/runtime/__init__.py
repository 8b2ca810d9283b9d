"""The runtime of worlds: a world's state with its clock, storage, renders, faults and journal, and how it is saved.

The rules of the service are in `world`, which imports none of this.
"""
