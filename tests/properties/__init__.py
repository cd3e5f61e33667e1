"""Properties: random sequences of edits, each compared with a fresh interpreter."""
