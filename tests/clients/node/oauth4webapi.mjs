// The npm library oauth4webapi, which does nothing by itself and checks everything it is given.
import * as oauth from 'oauth4webapi'
import { done, settings, visit } from './talk.mjs'

const { web, keyed, service, bye } = settings
const plainHttp = { [oauth.allowInsecureRequests]: true }
const issuer = new URL(settings.issuer)
const as = await oauth
  .discoveryRequest(issuer, { algorithm: 'oidc', ...plainHttp })
  .then((response) => oauth.processDiscoveryResponse(issuer, response))

const facts = { secrets: [] }
const keep = (tokens) => {
  facts.secrets.push(tokens.access_token, tokens.refresh_token)
  return tokens
}

async function parameters(app, more) {
  const verifier = oauth.generateRandomCodeVerifier()
  const state = oauth.generateRandomState()
  const nonce = oauth.generateRandomNonce()
  const sent = new URLSearchParams({
    client_id: app.id,
    redirect_uri: app.redirect_uri,
    response_type: 'code',
    scope: 'openid profile email offline_access',
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
    ...more,
  })
  return { verifier, state, nonce, sent }
}

const authorize = (sent) => `${as.authorization_endpoint}?${sent}`

async function redeem(app, auth, asked, callback) {
  const client = { client_id: app.id }
  const params = oauth.validateAuthResponse(as, client, callback, asked.state)
  const response = await oauth.authorizationCodeGrantRequest(
    as,
    client,
    auth,
    params,
    app.redirect_uri,
    asked.verifier,
    plainHttp,
  )
  const tokens = await oauth.processAuthorizationCodeResponse(as, client, response, {
    expectedNonce: asked.nonce,
    requireIdToken: true,
  })
  await oauth.validateApplicationLevelSignature(as, response, plainHttp)
  return keep(tokens)
}

async function refresh(app, auth, token) {
  const client = { client_id: app.id }
  const response = await oauth.refreshTokenGrantRequest(as, client, auth, token, plainHttp)
  return keep(await oauth.processRefreshTokenResponse(as, client, response))
}

async function userinfo(app, tokens) {
  const client = { client_id: app.id }
  const response = await oauth.userInfoRequest(as, client, tokens.access_token, plainHttp)
  return oauth.processUserInfoResponse(as, client, oauth.getValidatedIdTokenClaims(tokens).sub, response)
}

// A confidential app.
const client = { client_id: web.id }
const basic = oauth.ClientSecretBasic(web.secret)
const asked = await parameters(web)
const first = await redeem(web, basic, asked, await visit(authorize(asked.sent)))
const user = await userinfo(web, first)
facts.email = user.email
const second = await refresh(web, basic, first.refresh_token)
facts.rotated = second.refresh_token !== first.refresh_token
facts.sameUser = oauth.getValidatedIdTokenClaims(second)?.sub === user.sub
const introspect = async (token) => {
  const response = await oauth.introspectionRequest(as, client, basic, token, plainHttp)
  return (await oauth.processIntrospectionResponse(as, client, response)).active
}
facts.active = await introspect(second.access_token)
const revoked = await oauth.revocationRequest(as, client, basic, second.refresh_token, plainHttp)
await oauth.processRevocationResponse(revoked)
facts.activeAfterRevocation = await introspect(second.refresh_token)
facts.refreshAfterRevocation = await refresh(web, basic, second.refresh_token).then(
  () => 'works',
  (error) => error.error,
)
const out = new URLSearchParams({
  id_token_hint: first.id_token,
  post_logout_redirect_uri: bye,
  state: 'signed out',
})
facts.out = String(await visit(`${as.end_session_endpoint}?${out}`))
const silent = await parameters(web, { prompt: 'none' })
const answer = await visit(authorize(silent.sent))
try {
  oauth.validateAuthResponse(as, client, answer, silent.state)
} catch (error) {
  facts.silent = error.error
}

