//! Which IP addresses belong to the public internet (the IANA special-purpose address registries, RFC 6890).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether an address is a public unicast one, and doesn't stand for another address.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(v4: Ipv4Addr) -> bool {
    let [a, b, c, _] = v4.octets();
    let special = a == 0                                // this network
        || v4.is_private()
        || (a == 100 && (b & 0xc0) == 64)               // carrier-grade NAT, RFC 6598
        || v4.is_loopback()
        || v4.is_link_local()                           // among it the metadata services of clouds
        || (a == 192 && b == 0 && c == 0)               // protocol assignments
        || v4.is_documentation()
        || (a == 192 && b == 88 && c == 99)             // 6to4 relays
        || (a == 198 && (b & 0xfe) == 18)               // benchmarks
        || v4.is_multicast()
        || a >= 240; // reserved, and broadcast
    !special
}

/// Only `2000::/3` is given out; that leaves out loopback, mapped and NAT64 addresses, unique local, link-local and
/// multicast ones. Of it, what embeds an IPv4 address or is for documents is none of the public internet's either.
fn is_public_v6(v6: Ipv6Addr) -> bool {
    let segments = v6.segments();
    let special = (segments[0] == 0x2001 && segments[1] < 0x0200)   // protocol assignments: Teredo, ORCHID, …
        || (segments[0] == 0x2001 && segments[1] == 0x0db8)         // documentation
        || segments[0] == 0x2002                                    // 6to4
        || (segments[0] == 0x3fff && segments[1] < 0x1000); // documentation
    segments[0] & 0xe000 == 0x2000 && !special
}

#[cfg(test)]
mod tests {
    use super::is_public;

    fn public(text: &str) -> bool {
        is_public(text.parse().expect("an address"))
    }

    #[test]
    fn ss_01_what_is_not_public() {
        for address in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.255",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.7",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "64:ff9b::7f00:1",
            "64:ff9b::808:808",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:10::1",
            "2001:20::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "2002:808:808::1",
            "3fff::1",
            "3fff:fff::1",
            "4000::1",
            "5f00::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!public(address), "{address}");
        }
    }

    #[test]
    fn what_is_public() {
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "192.167.1.1",
            "198.17.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "2001:200::1",
            "2001:4860:4860::8888",
            "2606:4700:4700::1111",
            "2a00:1450::1",
            "3fff:1000::1",
        ] {
            assert!(public(address), "{address}");
        }
    }
}
