"""Language models: each maps token ids to logits, and decodes by `initial_state` and `step`."""
