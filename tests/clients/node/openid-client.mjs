// The npm library openid-client, as its documentation uses it.
import * as client from 'openid-client'
import { done, settings, visit } from './talk.mjs'

const { issuer, web, keyed, service, mac, bye } = settings
const plainHttp = { execute: [client.allowInsecureRequests] }
const discover = (id, auth) => client.discovery(new URL(issuer), id, undefined, auth, plainHttp)

async function signIn(config, request, push) {
  const pkceCodeVerifier = client.randomPKCECodeVerifier()
  const expectedState = client.randomState()
  const expectedNonce = client.randomNonce()
  const parameters = {
    ...request,
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: expectedState,
    nonce: expectedNonce,
  }
  const url = push
    ? await client.buildAuthorizationUrlWithPAR(config, parameters)
    : client.buildAuthorizationUrl(config, parameters)
  const checks = { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true }
  return client.authorizationCodeGrant(config, await visit(url), checks)
}

const facts = { secrets: [] }
const keep = (tokens) => {
  facts.secrets.push(tokens.access_token, tokens.refresh_token)
  return tokens
}
const request = { redirect_uri: web.redirect_uri, scope: 'openid profile email offline_access' }

// A confidential app: code, userinfo, refresh, introspection, revocation, sign-out.
const config = await discover(web.id, client.ClientSecretBasic(web.secret))
const first = keep(await signIn(config, request, false))
const user = await client.fetchUserInfo(config, first.access_token, first.claims().sub)
facts.email = user.email
const second = keep(await client.refreshTokenGrant(config, first.refresh_token))
facts.rotated = second.refresh_token !== first.refresh_token
facts.sameUser = second.claims().sub === user.sub
facts.active = (await client.tokenIntrospection(config, second.access_token)).active
await client.tokenRevocation(config, second.refresh_token)
facts.activeAfterRevocation = (await client.tokenIntrospection(config, second.refresh_token)).active
facts.refreshAfterRevocation = await client.refreshTokenGrant(config, second.refresh_token).then(
  () => 'works',
  (error) => error.error,
)
const out = client.buildEndSessionUrl(config, {
  id_token_hint: second.id_token ?? first.id_token,
  post_logout_redirect_uri: bye,
  state: 'signed out',
})
facts.out = String(await visit(out))
const silent = client.buildAuthorizationUrl(config, {
  ...request,
  prompt: 'none',
  code_challenge: await client.calculatePKCECodeChallenge(client.randomPKCECodeVerifier()),
  code_challenge_method: 'S256',
})
facts.silent = (await visit(silent)).searchParams.get('error')

// An app with a key, by a pushed request.
const key = await crypto.subtle.importKey(
  'pkcs8',
  Buffer.from(keyed.key, 'base64'),
  { name: 'ECDSA', namedCurve: 'P-256' },
  false,
  ['sign'],
)
const byKey = await discover(keyed.id, client.PrivateKeyJwt({ key, kid: keyed.kid }))
const third = keep(await signIn(byKey, { ...request, redirect_uri: keyed.redirect_uri }, true))
facts.keyedEmail = (await client.fetchUserInfo(byKey, third.access_token, third.claims().sub)).email
keep(await client.refreshTokenGrant(byKey, third.refresh_token))

// A machine, its secret in the body, which is what the library does when it is given just a secret.
const machine = await client.discovery(new URL(issuer), service.id, service.secret, undefined, plainHttp)
const own = keep(await client.clientCredentialsGrant(machine, { scope: 'orders:read' }))
facts.machineScope = own.scope
facts.tokenType = own.token_type

// Another one, which proves itself by a MAC.
const byMac = await discover(mac.id, client.ClientSecretJwt(mac.secret))
facts.macScope = keep(await client.clientCredentialsGrant(byMac, { scope: 'orders:read' })).scope
// A public app whose tokens are bound to a key: code, userinfo and refresh, each with a proof.
const { bound } = settings
const proving = await discover(bound.id, client.None())
const keyPair = await client.randomDPoPKeyPair()
const DPoP = client.getDPoPHandle(proving, keyPair)
const verifier = client.randomPKCECodeVerifier()
const bindingUrl = client.buildAuthorizationUrl(proving, {
  redirect_uri: bound.redirect_uri,
  scope: 'openid email offline_access',
  dpop_jkt: await DPoP.calculateThumbprint(),
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256',
})
const landed = await visit(bindingUrl)
const fourth = keep(
  await client.authorizationCodeGrant(proving, landed, { pkceCodeVerifier: verifier }, undefined, { DPoP }),
)
const boundUser = await client.fetchUserInfo(proving, fourth.access_token, fourth.claims().sub, { DPoP })
facts.boundEmail = boundUser.email
const refused = (error) => error.error ?? String(error)
facts.bareUserinfo = await client.fetchUserInfo(proving, fourth.access_token, fourth.claims().sub).then(
  () => 'works',
  (error) => error.status,
)
const other = client.getDPoPHandle(proving, await client.randomDPoPKeyPair())
facts.unproved = await client.refreshTokenGrant(proving, fourth.refresh_token).then(() => 'works', refused)
facts.anotherKey = await client
  .refreshTokenGrant(proving, fourth.refresh_token, undefined, { DPoP: other })
  .then(() => 'works', refused)
const fifth = keep(await client.refreshTokenGrant(proving, fourth.refresh_token, undefined, { DPoP }))
facts.boundRotated = fifth.refresh_token !== fourth.refresh_token && fifth.token_type === 'dpop'

done(facts)
