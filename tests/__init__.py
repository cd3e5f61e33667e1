"""Tests of livecode."""
