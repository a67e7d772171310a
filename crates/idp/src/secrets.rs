//! Keys at rest and hashes of secrets.
//!
//! The master key is not in the database. It seals (AES-256-GCM) the deployment's hash key and every private
//! key. Secrets that Signet generates are stored as an HMAC under the hash key, with their kind and tenant in
//! the message: a secret of one kind or tenant is nothing anywhere else.

use crate::IdpError;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{hkdf, hmac};
use signet_domain::Entropy;
use signet_domain::id::TenantId;
use zeroize::Zeroizing;

/// Bytes of the master key and of the hash key.
pub const KEY_BYTES: usize = 32;

/// What a hashed secret is, so that kinds never mix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretKind {
    /// An app's client secret.
    ClientSecret,
    /// An authorization code.
    Code,
    /// A refresh token.
    Refresh,
    /// A session cookie.
    Session,
    /// A console session cookie.
    ConsoleSession,
    /// An operator's session cookie.
    OperatorSession,
    /// The handle of a flow.
    Flow,
    /// The cookie that ties a flow to its browser.
    Browser,
    /// An API token.
    ApiToken,
    /// An API credential's secret.
    CredentialSecret,
    /// A token of an API credential.
    CredentialToken,
    /// A set-up link.
    Setup,
    /// The `request_uri` of a pushed authorization request.
    Pushed,
    /// Not a secret: the `jti` of a client's assertion, with the client.
    Assertion,
    /// Not a secret: the `jti` of a proof of possession, with its key.
    Proof,
    /// Not a secret: the `jti` of a client's request object, with the client.
    RequestObject,
    /// Not a secret: what a browser shows of its sign-in.
    BrowserState,
    /// An authorization code of the gateway's endpoints.
    GatewayCode,
    /// The key of a trusted front end.
    ProvisionKey,
    /// A key that an app calls APIs with.
    ApiKey,
    /// An initial access token, with which apps register themselves.
    RegistrationToken,
    /// The token that opens an app's registration.
    RegistrationAccess,
    /// Not a secret: the ids of throttled attempts' events.
    Attempt,
    /// Not a secret: what the apps of a sector call a user.
    Pairwise,
    /// Not a secret: the name of what a rate policy counts.
    RateKey,
}

impl SecretKind {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::ClientSecret => b"client-secret",
            Self::Code => b"code",
            Self::Refresh => b"refresh",
            Self::Session => b"session",
            Self::ConsoleSession => b"console-session",
            Self::OperatorSession => b"operator-session",
            Self::Flow => b"flow",
            Self::Browser => b"browser",
            Self::ApiToken => b"api-token",
            Self::CredentialSecret => b"credential-secret",
            Self::CredentialToken => b"credential-token",
            Self::Setup => b"setup",
            Self::Pushed => b"pushed",
            Self::Assertion => b"assertion",
            Self::Proof => b"proof",
            Self::RequestObject => b"request-object",
            Self::BrowserState => b"browser-state",
            Self::GatewayCode => b"gateway-code",
            Self::ProvisionKey => b"provision-key",
            Self::ApiKey => b"api-key",
            Self::RegistrationToken => b"registration-token",
            Self::RegistrationAccess => b"registration-access",
            Self::Attempt => b"attempt",
            Self::Pairwise => b"pairwise",
            Self::RateKey => b"rate-key",
        }
    }
}

/// The key that seals everything else. It comes from a file or the environment, never from the database.
pub struct MasterKey(Zeroizing<[u8; KEY_BYTES]>);

impl MasterKey {
    /// Takes the key's bytes.
    #[must_use]
    pub fn new(bytes: [u8; KEY_BYTES]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Seals bytes for one purpose: nonce, ciphertext, tag.
    ///
    /// # Errors
    /// When the cipher fails, which it does for no input of a sane size.
    pub fn seal(&self, entropy: &Entropy, purpose: &[u8], plain: &[u8]) -> Result<Vec<u8>, IdpError> {
        seal(&self.0[..], entropy, purpose, plain)
    }

    /// Opens what was sealed for the same purpose.
    ///
    /// # Errors
    /// When it was not sealed by this key for this purpose.
    pub fn open(&self, purpose: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, IdpError> {
        open(&self.0[..], purpose, sealed)
    }
}

/// The keys of a running deployment.
pub struct Secrets {
    master: MasterKey,
    hash_key: hmac::Key,
    cursor_key: Zeroizing<[u8; KEY_BYTES]>,
}

impl Secrets {
    /// Opens the deployment's hash key.
    ///
    /// # Errors
    /// When the master key is not the one that sealed it.
    pub fn new(master: MasterKey, sealed_hash_key: &[u8]) -> Result<Self, IdpError> {
        let bytes = master.open(b"hash-key", sealed_hash_key)?;
        let hash_key = hmac::Key::new(hmac::HMAC_SHA256, &bytes);
        let mut cursor_key = Zeroizing::new([0; KEY_BYTES]);
        cursor_key.copy_from_slice(hmac::sign(&hash_key, b"cursor-key").as_ref());
        Ok(Self { master, hash_key, cursor_key })
    }

    /// Makes a hash key, sealed.
    ///
    /// # Errors
    /// As [`MasterKey::seal`].
    pub fn new_hash_key(master: &MasterKey, entropy: &Entropy) -> Result<Vec<u8>, IdpError> {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        entropy.fill(&mut key[..]);
        master.seal(entropy, b"hash-key", &key[..])
    }

    /// The hash that is stored of a secret.
    #[must_use]
    pub fn hash(&self, kind: SecretKind, tenant: TenantId, secret: &str) -> Vec<u8> {
        let mut mac = hmac::Context::with_key(&self.hash_key);
        mac.update(kind.label());
        mac.update(&[0]);
        mac.update(tenant.0.as_bytes());
        mac.update(secret.as_bytes());
        mac.sign().as_ref().to_vec()
    }

    /// The token that proves a form came from a page of the holder of `cookie`.
    #[must_use]
    pub fn csrf(&self, tenant: TenantId, cookie: &str) -> String {
        use base64::Engine as _;
        let mut mac = hmac::Context::with_key(&self.hash_key);
        mac.update(b"csrf\0");
        mac.update(tenant.0.as_bytes());
        mac.update(cookie.as_bytes());
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(mac.sign())
    }

    /// The key of the codes that show that a log was changed behind Signet's back.
    #[must_use]
    pub fn log_key(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&self.hash_key, b"log-key").as_ref())
    }

