//! Whether a wait can end: the waits of those that poll futures as a graph, and what in it holds itself up.
//!
//! A loop whose thread waits answers nobody until its wait is over. Where a runtime has many threads, and one of them waits
//! in a poll, it is the job that it polls which does not move on, and the others do. Each such [`Party`] may wait and be
//! waited for. A wait for [all](Need::All) of several parties is held up by any one of them that cannot answer, a wait for
//! [any](Need::Any) by all of them only. So a wait cannot end if it is in, or leads to, a set of waits each of which is held
//! up by others of the set: a circle where everybody waits for all, a knot of circles where some wait for any.
//!
//! A recorded wait whose answer is there already is no longer a wait: its thread only has not got round to saying so.

use std::collections::{HashMap, HashSet};
use std::panic::Location;
use std::sync::Arc;

use tokio::runtime::Id;

use crate::error::{Wait, Waiter, What};

/// A job, by its address, for as long as somebody holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct JobId(usize);

impl JobId {
    pub(crate) fn of<J: ?Sized>(job: &J) -> JobId {
        JobId(std::ptr::from_ref(job).addr())
    }
}

/// What answers nobody while a thread of it waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Party {
    /// A loop, or runtime, that has one thread.
    Loop(Id),
    /// A job on a runtime that has many.
    Job(JobId),
    /// The calls onto a shared loop that their callers poll: its end waits for all of them.
    Calls(Id),
}

/// A party, and the name of the loop that it is or runs on.
#[derive(Clone, Debug)]
pub(crate) struct Who {
    pub(crate) party: Party,
    pub(crate) on: Arc<str>,
}

impl Party {
    /// As it is told. `on`: the name of the loop that it is, or that it runs on.
    fn told(self, on: &Arc<str>) -> Waiter {
        let what = match self {
            Party::Loop(_) => What::Loop,
            Party::Job(_) => What::Task,
            Party::Calls(_) => What::Call,
        };
        Waiter { on: Arc::clone(on), what }
    }
}

/// What one party owes to a wait.
pub(crate) trait Answer: Send + Sync {
    /// The one job that it comes from.
    fn job(&self) -> Option<JobId> {
        None
    }

    /// Whether it has come.
    fn has_come(&self) -> bool;

    /// Whether it ends the wait, whatever others still owe.
    fn ends_all(&self) -> bool {
        false
    }
}

/// Which of several parties end a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    All,
    Any,
}

/// What a thread waits for.
pub(crate) struct Waiting {
    site: &'static Location<'static>,
    need: Need,
    owed: Vec<Owed>,
}

/// By one of the parties.
struct Owed {
    by: Party,
    told: Waiter,
    answer: Box<dyn Answer>,
}

/// Who waits for what, by the waiting party.
#[derive(Default)]
pub(crate) struct Records(HashMap<Party, Waits>);

/// Each wait that a party is in, the innermost last: code of the user's (a subscriber, the destructor of a waker) may wait
/// on its way into another wait.
struct Waits {
    told: Waiter,
    waits: Vec<Arc<Waiting>>,
}

impl Records {
    pub(crate) fn begin(&mut self, by: &Who, waiting: &Arc<Waiting>) {
        let new = || Waits { told: by.party.told(&by.on), waits: Vec::new() };
        self.0.entry(by.party).or_insert_with(new).waits.push(Arc::clone(waiting));
    }

    /// That wait is over. The caller keeps it, to drop it where the user's code may run: an answer may hold the last
    /// reference to a task.
    pub(crate) fn end(&mut self, party: Party, waiting: &Arc<Waiting>) {
        let Some(of_party) = self.0.get_mut(&party) else { return };
        of_party.waits.retain(|wait| !Arc::ptr_eq(wait, waiting));
        if of_party.waits.is_empty() {
            self.0.remove(&party);
        }
    }
}

impl Waiting {
    /// For nothing yet.
    pub(crate) fn new(need: Need, site: &'static Location<'static>) -> Waiting {
        Waiting { site, need, owed: Vec::new() }
    }

