"""Everything that talks to payment providers: one small interface, one folder per provider."""
