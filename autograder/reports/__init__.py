"""Reports on a submission, one module per format."""
