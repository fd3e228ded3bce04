"""What the reports promise: one class a dataset."""
