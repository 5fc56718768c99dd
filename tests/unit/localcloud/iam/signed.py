"""JWTs as google-auth signs them with a service account's key."""

import jwt

from labkit.localcloud.iam import key_material


def assertion(key_id, private_key, clock, email, **changes):
    """Good for 50 minutes; a change to None leaves a claim out."""
    now = int(clock.now().timestamp())
    claims = {"iss": email, "sub": email, "iat": now, "exp": now + 3000, **changes}
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, key_material.private_pem(private_key), algorithm="RS256", headers={"kid": key_id})
