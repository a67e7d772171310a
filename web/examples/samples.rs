//! Writes every sample page and the assets to a directory, with addresses made relative so that they open from
//! a plain file server: `cargo run -p signet-web --example samples -- OUTDIR`.

use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let out = env::args().nth(1).ok_or_else(|| io::Error::other("usage: samples OUTDIR"))?;
    let out = Path::new(&out);
    for (url, asset) in signet_web::assets() {
        let file = out.join(url.trim_start_matches('/'));
        if let Some(parent) = file.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(file, asset.plain.bytes)?;
    }
    let mut index = String::from("<!doctype html><meta charset=utf-8><title>Samples</title><ul>");
    for sample in signet_web::samples::all() {
        let html = sample.html.map_err(io::Error::other)?.replace("=\"/assets/", "=\"assets/");
        fs::write(out.join(format!("{}.html", sample.name)), html)?;
        index.push_str(&format!("<li><a href={0}.html>{0}</a>", sample.name));
    }
    fs::write(out.join("index.html"), index)
}
