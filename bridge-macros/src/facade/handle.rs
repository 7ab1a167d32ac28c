//! The loop of a facade, as generated code gets it.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;

use super::registry::{Handle, Registry};
use crate::analyze::attempt;

impl Registry {
    /// The handle that the expression gives, as a `Result`: of a loop that cannot be started.
    pub(super) fn given(&self, handle: &TokenStream, span: Span) -> TokenStream {
        let krate = self.krate(span);
        match attempt(handle, &self.krate) {
            Some(attempt) => quote_spanned! {span=>
                match #krate::__private::Attempt::new(#attempt).outcome() {
                    ::core::result::Result::Ok(place) => {
                        ::core::result::Result::Ok(::core::clone::Clone::clone(#krate::__private::handle(&place)))
                    }
                    ::core::result::Result::Err(error) => ::core::result::Result::Err(error),
                }
            },
            None => quote_spanned! {span=>
                ::core::result::Result::Ok(::core::clone::Clone::clone(#krate::__private::handle(&#handle)))
            },
        }
    }

    /// An `On` that asks for its loop when it is needed.
    pub(super) fn lazy(&self, span: Span) -> TokenStream {
        let krate = self.krate(span);
        match &self.handle {
            Handle::Expr(expr) => {
                let given = self.given(expr, span);
                quote_spanned!(span=> #krate::__private::facade::On::lazy(|| #given))
            }
            Handle::Module | Handle::Parameter => {
                let path = self.path_of(&Ident::new("__handle", span), span);
                quote_spanned!(span=> #krate::__private::facade::On::lazy(#path))
            }
        }
    }
}
