"""Reporting: trained models measured on the same tasks, and the report card that compares them."""
