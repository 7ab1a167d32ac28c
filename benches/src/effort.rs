//! How long to measure.

use std::time::Duration;

/// How much is done for a figure.
#[derive(Clone, Debug)]
pub(crate) struct Effort {
    pub(crate) name: &'static str,
    /// How often everybody has a turn.
    pub(crate) rounds: usize,
    /// How long a turn takes.
    pub(crate) slice: Duration,
    /// How long calls to servers and calls on a busy machine go on before they count. At first the kernel leaves the
    /// threads of both sides on one core.
    pub(crate) settle: Duration,
    /// How long a turn of such calls then takes.
    pub(crate) settled: Duration,
    /// The same on a busy machine, where the kernel moves threads now and then.
    pub(crate) busy: Duration,
    /// Sizes of crowds.
    pub(crate) callers: &'static [usize],
    /// Numbers of tasks in flight.
    pub(crate) in_flight: &'static [usize],
    /// How many tasks are waited for together.
    pub(crate) many: usize,
    /// For how long an idle loop is watched.
    pub(crate) idle: Duration,
}

impl Effort {
    pub(crate) fn full() -> Effort {
        Effort {
            name: "full",
            rounds: 31,
            slice: Duration::from_millis(50),
            settle: Duration::from_millis(100),
            settled: Duration::from_millis(100),
            busy: Duration::from_millis(250),
            callers: &[2, 8, 64, 512],
            in_flight: &[1_000, 10_000, 100_000, 500_000, 1_000_000],
            many: 10_000,
            idle: Duration::from_secs(1),
        }
    }

    /// For a first look, in a minute.
    pub(crate) fn quick() -> Effort {
        Effort {
            name: "quick",
            rounds: 9,
            slice: Duration::from_millis(15),
            busy: Duration::from_millis(150),
            in_flight: &[1_000, 10_000, 100_000],
            ..Effort::full()
        }
    }

    /// To see that everything works. The figures mean nothing.
    #[cfg(test)]
    pub(crate) fn smoke() -> Effort {
        Effort {
            name: "smoke",
            rounds: 1,
            slice: Duration::from_millis(1),
            settle: Duration::from_millis(1),
            settled: Duration::from_millis(5),
            busy: Duration::from_millis(5),
            callers: &[2, 8],
            in_flight: &[10, 100],
            many: 100,
            idle: Duration::from_millis(10),
        }
    }

    /// For long turns.
    pub(crate) fn half_rounds(&self) -> usize {
        self.rounds.div_ceil(2)
    }

    /// For what takes long for a round.
    pub(crate) fn few_rounds(&self) -> usize {
        self.rounds.div_ceil(3)
    }
}
