"""Units: the pure functions of `livecode.sources`, and the tools of `livecode.edits`."""
