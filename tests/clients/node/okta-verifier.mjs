// Okta's own verifier for Node, as it comes.
import OktaJwtVerifier from '@okta/jwt-verifier'
import { done, settings } from './talk.mjs'

const { issuer, tokens, client_id: clientId, nonce } = settings
const verifier = new OktaJwtVerifier({ issuer, clientId })
const strict = new OktaJwtVerifier({ issuer, assertClaims: { cid: clientId, 'scp.includes': ['email'] } })
const access = await strict.verifyAccessToken(tokens.access_token, 'api://default')
const id = await verifier.verifyIdToken(tokens.id_token, clientId, nonce)
const name = (promise) =>
  promise.then(
    () => 'accepted',
    (error) => error.name,
  )
done({
  sub: access.claims.sub,
  idSub: id.claims.sub,
  wrongAudience: await name(verifier.verifyAccessToken(tokens.id_token, 'api://default')),
  changed: await name(verifier.verifyAccessToken(tokens.access_token.slice(0, -8) + 'AAAAAAAA', 'api://default')),
})
