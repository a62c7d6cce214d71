"""Generation: from logits to a token (sampling), and from a prompt to a text (decoding)."""
