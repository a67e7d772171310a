//! Lists every file under `static/` and writes a table that embeds them, addressed by one content hash.
//!
//! One hash for the whole set, rather than one per file, keeps relative addresses working: a stylesheet names
//! its fonts, and a module its neighbours, without anything having to rewrite them.
//!
//! Text is compressed here, once and as small as gzip makes it, so that no request has to wait for it.

use flate2::Compression;
use flate2::write::GzEncoder;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    for watched in ["static", "templates", "build.rs"] {
        emit(watched)?;
    }
    let root =
        PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or(io::ErrorKind::NotFound)?).join("static");
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?);
    let gzipped = out.join("gzip");
    fs::create_dir_all(&gzipped)?;

    let mut files = Vec::new();
    walk(&root, &mut files)?;
    let mut named = Vec::new();
    for file in files {
        // Forward slashes on every platform: the name is part of a URL.
        let relative = file.strip_prefix(&root).map_err(io::Error::other)?;
        let parts: Vec<_> = relative.components().map(|part| part.as_os_str().to_string_lossy()).collect();
        named.push((parts.join("/"), file));
    }
    // Sorted, so that the lookup can bisect and the hash doesn't depend on the order of a directory.
    named.sort();

    let mut set = Fnv::new();
    let mut rows = String::new();
    for (at, (name, path)) in named.iter().enumerate() {
        let bytes = fs::read(path)?;
        set.eat(name.as_bytes());
        set.eat(&[0]);
        set.eat(&bytes);
        let gzip = match compressed(name, &bytes)? {
            Some(small) => {
                let file = gzipped.join(at.to_string());
                fs::write(&file, &small)?;
                format!("Some({})", variant(&file, &small, "-gzip"))
            }
            None => "None".to_owned(),
        };
        writeln!(
            rows,
            "    File {{ name: {name:?}, url: concat!(prefix!(), {name:?}), content_type: {:?}, plain: {}, gzip: {gzip} }},",
            content_type(name),
            variant(path, &bytes, "")
        )
        .map_err(io::Error::other)?;
    }
    let prefix = format!("/assets/{:016x}/", set.0);
    let code = format!(
        "macro_rules! prefix {{ () => {{ {prefix:?} }} }}\n\
         pub(crate) const PREFIX: &str = prefix!();\n\
         pub(crate) static FILES: &[File] = &[\n{rows}];\n"
    );
    fs::write(out.join("assets.rs"), code)
}

/// One form of a file. Each has a tag of its own: what a cache holds compressed isn't what it holds plain.
fn variant(file: &Path, bytes: &[u8], form: &str) -> String {
    let mut hash = Fnv::new();
    hash.eat(bytes);
    let tag = format!("\"{:016x}{form}\"", hash.0);
    format!("Variant {{ bytes: include_bytes!({file:?}), etag: {tag:?} }}")
}

/// The file in gzip, where that is smaller; fonts and pictures are compressed in themselves.
fn compressed(name: &str, bytes: &[u8]) -> io::Result<Option<Vec<u8>>> {
    if matches!(content_type(name), "font/woff2" | "image/png") {
        return Ok(None);
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    let small = encoder.finish()?;
    Ok((small.len() < bytes.len()).then_some(small))
}

fn walk(directory: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, found)?;
        } else {
            found.push(path);
        }
    }
    Ok(())
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "woff2" => "font/woff2",
        "png" => "image/png",
        // Licences have no extension.
        _ => "text/plain; charset=utf-8",
    }
}

/// FNV-1a: names a version, and guards nothing.
struct Fnv(u64);

impl Fnv {
    fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn eat(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

/// Cargo reads instructions from standard output.
fn emit(watched: &str) -> io::Result<()> {
    writeln!(io::stdout(), "cargo::rerun-if-changed={watched}")
}
