"""HTTP to state and back, one module per endpoint family."""
