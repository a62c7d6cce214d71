"""The probabilistic grammar behind the bundled data. Pure Python: no TensorFlow, no numpy."""
