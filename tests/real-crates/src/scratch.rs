//! The place where crates are copied to, and the package that depends on the copies.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::Outcome;

/// A crate as it was fetched, and where its copy is.
pub struct Source {
    pub name: String,
    pub version: String,
    pub fetched: PathBuf,
    pub copy: PathBuf,
}

pub struct Scratch {
    pub root: PathBuf,
    pub sources: Vec<Source>,
}

impl Scratch {
    /// Fetches what the package in `set` depends on, and copies it to `root`.
    pub fn new(set: &Path, root: &Path) -> Outcome<Scratch> {
        let _ = fs::remove_dir_all(root);
        fs::create_dir_all(root.join("set/src"))?;
        let mut scratch = Scratch { root: root.to_owned(), sources: Vec::new() };
        let metadata = metadata(set)?;
        let paths = path_dependencies(&metadata);
        for source in fetched(&metadata, root)? {
            copy(&source.fetched, &source.copy)?;
            let manifest = source.copy.join("Cargo.toml");
            let mut text = fs::read_to_string(&manifest)?;
            for (name, path) in &paths {
                text.push_str(&format!("\n[dependencies.{name}]\npath = {:?}\n", path));
            }
            fs::write(manifest, text)?;
            scratch.sources.push(source);
        }
        scratch.package(set, &paths)?;
        Ok(scratch)
    }

    /// The package of `set`, with the copies instead of what was fetched.
    fn package(&self, set: &Path, paths: &BTreeMap<String, PathBuf>) -> Outcome<()> {
        let mut text: String = fs::read_to_string(set.join("Cargo.toml"))?
            .lines()
            .filter(|line| !paths.keys().any(|name| line.starts_with(&format!("{name} = "))))
            .map(|line| format!("{line}\n"))
            .collect();
        text.push_str("\n[patch.crates-io]\n");
        for source in &self.sources {
            text.push_str(&format!("{} = {{ path = {:?} }}\n", source.name, source.copy));
        }
        let package = self.root.join("set");
        fs::write(package.join("Cargo.toml"), text)?;
        fs::write(package.join("src/lib.rs"), "")?;
        let lock = set.join("Cargo.lock");
        if lock.exists() {
            fs::copy(lock, package.join("Cargo.lock"))?;
        }
        Ok(())
    }
}

/// What cargo knows of a package; this fetches all that it depends on.
fn metadata(set: &Path) -> Outcome<Value> {
    let host = Command::new("rustc").arg("-vV").output()?;
    let host = String::from_utf8(host.stdout)?;
    let host = host.lines().find_map(|line| line.strip_prefix("host: ")).ok_or("`rustc -vV` names no host")?;
    let mut cargo = Command::new("cargo");
    cargo.args(["metadata", "--format-version=1", "--filter-platform", host]);
    let output = cargo.current_dir(set).stderr(std::process::Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(format!("`cargo metadata` failed in {}: see its message above", set.display()).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// The packages that the root depends on.
fn direct(metadata: &Value) -> Vec<&Value> {
    let root = &metadata["resolve"]["root"];
    let nodes = metadata["resolve"]["nodes"].as_array().into_iter().flatten();
    let dependencies = nodes.filter(|node| &node["id"] == root).flat_map(|node| node["dependencies"].as_array());
    let ids: Vec<&Value> = dependencies.flatten().collect();
    let packages = metadata["packages"].as_array().into_iter().flatten();
    packages.filter(|package| ids.contains(&&package["id"])).collect()
}

/// `bridge`, and the markers.
fn path_dependencies(metadata: &Value) -> BTreeMap<String, PathBuf> {
    let local = direct(metadata).into_iter().filter(|package| package["source"].is_null());
    local.map(|package| (text(&package["name"]), folder(package))).collect()
}

fn fetched(metadata: &Value, root: &Path) -> Outcome<Vec<Source>> {
    let others = direct(metadata).into_iter().filter(|package| !package["source"].is_null());
    let sources: Vec<Source> = others
        .map(|package| {
            let (name, version) = (text(&package["name"]), text(&package["version"]));
            let copy = root.join("crates").join(format!("{name}-{version}"));
            Source { fetched: folder(package), copy, name, version }
        })
        .collect();
    if sources.is_empty() {
        Err("the set names no crate: add dependencies to its Cargo.toml".into())
    } else {
        Ok(sources)
    }
}

fn folder(package: &Value) -> PathBuf {
    Path::new(&text(&package["manifest_path"])).parent().map(Path::to_owned).unwrap_or_default()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn copy(from: &Path, to: &Path) -> Outcome<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else if entry.file_name() != "Cargo.lock" {
            // Written anew, since what was fetched may be read-only.
            fs::write(target, fs::read(entry.path())?)?;
        }
    }
    Ok(())
}
