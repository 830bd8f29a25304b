"""Monitoring for operators: the audit log and the metrics."""
