"""Evaluation: what a trained model is worth, with how certain that is, and the report card."""
