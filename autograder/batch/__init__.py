"""Grades a class: python -m autograder.batch SUBMISSIONS --out DIR"""