    /// Waits for the party `by` as well, which is the loop `on` or runs there.
    pub(crate) fn add(&mut self, by: Party, on: &Arc<str>, answer: Box<dyn Answer>) {
        self.owed.push(Owed { by, told: by.told(on), answer });
    }

    /// What it still waits for: nothing if it is over.
    fn open(&self) -> Open<'_> {
        // Each is asked once whether it has come: one that comes meanwhile, asked again, would be neither the end of this wait
        // nor what is still owed. An error is looked for after that, lest what has come as one be taken for a value.
        let (come, mut owed): (Vec<_>, Vec<_>) = self.owed.iter().partition(|owed| owed.answer.has_come());
        let is_any_there = self.need == Need::Any && !come.is_empty();
        if is_any_there || self.owed.iter().any(|owed| owed.answer.ends_all()) {
            owed.clear();
        }
        Open { site: self.site, need: self.need, owed }
    }
}

/// A wait that is not over, and what has not come of it.
struct Open<'a> {
    site: &'static Location<'static>,
    need: Need,
    owed: Vec<&'a Owed>,
}

impl Open<'_> {
    fn is_held_up_by(&self, held: &Held<'_>) -> bool {
        let mut held = self.owed.iter().map(|owed| held.contains_key(&owed.by));
        match self.need {
            Need::All => held.any(|held| held),
            Need::Any => !self.owed.is_empty() && held.all(|held| held),
        }
    }
}

/// Those whose waits cannot end, or were not shown to yet.
type Held<'a> = HashMap<Party, Stuck<'a>>;

/// One of them, and the waits that it is in.
struct Stuck<'a> {
    told: Waiter,
    open: Vec<Open<'a>>,
}

impl Stuck<'_> {
    /// Whether one of its waits is held up: it answers nobody before all of them are over.
    fn is_held_up_by(&self, held: &Held<'_>) -> bool {
        self.open.iter().any(|open| open.is_held_up_by(held))
    }

    fn waits_for(&self) -> impl Iterator<Item = Party> {
        self.open.iter().flat_map(|open| &open.owed).map(|owed| owed.by)
    }
}

/// If `waiting`, which holds up all of `by`, cannot end beside what is recorded: why.
pub(crate) fn why_never(records: &Records, by: &[Who], waiting: &Waiting) -> Option<Vec<Wait>> {
    // Told as that of the one whose circle it closes; or of all, where it takes several to close one.
    let alone = by.iter().find_map(|who| why_never_from(who.party, records, std::slice::from_ref(who), waiting));
    alone.or_else(|| by.iter().find_map(|who| why_never_from(who.party, records, by, waiting)))
}

/// The wait comes first, as that of `from`, then each that the one before leads to, round to `from`; then what else keeps
/// those for any from ending.
fn why_never_from(from: Party, records: &Records, by: &[Who], waiting: &Waiting) -> Option<Vec<Wait>> {
    let mut held = reached(from, records, by, waiting);
    // Whoever may be answered may answer, until nothing changes. Each round is for one at least.
    loop {
        let free: Vec<Party> =
            held.iter().filter(|(_, stuck)| !stuck.is_held_up_by(&held)).map(|(party, _)| *party).collect();
        if free.is_empty() {
            break;
        }
        for party in free {
            held.remove(&party);
        }
    }
    held.contains_key(&from).then(|| {
        let steps = steps_to(from, &held);
        let mut waits = Vec::new();
        explain(&held, &steps, from, &mut HashSet::new(), &mut waits);
        waits
    })
}

/// Whose waits those of `from` lead to, itself among them.
fn reached<'a>(from: Party, records: &'a Records, by: &[Who], waiting: &'a Waiting) -> Held<'a> {
    let mut reached: Held<'a> = HashMap::new();
    let mut ahead = vec![from];
    while let Some(party) = ahead.pop() {
        if reached.contains_key(&party) {
            continue;
        }
        let recorded = records.0.get(&party);
        let new = by.iter().find(|who| who.party == party);
        let told = recorded.map(|of_party| of_party.told.clone());
        let Some(told) = told.or_else(|| new.map(|who| party.told(&who.on))) else { continue };
        let waits = recorded.into_iter().flat_map(|of_party| &of_party.waits).map(|wait| &**wait);
        let stuck = Stuck { told, open: waits.chain(new.map(|_| waiting)).map(Waiting::open).collect() };
        ahead.extend(stuck.waits_for());
        reached.insert(party, stuck);
    }
    reached
}

