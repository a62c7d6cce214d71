"""Language models: every one maps `token_ids (B, T)` to `logits (B, T, V)` and decodes by `step`."""
