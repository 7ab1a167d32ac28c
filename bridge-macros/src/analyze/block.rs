//! The members of an impl or of a trait.

use proc_macro2::Ident;

use super::scope::Scope;
use super::{bounds, bridge, companions, lifetimes, rules};
use crate::ast::{Block, Function, Member};
use crate::attr::Options;
use crate::error::Errors;
use crate::plan::{Place, PlannedMember, Subject, TraitFn};

pub(super) fn members<'a>(block: &'a Block, defaults: &Options, errors: &mut Errors) -> Vec<PlannedMember<'a>> {
    rules::on_block(block, defaults, errors);
    let mut refused = false;
    let plan = |member: &'a Member| {
        let Some(function) = concerned(member, errors) else { return PlannedMember::default() };
        let mut options = member.options.clone().unwrap_or_default();
        rules::on_member(block, &options, errors);
        let skips = options.skip.is_some();
        options.inherit(defaults, function);
        if block.as_trait().is_some() {
            options.vis = None;
        }
        let trait_fn = trait_fn(block, function, &options);
        if skips {
            return PlannedMember { trait_fn, companions: Vec::new() };
        }
        if options.local.is_none() && !refused {
            refused = rules::is_refused_send(block, function, errors);
        }
        PlannedMember { trait_fn, companions: companions(function, Place::Block(block), &options, errors) }
    };
    let mut planned: Vec<PlannedMember<'_>> = block.members.iter().map(plan).collect();
    rules::distinct(&mut planned, errors);
    if !block.members.iter().any(|member| is_concerned(member) || member.is_broken) {
        rules::nothing_async(block, errors);
    }
    planned
}

fn is_concerned(member: &Member) -> bool {
    member.function.as_ref().is_some_and(|function| member.attribute.is_some() || function.is_awaited())
}

/// The member's function, if it gets a companion, or could if nothing was wrong.
fn concerned<'a>(member: &'a Member, errors: &mut Errors) -> Option<&'a Function> {
    if let (None, false, Some(span)) = (&member.function, member.is_broken, member.attribute) {
        errors.push(span, "`#[threadsafe]` makes blocking companions of async functions: this is none");
    }
    member.function.as_ref().filter(|_| is_concerned(member))
}

/// An async fn of a trait becomes one that says what its future is; where `#[async_trait]` does that, it stays.
fn trait_fn<'a>(block: &'a Block, function: &'a Function, options: &Options) -> Option<TraitFn<'a>> {
    let interface = block.as_trait()?;
    if function.sig.asyncness.is_none() || interface.async_trait.is_some() {
        return None;
    }
    let is_send = options.local.is_none();
    let mut added = Vec::new();
    if is_send {
        added = bounds::added(function, Place::Block(block), Scope::All);
        // A bound that an impl can have by itself is left to it.
        added.retain(|bound| {
            function.has_body || matches!(bound.subject, Subject::Own(_) | Subject::Projection { own: true, .. })
        });
        added.iter_mut().for_each(|bound| bound.sized = false);
    }
    let lifetimes = lifetimes::of_trait_fn(function, Place::Block(block));
    Some(TraitFn { source: function, is_send, lifetimes, bounds: added, bridge: bridge(options) })
}

impl Block {
    /// The types that a trait declares.
    pub(super) fn associated(&self) -> impl Iterator<Item = &Ident> {
        self.members.iter().filter_map(|member| member.associated.as_ref())
    }
}
