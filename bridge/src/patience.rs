//! What a thread does between two looks, and how long it bears with looks that come to nothing. Each thread that calls
//! has patience of its own, over all of its calls, and so has each loop.
//!
//! A thread that is waited for may itself wait for the very core of the one that looks. Then a look is a `yield`: the
//! two pass the core to and fro without a sleep, and the system sees two threads that want to run, and moves one.
//!
//! Where a third wants that core as well, a yield gives it to the third, for a slice of milliseconds, and a system that
//! shares time fairly has those who yield wait for longer each time; a thread that sleeps has its core back as soon as it
//! is woken. So after a look by yielding that took [`TOO_LONG`] the next ones are left out.

use std::time::{Duration, Instant};

use crate::core_id::Core;
use crate::sync::{spin_loop, yield_now};

/// Longer than two that wait for each other's next word leave each other their core. Then somebody else had it.
const TOO_LONG: Duration = Duration::from_micros(100);

/// What a thread does between two looks.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pause {
    /// The other thread runs elsewhere, as far as is known.
    Spin,
    /// The other thread wants this core.
    Yield,
}

impl Pause {
    /// Between looks for what a thread does that was last seen on `other`.
    pub(crate) fn before(other: Core) -> Pause {
        if other.is(Core::current()) { Pause::Yield } else { Pause::Spin }
    }

    /// Looks up to so often as takes a microsecond or a few: until the next reading of the clock.
    pub(crate) fn look(self, patience: &mut Patience, mut is_over: impl FnMut() -> bool) -> bool {
        match self {
            Pause::Spin => (0..64).any(|_| {
                spin_loop();
                is_over()
            }),
            Pause::Yield => {
                let start = Instant::now();
                let is_over = yield_twice(is_over);
                patience.yielded(start.elapsed());
                is_over
            }
        }
    }
}

/// Lets others have this core for a turn or two.
pub(crate) fn yield_twice(mut is_over: impl FnMut() -> bool) -> bool {
    (0..2).any(|_| {
        yield_now();
        is_over()
    })
}

/// What is left of the will to look, after looks in vain and yields that took too long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// Looks in vain since the last one that was not.
    vain: u32,
    /// How many occasions to leave out before the next look.
    skip: u32,
    /// How many to leave out where the look would be a yield.
    skip_yields: u32,
    /// How many, after the next yield that takes too long.
    apart: u32,
    /// Yields since the last one that did.
    short: u32,
    /// How often, in a row, others were let go first in vain.
    vain_ways: u32,
    /// How many occasions to leave out before others are let go first again.
    skip_ways: u32,
}

impl Patience {
    /// After many looks in vain, one occasion in two to the power of this is still taken.
    const RAREST: u32 = 4;

    /// How many occasions to yield are left out after one that took too long. From one such to the next it doubles, up to
    /// the other.
    const APART: u32 = 1 << 10;
    const FARTHEST: u32 = 1 << 16;

    /// After so many yields in a row that did not take too long, those that did are forgotten.
    const FORGETS: u32 = 1 << 10;

    /// After so many times in a row that others were let go first in vain, occasions are left out: one, and from one such
    /// time to the next twice as many and one more, up to two to the power of the other, less one.
    const BEARS_WAYS: u32 = 4;
    const RAREST_WAY: u32 = 5;

    pub(crate) const fn new() -> Patience {
        let apart = Patience::APART;
        Patience { vain: 0, skip: 0, skip_yields: 0, apart, short: 0, vain_ways: 0, skip_ways: 0 }
    }

    /// Whether to look on this occasion.
    pub(crate) fn ask(&mut self, pause: Pause) -> bool {
        if !self.bears(pause) {
            self.skip_yields -= 1;
            return false;
        }
        let look = self.skip == 0;
        self.skip = self.skip.saturating_sub(1);
        look
    }

    /// Whether a look that has begun may go on so.
    pub(crate) fn bears(&self, pause: Pause) -> bool {
        matches!(pause, Pause::Spin) || self.skip_yields == 0
    }

    /// How the look went.
    pub(crate) fn looked(&mut self, found: bool) {
        self.vain = if found { 0 } else { (self.vain + 1).min(Patience::RAREST) };
        self.skip = (1 << self.vain) - 1;
    }

    /// Whether to let others go first on this occasion.
    pub(crate) fn ask_way(&mut self) -> bool {
        let gives_way = self.skip_ways == 0;
        self.skip_ways = self.skip_ways.saturating_sub(1);
        gives_way
    }

