"""External providers: any service that speaks our HTTP interface, reached at public addresses only."""
