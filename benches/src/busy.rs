//! A busy machine: a process per core that does nothing but compute.

use std::hint::spin_loop;
use std::process::{Child, Command, Stdio};
use std::thread::available_parallelism;
use std::{env, io};

use crate::services::ending_with_this_process;

/// The argument that makes this program such a process.
const SPIN: &str = "--spin";

/// The processes, which end when this is dropped.
#[derive(Debug)]
pub(crate) struct Busy(Vec<Child>);

impl Busy {
    pub(crate) fn start() -> io::Result<Busy> {
        let program = env::current_exe()?;
        let mut busy = Busy(Vec::new());
        for _ in 0..available_parallelism()?.get() {
            let mut command = Command::new(&program);
            // The test runner knows no `--spin`, so its processes end at once.
            command.arg(SPIN).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            busy.0.push(ending_with_this_process(&mut command).spawn()?);
        }
        Ok(busy)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        for child in &mut self.0 {
            // One that has ended already is no error.
            drop(child.kill());
            drop(child.wait());
        }
    }
}

/// In such a process, computes until it is killed.
pub(crate) fn spin_if_asked() {
    if env::args_os().nth(1).is_some_and(|argument| argument == SPIN) {
        loop {
            spin_loop();
        }
    }
}
