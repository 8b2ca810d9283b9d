"""The token of a command: where it is looked up, and the file that `--save` writes."""
