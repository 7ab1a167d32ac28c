//! What it was measured on.

use std::fs;
use std::process::Command;
use std::thread::available_parallelism;

/// One line: processor, cores, kernel, compiler, day, and how busy it was before we began.
pub(crate) fn line() -> String {
    let cores = available_parallelism().map_or(1, usize::from);
    let kernel = told_by("uname", &["-sr"]);
    let rustc = told_by("rustc", &["--version"]);
    let date = told_by("date", &["-u", "+%Y-%m-%d"]);
    format!("{}, {cores} cores · {kernel} · {rustc} · {date} · load {} at the start", processor(), load())
}

fn processor() -> String {
    let told = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = told.lines().find(|line| line.starts_with("model name"));
    let name = model.and_then(|line| line.split_once(':')).map(|(_, name)| name.trim());
    name.unwrap_or("unknown processor").to_string()
}

/// Of the last minute.
fn load() -> String {
    let told = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    told.split_whitespace().next().unwrap_or("unknown").to_string()
}

fn told_by(program: &str, arguments: &[&str]) -> String {
    match Command::new(program).args(arguments).output() {
        Ok(output) if output.status.success() => String::from_utf8_lossy(&output.stdout).trim().to_string(),
        _ => format!("unknown {program}"),
    }
}
