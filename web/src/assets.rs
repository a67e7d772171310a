//! The files of `static/`, embedded, under addresses that change whenever any of them does.

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// One row of the generated table.
pub(crate) struct File {
    name: &'static str,
    url: &'static str,
    content_type: &'static str,
    plain: Variant,
    gzip: Option<Variant>,
}

impl File {
    fn asset(&self) -> Asset {
        Asset { content_type: self.content_type, plain: self.plain, gzip: self.gzip }
    }
}

/// A form in which a file can be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variant {
    /// The body as it is sent.
    pub bytes: &'static [u8],
    /// For the `ETag` header, quotes and all. No two forms of a file share one.
    pub etag: &'static str,
}

/// An embedded file, ready to be answered. Its address names its content: cache it for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asset {
    /// For the `Content-Type` header.
    pub content_type: &'static str,
    /// The file as it is.
    pub plain: Variant,
    /// The file in gzip, if that is smaller.
    pub gzip: Option<Variant>,
}

/// What is served at a request path such as `/assets/0123456789abcdef/base.css`.
///
/// An address with another version's hash is unknown: answering it with this version's bytes would put them
/// in caches under the wrong name, for good.
pub fn asset(path: &str) -> Option<Asset> {
    find(path.strip_prefix(PREFIX)?).map(File::asset)
}

/// The public address of a file of `static/`, such as `base.css`. A name that doesn't exist gets an address
/// that answers nothing; the suite checks that no page contains one.
pub fn asset_url(name: &str) -> &'static str {
    find(name).map_or("/assets/missing", |file| file.url)
}

/// Every file with its public address, for writing the set to a directory or warming a cache.
pub fn assets() -> impl Iterator<Item = (&'static str, Asset)> {
    FILES.iter().map(|file| (file.url, file.asset()))
}

fn find(name: &str) -> Option<&'static File> {
    FILES.binary_search_by(|file| file.name.cmp(name)).ok().and_then(|at| FILES.get(at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::GzDecoder;
    use std::io::Read as _;

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

    #[test]
    fn what_is_compressed_unpacks_to_the_file_and_is_smaller() {
        for (url, file) in assets() {
            if let Some(gzip) = file.gzip {
                let mut unpacked = Vec::new();
                GzDecoder::new(gzip.bytes).read_to_end(&mut unpacked).expect("gzip");
                assert_eq!(unpacked, file.plain.bytes, "{url}");
                assert!(gzip.bytes.len() < file.plain.bytes.len(), "{url}");
                assert_ne!(gzip.etag, file.plain.etag, "{url}");
            }
            let large_text = file.plain.bytes.len() > 1000 && !url.ends_with(".woff2");
            assert!(!large_text || file.gzip.is_some(), "{url}");
            assert!(!url.ends_with(".woff2") || file.gzip.is_none(), "{url}");
        }
    }
}
