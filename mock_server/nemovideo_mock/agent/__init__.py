"""The scripted `nemo_agent`: from a message to a turn, without any I/O."""
