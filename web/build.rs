//! Lists every file under `static/` and writes a table that embeds them, addressed by one content hash.
//!
//! One hash for the whole set, rather than one per file, keeps relative addresses working: a stylesheet names
//! its fonts, and a module its neighbours, without anything having to rewrite them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    for watched in ["static", "templates", "build.rs"] {
        emit(watched)?;
    }
    let root =
        PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or(io::ErrorKind::NotFound)?).join("static");
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?).join("assets.rs");

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

    let mut hash = Fnv::new();
    for (name, file) in &named {
        hash.eat(name.as_bytes());
        hash.eat(&[0]);
        hash.eat(&fs::read(file)?);
    }
    let prefix = format!("/assets/{:016x}", hash.0);

    let mut code = format!("pub(crate) const PREFIX: &str = \"{prefix}/\";\n");
    code.push_str("pub(crate) static FILES: &[File] = &[\n");
    for (name, file) in &named {
        writeln!(
            code,
            "    File {{ name: {name:?}, url: {:?}, content_type: {:?}, bytes: include_bytes!({:?}) }},",
            format!("{prefix}/{name}"),
            content_type(name),
            file
        )
        .map_err(io::Error::other)?;
    }
    code.push_str("];\n");
    fs::write(out, code)
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
    use io::Write as _;
    writeln!(io::stdout(), "cargo::rerun-if-changed={watched}")
}