    /// The key that authenticates page cursors.
    #[must_use]
    pub fn cursor_key(&self) -> &[u8; KEY_BYTES] {
        &self.cursor_key
    }

    /// Seals a private key.
    ///
    /// # Errors
    /// As [`MasterKey::seal`].
    pub fn seal(&self, entropy: &Entropy, purpose: &[u8], plain: &[u8]) -> Result<Vec<u8>, IdpError> {
        self.master.seal(entropy, purpose, plain)
    }

    /// Opens a private key.
    ///
    /// # Errors
    /// As [`MasterKey::open`].
    pub fn open(&self, purpose: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, IdpError> {
        self.master.open(purpose, sealed)
    }

    /// Seals a refresh token's successor under a key that only the holder of the token can derive.
    ///
    /// # Errors
    /// As [`MasterKey::seal`].
    pub fn seal_for(&self, entropy: &Entropy, token: &str, plain: &str) -> Result<Vec<u8>, IdpError> {
        seal(&self.derived(token)?[..], entropy, b"successor", plain.as_bytes())
    }

    /// Opens a refresh token's successor with the token.
    ///
    /// # Errors
    /// As [`MasterKey::open`].
    pub fn open_with(&self, token: &str, sealed: &[u8]) -> Result<String, IdpError> {
        let plain = open(&self.derived(token)?[..], b"successor", sealed)?;
        String::from_utf8(plain.to_vec())
            .map_err(|_| IdpError::Internal("a sealed successor is no text".into()))
    }

    fn derived(&self, token: &str) -> Result<Zeroizing<[u8; KEY_BYTES]>, IdpError> {
        // The deployment's key is the salt: a leaked token alone opens nothing in a stolen database.
        let salt = hmac::sign(&self.hash_key, b"successor-salt");
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, salt.as_ref()).extract(token.as_bytes());
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        prk.expand(&[b"signet refresh successor"], hkdf::HKDF_SHA256)
            .and_then(|okm| okm.fill(&mut key[..]))
            .map_err(|_| IdpError::Internal("key derivation failed".into()))?;
        Ok(key)
    }
}

fn seal(key: &[u8], entropy: &Entropy, purpose: &[u8], plain: &[u8]) -> Result<Vec<u8>, IdpError> {
    let failed = |_| IdpError::Internal("sealing failed".into());
    let mut nonce = [0; NONCE_LEN];
    entropy.fill(&mut nonce);
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).map_err(failed)?);
    let mut buffer = plain.to_vec();
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(purpose), &mut buffer)
        .map_err(failed)?;
    let mut sealed = nonce.to_vec();
    sealed.append(&mut buffer);
    Ok(sealed)
}

fn open(key: &[u8], purpose: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, IdpError> {
    let failed = || IdpError::Internal("a sealed value does not open: is this the right master key?".into());
    let (nonce, body) = sealed.split_at_checked(NONCE_LEN).ok_or_else(failed)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| failed())?;
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).map_err(|_| failed())?);
    let mut buffer = Zeroizing::new(body.to_vec());
    let length = key.open_in_place(nonce, Aad::from(purpose), &mut buffer).map_err(|_| failed())?.len();
    buffer.truncate(length);
    Ok(buffer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use signet_domain::Time;

    fn secrets() -> Secrets {
        let entropy = Entropy::default();
        let sealed = Secrets::new_hash_key(&MasterKey::new([7; 32]), &entropy).unwrap();
        Secrets::new(MasterKey::new([7; 32]), &sealed).unwrap()
    }

    #[test]
    fn a_hash_depends_on_kind_and_tenant() {
        let (s, e) = (secrets(), Entropy::default());
        let (a, b): (TenantId, TenantId) = (e.id(Time(1)), e.id(Time(2)));
        let hash = s.hash(SecretKind::Code, a, "x");
        assert_eq!(hash, s.hash(SecretKind::Code, a, "x"));
        assert_ne!(hash, s.hash(SecretKind::Refresh, a, "x"));
        assert_ne!(hash, s.hash(SecretKind::Code, b, "x"));
    }

    #[test]
    fn another_master_key_opens_nothing() {
        let sealed = Secrets::new_hash_key(&MasterKey::new([7; 32]), &Entropy::default()).unwrap();
        assert!(Secrets::new(MasterKey::new([8; 32]), &sealed).is_err());
    }

    #[test]
    fn a_successor_opens_with_its_predecessor_only() {
        let s = secrets();
        let sealed = s.seal_for(&Entropy::default(), "old", "new").unwrap();
        assert_eq!(s.open_with("old", &sealed).unwrap(), "new");
        assert!(s.open_with("other", &sealed).is_err());
    }
}
