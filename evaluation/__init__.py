"""What generated motion shows of its sentences, measured on joints."""
