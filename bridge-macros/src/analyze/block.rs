//! The members of an impl or of a trait.

use proc_macro2::Ident;

use super::generics;
use super::need::Need;
use super::{companions, krate, lifetimes, rules};
use crate::model::{Block, Errors, Function, Member, Options, Place, Planned, Promise, Subject};

pub(super) fn members<'a>(block: &'a Block, defaults: &Options, errors: &mut Errors) -> Vec<Planned<'a>> {
    rules::on_block(block, defaults, errors);
    let mut refused = false;
    let plan = |member: &'a Member| {
        let Some(function) = concerned(member, errors) else { return Planned::default() };
        let mut options = member.options.clone().unwrap_or_default();
        rules::on_member(block, &options, errors);
        let skips = options.skip.is_some();
        options.inherit(defaults, function);
        if block.interface().is_some() {
            options.vis = None;
        }
        let promise = promise(block, function, &options);
        if skips {
            return Planned { promise, companions: Vec::new() };
        }
        if options.local.is_none() && !refused {
            refused = rules::is_refused_send(block, function, errors);
        }
        Planned { promise, companions: companions(function, Place::Block(block), &options, errors) }
    };
    let mut planned: Vec<Planned<'_>> = block.members.iter().map(plan).collect();
    rules::distinct(&mut planned, errors);
    if !block.members.iter().any(|member| is_concerned(member) || member.is_broken) {
        rules::nothing_async(block, errors);
    }
    planned
}

fn is_concerned(member: &Member) -> bool {
    member.function.as_ref().is_some_and(|function| member.attribute.is_some() || function.is_async())
}

/// The member's function, if it gets a companion, or could if nothing was wrong.
fn concerned<'a>(member: &'a Member, errors: &mut Errors) -> Option<&'a Function> {
    if let (None, false, Some(span)) = (&member.function, member.is_broken, member.attribute) {
        errors.push(span, "`#[threadsafe]` makes blocking companions of async functions: this is none");
    }
    member.function.as_ref().filter(|_| is_concerned(member))
}

/// An async fn of a trait says what its future is; where `#[async_trait]` does, it is not ours to say.
fn promise<'a>(block: &'a Block, function: &'a Function, options: &Options) -> Option<Promise<'a>> {
    let interface = block.interface()?;
    if function.asyncness.is_none() || interface.async_trait.is_some() {
        return None;
    }
    let is_send = options.local.is_none();
    let mut asks = Vec::new();
    if is_send {
        asks = generics::asks(function, Place::Block(block), Need::All);
        // What an impl can ask by itself is left to it.
        asks.retain(|ask| {
            function.has_body || matches!(ask.subject, Subject::Own(_) | Subject::Projection { own: true, .. })
        });
        asks.iter_mut().for_each(|ask| ask.sized = false);
    }
    let lifetimes = lifetimes::of_promise(function, Place::Block(block));
    Some(Promise { source: function, is_send, lifetimes, asks, krate: krate(options) })
}

impl Block {
    /// The types that a trait declares.
    pub(super) fn associated(&self) -> impl Iterator<Item = &Ident> {
        self.members.iter().filter_map(|member| member.associated.as_ref())
    }
}
