//! A certificate authority of the test's own.

use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};

/// The authority, and one certificate for every host name of the demo.
#[derive(Clone)]
pub struct TestCa {
    /// The authority's certificate, for clients.
    pub ca_pem: String,
    /// The server's chain.
    pub cert_file: PathBuf,
    /// The server's key.
    pub key_file: PathBuf,
}

impl TestCa {
    /// Makes both and writes the server's part into `dir`.
    pub fn write_into(dir: &Path) -> Self {
        let ca_key = KeyPair::generate().expect("a key for the test authority");
        let mut ca = CertificateParams::new(Vec::<String>::new()).expect("an authority without names");
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        ca.distinguished_name.push(DnType::CommonName, "Signet test authority");
        ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let ca_pem = ca.self_signed(&ca_key).expect("a signed authority").pem();
        let issuer = Issuer::new(ca, ca_key);

        let key = KeyPair::generate().expect("a key for the server");
        let names = ["localhost", "acme.localhost", "globex.localhost", "127.0.0.1", "::1"];
        let mut leaf = CertificateParams::new(names.map(str::to_owned).to_vec()).expect("the demo's names");
        leaf.distinguished_name.push(DnType::CommonName, "localhost");
        let cert = leaf.signed_by(&key, &issuer).expect("a signed certificate");

        let made = Self { ca_pem, cert_file: dir.join("tls-cert.pem"), key_file: dir.join("tls-key.pem") };
        std::fs::write(&made.cert_file, cert.pem()).expect("the certificate's file");
        std::fs::write(&made.key_file, key.serialize_pem()).expect("the key's file");
        made
    }
}
