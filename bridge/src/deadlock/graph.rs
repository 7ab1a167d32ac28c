//! The wait-for graph: whether a wait can end, and the cycle or knot that keeps it from ending.
//!
//! A loop whose thread waits polls nothing until the wait is over. Where a runtime has many threads, and one of them waits inside
//! a poll, only the job that it polls stands still. Each of these is a [`Node`], which may wait and be waited for. A wait for
//! [all](Wait::All) of several nodes cannot end while one of them stands still, a wait for [any](Wait::Any) while all of them
//! do. So a wait cannot end if it is in, or leads to, a set of waits each of which waits for others of the set: a cycle where
//! each waits for all, a knot where some wait for any.
//!
//! A recorded wait whose dependency is resolved is over, though its thread has not returned yet.

use std::collections::{HashMap, HashSet};
use std::panic::Location;
use std::sync::Arc;

use tokio::runtime::Id;

use crate::error::{NodeKind, WaitEdge, WaitNode};

/// A job, by its address, for as long as somebody holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct JobId(usize);

impl JobId {
    pub(crate) fn of<J: ?Sized>(job: &J) -> JobId {
        JobId(std::ptr::from_ref(job).addr())
    }
}

/// What stands still while a thread of it waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Node {
    /// A loop, or runtime, that has one thread.
    Loop(Id),
    /// A job on a runtime that has many.
    Job(JobId),
    /// The calls onto a shared loop that their callers poll: the loop's end waits for all of them.
    Calls(Id),
}

/// A node, and the name of the loop that it is or runs on.
#[derive(Clone, Debug)]
pub(crate) struct NamedNode {
    pub(crate) node: Node,
    pub(crate) on: Arc<str>,
}

impl Node {
    /// The node as an error shows it. `on`: the name of the loop that it is, or that it runs on.
    fn label(self, on: &Arc<str>) -> WaitNode {
        let kind = match self {
            Node::Loop(_) => NodeKind::Loop,
            Node::Job(_) => NodeKind::Task,
            Node::Calls(_) => NodeKind::Call,
        };
        WaitNode { on: Arc::clone(on), kind }
    }
}

/// What a wait needs of one node.
pub(crate) trait Dependency: Send + Sync {
    /// The one job that it is about.
    fn job(&self) -> Option<JobId> {
        None
    }

    /// Whether the wait does not need the node any more.
    fn is_resolved(&self) -> bool;

    /// Whether the whole wait is over, whatever it needs of other nodes.
    fn ends_wait(&self) -> bool {
        false
    }
}

/// How many of its dependencies a wait needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    All,
    Any,
}

/// A wait of a thread, with an edge for each node that it waits for.
pub(crate) struct RecordedWait {
    site: &'static Location<'static>,
    needs: Wait,
    edges: Vec<Edge>,
}

struct Edge {
    to: Node,
    label: WaitNode,
    dependency: Box<dyn Dependency>,
}

/// The waits of each node that waits.
#[derive(Default)]
pub(crate) struct WaitForGraph(HashMap<Node, Waits>);

/// The waits of one node, the innermost last: user code (a subscriber, the destructor of a waker) may wait on its way into another
/// wait.
struct Waits {
    label: WaitNode,
    waits: Vec<Arc<RecordedWait>>,
}

impl WaitForGraph {
    pub(crate) fn insert(&mut self, by: &NamedNode, wait: &Arc<RecordedWait>) {
        let new = || Waits { label: by.node.label(&by.on), waits: Vec::new() };
        self.0.entry(by.node).or_insert_with(new).waits.push(Arc::clone(wait));
    }

    /// The caller keeps `wait`, and drops it where user code may run: a dependency may hold the last reference to a task.
    pub(crate) fn remove(&mut self, node: Node, wait: &Arc<RecordedWait>) {
        let Some(of_node) = self.0.get_mut(&node) else { return };
        of_node.waits.retain(|other| !Arc::ptr_eq(other, wait));
        if of_node.waits.is_empty() {
            self.0.remove(&node);
        }
    }
}

impl RecordedWait {
    /// For nothing yet.
    pub(crate) fn new(needs: Wait, site: &'static Location<'static>) -> RecordedWait {
        RecordedWait { site, needs, edges: Vec::new() }
    }

