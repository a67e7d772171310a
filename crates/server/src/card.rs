//! The card: what a newcomer needs, on one screen.

use crate::seed::Credentials;
use std::fmt::Write;
use std::path::Path;

/// The card as text; with the file of the authority to trust, if certificates are of this machine's own.
pub(crate) fn text(told: &Credentials, authority: Option<&Path>) -> String {
    let mut card = String::new();
    // Writing to a string does not fail.
    let _ = write(&mut card, told, authority);
    card
}

/// `curl` with what it must trust.
pub(crate) fn curl(authority: Option<&Path>) -> String {
    authority.map_or_else(|| "curl".to_owned(), |file| format!("curl --cacert {}", shown(file)))
}

/// The whole path, as a shell takes it.
fn shown(file: &Path) -> String {
    let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned()).display().to_string();
    let plain = file.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
    if plain { file } else { format!("'{}'", file.replace('\'', r"'\''")) }
}

fn write(card: &mut String, told: &Credentials, authority: Option<&Path>) -> std::fmt::Result {
    let (acme, operator) = (&told.tenants.acme, &told.operator);
    let url = &acme.url;
    writeln!(card, "Signet is running. The demo tenant acme is at {url}\n")?;
    writeln!(card, "  First sign-in    {url}/demo/start   (one click, then the login below)")?;
    writeln!(card, "  Console          {url}/console")?;
    writeln!(card, "  API docs         {url}/docs/api")?;
    writeln!(card, "  Second tenant    {}", told.tenants.globex.url)?;
    writeln!(card, "  Operator         {}\n", operator.url)?;
    let mut login =
        |who: &str, login: &str, password: &str| writeln!(card, "  {who:<16} {login:<22} {password}");
    login("User", &acme.user.login, &acme.user.password)?;
    login("Administrator", &acme.admin.login, &acme.admin.password)?;
    login("Operator", &operator.login, &operator.password)?;
    writeln!(card, "\n  Issuer for apps  {}", acme.default_issuer)?;
    let mut app = |what: &str, id: &str, secret: &str| writeln!(card, "  {what:<16} {id}  {secret}");
    app("Web app", &acme.apps.web.client_id, &acme.apps.web.client_secret)?;
    app("Browser app", &acme.apps.browser.client_id, "(public, PKCE)")?;
    app("Service app", &acme.apps.service.client_id, &acme.apps.service.client_secret)?;
    writeln!(card, "  API token        {}", acme.api_token)?;
    let curl = curl(authority);
    if let Some(file) = authority.map(shown) {
        writeln!(card, "\nThe certificates are this machine's own. Clients must trust {file}")?;
        writeln!(card, "  Node             export NODE_EXTRA_CA_CERTS={file}")?;
        writeln!(card, "  Python, Go, Ruby export SSL_CERT_FILE={file}   (instead of all others)")?;
        writeln!(card, "  Browsers         import it as an authority; it is good for localhost only")?;
    }
    commands(card, told, &curl)
}

fn commands(card: &mut String, told: &Credentials, curl: &str) -> std::fmt::Result {
    let acme = &told.tenants.acme;
    let (url, token) = (&acme.url, format!("{}/v1/token", acme.default_issuer));
    let basic = |id: &str, secret: &str| format!("-u {id}:{secret}");
    let web = basic(&acme.apps.web.client_id, &acme.apps.web.client_secret);
    let service = basic(&acme.apps.service.client_id, &acme.apps.service.client_secret);
    let (user, api) = (&acme.user, &acme.api_credential);
    writeln!(card, "\nClient credentials:")?;
    writeln!(card, "  {curl} {service} -d grant_type=client_credentials -d scope=orders:read {token}")?;
    writeln!(card, "Password (a fifth try within a second is refused, and in the log):")?;
    writeln!(
        card,
        "  {curl} {web} -d grant_type=password -d username={} -d password={} -d 'scope=openid offline_access' {token}",
        user.login, user.password
    )?;
    writeln!(card, "Refresh token (from an answer above):")?;
    writeln!(card, "  {curl} {web} -d grant_type=refresh_token -d refresh_token=TOKEN {token}")?;
    writeln!(card, "Authorization code: {url}/demo/start shows the command with its code filled in.")?;
    writeln!(card, "Quota of the management API:")?;
    writeln!(
        card,
        "  T=$({curl} -s -u {}:{} -d grant_type=client_credentials {url}/auth/oauth2/v2/token | sed 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/')",
        api.client_id, api.client_secret
    )?;
    writeln!(card, "  {curl} -H \"Authorization: bearer:$T\" {url}/auth/rate_limit")?;
    writeln!(card, "\n`signet card` prints this again.")
}
