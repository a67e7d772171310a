// oidc-client-ts as a page without a server uses it. What happened is written where the test can read it.
const { UserManager } = window.oidc
const { authority, client_id } = await (await fetch('/settings.json')).json()
const manager = new UserManager({
  authority,
  client_id,
  redirect_uri: `${location.origin}/callback`,
  post_logout_redirect_uri: `${location.origin}/`,
  scope: 'openid profile email offline_access',
  loadUserInfo: true,
})
const place = document.getElementById('user')

function show(user) {
  place.textContent = user ? user.profile.email : 'nobody'
  place.dataset.token = user?.access_token ?? ''
  place.dataset.refresh = user?.refresh_token ?? ''
}

function on(id, act) {
  document.getElementById(id).onclick = async () => {
    try {
      await act()
      place.dataset.done = id
    } catch (error) {
      place.dataset.failed = `${id}: ${error}`
    }
  }
}

on('in', () => manager.signinRedirect())
on('refresh', async () => show(await manager.signinSilent()))
on('revoke', () => manager.revokeTokens(['refresh_token']))
on('out', () => manager.signoutRedirect())

try {
  if (location.pathname === '/callback') {
    await manager.signinRedirectCallback()
    history.replaceState(null, '', '/')
  } else if (location.search.includes('state=')) {
    await manager.signoutRedirectCallback()
    history.replaceState(null, '', '/')
  }
  show(await manager.getUser())
} catch (error) {
  place.dataset.failed = String(error)
}
place.dataset.ready = 'yes'
