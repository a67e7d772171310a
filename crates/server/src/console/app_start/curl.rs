//! An app without a library: commands that hold its real values, and work as they stand but for the secret.

use crate::console::next::encoded;
use signet_domain::app::App;
use signet_web::Snippet;

/// What to try, in order.
pub(super) fn steps(tenant_url: &str, app: &App, api_scope: Option<&str>) -> Vec<Snippet> {
    let issuer = format!("{tenant_url}/oauth2/default");
    let mut steps =
        vec![step("1. What the server offers", format!("curl {issuer}/.well-known/openid-configuration"))];
    let own =
        if app.is_confidential() { proof(app) } else { format!("-d client_id={}", quoted(&app.client_id)) };
    if let Some(uri) = app.redirect_uris.first().filter(|_| app.allows_grant("authorization_code")) {
        steps.push(step("2. Make a verifier, and open this in a browser", authorize(&issuer, app, uri)));
        let token = format!(
            "curl {issuer}/v1/token {own} \\\n  -d grant_type=authorization_code -d code=\"$CODE\" \\\n  \
             -d code_verifier=\"$VERIFIER\" --data-urlencode redirect_uri={}",
            quoted(uri)
        );
        steps.push(step("3. Trade the code that comes back for tokens", token));
    }
    if app.allows_grant("client_credentials") {
        let n = steps.len() + 1;
        let scope = api_scope.map(|scope| format!(" -d scope={scope}")).unwrap_or_default();
        let token = format!("curl {issuer}/v1/token {own} \\\n  -d grant_type=client_credentials{scope}");
        steps.push(step(&format!("{n}. Get a token for the app itself"), token));
    }
    if app.is_confidential() {
        let n = steps.len() + 1;
        let ask = format!("curl {issuer}/v1/introspect {own} \\\n  --data-urlencode token=\"$ACCESS_TOKEN\"");
        steps.push(step(&format!("{n}. Ask whether a token is good, as an API does"), ask));
    }
    steps
}

fn step(title: &str, code: String) -> Snippet {
    Snippet { title: title.to_owned(), code }
}

fn authorize(issuer: &str, app: &App, uri: &str) -> String {
    let scope =
        if app.allows_grant("refresh_token") { "openid profile offline_access" } else { "openid profile" };
    format!(
        "VERIFIER=$(openssl rand -hex 32)\nCHALLENGE=$(printf %s \"$VERIFIER\" | openssl dgst -sha256 -binary | \
         basenc --base64url | tr -d =)\necho \"{issuer}/v1/authorize?client_id={}&response_type=code&scope={}\
         &redirect_uri={}&state=$(openssl rand -hex 8)&code_challenge=$CHALLENGE&code_challenge_method=S256\"",
        encoded(&app.client_id),
        encoded(scope),
        encoded(uri)
    )
}

/// How the app proves itself; the secret is left for the reader to fill in.
fn proof(app: &App) -> String {
    if app.auth_method == "client_secret_post" {
        format!("-d client_id={} -d client_secret=\"$SECRET\"", quoted(&app.client_id))
    } else {
        format!("-u {}:\"$SECRET\"", quoted(&app.client_id))
    }
}

/// One word of a shell.
pub(super) fn quoted(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.:/@".contains(&b);
    if text.bytes().all(plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}
