//! The client for calls out, as the operator set it.

use crate::config::Config;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use signet_fetch::{Client, Names, Policy};
use std::sync::Arc;

/// Makes the client.
pub(crate) fn client(config: &Config) -> Result<Client, String> {
    let outbound = config.outbound.clone();
    let authorities: Vec<CertificateDer<'static>> = match &outbound.ca {
        None => Vec::new(),
        Some(file) => {
            let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
            let fix = "give authorities' certificates in PEM";
            let found =
                read.map_err(|e| format!("--outbound-ca {} can't be read ({e}): {fix}", file.display()))?;
            if found.is_empty() {
                return Err(format!("--outbound-ca {} holds no certificate: {fix}", file.display()));
            }
            found
        }
    };
    let networks = outbound.networks;
    let policy = Policy {
        ports: outbound.ports,
        also: Box::new(move |address| networks.iter().any(|network| network.contains(address))),
        plain_loopback: outbound.plain_loopback,
        authorities,
        names: names(),
    };
    Client::new(policy).map_err(|e| format!("--outbound-ca: {e}"))
}

#[cfg(not(feature = "test-clock"))]
fn names() -> Arc<dyn Names> {
    Arc::new(signet_fetch::SystemNames)
}

#[cfg(feature = "test-clock")]
fn names() -> Arc<dyn Names> {
    Arc::new(scripted::Scripted)
}

/// Names that tests give addresses to, through the control socket. Never in a shipped binary.
#[cfg(feature = "test-clock")]
pub(crate) mod scripted {
    use signet_fetch::{Names, SystemNames};
    use std::collections::{HashMap, VecDeque};
    use std::io;
    use std::net::IpAddr;
    use std::sync::{Mutex, PoisonError};

    static TABLE: Mutex<Option<HashMap<String, Script>>> = Mutex::new(None);

    #[derive(Default)]
    struct Script {
        answers: VecDeque<Vec<IpAddr>>,
        asked: usize,
    }

    /// The script, and for names without one the system.
    pub(crate) struct Scripted;

    fn with<T>(work: impl FnOnce(&mut HashMap<String, Script>) -> T) -> T {
        work(TABLE.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default())
    }

    impl Names for Scripted {
        fn look_up(&self, name: &str) -> io::Result<Vec<IpAddr>> {
            let scripted = with(|table| {
                let script = table.get_mut(name)?;
                script.asked += 1;
                if script.answers.len() > 1 {
                    script.answers.pop_front()
                } else {
                    script.answers.front().cloned()
                }
            });
            scripted.map_or_else(|| SystemNames.look_up(name), Ok)
        }
    }

    /// `NAME ADDRESS,ADDRESS;ADDRESS`: what a name leads to, one look-up after the other; the last answer stays.
    /// `NAME` alone: how often it was looked up.
    pub(crate) fn order(line: &str) -> Result<String, String> {
        let Some((name, answers)) = line.split_once(' ') else {
            return Ok(with(|table| table.get(line).map_or(0, |script| script.asked)).to_string());
        };
        let list = |text: &str| text.split(',').map(str::parse).collect::<Result<Vec<IpAddr>, _>>();
        let answers =
            answers.split(';').map(list).collect::<Result<VecDeque<_>, _>>().map_err(|e| e.to_string())?;
        with(|table| table.insert(name.to_owned(), Script { answers, asked: 0 }));
        Ok("0".to_owned())
    }
}