    /// Whether the answer was there after that.
    pub(crate) fn gave_way(&mut self, found: bool) {
        let most = Patience::BEARS_WAYS + Patience::RAREST_WAY - 1;
        self.vain_ways = if found { 0 } else { (self.vain_ways + 1).min(most) };
        self.skip_ways = (1 << (self.vain_ways + 1).saturating_sub(Patience::BEARS_WAYS)) - 1;
    }

    /// How long a look by yielding took.
    fn yielded(&mut self, took: Duration) {
        if took >= TOO_LONG {
            self.skip_yields = self.apart;
            self.apart = (self.apart * 2).min(Patience::FARTHEST);
            self.short = 0;
            return;
        }
        self.short += 1;
        if self.short == Patience::FORGETS {
            self.apart = Patience::APART;
            self.short = 0;
        }
    }
}

#[cfg(all(test, not(bridge_loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_look_is_over_when_it_has_found_or_after_a_while() {
        for (pause, most) in [(Pause::Spin, 64), (Pause::Yield, 2)] {
            let mut count = 0;
            let mut looks = |found_at| {
                count = 0;
                let found = pause.look(&mut Patience::new(), || {
                    count += 1;
                    count == found_at
                });
                (found, count)
            };
            assert_eq!((looks(1), looks(2), looks(0)), ((true, 1), (true, 2), (false, most)));
        }
    }

    /// On how many of the next occasions the thread looks, each time in vain.
    fn looks(patience: &mut Patience, pause: Pause, occasions: u32) -> usize {
        (0..occasions).filter(|_| patience.ask(pause)).count()
    }

    #[test]
    fn looks_in_vain_make_the_next_rarer_until_one_finds() {
        let mut patience = Patience::new();
        assert_eq!(looks(&mut patience, Pause::Spin, 100), 100);
        for left_out in [1, 3, 7, 15, 15] {
            patience.looked(false);
            assert_eq!(looks(&mut patience, Pause::Spin, left_out), 0);
            assert!(patience.ask(Pause::Spin));
        }
        patience.looked(true);
        assert_eq!(looks(&mut patience, Pause::Spin, 100), 100);
        patience.looked(false);
        assert_eq!(looks(&mut patience, Pause::Yield, 1), 0, "a yield is a look");
    }

    #[test]
    fn ways_that_are_given_in_vain_again_and_again_are_given_less_often_until_one_is_not() {
        let mut patience = Patience::new();
        let mut left_out = |found| {
            patience.gave_way(found);
            (0..).take_while(|_| !patience.ask_way()).count()
        };
        assert_eq!([(); 10].map(|()| left_out(false)), [0, 0, 0, 1, 3, 7, 15, 31, 31, 31]);
        assert_eq!([true, false, false, false, false].map(left_out), [0, 0, 0, 0, 1]);
    }

    #[test]
    fn a_yield_that_took_too_long_has_yields_left_out_and_no_other_looks() {
        let mut patience = Patience::new();
        patience.yielded(TOO_LONG - Duration::from_nanos(1));
        assert!(patience.bears(Pause::Yield) && patience.ask(Pause::Yield));
        patience.yielded(TOO_LONG);
        assert!(!patience.bears(Pause::Yield) && patience.bears(Pause::Spin));
        assert_eq!(looks(&mut patience, Pause::Spin, 2 * Patience::APART), 2 * Patience::APART as usize);
        assert_eq!(looks(&mut patience, Pause::Yield, Patience::APART), 0);
        assert!(patience.bears(Pause::Yield) && patience.ask(Pause::Yield));
    }

    #[test]
    fn yields_that_take_too_long_again_and_again_are_left_out_for_longer() {
        let mut patience = Patience::new();
        let mut left_out = || {
            patience.yielded(TOO_LONG);
            (0..).take_while(|_| !patience.ask(Pause::Yield)).count()
        };
        let apart = Vec::from_iter((0..9).map(|_| left_out()));
        assert_eq!(apart, [1, 2, 4, 8, 16, 32, 64, 64, 64].map(|times| times * Patience::APART as usize));
        let mut left_out_after = |short| {
            (0..short).for_each(|_| patience.yielded(Duration::ZERO));
            patience.yielded(TOO_LONG);
            (0..).take_while(|_| !patience.ask(Pause::Yield)).count()
        };
        assert_eq!(left_out_after(Patience::FORGETS - 1), Patience::FARTHEST as usize);
        assert_eq!(left_out_after(Patience::FORGETS), Patience::APART as usize);
    }
}
