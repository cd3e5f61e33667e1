"""Breaks: a failed computation is suspended with its frames alive, and resumes in edited code."""
