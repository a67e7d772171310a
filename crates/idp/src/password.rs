//! Password hashing: argon2id in threads of its own, so that a storm of sign-ins can't starve what needs no
//! password. Admission comes before queueing: a queue that is full answers at once.

use crate::IdpError;
use argon2::password_hash::phc::{PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use signet_domain::Entropy;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Mutex, PoisonError};
use tokio::sync::oneshot;
use zeroize::Zeroizing;

/// How much work a hash is.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Default for Cost {
    /// OWASP's first recommendation for argon2id.
    fn default() -> Self {
        Self { memory_kib: 19_456, passes: 2, lanes: 1 }
    }
}

const HASH_BYTES: usize = 32;

enum Work {
    Hash { password: Zeroizing<String>, salt: [u8; 16], reply: oneshot::Sender<Result<String, String>> },
    Verify { password: Zeroizing<String>, hash: String, reply: oneshot::Sender<bool> },
}

/// The pool of hashing threads.
#[derive(Clone)]
pub struct Hasher {
    queue: SyncSender<Work>,
    entropy: Entropy,
    /// What unknown users' passwords are compared with: the same work, never a match.
    decoy: Arc<str>,
    hashes: Arc<AtomicU64>,
}

impl Hasher {
    /// Starts a number of threads over a queue that holds at most `queue` waiting hashes.
    ///
    /// # Errors
    /// When the cost is outside argon2's bounds or a thread can't start.
    pub fn start(cost: Cost, threads: usize, queue: usize, entropy: Entropy) -> Result<Self, IdpError> {
        let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(HASH_BYTES))
            .map_err(|e| IdpError::Internal(format!("password cost: {e}")))?;
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let (sender, receiver) = sync_channel(queue.max(1));
        let receiver = Arc::new(Mutex::new(receiver));
        let hashes = Arc::new(AtomicU64::new(0));
        for n in 0..threads.max(1) {
            let (receiver, argon, hashes) = (receiver.clone(), argon.clone(), hashes.clone());
            std::thread::Builder::new()
                .name(format!("hash-{n}"))
                .spawn(move || run(&receiver, &argon, &hashes))
                .map_err(|e| IdpError::Internal(format!("hash thread: {e}")))?;
        }
        let mut salt = [0; 16];
        entropy.fill(&mut salt);
        let decoy = hash(&argon, &mut Vec::new(), &entropy.password(), &salt).map_err(IdpError::Internal)?;
        Ok(Self { queue: sender, entropy, decoy: decoy.into(), hashes })
    }

    /// Hashes a password that someone chose, as a PHC string.
    ///
    /// # Errors
    /// [`IdpError::Overloaded`] when the queue is full.
    pub async fn hash(&self, password: &str) -> Result<String, IdpError> {
        let mut salt = [0; 16];
        self.entropy.fill(&mut salt);
        let (reply, answer) = oneshot::channel();
        self.admit(Work::Hash { password: Zeroizing::new(password.to_owned()), salt, reply })?;
        answer.await.map_err(|_| IdpError::Internal("a hash thread died".into()))?.map_err(IdpError::Internal)
    }

    /// Whether a password is the one behind a hash. Without a hash it does the same work and says no.
    ///
    /// # Errors
    /// [`IdpError::Overloaded`] when the queue is full.
    pub async fn verify(&self, password: &str, hash: Option<&str>) -> Result<bool, IdpError> {
        let known = hash.is_some();
        let hash = hash.unwrap_or(&self.decoy).to_owned();
        let (reply, answer) = oneshot::channel();
        self.admit(Work::Verify { password: Zeroizing::new(password.to_owned()), hash, reply })?;
        let matches = answer.await.map_err(|_| IdpError::Internal("a hash thread died".into()))?;
        Ok(matches && known)
    }

    /// How many hashes were computed since the start.
    #[must_use]
    pub fn computed(&self) -> u64 {
        self.hashes.load(Ordering::Relaxed)
    }

    fn admit(&self, work: Work) -> Result<(), IdpError> {
        signet_metrics::HASHES.fetch_add(1, Ordering::Relaxed);
        self.queue.try_send(work).inspect_err(|_| drop(Done)).map_err(|e| match e {
            TrySendError::Full(_) => IdpError::Overloaded { retry_after: 1 },
            TrySendError::Disconnected(_) => IdpError::Internal("the hash threads are gone".into()),
        })
    }
}

/// One hash less that waits or is computed, when it is dropped.
struct Done;

