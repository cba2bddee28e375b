"""The sandbox provider: a pretend payment service of its own and the adapter that speaks to it over HTTP."""
