"""Text and tokens: the tokenizer, the corpus and its windows, conversations."""
