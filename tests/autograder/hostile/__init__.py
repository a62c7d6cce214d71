"""Hostile submissions, and the arena in which they are graded."""
