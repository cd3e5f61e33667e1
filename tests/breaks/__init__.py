"""Breaks: instrumentation, suspension, restarts, and what is shown of them."""
