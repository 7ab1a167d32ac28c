//! Puts `#[threadsafe]` on every inherent impl, trait and free fn that has an async fn, in copies of published crates, and
//! counts the companions that compile. `ci/real-crates` runs it and says what it proves.
//!
//! Takes the folder of a package whose dependencies are the crates, and a folder to work in.

mod annotate;
mod check;
mod find;
mod report;
mod scratch;
mod work;

use std::collections::HashSet;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use check::{Checked, Message};
use scratch::Scratch;
use work::{Crate, Log};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// What is asked for, in percent.
const LEAST: f64 = 99.0;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(set), Some(folder)) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: real-crates SET FOLDER, where SET is a package that depends on the crates");
        return ExitCode::from(2);
    };
    match run(&set, &folder) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("real-crates: {error}");
            ExitCode::from(2)
        }
    }
}

/// Whether enough was accepted, without a new warning.
fn run(set: &Path, folder: &Path) -> Outcome<bool> {
    let mut scratch = Scratch::new(set, &folder.join("scratch"))?;
    let (target, log) = (folder.join("target"), folder.join("scratch/log"));
    let before = check::check(&scratch, &target, &log)?;
    if !before.success {
        return Err(format!("a crate does not compile as it was published:\n{}", first_error(&before)).into());
    }
    let sources = std::mem::take(&mut scratch.sources);
    let mut crates = sources.into_iter().map(Crate::new).collect::<Outcome<Vec<Crate>>>()?;
    let mut after = rounds(&mut crates, &scratch, &target, &log)?;
    if work::try_again(&mut crates) {
        after = rounds(&mut crates, &scratch, &target, &log)?;
    }
    let total = report::print(&crates, &Log::read(&log)?);
    let warnings = new_warnings(&before, &after);
    for warning in &warnings {
        println!("a warning that the crate by itself does not have:\n{}", warning.rendered);
    }
    Ok(total.rate() >= LEAST && warnings.is_empty())
}

/// Checks until all is accepted that can be.
fn rounds(crates: &mut [Crate], scratch: &Scratch, target: &Path, log: &Path) -> Outcome<Checked> {
    for round in 1..=MOST_ROUNDS {
        for file in crates.iter_mut().flat_map(|of| &mut of.files) {
            file.write()?;
        }
        let checked = check::check(scratch, target, log)?;
        let errors: Vec<&Message> = checked.messages.iter().filter(|message| message.is_error).collect();
        eprintln!("round {round}: {} errors", errors.len());
        if checked.success {
            return Ok(checked);
        }
        if std::env::var_os("VERBOSE").is_some() {
            errors.iter().for_each(|error| eprintln!("{}", error.rendered));
        }
        let left = work::settle(crates, &errors);
        if left.len() == errors.len() {
            let texts: Vec<&str> = left.iter().map(|error| error.rendered.as_str()).collect();
            return Err(format!("errors that are about no function with an attribute:\n{}", texts.join("\n")).into());
        }
    }
    Err(format!("there are still errors after {MOST_ROUNDS} rounds: run with VERBOSE=1 to see them").into())
}

const MOST_ROUNDS: usize = 20;

/// Those that were not there before the attributes. One that is printed again, of a type in the signature say, is not new.
fn new_warnings<'a>(before: &Checked, after: &'a Checked) -> Vec<&'a Message> {
    let known: HashSet<_> = before.messages.iter().map(identity).collect();
    after.messages.iter().filter(|warning| !known.contains(&identity(warning))).collect()
}

fn identity(warning: &Message) -> (String, String, Option<(PathBuf, usize)>) {
    let place = warning.places.first().map(|place| (place.file.clone(), *place.lines.start()));
    (warning.code.clone(), warning.text.clone(), place)
}

fn first_error(checked: &Checked) -> &str {
    checked.messages.iter().find(|message| message.is_error).map_or("", |error| &error.rendered)
}
