"""A small, complete language-model codebase: from text to a trained, aligned assistant."""
