"""Classes evolve with their instances alive."""
