"""Evaluation: measures of what a model is worth, as pure functions, and how certain they are."""
