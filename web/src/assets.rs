//! The files of `static/`, embedded, under addresses that change whenever any of them does.

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// One row of the generated table.
pub(crate) struct File {
    name: &'static str,
    url: &'static str,
    content_type: &'static str,
    bytes: &'static [u8],
}

/// An embedded file, ready to be answered. Its address names its content: cache it for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asset {
    /// The file as it is.
    pub bytes: &'static [u8],
    /// For the `Content-Type` header.
    pub content_type: &'static str,
}

/// What is served at a request path such as `/assets/0123456789abcdef/base.css`.
///
/// An address with another version's hash is unknown: answering it with this version's bytes would put them
/// in caches under the wrong name, for good.
pub fn asset(path: &str) -> Option<Asset> {
    find(path.strip_prefix(PREFIX)?).map(|file| Asset { bytes: file.bytes, content_type: file.content_type })
}

/// The public address of a file of `static/`, such as `base.css`. A name that doesn't exist gets an address
/// that answers nothing; the suite checks that no page contains one.
pub fn asset_url(name: &str) -> &'static str {
    find(name).map_or("/assets/missing", |file| file.url)
}

/// Every file with its public address, for writing the set to a directory or warming a cache.
pub fn assets() -> impl Iterator<Item = (&'static str, Asset)> {
    FILES.iter().map(|file| (file.url, Asset { bytes: file.bytes, content_type: file.content_type }))
}

fn find(name: &str) -> Option<&'static File> {
    FILES.binary_search_by(|file| file.name.cmp(name)).ok().and_then(|at| FILES.get(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_found_at_its_own_address_only() {
        assert!(assets().count() > 5);
        for (url, file) in assets() {
            assert_eq!(asset(url), Some(file), "{url}");
            assert_eq!(asset(&url.replacen(PREFIX, "/assets/0000000000000000/", 1)), None);
        }
        assert_eq!(asset("/assets/../Cargo.toml"), None);
        assert_eq!(asset_url("nothing.css"), "/assets/missing");
    }
}
