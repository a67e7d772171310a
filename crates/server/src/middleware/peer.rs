//! Who asks: the address and the program.

use crate::config::Network;
use axum::http::HeaderMap;
use axum::http::header::USER_AGENT;
use signet_domain::event::bounded;
use std::net::IpAddr;

/// The longest `User-Agent` that is kept.
const USER_AGENT_BYTES: usize = 512;

/// The peer's address, or, if the peer is a trusted proxy, the one it vouches for: the right-most in
/// `X-Forwarded-For` that isn't a trusted proxy itself.
pub(super) fn client_ip(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let peer = peer.to_canonical();
    let is_trusted = |ip: IpAddr| trusted.iter().any(|network| network.contains(ip));
    if !is_trusted(peer) {
        return peer;
    }
    let mut client = peer;
    let lines: Vec<_> = headers.get_all("x-forwarded-for").iter().collect();
    for line in lines.iter().rev() {
        let Ok(text) = line.to_str() else { return peer };
        for hop in text.rsplit(',') {
            let Ok(ip) = hop.trim().parse::<IpAddr>() else { return peer };
            client = ip.to_canonical();
            if !is_trusted(client) {
                return client;
            }
        }
    }
    client
}

/// The program, as far as it fits.
pub(super) fn user_agent(headers: &HeaderMap) -> String {
    let Some(value) = headers.get(USER_AGENT) else { return String::new() };
    let text = String::from_utf8_lossy(value.as_bytes());
    if text.len() <= USER_AGENT_BYTES {
        return text.into_owned();
    }
    bounded(&text, USER_AGENT_BYTES - '…'.len_utf8())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn ip(peer: &str, forwarded: &[&'static str]) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", HeaderValue::from_static(line));
        }
        let trusted = [Network::parse("10.0.0.0/8").unwrap()];
        client_ip(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        assert_eq!(ip("1.1.1.1", &["2.2.2.2"]), "1.1.1.1");
        assert_eq!(ip("10.0.0.1", &["2.2.2.2"]), "2.2.2.2");
        assert_eq!(ip("::ffff:10.0.0.1", &["2.2.2.2"]), "2.2.2.2");
        assert_eq!(ip("10.0.0.1", &["3.3.3.3, 2.2.2.2, 10.9.9.9"]), "2.2.2.2");
        assert_eq!(ip("10.0.0.1", &["3.3.3.3", "2.2.2.2,10.1.1.1"]), "2.2.2.2");
        assert_eq!(ip("10.0.0.1", &["10.2.2.2"]), "10.2.2.2");
        assert_eq!(ip("10.0.0.1", &["<img>"]), "10.0.0.1");
        assert_eq!(ip("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn a_long_user_agent_is_cut() {
        let mut headers = HeaderMap::new();
        headers.insert(USER_AGENT, HeaderValue::try_from("x".repeat(2000)).unwrap());
        assert_eq!(user_agent(&headers).len(), USER_AGENT_BYTES);
    }
}
