"""``nulla docket``: the legal desk, its packages and its public record."""
