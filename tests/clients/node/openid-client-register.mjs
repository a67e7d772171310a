// The npm library openid-client registers itself, signs a person in, and gives its registration up again.
import * as client from 'openid-client'
import { done, settings, visit } from './talk.mjs'

const { issuer, token, callback } = settings
const config = await client.dynamicClientRegistration(
  new URL(issuer),
  {
    client_name: 'A client of its own making',
    redirect_uris: [callback],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'client_secret_basic',
  },
  undefined,
  { initialAccessToken: token, execute: [client.allowInsecureRequests] },
)
const made = config.clientMetadata()
const facts = {
  secrets: [made.client_secret, made.registration_access_token],
  name: made.client_name,
  endpoint: config.serverMetadata().registration_endpoint,
}

const pkceCodeVerifier = client.randomPKCECodeVerifier()
const expectedState = client.randomState()
const url = client.buildAuthorizationUrl(config, {
  redirect_uri: callback,
  scope: 'openid email offline_access',
  code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
  code_challenge_method: 'S256',
  state: expectedState,
})
const checks = { pkceCodeVerifier, expectedState, idTokenExpected: true }
const tokens = await client.authorizationCodeGrant(config, await visit(url), checks)
facts.secrets.push(tokens.access_token, tokens.refresh_token)
facts.email = (await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub)).email
const next = await client.refreshTokenGrant(config, tokens.refresh_token)
facts.secrets.push(next.access_token, next.refresh_token)

const own = { headers: { authorization: `Bearer ${made.registration_access_token}` } }
const read = await fetch(made.registration_client_uri, own).then((response) => response.json())
facts.same = read.client_id === made.client_id && read.client_name === made.client_name
facts.deleted = (await fetch(made.registration_client_uri, { ...own, method: 'DELETE' })).status
facts.after = await client.refreshTokenGrant(config, next.refresh_token).then(
  () => 'works',
  (error) => error.error,
)
done(facts)
