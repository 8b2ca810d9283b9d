"""The composition root: the command line, the switch between targets, and what puts the parts together."""
