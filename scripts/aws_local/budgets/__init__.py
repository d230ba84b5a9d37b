"""Additions to AWS Budgets."""
