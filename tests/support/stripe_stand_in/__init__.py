"""A local Stripe for the tests: its API v1 as our adapter uses it, over real HTTP, as strict as the SDK's own types."""
