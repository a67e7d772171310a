//! An authority of this machine's own, for `signet dev --tls`.
//!
//! It is bound to this machine's names (RFC 5280 §4.2.1.10), so that trusting it trusts nothing else, even if its
//! key gets lost. Certificates are made when a name is first asked for and are never written down: a tenant that
//! is added in dev needs no restart.

use crate::cli::files;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, NameConstraints, date_time_ymd,
};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use signet_domain::Clock;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Certificates that are kept; only names of this machine get one, but those are many.
const MOST: usize = 256;

/// The file that clients shall trust, in the authority's directory.
pub(crate) fn ca_file(dir: &Path) -> PathBuf {
    dir.join("ca.pem")
}

/// Makes certificates for whoever asks for a name of this machine.
pub(super) struct Certificates {
    issuer: Issuer<'static, KeyPair>,
    today: Date,
    made: Mutex<HashMap<String, Arc<CertifiedKey>>>,
}

impl std::fmt::Debug for Certificates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Certificates")
    }
}

impl Certificates {
    /// Opens the authority in a directory, which is made on the first run.
    pub(super) fn open(dir: &Path) -> Result<Self, String> {
        files::data_dir(dir)?;
        let today = today()?;
        let key_file = dir.join("ca-key.pem");
        let key = match std::fs::read_to_string(&key_file) {
            Ok(pem) => KeyPair::from_pem(&pem).map_err(|e| {
                format!("{} can't be read ({e}): delete {} for a new one", key_file.display(), dir.display())
            })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let key = KeyPair::generate().map_err(|e| e.to_string())?;
                files::replace(&key_file, key.serialize_pem().as_bytes())?;
                files::remove(&ca_file(dir))?;
                key
            }
            Err(error) => return Err(format!("{} can't be read: {error}", key_file.display())),
        };
        let params = authority(&key, today)?;
        if !ca_file(dir).exists() {
            let pem = params.self_signed(&key).map_err(|e| e.to_string())?.pem();
            files::replace(&ca_file(dir), pem.as_bytes())?;
        }
        Ok(Self { issuer: Issuer::new(params, key), today, made: Mutex::default() })
    }

    fn certificate(&self, name: &str) -> Result<Arc<CertifiedKey>, String> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = made.get(name) {
            return Ok(key.clone());
        }
        if made.len() >= MOST {
            made.clear();
        }
        let key = Arc::new(self.make(name).map_err(|e| e.to_string())?);
        made.insert(name.to_owned(), key.clone());
        Ok(key)
    }

    fn make(&self, name: &str) -> Result<CertifiedKey, Box<dyn std::error::Error>> {
        let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
        if name != "localhost" {
            names.insert(0, name.to_owned());
        }
        let mut leaf = CertificateParams::new(names)?;
        leaf.distinguished_name.push(DnType::CommonName, "localhost");
        leaf.use_authority_key_identifier_extension = true;
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        // Some platforms refuse certificates that live longer, whoever signed them.
        date(&mut leaf, self.today, 396);
        let key = KeyPair::generate()?;
        let cert = leaf.signed_by(&key, &self.issuer)?;
        let der = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let key = rustls::crypto::aws_lc_rs::sign::any_supported_type(&der)?;
        Ok(CertifiedKey::new(vec![cert.der().clone()], key))
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        // Who calls an address names nobody (RFC 6066 §3).
        let name = hello.server_name().unwrap_or("localhost").to_ascii_lowercase();
        if name != "localhost" && !name.ends_with(".localhost") {
            return None;
        }
        self.certificate(&name).map_err(|error| tracing::warn!(error, "a certificate can't be made")).ok()
    }
}

/// The authority, the same for the same key but for its dates.
fn authority(key: &KeyPair, today: Date) -> Result<CertificateParams, String> {
    let mut ca = CertificateParams::new(Vec::<String>::new()).map_err(|e| e.to_string())?;
    // Trust stores look for authorities by name, so two directories must not share one.
    let id: String = ca.key_identifier(key).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    ca.distinguished_name.push(DnType::CommonName, format!("Signet local authority {id}"));
    ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    ca.name_constraints = Some(NameConstraints {
        permitted_subtrees: vec![
            GeneralSubtree::DnsName("localhost".to_owned()),
            GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(IpAddr::V4(Ipv4Addr::LOCALHOST), 32)),
            GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(IpAddr::V6(Ipv6Addr::LOCALHOST), 128)),
        ],
        excluded_subtrees: Vec::new(),
    });
    date(&mut ca, today, 3650);
    Ok(ca)
}

fn today() -> Result<Date, String> {
    let now = Timestamp::from_microsecond(Clock::SYSTEM.now().0).map_err(|e| e.to_string())?;
    Ok(now.to_zoned(TimeZone::UTC).date())
}

/// Sets the days between which it is good, counted from today.
fn date(params: &mut CertificateParams, today: Date, days: i64) {
    let at = |days: i64| {
        let date = today.saturating_add(days.days());
        date_time_ymd(date.year().into(), date.month().unsigned_abs(), date.day().unsigned_abs())
    };
    (params.not_before, params.not_after) = (at(-1), at(days));
}
