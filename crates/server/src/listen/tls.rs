//! TLS: the certificate that connections meet now, and the look-out for a new one.

use super::local;
use crate::config::{Config, Tls, TlsFiles};
use rustls::ServerConfig;
use rustls::server::ResolvesServerCert;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};
use tokio_rustls::TlsAcceptor;

/// How often the files are read.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Gives each connection the certificate that is good now.
#[derive(Clone)]
pub(crate) struct Doorkeeper(watch::Receiver<Arc<ServerConfig>>);

/// What the two files held.
#[derive(PartialEq, Eq)]
struct Pair {
    cert: Vec<u8>,
    key: Vec<u8>,
}

impl Doorkeeper {
    /// The doorkeeper of a configuration, if connections are TLS. Files are watched from now on.
    pub(crate) fn of(config: &Config) -> Result<Option<Self>, String> {
        let Some(tls) = &config.tls else { return Ok(None) };
        match tls {
            Tls::Local => {
                let certificates = local::Certificates::open(&config.local_authority())?;
                let resolver: Arc<dyn ResolvesServerCert> = Arc::new(certificates);
                let config = server(|builder| Ok(builder.with_cert_resolver(resolver)))?;
                Ok(Some(Self(watch::channel(Arc::new(config)).1)))
            }
            Tls::Files(files) => {
                let pair = Pair::read(files)?;
                let (sender, receiver) = watch::channel(pair.server(files)?);
                tokio::spawn(look_out(files.clone(), pair, sender));
                Ok(Some(Self(receiver)))
            }
        }
    }

    /// What turns a connection into a TLS connection.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.0.borrow().clone())
    }
}

/// Reads the files again and again. A pair that is no good leaves the one before it in force.
async fn look_out(files: TlsFiles, mut seen: Pair, sender: watch::Sender<Arc<ServerConfig>>) {
    let mut ticks = interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // Two files can't be replaced at once: only what is still bad at the next look is worth a word.
    let mut bad: Option<(Option<Pair>, bool)> = None;
    loop {
        ticks.tick().await;
        let read = files.clone();
        let Ok(read) = tokio::task::spawn_blocking(move || Pair::read(&read)).await else { continue };
        let (pair, wrong) = match read {
            Ok(pair) if pair == seen => {
                bad = None;
                continue;
            }
            Ok(pair) => match pair.server(&files) {
                Ok(config) => {
                    sender.send_replace(config);
                    tracing::info!(cert = %files.cert.display(), "new connections get the new TLS certificate");
                    (seen, bad) = (pair, None);
                    continue;
                }
                Err(wrong) => (Some(pair), wrong),
            },
            Err(wrong) => (None, wrong),
        };
        let said = match bad.take() {
            Some((before, said)) if before == pair => {
                if !said {
                    tracing::warn!(wrong, "the new TLS certificate is no good: the old one stays in force");
                }
                true
            }
            _ => false,
        };
        bad = Some((pair, said));
    }
}

impl Pair {
    fn read(files: &TlsFiles) -> Result<Self, String> {
        let read = |flag: &str, file: &std::path::Path, what: &str| {
            std::fs::read(file)
                .map_err(|e| format!("{flag} {} can't be read ({e}): give {what} in PEM", file.display()))
        };
        Ok(Self {
            cert: read("--tls-cert", &files.cert, "a certificate chain")?,
            key: read("--tls-key", &files.key, "a private key")?,
        })
    }

    fn server(&self, files: &TlsFiles) -> Result<Arc<ServerConfig>, String> {
        let cert = files.cert.display();
        let chain: Vec<_> = CertificateDer::pem_slice_iter(&self.cert)
            .collect::<Result<_, _>>()
            .map_err(|e| format!("--tls-cert {cert} is broken ({e}): give a certificate chain in PEM"))?;
        if chain.is_empty() {
            return Err(format!("--tls-cert {cert} holds no certificate: give a certificate chain in PEM"));
        }
        let key = PrivateKeyDer::from_pem_slice(&self.key).map_err(|e| {
            format!("--tls-key {} holds no key ({e}): give a private key in PEM", files.key.display())
        })?;
        let config = server(|builder| {
            builder.with_single_cert(chain, key).map_err(|e| {
                format!("--tls-cert and --tls-key don't go together ({e}): give the key of the certificate")
            })
        })?;
        Ok(Arc::new(config))
    }
}

/// TLS 1.2 and 1.3 with HTTP/2 and HTTP/1.1, without early data, which could be replayed.
fn server(
    certificate: impl FnOnce(
        rustls::ConfigBuilder<ServerConfig, rustls::server::WantsServerCert>,
    ) -> Result<ServerConfig, String>,
) -> Result<ServerConfig, String> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(|e| format!("TLS: {e}"))?
        .with_no_client_auth();
    let mut config = certificate(builder)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
