"""Answers of one repository: context, notes, predictions, status."""
