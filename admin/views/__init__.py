"""The pages of the backoffice, one noun a file."""