    /// Waits for the node `to` as well, which is the loop `on` or runs there.
    pub(crate) fn add(&mut self, to: Node, on: &Arc<str>, dependency: Box<dyn Dependency>) {
        self.edges.push(Edge { to, label: to.label(on), dependency });
    }

    /// The wait with the edges that are not resolved, or with none if it is over.
    fn open(&self) -> OpenWait<'_> {
        // Each dependency is asked once whether it is resolved: one that is resolved between two questions would count neither as
        // the end of this wait nor as an open edge. `ends_wait` is asked after that, so that a task which has just failed is not
        // taken for one that has a value.
        let (resolved, mut edges): (Vec<_>, Vec<_>) = self.edges.iter().partition(|edge| edge.dependency.is_resolved());
        let has_any = self.needs == Wait::Any && !resolved.is_empty();
        if has_any || self.edges.iter().any(|edge| edge.dependency.ends_wait()) {
            edges.clear();
        }
        OpenWait { site: self.site, needs: self.needs, edges }
    }
}

/// A wait that is not over, with its open edges.
struct OpenWait<'a> {
    site: &'static Location<'static>,
    needs: Wait,
    edges: Vec<&'a Edge>,
}

impl OpenWait<'_> {
    fn is_stuck(&self, stuck: &StuckNodes<'_>) -> bool {
        let mut leads_there = self.edges.iter().map(|edge| stuck.contains_key(&edge.to));
        match self.needs {
            Wait::All => leads_there.any(|leads| leads),
            Wait::Any => !self.edges.is_empty() && leads_there.all(|leads| leads),
        }
    }
}

/// The nodes whose waits cannot end, as far as is known.
type StuckNodes<'a> = HashMap<Node, StuckNode<'a>>;

/// One of them, with its waits.
struct StuckNode<'a> {
    label: WaitNode,
    waits: Vec<OpenWait<'a>>,
}

impl StuckNode<'_> {
    /// Whether one of its waits cannot end: the node stands still until all of them are over.
    fn is_stuck(&self, stuck: &StuckNodes<'_>) -> bool {
        self.waits.iter().any(|wait| wait.is_stuck(stuck))
    }

    fn neighbours(&self) -> impl Iterator<Item = Node> {
        self.waits.iter().flat_map(|wait| &wait.edges).map(|edge| edge.to)
    }
}

/// The edges that keep `wait` from ending, if it cannot end beside the waits of `graph`. All nodes of `by` stand still during
/// `wait`.
pub(crate) fn find_deadlock(graph: &WaitForGraph, by: &[NamedNode], wait: &RecordedWait) -> Option<Vec<WaitEdge>> {
    // As the wait of the one node whose cycle it closes; or of all, where it takes several to close one.
    let alone = by.iter().find_map(|named| find_deadlock_from(named.node, graph, std::slice::from_ref(named), wait));
    alone.or_else(|| by.iter().find_map(|named| find_deadlock_from(named.node, graph, by, wait)))
}

/// The edges in this order: `wait` as an edge of `from`, then each that the one before leads to, back to `from`; then those that
/// keep waits for any from ending.
fn find_deadlock_from(
    from: Node,
    graph: &WaitForGraph,
    by: &[NamedNode],
    wait: &RecordedWait,
) -> Option<Vec<WaitEdge>> {
    let mut stuck = reachable(from, graph, by, wait);
    // Nodes whose waits can end are removed until nothing changes. Each round removes one at least.
    loop {
        let free: Vec<Node> = stuck.iter().filter(|(_, node)| !node.is_stuck(&stuck)).map(|(node, _)| *node).collect();
        if free.is_empty() {
            break;
        }
        for node in free {
            stuck.remove(&node);
        }
    }
    stuck.contains_key(&from).then(|| {
        let distances = distances_to(from, &stuck);
        let mut edges = Vec::new();
        explain(&stuck, &distances, from, &mut HashSet::new(), &mut edges);
        edges
    })
}

