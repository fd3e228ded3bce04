"""What the study's data promises: one class a dataset."""
