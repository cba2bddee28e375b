"""Use cases, one noun a file: they own the transaction and are the only ones that write."""
