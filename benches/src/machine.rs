//! What it was measured on.

use std::fs;
use std::process::Command;
use std::thread::available_parallelism;

/// One line: processor, cores, kernel, compiler, day, and how busy it was at the start.
pub(crate) fn line() -> String {
    let cores = available_parallelism().map_or(1, usize::from);
    let kernel = output_of("uname", &["-sr"]);
    let rustc = output_of("rustc", &["--version"]);
    let date = output_of("date", &["-u", "+%Y-%m-%d"]);
    format!("{}, {cores} cores · {kernel} · {rustc} · {date} · load {} at the start", processor(), load())
}

/// The processor time that other processes take while something is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Others(Ticks);

/// In units of the kernel.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Ticks {
    all: f64,
    busy: f64,
    own: f64,
}

impl Others {
    /// `None`: the kernel does not count it.
    pub(crate) fn start() -> Option<Others> {
        Ticks::now().map(Others)
    }

    /// As a share of all processors, since the start. Processes of this program count once they have been waited for.
    pub(crate) fn share(&self) -> Option<f64> {
        let (before, now) = (self.0, Ticks::now()?);
        let others = (now.busy - before.busy) - (now.own - before.own);
        Some(others.max(0.0) / (now.all - before.all).max(1.0))
    }
}

impl Ticks {
    fn now() -> Option<Ticks> {
        let machine = fs::read_to_string("/proc/stat").ok()?;
        Ticks::parse(&machine, &fs::read_to_string("/proc/self/stat").ok()?)
    }

    fn parse(machine: &str, process: &str) -> Option<Ticks> {
        let times = |text: &str| text.split_whitespace().map_while(|time| time.parse().ok()).collect::<Vec<f64>>();
        let machine = times(machine.lines().next()?.strip_prefix("cpu ")?);
        let [user, nice, system, _, _, _, _, stolen, ..] = machine[..] else { return None };
        // After the name, which may have spaces in it, and the state.
        let process = times(process.rsplit_once(')')?.1.trim_start().get(1..)?);
        let own = process.get(10..14)?.iter().sum();
        // The last two are in the first two.
        Some(Ticks { all: machine.iter().take(8).sum(), busy: user + nice + system + stolen, own })
    }
}

fn processor() -> String {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo.lines().find(|line| line.starts_with("model name"));
    let name = model.and_then(|line| line.split_once(':')).map(|(_, name)| name.trim());
    name.unwrap_or("unknown processor").to_string()
}

/// Of the last minute.
fn load() -> String {
    let loadavg = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    loadavg.split_whitespace().next().unwrap_or("unknown").to_string()
}

fn output_of(program: &str, arguments: &[&str]) -> String {
    match Command::new(program).args(arguments).output() {
        Ok(output) if output.status.success() => String::from_utf8_lossy(&output.stdout).trim().to_string(),
        _ => format!("unknown {program}"),
    }
}

#[cfg(test)]
mod tests {
    use super::Ticks;

    #[test]
    fn processor_times_are_found_in_what_the_kernel_shows() {
        let machine = "cpu  100 20 30 1000 5 6 7 40 50 0\ncpu0 1 2 3 4\n";
        let process = "42 (a name) S) R 1 42 42 0 -1 4194304 88 0 0 0 11 12 13 14 20 0 1 0 100 200 300\n";
        let found = Ticks::parse(machine, process).unwrap();
        assert_eq!(found, Ticks { all: 1208.0, busy: 190.0, own: 50.0 });
        assert_eq!(Ticks::parse("intr 5\n", process), None);
        assert_eq!(Ticks::parse(machine, "42 (name) R 1\n"), None);
    }
}
