"""What the NemoVideo API promises, as data.

Client and fake both import this package's vocabulary and never each other.
"""
