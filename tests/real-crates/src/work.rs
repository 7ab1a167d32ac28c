//! The functions of the crates, and what became of each.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::{fs, mem};

use crate::Outcome;
use crate::annotate::{Choice, annotated};
use crate::check::{Message, Place};
use crate::find::{self, Site};
use crate::scratch::Source;

/// A crate that is looked at.
pub struct Crate {
    pub source: Source,
    pub files: Vec<File>,
}

pub struct File {
    pub path: PathBuf,
    text: String,
    written: String,
    pub sites: Vec<Site>,
    /// One for each function of each site.
    pub choices: Vec<Vec<Choice>>,
    /// Why the choice is not the first, the latest last.
    pub reasons: Vec<Vec<Vec<String>>>,
}

impl Crate {
    pub fn new(source: Source) -> Outcome<Crate> {
        let files = find::files(&source.copy)?;
        let files = files.into_iter().map(File::new).collect::<Outcome<Vec<File>>>()?;
        Ok(Crate { source, files: files.into_iter().filter(|file| !file.sites.is_empty()).collect() })
    }
}

impl File {
    fn new(path: PathBuf) -> Outcome<File> {
        let text = String::from_utf8_lossy(&fs::read(&path)?).into_owned();
        let sites = find::sites(&text);
        let choices: Vec<Vec<Choice>> =
            sites.iter().map(|site| site.functions.iter().map(|_| Choice::default()).collect()).collect();
        let reasons = choices.iter().map(|choices| vec![Vec::new(); choices.len()]).collect();
        Ok(File { path, written: text.clone(), text, sites, choices, reasons })
    }

    /// Writes the file anew where the choices have changed.
    pub fn write(&mut self) -> Outcome<()> {
        let text = annotated(&self.text, &self.sites, &self.choices);
        if text != self.written {
            fs::write(&self.path, &text)?;
            self.written = text;
        }
        Ok(())
    }

    /// The functions that a place lies in: the innermost, or all of the innermost site. None that is skipped.
    fn at(&self, place: &Place, whole_sites: bool) -> Vec<(usize, usize)> {
        let holds = |lines: &std::ops::RangeInclusive<usize>| {
            lines.contains(place.lines.start()) && lines.contains(place.lines.end())
        };
        let mut found: Vec<(usize, Vec<(usize, usize)>)> = Vec::new();
        for (index, site) in self.sites.iter().enumerate() {
            let open = (0..site.functions.len()).filter(|function| !self.choices[index][*function].skip);
            if whole_sites && holds(&site.lines) {
                found.push((site.lines.clone().count(), open.map(|function| (index, function)).collect()));
            } else if !whole_sites {
                let inside = open.filter(|function| holds(&site.functions[*function].lines));
                found.extend(
                    inside.map(|function| (site.functions[function].lines.clone().count(), vec![(index, function)])),
                );
            }
        }
        found.retain(|(_, functions)| !functions.is_empty());
        found.into_iter().min_by_key(|(lines, _)| *lines).map(|(_, functions)| functions).unwrap_or_default()
    }
}

/// Gives the functions that errors are about another choice. The errors that are about no function are left over.
pub fn settle<'a>(crates: &mut [Crate], errors: &[&'a Message]) -> Vec<&'a Message> {
    let mut left = Vec::new();
    let mut done = HashSet::new();
    for error in errors {
        let suspects = suspects(crates, error);
        if suspects.is_empty() {
            left.push(*error);
        }
        for (file, site, function) in suspects {
            if done.insert((file, site, function)) {
                let Some(file) = crates.iter_mut().flat_map(|of| &mut of.files).nth(file) else { continue };
                next(&mut file.choices[site][function], error);
                file.reasons[site][function].push(reason(error));
            }
        }
    }
    left
}

/// Another name, where this one is taken; then `local`; then the bounds that the error asks for; then no companion.
fn next(choice: &mut Choice, error: &Message) {
    if matches!(error.code.as_str(), "E0428" | "E0592") && !mem::replace(&mut choice.renamed, true) {
        return;
    }
    if !mem::replace(&mut choice.local, true) {
        return;
    }
    match bound(&error.text).filter(|bound| !choice.bounds.contains(bound)) {
        Some(bound) => choice.bounds.push(bound),
        None => choice.skip = true,
    }
}

/// The predicate that "`<T as Iterator>::Item` cannot be sent between threads safely" asks for: `T::Item: Send`.
fn bound(text: &str) -> Option<String> {
    let (of, what) = text.strip_prefix('`')?.split_once("` cannot be ")?;
    let is_word = |text: &str| text.chars().all(|char| char.is_alphanumeric() || char == '_');
    let of = match of.strip_prefix('<') {
        None => of.to_owned(),
        Some(path) => {
            let (path, name) = path.rsplit_once(">::")?;
            format!("{}::{name}", path.split_once(" as ")?.0)
        }
    };
    let known = match what {
        "sent between threads safely" => "Send",
        "shared between threads safely" => "Sync",
        _ => return None,
    };
    of.split("::").all(is_word).then(|| format!("{of}: {known}"))
}

fn reason(error: &Message) -> String {
    let code = if error.code.is_empty() { String::new() } else { format!("{}: ", error.code) };
    format!("{code}{}", error.text.lines().next().unwrap_or_default())
}

/// The functions that an error is about, each as the numbers of its file, site and place.
fn suspects(crates: &[Crate], error: &Message) -> Vec<(usize, usize, usize)> {
    for whole_sites in [false, true] {
        for place in &error.places {
            let files = crates.iter().flat_map(|of| &of.files).enumerate();
            for (number, file) in files.filter(|(_, file)| file.path == place.file) {
                let functions = file.at(place, whole_sites);
                if !functions.is_empty() {
                    return functions.into_iter().map(|(site, function)| (number, site, function)).collect();
                }
            }
        }
    }
    Vec::new()
}

/// Forgets what was refused, where another function may have been the cause.
pub fn try_again(crates: &mut [Crate]) -> bool {
    let mut changed = false;
    for file in crates.iter_mut().flat_map(|of| &mut of.files) {
        for (choice, reasons) in file.choices.iter_mut().flatten().zip(file.reasons.iter_mut().flatten()) {
            if choice.skip {
                *choice = Choice { renamed: choice.renamed, ..Choice::default() };
                reasons.clear();
                changed = true;
            }
        }
    }
    changed
}

/// What the markers wrote: of which lines the async fn, and its companion, was compiled.
pub struct Log {
    pub originals: HashSet<(PathBuf, usize)>,
    pub companions: HashSet<(PathBuf, usize)>,
}

impl Log {
    pub fn read(path: &Path) -> Outcome<Log> {
        let mut log = Log { originals: HashSet::new(), companions: HashSet::new() };
        for line in fs::read_to_string(path)?.lines() {
            let mut fields = line.splitn(3, '\t');
            let (Some(kind), Some(line), Some(file)) = (fields.next(), fields.next(), fields.next()) else { continue };
            let of = if kind == "original" { &mut log.originals } else { &mut log.companions };
            of.insert((PathBuf::from(file), line.parse()?));
        }
        Ok(log)
    }
}
