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
            callers: &[2, 8, 64, 512, 4096],
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
            callers: &[2, 8],
            in_flight: &[10, 100],
            many: 100,
            idle: Duration::from_millis(10),
        }
    }

    /// For what takes long for a round.
    pub(crate) fn few_rounds(&self) -> usize {
        self.rounds.div_ceil(3)
    }
}
