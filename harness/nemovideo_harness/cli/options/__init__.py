"""Options that several commands share, and the objects that are built from their values."""