impl Drop for Done {
    fn drop(&mut self) {
        signet_metrics::HASHES.fetch_sub(1, Ordering::Relaxed);
    }
}

fn run(receiver: &Mutex<Receiver<Work>>, argon: &Argon2<'_>, hashes: &AtomicU64) {
    // 19 MiB a hash: allocated once a thread, not once a password.
    let mut memory = Vec::new();
    loop {
        let work = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(work) = work else { return };
        let _done = Done;
        match work {
            // Whoever hung up needs no hash.
            Work::Hash { reply, .. } if reply.is_closed() => {}
            Work::Verify { reply, .. } if reply.is_closed() => {}
            Work::Hash { password, salt, reply } => {
                let hash = hash(argon, &mut memory, &password, &salt);
                hashes.fetch_add(1, Ordering::Relaxed);
                let _ = reply.send(hash);
            }
            Work::Verify { password, hash, reply } => {
                let matches = verify(&mut memory, &password, &hash);
                hashes.fetch_add(1, Ordering::Relaxed);
                let _ = reply.send(matches);
            }
        }
    }
}

fn hash(argon: &Argon2<'_>, memory: &mut Vec<Block>, password: &str, salt: &[u8]) -> Result<String, String> {
    let mut out = [0; HASH_BYTES];
    fill(argon, memory, password, salt, &mut out).map_err(|e| e.to_string())?;
    let (p, b64) = (argon.params(), base64::engine::general_purpose::STANDARD_NO_PAD);
    use base64::Engine as _;
    Ok(format!(
        "$argon2id$v=19$m={},t={},p={}${}${}",
        p.m_cost(),
        p.t_cost(),
        p.p_cost(),
        b64.encode(salt),
        b64.encode(out)
    ))
}

/// Verifies with the parameters that the hash was made with; `false` for a hash that can't be read.
fn verify(memory: &mut Vec<Block>, password: &str, hash: &str) -> bool {
    let Ok(parsed) = PasswordHash::new(hash) else { return false };
    let (Some(salt), Some(expected), Ok(params)) =
        (parsed.salt.as_ref().map(Salt::as_ref), parsed.hash.as_ref(), Params::try_from(&parsed))
    else {
        return false;
    };
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut out = vec![0; expected.as_bytes().len()];
    fill(&argon, memory, password, salt, &mut out).is_ok()
        && subtle::ConstantTimeEq::ct_eq(&out[..], expected.as_bytes()).into()
}

fn fill(
    argon: &Argon2<'_>,
    memory: &mut Vec<Block>,
    password: &str,
    salt: &[u8],
    out: &mut [u8],
) -> argon2::Result<()> {
    let blocks = argon.params().block_count();
    if memory.len() < blocks {
        memory.resize(blocks, Block::default());
    }
    argon.hash_password_into_with_memory(password.as_bytes(), salt, out, &mut memory[..blocks])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hasher(queue: usize) -> Hasher {
        let cost = Cost { memory_kib: 64, passes: 1, lanes: 1 };
        Hasher::start(cost, 1, queue, Entropy::default()).unwrap()
    }

    #[tokio::test]
    async fn verifies_what_it_hashed_and_nothing_else() {
        let hasher = hasher(4);
        let hash = hasher.hash("correct horse").await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{hash}");
        assert!(hasher.verify("correct horse", Some(&hash)).await.unwrap());
        assert!(!hasher.verify("correct horsf", Some(&hash)).await.unwrap());
        assert!(!hasher.verify("x", None).await.unwrap());
        assert!(!hasher.verify("x", Some("not a hash")).await.unwrap());
    }

    #[tokio::test]
    async fn a_full_queue_answers_at_once() {
        let cost = Cost { memory_kib: 19_456, passes: 8, lanes: 1 };
        let hasher = Hasher::start(cost, 1, 1, Entropy::default()).unwrap();
        let all = (0..8).map(|_| hasher.verify("x", None));
        let results = futures_util::future::join_all(all).await;
        assert!(results.iter().any(|r| matches!(r, Err(IdpError::Overloaded { .. }))));
        assert!(results.iter().any(Result::is_ok));
    }

    #[tokio::test]
    async fn ca_15_secrets_that_agree_in_72_bytes_differ() {
        let hasher = hasher(4);
        let hash = hasher.hash(&format!("{}a", "x".repeat(72))).await.unwrap();
        assert!(!hasher.verify(&format!("{}b", "x".repeat(72)), Some(&hash)).await.unwrap());
    }
}
