"""The names of the method and of its parameters."""

NAME = "private_key_jwt"
ASSERTION_TYPE = "client_assertion_type"
# RFC 7523 section 2.2.
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
