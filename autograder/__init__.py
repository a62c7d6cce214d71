"""The grader: checks, the processes that run them on a submission, and the reports."""
