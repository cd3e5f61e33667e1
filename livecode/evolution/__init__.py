"""Classes evolve with their instances alive: layouts, their differences, migration."""