/// The nodes that the waits of `from` lead to, with itself.
fn reachable<'a>(from: Node, graph: &'a WaitForGraph, by: &[NamedNode], wait: &'a RecordedWait) -> StuckNodes<'a> {
    let mut reached: StuckNodes<'a> = HashMap::new();
    let mut ahead = vec![from];
    while let Some(node) = ahead.pop() {
        if reached.contains_key(&node) {
            continue;
        }
        let recorded = graph.0.get(&node);
        let new = by.iter().find(|named| named.node == node);
        let label = recorded.map(|of_node| of_node.label.clone());
        let Some(label) = label.or_else(|| new.map(|named| node.label(&named.on))) else { continue };
        let waits = recorded.into_iter().flat_map(|of_node| &of_node.waits).map(|wait| &**wait);
        let reached_node = StuckNode { label, waits: waits.chain(new.map(|_| wait)).map(RecordedWait::open).collect() };
        ahead.extend(reached_node.neighbours());
        reached.insert(node, reached_node);
    }
    reached
}

/// How many edges lead from each node to `to`.
fn distances_to(to: Node, stuck: &StuckNodes<'_>) -> HashMap<Node, usize> {
    let mut distances = HashMap::from([(to, 0)]);
    for distance in 1.. {
        let leads = |node: &StuckNode<'_>| node.neighbours().any(|next| distances.get(&next) == Some(&(distance - 1)));
        let is_next = |(node, of_node): &(&Node, &StuckNode<'_>)| !distances.contains_key(node) && leads(of_node);
        let next: Vec<Node> = stuck.iter().filter(is_next).map(|(node, _)| *node).collect();
        if next.is_empty() {
            break;
        }
        distances.extend(next.into_iter().map(|node| (node, distance)));
    }
    distances
}

/// Adds the edges that keep `node` from going on: first the one with the shortest way back.
fn explain(
    stuck: &StuckNodes<'_>,
    distances: &HashMap<Node, usize>,
    node: Node,
    explained: &mut HashSet<Node>,
    edges: &mut Vec<WaitEdge>,
) {
    if !explained.insert(node) {
        return;
    }
    let of_node = &stuck[&node];
    // The wait that is about to begin is the last.
    for wait in of_node.waits.iter().rev().filter(|wait| wait.is_stuck(stuck)) {
        let mut open: Vec<&&Edge> = wait.edges.iter().filter(|edge| stuck.contains_key(&edge.to)).collect();
        open.sort_by_key(|edge| distances.get(&edge.to).copied().unwrap_or(usize::MAX));
        if wait.needs == Wait::All {
            open.truncate(1);
        }
        for edge in open {
            edges.push(WaitEdge { waiter: of_node.label.clone(), target: edge.label.clone(), site: wait.site });
            explain(stuck, distances, edge.to, explained, edges);
        }
    }
}

#[cfg(all(test, not(bridge_loom)))]
mod tests {
    use tokio::runtime::Builder;

    use super::*;

    /// What a dependency says.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum Said {
        Nothing,
        Come,
        Ends,
    }
    use Said::{Come, Ends, Nothing};

    impl Dependency for Said {
        fn is_resolved(&self) -> bool {
            *self == Come
        }
        fn ends_wait(&self) -> bool {
            *self == Ends
        }
    }

    /// Loops by number, and their waits.
    struct Loops {
        nodes: Vec<Node>,
        names: Vec<Arc<str>>,
        graph: WaitForGraph,
    }

    impl Loops {
        fn new(count: usize) -> Loops {
            let node = |_| Node::Loop(Builder::new_current_thread().build().unwrap().handle().id());
            let names = (0..count).map(|number| Arc::from(number.to_string())).collect();
            Loops { nodes: (0..count).map(node).collect(), names, graph: WaitForGraph::default() }
        }

        fn who(&self, number: usize) -> NamedNode {
            NamedNode { node: self.nodes[number], on: Arc::clone(&self.names[number]) }
        }

        fn waiting(&self, need: Wait, owed: &[(usize, Said)]) -> RecordedWait {
            let mut waiting = RecordedWait::new(need, Location::caller());
            for &(by, said) in owed {
                waiting.add(self.nodes[by], &self.names[by], Box::new(said));
            }
            waiting
        }

        fn record(&mut self, waiter: usize, need: Wait, owed: &[(usize, Said)]) {
            let waiting = Arc::new(self.waiting(need, owed));
            self.graph.0.remove(&self.nodes[waiter]);
            let who = self.who(waiter);
            self.graph.insert(&who, &waiting);
        }

        /// The cycle that `waiter` is reported, as waits of one loop for another.
        fn found(&self, waiter: usize, need: Wait, owed: &[(usize, Said)]) -> Option<Vec<[usize; 2]>> {
            let waiting = self.waiting(need, owed);
            let waits = find_deadlock(&self.graph, &[self.who(waiter)], &waiting)?;
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
        assert_eq!(loops.found(0, Wait::All, &[(0, Nothing)]), Some(vec![[0, 0]]));
        assert_eq!(loops.found(0, Wait::Any, &[(0, Nothing)]), Some(vec![[0, 0]]));
    }

    #[test]
    fn a_chain_ends() {
        let mut loops = Loops::new(4);
        loops.record(1, Wait::All, &[(2, Nothing)]);
        loops.record(2, Wait::Any, &[(3, Nothing)]);
        assert_eq!(loops.found(0, Wait::All, &[(1, Nothing), (3, Nothing)]), None);
        assert_eq!(loops.found(0, Wait::All, &[]), None);
        assert_eq!(loops.found(0, Wait::Any, &[]), None);
    }

    #[test]
    fn a_cycle_is_told_in_order_from_the_one_that_closes_it() {
        let mut loops = Loops::new(4);
        loops.record(1, Wait::All, &[(3, Nothing), (2, Nothing)]);
        loops.record(2, Wait::All, &[(0, Nothing)]);
        assert_eq!(loops.found(0, Wait::All, &[(3, Nothing), (1, Nothing)]), Some(vec![[0, 1], [1, 2], [2, 0]]));
    }

    #[test]
    fn of_two_cycles_the_shorter_is_reported() {
        let mut loops = Loops::new(3);
        loops.record(1, Wait::All, &[(2, Nothing), (0, Nothing)]);
        loops.record(2, Wait::All, &[(0, Nothing)]);
        assert_eq!(loops.found(0, Wait::All, &[(1, Nothing)]), Some(vec![[0, 1], [1, 0]]));
    }

    #[test]
    fn a_wait_for_any_is_held_up_only_when_nobody_can_answer_it() {
        let mut loops = Loops::new(4);
        loops.record(0, Wait::Any, &[(1, Nothing), (2, Nothing)]);
        assert_eq!(loops.found(1, Wait::All, &[(0, Nothing)]), None);
        loops.record(1, Wait::All, &[(0, Nothing)]);
        assert_eq!(loops.found(3, Wait::All, &[(1, Nothing)]), None, "the second may still answer the first");
        let found = loops.found(2, Wait::All, &[(0, Nothing)]);
        assert_eq!(found, Some(vec![[2, 0], [0, 2], [0, 1], [1, 0]]));
    }

    #[test]
    fn a_wait_for_any_is_refused_only_if_all_of_them_wait() {
        let mut loops = Loops::new(3);
        loops.record(1, Wait::All, &[(0, Nothing)]);
        assert_eq!(loops.found(0, Wait::Any, &[(1, Nothing), (2, Nothing)]), None);
        assert_eq!(loops.found(0, Wait::Any, &[(1, Nothing), (0, Nothing)]), Some(vec![[0, 0], [0, 1], [1, 0]]));
    }

    #[test]
    fn what_has_come_holds_nobody_up() {
        let mut loops = Loops::new(3);
        for (need, owed, expected) in [
            (Wait::All, [(0, Come), (2, Nothing)], None),
            (Wait::All, [(0, Nothing), (2, Come)], Some(vec![[0, 1], [1, 0]])),
            (Wait::Any, [(0, Nothing), (0, Come)], None),
            (Wait::All, [(0, Nothing), (2, Ends)], None),
        ] {
            loops.record(1, need, &owed);
            assert_eq!(loops.found(0, Wait::All, &[(1, Nothing)]), expected, "{need:?} {owed:?}");
        }
    }

    /// An answer that comes after the first look at it.
    #[derive(Default)]
    struct ComesMeanwhile(std::sync::atomic::AtomicBool);

    impl Dependency for ComesMeanwhile {
        fn is_resolved(&self) -> bool {
            self.0.swap(true, std::sync::atomic::Ordering::Relaxed)
        }
    }

    #[test]
    fn what_comes_while_it_is_looked_at_holds_nobody_up() {
        let loops = Loops::new(2);
        for need in [Wait::Any, Wait::All] {
            let mut waiting = loops.waiting(need, &[(0, Nothing)]);
            waiting.add(loops.nodes[1], &loops.names[1], Box::<ComesMeanwhile>::default());
            let found = find_deadlock(&loops.graph, &[loops.who(0)], &waiting);
            assert_eq!(found.is_some(), need == Wait::All, "{need:?}");
        }
    }

    #[test]
    fn a_wait_inside_another_leaves_that_one_in_the_cycle() {
        let mut loops = Loops::new(3);
        loops.record(0, Wait::All, &[(1, Nothing)]);
        let nested = Arc::new(loops.waiting(Wait::All, &[(2, Nothing)]));
        let who = loops.who(0);
        loops.graph.insert(&who, &nested);
        assert_eq!(loops.found(1, Wait::All, &[(0, Nothing)]), Some(vec![[1, 0], [0, 1]]));
        assert_eq!(loops.found(2, Wait::All, &[(0, Nothing)]), Some(vec![[2, 0], [0, 2]]));
        loops.graph.remove(loops.nodes[0], &nested);
        assert_eq!(loops.found(1, Wait::All, &[(0, Nothing)]), Some(vec![[1, 0], [0, 1]]));
        assert_eq!(loops.found(2, Wait::All, &[(0, Nothing)]), None);
        let outer = Arc::clone(&loops.graph.0[&loops.nodes[0]].waits[0]);
        loops.graph.remove(loops.nodes[0], &outer);
        assert!(loops.graph.0.is_empty());
    }

    #[test]
    fn a_wait_that_holds_up_two_is_refused_if_it_keeps_a_wait_for_either_from_ending() {
        let mut loops = Loops::new(3);
        let both = [loops.who(0), loops.who(1)];
        loops.record(2, Wait::Any, &[(0, Nothing), (1, Nothing)]);
        let waiting = loops.waiting(Wait::All, &[(2, Nothing)]);
        assert!(find_deadlock(&loops.graph, &both, &waiting).is_some());
        assert!(both.iter().all(|who| find_deadlock(&loops.graph, std::slice::from_ref(who), &waiting).is_none()));
    }

    /// Whether the wait of `node` can end, by trying every way that does not go round.
    fn can_end(graph: &WaitForGraph, node: Node, path: &mut Vec<Node>) -> bool {
        let Some([waiting]) = graph.0.get(&node).map(|of_node| &of_node.waits[..]) else { return true };
        let owed = waiting.open().edges;
        path.push(node);
        let mut answers = owed.iter().map(|owed| !path.clone().contains(&owed.to) && can_end(graph, owed.to, path));
        let can_end =
            owed.is_empty() || if waiting.needs == Wait::All { answers.all(|a| a) } else { answers.any(|a| a) };
        drop(answers);
        path.pop();
        can_end
    }

    #[test]
    fn whatever_waits_for_what_only_those_that_cannot_end_are_reported() {
        const LOOPS: usize = 5;
        let mut loops = Loops::new(LOOPS);
        let mut seed = 1_u64;
        let mut below = |limit: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from((seed >> 33) % limit).unwrap()
        };
        let mut held_up = 0;
        for _ in 0..20_000 {
            loops.graph.0.clear();
            // Each asks for leave in turn, as loops do, and waits if it is given.
            for waiter in 0..LOOPS {
                let need = [Wait::All, Wait::Any][below(2)];
                let mut owed = Vec::new();
                for by in 0..LOOPS {
                    if below(5) < 2 {
                        owed.push((by, [Nothing, Nothing, Nothing, Come, Ends][below(5)]));
                    }
                }
                let found = loops.found(waiter, need, &owed);
                loops.record(waiter, need, &owed);
                let ends = can_end(&loops.graph, loops.nodes[waiter], &mut Vec::new());
                assert_eq!(found.is_none(), ends, "{waiter} {need:?} {owed:?}: {found:?}");
                let Some(found) = found else { continue };
                held_up += 1;
                loops.graph.0.remove(&loops.nodes[waiter]);
                let mut at = waiter;
                let round = found.iter().position(|&[from, to]| {
                    assert_eq!(from, at, "a cycle comes first: {found:?}");
                    at = to;
                    to == waiter
                });
                assert!(round.is_some(), "and it is closed: {found:?}");
            }
        }
        assert!(held_up > 1000, "{held_up}");
    }
}