// An app with a key, by a pushed request.
const key = await crypto.subtle.importKey(
  'pkcs8',
  Buffer.from(keyed.key, 'base64'),
  { name: 'ECDSA', namedCurve: 'P-256' },
  false,
  ['sign'],
)
const byKey = oauth.PrivateKeyJwt({ key, kid: keyed.kid })
const pushed = await parameters(keyed)
const request = await oauth
  .pushedAuthorizationRequest(as, { client_id: keyed.id }, byKey, pushed.sent, plainHttp)
  .then((response) => oauth.processPushedAuthorizationResponse(as, { client_id: keyed.id }, response))
const short = new URLSearchParams({ client_id: keyed.id, request_uri: request.request_uri })
const third = await redeem(keyed, byKey, pushed, await visit(authorize(short)))
facts.keyedEmail = (await userinfo(keyed, third)).email
await refresh(keyed, byKey, third.refresh_token)

// A machine.
const machine = { client_id: service.id }
const response = await oauth.clientCredentialsGrantRequest(
  as,
  machine,
  oauth.ClientSecretPost(service.secret),
  { scope: 'orders:read' },
  plainHttp,
)
const own = keep(await oauth.processClientCredentialsResponse(as, machine, response))
facts.machineScope = own.scope

// The API that the token is for checks it.
const call = new Request('http://api.example/orders', {
  headers: { authorization: `Bearer ${first.access_token}` },
})
const claims = await oauth.validateJwtAccessToken(as, call, 'api://default', plainHttp)
facts.apiSees = claims.client_id === web.id

// A public app whose tokens are bound to a key: code, userinfo and refresh, each with a proof.
const { bound } = settings
const boundClient = { client_id: bound.id }
const DPoP = oauth.DPoP(boundClient, await oauth.generateKeyPair('ES256'))
const proving = { ...plainHttp, DPoP }
const binding = await parameters(bound, { dpop_jkt: await DPoP.calculateThumbprint() })
const landed = oauth.validateAuthResponse(as, boundClient, await visit(authorize(binding.sent)), binding.state)
const fourth = await oauth
  .authorizationCodeGrantRequest(as, boundClient, oauth.None(), landed, bound.redirect_uri, binding.verifier, proving)
  .then((answer) =>
    oauth.processAuthorizationCodeResponse(as, boundClient, answer, { expectedNonce: binding.nonce }),
  )
keep(fourth)
const boundSub = oauth.getValidatedIdTokenClaims(fourth).sub
const boundUser = await oauth
  .userInfoRequest(as, boundClient, fourth.access_token, proving)
  .then((answer) => oauth.processUserInfoResponse(as, boundClient, boundSub, answer))
facts.boundEmail = boundUser.email
facts.bareUserinfo = (await oauth.userInfoRequest(as, boundClient, fourth.access_token, plainHttp)).status
const refreshBound = async (options) => {
  const answer = await oauth.refreshTokenGrantRequest(as, boundClient, oauth.None(), fourth.refresh_token, options)
  return keep(await oauth.processRefreshTokenResponse(as, boundClient, answer))
}
const refused = (error) => error.error ?? String(error)
facts.unproved = await refreshBound(plainHttp).then(() => 'works', refused)
const other = oauth.DPoP(boundClient, await oauth.generateKeyPair('ES256'))
facts.anotherKey = await refreshBound({ ...plainHttp, DPoP: other }).then(() => 'works', refused)
const fifth = await refreshBound(proving)
facts.boundRotated = fifth.refresh_token !== fourth.refresh_token && fifth.token_type === 'dpop'

// And an API checks the proof, with the token that it came for.
let provedCall
await oauth.protectedResourceRequest(
  fifth.access_token,
  'GET',
  new URL('http://api.example/orders'),
  undefined,
  undefined,
  {
    ...proving,
    [oauth.customFetch]: async (url, init) => {
      provedCall = new Request(url, { method: init.method, headers: init.headers })
      return new Response()
    },
  },
)
const boundClaims = await oauth.validateJwtAccessToken(as, provedCall, 'api://default', {
  ...plainHttp,
  requireDPoP: true,
})
facts.apiSeesBound = boundClaims.cnf.jkt === (await DPoP.calculateThumbprint())

done(facts)
