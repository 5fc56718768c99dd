"""A refusal of the OAuth 2.0 endpoints, in the form of RFC 6749, section 5.2, and in Google's words."""

from __future__ import annotations


class OAuthError(Exception):
    """`error` is for programs, `description` for people."""

    def __init__(self, error: str, description: str, *, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status

    @classmethod
    def invalid_grant(cls, description: str) -> OAuthError:
        return cls("invalid_grant", description)

    @classmethod
    def invalid_request(cls, description: str) -> OAuthError:
        return cls("invalid_request", description)
