"""Grading on Gradescope: `python -m autograder.gradescope OUT.zip` builds what is uploaded."""
