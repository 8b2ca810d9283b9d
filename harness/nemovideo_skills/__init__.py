"""What skills are judged and tried with: `judge` reads traffic, `lint` reads documents, `agent` acts as a skill.

`judge` and `lint` need the contract only. No part of this package starts a fake: that is done by `nemovideo_harness`.
"""
