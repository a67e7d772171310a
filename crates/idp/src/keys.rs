//! Signing keys: each server has one that signs, and a next one that is published before it does.

mod life;

pub(crate) use life::plan;

use crate::{Ctx, Idp, IdpError};
use signet_domain::Time;
use signet_domain::server::{KeyRow, KeyStatus, Server};
use signet_oauth::jwk::{Jwks, PublicJwk};
use signet_oauth::jwt::{Alg, SigningKey};
use signet_store::sqlx_types;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

/// The keys of a server, ready to use.
pub struct ServerKeys {
    /// The one that signs.
    pub active: SigningKey,
    /// All that are published, as they are stored.
    pub rows: Vec<KeyRow>,
    /// All that are published, as a JWK set.
    pub jwks: Jwks,
}

impl ServerKeys {
    /// Algorithms that tokens are signed with now and may be next, the present one first.
    #[must_use]
    pub fn algs(&self) -> Vec<Alg> {
        let mut algs = vec![self.active.alg()];
        let next = self.rows.iter().filter(|key| key.status == KeyStatus::Next);
        algs.extend(
            next.filter_map(|key| key.alg.parse::<Alg>().ok()).filter(|alg| *alg != self.active.alg()),
        );
        algs
    }
}

/// RSA keys made ahead of need: one takes about 70 ms.
pub struct KeyPool(Mutex<Receiver<SigningKey>>);

impl KeyPool {
    /// Starts the thread that makes them; it sleeps while `spare` are waiting.
    #[must_use]
    pub fn start(spare: usize) -> Self {
        let (sender, receiver) = sync_channel(spare);
        let made = std::thread::Builder::new().name("keys".into()).spawn(move || {
            while let Ok(key) = SigningKey::generate(Alg::RS256) {
                if sender.send(key).is_err() {
                    return;
                }
            }
        });
        if let Err(error) = made {
            tracing::warn!(%error, "no thread for spare keys; they are made when they are needed");
        }
        Self(Mutex::new(receiver))
    }

    fn take(&self, alg: Alg) -> Result<SigningKey, IdpError> {
        if alg == Alg::RS256
            && let Ok(key) = self.0.lock().unwrap_or_else(PoisonError::into_inner).try_recv()
        {
            return Ok(key);
        }
        Ok(SigningKey::generate(alg)?)
    }
}

const PURPOSE: &[u8] = b"signing-key";

impl Idp {
    /// A server's keys; they are made on first use.
    ///
    /// # Errors
    /// When the store fails or a key can't be opened.
    pub async fn server_keys(&self, ctx: &Ctx, server: &Server) -> Result<Arc<ServerKeys>, IdpError> {
        let part = self.part(ctx);
        if let Some(keys) = part.keys(&server.id) {
            return Ok(keys);
        }
        let mut rows = self.store().tenant(ctx.tenant_id()).read().await?.signing_keys(server.id).await?;
        if !rows.iter().any(|k| k.status == KeyStatus::Active) {
            rows = self.make_first_keys(ctx, server).await?;
        }
        let keys = Arc::new(self.open_keys(rows)?);
        part.put_keys(server.id, keys.clone());
        Ok(keys)
    }

    /// Makes the first pair of keys, unless another node was faster.
    async fn make_first_keys(&self, ctx: &Ctx, server: &Server) -> Result<Vec<KeyRow>, IdpError> {
        let active = self.new_key(server, KeyStatus::Active, ctx.now).await?;
        let next = self.new_key(server, KeyStatus::Next, ctx.now).await?;
        let id = server.id;
        let rows = self
            .store()
            .tenant(ctx.tenant_id())
            .write(move |tx| {
                Box::pin(async move {
                    // Writing the server's row first makes two nodes stand in line.
                    tx.lock_server(id).await?;
                    let rows = tx.signing_keys(id).await?;
                    if !rows.is_empty() {
                        return Ok(rows);
                    }
                    tx.insert_signing_key(&active).await?;
                    tx.insert_signing_key(&next).await?;
                    plan(tx, id).await
                })
            })
            .await?;
        Ok(rows)
    }

    async fn new_key(&self, server: &Server, status: KeyStatus, now: Time) -> Result<KeyRow, IdpError> {
        let alg: Alg = server
            .signing_alg
            .parse()
            .map_err(|_| IdpError::Internal(format!("server {} has no known algorithm", server.id)))?;
        let idp = self.clone();
        let key = tokio::task::spawn_blocking(move || idp.key_pool().take(alg))
            .await
            .map_err(|e| IdpError::Internal(e.to_string()))??;
        Ok(KeyRow {
            tenant_id: server.tenant_id,
            server_id: server.id,
            id: self.entropy().id(now),
            kid: key.kid().to_owned(),
            alg: alg.as_str().to_owned(),
            status,
            sealed_private: self.secrets().seal(self.entropy(), PURPOSE, &key.to_pkcs8())?,
            public_jwk: sqlx_json(key.public_jwk())?,
            created_at: now,
            activated_at: (status == KeyStatus::Active).then_some(now),
            retired_at: None,
            due_at: None,
        })
    }

    fn open_keys(&self, rows: Vec<KeyRow>) -> Result<ServerKeys, IdpError> {
        let active = rows
            .iter()
            .find(|k| k.status == KeyStatus::Active)
            .ok_or_else(|| IdpError::Internal("a server has no active key".into()))?;
        let alg =
            active.alg.parse().map_err(|_| IdpError::Internal("a key has no known algorithm".into()))?;
        let der = self.secrets().open(PURPOSE, &active.sealed_private)?;
        let active = SigningKey::from_pkcs8(alg, &der)?;
        let keys: Vec<PublicJwk> = rows
            .iter()
            .map(|k| serde_json::from_value(k.public_jwk.0.clone()))
            .collect::<Result<_, _>>()
            .map_err(|e| IdpError::Internal(format!("a public key can't be read: {e}")))?;
        Ok(ServerKeys { active, rows, jwks: Jwks { keys } })
    }
}

fn sqlx_json(jwk: &PublicJwk) -> Result<sqlx_types::Json<serde_json::Value>, IdpError> {
    serde_json::to_value(jwk).map(sqlx_types::Json).map_err(|e| IdpError::Internal(e.to_string()))
}
