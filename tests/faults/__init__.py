"""Faults: an exception raised at every step of an edit leaves everything as it was."""
