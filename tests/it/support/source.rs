//! The workspace's own source, as tests read it.

use std::path::{Path, PathBuf};

/// A public function of an `impl` block.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Function {
    /// Its name.
    pub(crate) name: String,
    /// Whether it is `async`.
    pub(crate) is_async: bool,
    /// The file it is in, below the workspace.
    pub(crate) file: String,
}

/// The workspace's directory.
pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All Rust files below a directory of the workspace, in order.
pub(crate) fn rust_files(dir: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    collect(&workspace().join(dir), &mut files);
    files.sort();
    files
}

fn collect(dir: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap_or_else(|e| panic!("{}: {e}", dir.display())).flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, into);
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            into.push(path);
        }
    }
}

/// The public functions of every `impl` block of a type below a directory. Goes by rustfmt's layout: a block
/// begins and ends at the margin.
pub(crate) fn functions_of(dir: &str, type_name: &str) -> Vec<Function> {
    let opening = format!("impl {type_name} {{");
    let mut found = Vec::new();
    for path in rust_files(dir) {
        let text = std::fs::read_to_string(&path).expect("a source file");
        let file = path.strip_prefix(workspace()).unwrap_or(&path).display().to_string();
        let mut inside = false;
        for line in text.lines() {
            match line {
                _ if line == opening => inside = true,
                "}" => inside = false,
                _ if inside => found.extend(function(line, &file)),
                _ => {}
            }
        }
    }
    found.sort();
    found
}

fn function(line: &str, file: &str) -> Option<Function> {
    let rest = line.strip_prefix("    pub ")?;
    let rest = rest.strip_prefix("const ").unwrap_or(rest);
    let (is_async, rest) = match rest.strip_prefix("async ") {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let name = rest.strip_prefix("fn ")?.split(|c: char| !c.is_alphanumeric() && c != '_').next()?;
    Some(Function { name: name.to_owned(), is_async, file: file.to_owned() })
}
