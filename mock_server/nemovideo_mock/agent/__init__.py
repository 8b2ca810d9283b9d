"""The scripted `nemo_agent`: turns a message into the plan of a turn, without any I/O."""