/// How many waits lead from each party to `to`.
fn steps_to(to: Party, held: &Held<'_>) -> HashMap<Party, usize> {
    let mut steps = HashMap::from([(to, 0)]);
    for far in 1.. {
        let leads = |stuck: &Stuck<'_>| stuck.waits_for().any(|by| steps.get(&by) == Some(&(far - 1)));
        let is_next = |(party, stuck): &(&Party, &Stuck<'_>)| !steps.contains_key(party) && leads(stuck);
        let next: Vec<Party> = held.iter().filter(is_next).map(|(party, _)| *party).collect();
        if next.is_empty() {
            break;
        }
        steps.extend(next.into_iter().map(|party| (party, far)));
    }
    steps
}

/// Adds what holds `party` up to `waits`: what leads back soonest first.
fn explain(
    held: &Held<'_>,
    steps: &HashMap<Party, usize>,
    party: Party,
    told: &mut HashSet<Party>,
    waits: &mut Vec<Wait>,
) {
    if !told.insert(party) {
        return;
    }
    // The one that is asked about is the last.
    let stuck = &held[&party];
    for open in stuck.open.iter().rev().filter(|open| open.is_held_up_by(held)) {
        let mut owed: Vec<&&Owed> = open.owed.iter().filter(|owed| held.contains_key(&owed.by)).collect();
        owed.sort_by_key(|owed| steps.get(&owed.by).copied().unwrap_or(usize::MAX));
        if open.need == Need::All {
            owed.truncate(1);
        }
        for owed in owed {
            waits.push(Wait { waiter: stuck.told.clone(), target: owed.told.clone(), site: open.site });
            explain(held, steps, owed.by, told, waits);
        }
    }
}

#[cfg(all(test, not(bridge_loom)))]
mod tests {
    use tokio::runtime::Builder;

    use super::*;

    /// What an answer is to say.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum Said {
        Nothing,
        Come,
        Ends,
    }
    use Said::{Come, Ends, Nothing};

    impl Answer for Said {
        fn has_come(&self) -> bool {
            *self == Come
        }
        fn ends_all(&self) -> bool {
            *self == Ends
        }
    }

    /// Loops by number, and their waits.
    struct Loops {
        parties: Vec<Party>,
        names: Vec<Arc<str>>,
        records: Records,
    }

    impl Loops {
        fn new(count: usize) -> Loops {
            let party = |_| Party::Loop(Builder::new_current_thread().build().unwrap().handle().id());
            let names = (0..count).map(|number| Arc::from(number.to_string())).collect();
            Loops { parties: (0..count).map(party).collect(), names, records: Records::default() }
        }

        fn who(&self, number: usize) -> Who {
            Who { party: self.parties[number], on: Arc::clone(&self.names[number]) }
        }

        fn waiting(&self, need: Need, owed: &[(usize, Said)]) -> Waiting {
            let mut waiting = Waiting::new(need, Location::caller());
            for &(by, said) in owed {
                waiting.add(self.parties[by], &self.names[by], Box::new(said));
            }
            waiting
        }

        fn record(&mut self, waiter: usize, need: Need, owed: &[(usize, Said)]) {
            let waiting = Arc::new(self.waiting(need, owed));
            self.records.0.remove(&self.parties[waiter]);
            let who = self.who(waiter);
            self.records.begin(&who, &waiting);
        }

        /// What is told to `waiter`, as waits of one loop for another.
        fn told(&self, waiter: usize, need: Need, owed: &[(usize, Said)]) -> Option<Vec<[usize; 2]>> {
            let waiting = self.waiting(need, owed);
            let waits = why_never(&self.records, &[self.who(waiter)], &waiting)?;
            Some(
                waits
                    .iter()
                    .map(|wait| [&wait.waiter, &wait.target].map(|waiter| waiter.on.parse().unwrap()))
                    .collect(),
            )
        }
    }

    #[test]
    fn a_loop_that_waits_for_itself_is_told_so() {
        let loops = Loops::new(1);
        assert_eq!(loops.told(0, Need::All, &[(0, Nothing)]), Some(vec![[0, 0]]));
        assert_eq!(loops.told(0, Need::Any, &[(0, Nothing)]), Some(vec![[0, 0]]));
    }

    #[test]
    fn a_chain_ends() {
        let mut loops = Loops::new(4);
        loops.record(1, Need::All, &[(2, Nothing)]);
        loops.record(2, Need::Any, &[(3, Nothing)]);
        assert_eq!(loops.told(0, Need::All, &[(1, Nothing), (3, Nothing)]), None);
        assert_eq!(loops.told(0, Need::All, &[]), None);
        assert_eq!(loops.told(0, Need::Any, &[]), None);
    }

    #[test]
    fn a_circle_is_told_in_order_from_the_one_that_closes_it() {
        let mut loops = Loops::new(4);
        loops.record(1, Need::All, &[(3, Nothing), (2, Nothing)]);
        loops.record(2, Need::All, &[(0, Nothing)]);
        assert_eq!(loops.told(0, Need::All, &[(3, Nothing), (1, Nothing)]), Some(vec![[0, 1], [1, 2], [2, 0]]));
    }

    #[test]
    fn of_two_circles_the_shorter_is_told() {
        let mut loops = Loops::new(3);
        loops.record(1, Need::All, &[(2, Nothing), (0, Nothing)]);
        loops.record(2, Need::All, &[(0, Nothing)]);
        assert_eq!(loops.told(0, Need::All, &[(1, Nothing)]), Some(vec![[0, 1], [1, 0]]));
    }

    #[test]
    fn a_wait_for_any_is_held_up_only_when_nobody_can_answer_it() {
        let mut loops = Loops::new(4);
        loops.record(0, Need::Any, &[(1, Nothing), (2, Nothing)]);
        assert_eq!(loops.told(1, Need::All, &[(0, Nothing)]), None);
        loops.record(1, Need::All, &[(0, Nothing)]);
        assert_eq!(loops.told(3, Need::All, &[(1, Nothing)]), None, "the second may still answer the first");
        let told = loops.told(2, Need::All, &[(0, Nothing)]);
        assert_eq!(told, Some(vec![[2, 0], [0, 2], [0, 1], [1, 0]]));
    }

    #[test]
    fn a_wait_for_any_is_refused_only_if_all_of_them_wait() {
        let mut loops = Loops::new(3);
        loops.record(1, Need::All, &[(0, Nothing)]);
        assert_eq!(loops.told(0, Need::Any, &[(1, Nothing), (2, Nothing)]), None);
        assert_eq!(loops.told(0, Need::Any, &[(1, Nothing), (0, Nothing)]), Some(vec![[0, 0], [0, 1], [1, 0]]));
    }

    #[test]
    fn what_has_come_holds_nobody_up() {
        let mut loops = Loops::new(3);
        for (need, owed, told) in [
            (Need::All, [(0, Come), (2, Nothing)], None),
            (Need::All, [(0, Nothing), (2, Come)], Some(vec![[0, 1], [1, 0]])),
            (Need::Any, [(0, Nothing), (0, Come)], None),
            (Need::All, [(0, Nothing), (2, Ends)], None),
        ] {
            loops.record(1, need, &owed);
            assert_eq!(loops.told(0, Need::All, &[(1, Nothing)]), told, "{need:?} {owed:?}");
        }
    }

    /// An answer that comes after the first look at it.
    #[derive(Default)]
    struct ComesMeanwhile(std::sync::atomic::AtomicBool);

    impl Answer for ComesMeanwhile {
        fn has_come(&self) -> bool {
            self.0.swap(true, std::sync::atomic::Ordering::Relaxed)
        }
    }

    #[test]
    fn what_comes_while_it_is_looked_at_holds_nobody_up() {
        let loops = Loops::new(2);
        for need in [Need::Any, Need::All] {
            let mut waiting = loops.waiting(need, &[(0, Nothing)]);
            waiting.add(loops.parties[1], &loops.names[1], Box::<ComesMeanwhile>::default());
            let told = why_never(&loops.records, &[loops.who(0)], &waiting);
            assert_eq!(told.is_some(), need == Need::All, "{need:?}");
        }
    }

    #[test]
    fn a_wait_inside_another_leaves_that_one_in_the_circle() {
        let mut loops = Loops::new(3);
        loops.record(0, Need::All, &[(1, Nothing)]);
        let nested = Arc::new(loops.waiting(Need::All, &[(2, Nothing)]));
        let who = loops.who(0);
        loops.records.begin(&who, &nested);
        assert_eq!(loops.told(1, Need::All, &[(0, Nothing)]), Some(vec![[1, 0], [0, 1]]));
        assert_eq!(loops.told(2, Need::All, &[(0, Nothing)]), Some(vec![[2, 0], [0, 2]]));
        loops.records.end(loops.parties[0], &nested);
        assert_eq!(loops.told(1, Need::All, &[(0, Nothing)]), Some(vec![[1, 0], [0, 1]]));
        assert_eq!(loops.told(2, Need::All, &[(0, Nothing)]), None);
        let outer = Arc::clone(&loops.records.0[&loops.parties[0]].waits[0]);
        loops.records.end(loops.parties[0], &outer);
        assert!(loops.records.0.is_empty());
    }

    #[test]
    fn a_wait_that_holds_up_two_is_refused_if_it_keeps_a_wait_for_either_from_ending() {
        let mut loops = Loops::new(3);
        let both = [loops.who(0), loops.who(1)];
        loops.record(2, Need::Any, &[(0, Nothing), (1, Nothing)]);
        let waiting = loops.waiting(Need::All, &[(2, Nothing)]);
        assert!(why_never(&loops.records, &both, &waiting).is_some());
        assert!(both.iter().all(|who| why_never(&loops.records, std::slice::from_ref(who), &waiting).is_none()));
    }

    /// Whether the wait of `id` can end, by trying every way that does not go round.
    fn can_end(records: &Records, party: Party, path: &mut Vec<Party>) -> bool {
        let Some([waiting]) = records.0.get(&party).map(|of_party| &of_party.waits[..]) else { return true };
        let owed = waiting.open().owed;
        path.push(party);
        let mut answers = owed.iter().map(|owed| !path.clone().contains(&owed.by) && can_end(records, owed.by, path));
        let can_end =
            owed.is_empty() || if waiting.need == Need::All { answers.all(|a| a) } else { answers.any(|a| a) };
        drop(answers);
        path.pop();
        can_end
    }

    #[test]
    fn whatever_waits_for_what_only_those_that_cannot_end_are_told() {
        const LOOPS: usize = 5;
        let mut loops = Loops::new(LOOPS);
        let mut seed = 1_u64;
        let mut below = |limit: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from((seed >> 33) % limit).unwrap()
        };
        let mut held_up = 0;
        for _ in 0..20_000 {
            loops.records.0.clear();
            // Each asks for leave in turn, as loops do, and waits if it is given.
            for waiter in 0..LOOPS {
                let need = [Need::All, Need::Any][below(2)];
                let mut owed = Vec::new();
                for by in 0..LOOPS {
                    if below(5) < 2 {
                        owed.push((by, [Nothing, Nothing, Nothing, Come, Ends][below(5)]));
                    }
                }
                let told = loops.told(waiter, need, &owed);
                loops.record(waiter, need, &owed);
                let ends = can_end(&loops.records, loops.parties[waiter], &mut Vec::new());
                assert_eq!(told.is_none(), ends, "{waiter} {need:?} {owed:?}: {told:?}");
                let Some(told) = told else { continue };
                held_up += 1;
                loops.records.0.remove(&loops.parties[waiter]);
                let mut at = waiter;
                let round = told.iter().position(|&[from, to]| {
                    assert_eq!(from, at, "a circle comes first: {told:?}");
                    at = to;
                    to == waiter
                });
                assert!(round.is_some(), "and it is closed: {told:?}");
            }
        }
        assert!(held_up > 1000, "{held_up}");
    }
}
