"""The HTTP interface of our own that a payment service may speak: what is said, how it is proven, how it is read."""
