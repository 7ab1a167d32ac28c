//! Where the sources of other crates are.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The Rust files of every package in `Cargo.lock` that is for this platform, but for the workspace's own.
pub(crate) fn files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    for package in metadata()["packages"].as_array().expect("a list of packages") {
        let manifest = package["manifest_path"].as_str().expect("a package has a manifest");
        if !package["source"].is_null() {
            collect(Path::new(manifest).parent().expect("it is in a folder"), &mut files);
        }
    }
    files.sort();
    files
}

/// Fetches what is not there yet.
fn metadata() -> Value {
    let host = run(Command::new("rustc").args(["--print", "host-tuple"]));
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(env!("CARGO_MANIFEST_DIR")).args(["metadata", "--format-version=1", "--locked"]);
    let metadata = run(cargo.args(["--filter-platform", host.trim()]));
    serde_json::from_str(&metadata).expect("cargo speaks JSON")
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("it is text")
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, kind) = (entry.path(), entry.file_type().expect("it is there"));
        if kind.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}
