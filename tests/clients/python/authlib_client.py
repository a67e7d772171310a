"""Authlib, over requests."""

import os
import sys
from base64 import b64decode
from urllib.parse import parse_qs, urlencode, urlsplit

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import requests
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session, OAuthError
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import OpenIDProviderMetadata, get_well_known_url
from cryptography.hazmat.primitives import serialization
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from joserfc.jws import JWSRegistry
from talk import done, settings, visit

SCOPE = "openid profile email offline_access"



def fetched(response):
    response.raise_for_status()
    return response.json()


issuer, web, keyed = settings["issuer"], settings["web"], settings["keyed"]
document = fetched(requests.get(get_well_known_url(issuer, external=True)))
metadata = OpenIDProviderMetadata(document)
# Its own check of the document insists on https, which the test over TLS has.
if issuer.startswith("https:"):
    metadata.validate()
keys = KeySet.import_key_set(fetched(requests.get(metadata["jwks_uri"])))

facts = {"secrets": []}


def keep(tokens):
    facts["secrets"] += [tokens["access_token"], tokens.get("refresh_token")]
    return tokens


def claims_of(tokens, client_id, nonce):
    registry = JWSRegistry(algorithms=metadata["id_token_signing_alg_values_supported"], strict_check_header=False)
    token = jwt.decode(tokens["id_token"], key=keys, registry=registry)
    params = {"client_id": client_id, "access_token": tokens["access_token"], "nonce": nonce}
    claims = CodeIDToken(token.claims, token.header, {"iss": {"values": [metadata["issuer"]]}}, params)
    claims.validate(leeway=120)
    return claims


def sign_in(client, app, push):
    verifier, nonce = generate_token(48), generate_token()
    url, state = client.create_authorization_url(
        metadata["authorization_endpoint"], code_verifier=verifier, nonce=nonce
    )
    if push:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        endpoint = metadata["pushed_authorization_request_endpoint"]
        auth = client.client_auth("private_key_jwt")
        pushed = fetched(client.post(endpoint, data=asked, auth=auth, withhold_token=True))
        short = {"client_id": app["id"], "request_uri": pushed["request_uri"]}
        url = f"{metadata['authorization_endpoint']}?{urlencode(short)}"
    callback = visit(url)
    tokens = keep(
        client.fetch_token(
            metadata["token_endpoint"], authorization_response=callback, code_verifier=verifier, state=state
        )
    )
    return tokens, claims_of(tokens, app["id"], nonce)


def session(app, **more):
    return OAuth2Session(
        app["id"], scope=SCOPE, redirect_uri=app["redirect_uri"], code_challenge_method="S256", **more
    )


# A confidential app.
client = session(web, client_secret=web["secret"])
first, claims = sign_in(client, web, False)
user = fetched(client.get(metadata["userinfo_endpoint"]))
facts["email"] = user["email"]
second = keep(client.refresh_token(metadata["token_endpoint"], refresh_token=first["refresh_token"]))
facts["rotated"] = second["refresh_token"] != first["refresh_token"]
facts["sameUser"] = claims_of(second, web["id"], None)["sub"] == user["sub"] == claims["sub"]
introspect = metadata["introspection_endpoint"]
facts["active"] = client.introspect_token(introspect, token=second["access_token"]).json()["active"]
client.revoke_token(metadata["revocation_endpoint"], token=second["refresh_token"])
facts["activeAfterRevocation"] = client.introspect_token(introspect, token=second["refresh_token"]).json()["active"]
try:
    client.refresh_token(metadata["token_endpoint"], refresh_token=second["refresh_token"])
except OAuthError as error:
    facts["refreshAfterRevocation"] = error.error
out = {"id_token_hint": first["id_token"], "post_logout_redirect_uri": settings["bye"], "state": "signed out"}
facts["out"] = visit(f"{metadata['end_session_endpoint']}?{urlencode(out)}")
silent, state = client.create_authorization_url(
    metadata["authorization_endpoint"], code_verifier=generate_token(48), prompt="none"
)
# A session leaves reading a refusal to its framework's integration.
facts["silent"] = parse_qs(urlsplit(visit(silent)).query)["error"][0]

# An app with a key, by a pushed request.
pem = serialization.load_der_private_key(b64decode(keyed["key"]), None).private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
)
by_key = session(keyed, client_secret=ECKey.import_key(pem), token_endpoint_auth_method="private_key_jwt")
assertion = PrivateKeyJWT(metadata["token_endpoint"], alg="ES256", headers={"kid": keyed["kid"]})
by_key.register_client_auth_method(assertion)
third, _ = sign_in(by_key, keyed, True)
facts["keyedEmail"] = fetched(by_key.get(metadata["userinfo_endpoint"]))["email"]
keep(by_key.refresh_token(metadata["token_endpoint"], refresh_token=third["refresh_token"]))

# A machine.
service = settings["service"]
machine = OAuth2Session(
    service["id"], service["secret"], scope="orders:read", token_endpoint_auth_method="client_secret_post"
)
facts["machineScope"] = keep(machine.fetch_token(metadata["token_endpoint"]))["scope"]

done(facts)
