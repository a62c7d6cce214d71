"""Bundled corpora, the generator that makes them, and the registry of downloadable ones."""
