"""What the NemoVideo API promises, as data, and the suite that checks it.

The client and the fake both import the vocabulary from here. Neither imports the other.
"""
