"""Okta's own verifiers for Python, as they come."""

import asyncio
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from okta_jwt_verifier import AccessTokenVerifier, IDTokenVerifier
from talk import done, settings


async def main():
    issuer, tokens, client_id = settings["issuer"], settings["tokens"], settings["client_id"]
    access = AccessTokenVerifier(issuer=issuer, audience="api://default")
    await access.verify(tokens["access_token"])
    ids = IDTokenVerifier(issuer=issuer, client_id=client_id, audience=client_id)
    await ids.verify(tokens["id_token"], nonce=settings["nonce"])
    facts = {}
    for name, verify in {"wrongAudience": access.verify(tokens["id_token"]),
                         "changed": access.verify(tokens["access_token"][:-8] + "AAAAAAAA")}.items():
        try:
            await verify
            facts[name] = "accepted"
        except Exception as error:
            facts[name] = type(error).__name__
    done(facts)


asyncio.run(main())
