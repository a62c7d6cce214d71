"""Measurements: speed, memory, and the reference curves of the default runs."""
