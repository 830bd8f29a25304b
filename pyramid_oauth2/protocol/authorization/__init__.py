"""The authorization endpoint: the request, the user's consent, and the response."""
