"""What operators watch: the audit log and the metrics."""
