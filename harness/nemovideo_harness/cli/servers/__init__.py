"""The servers that commands call or start."""
