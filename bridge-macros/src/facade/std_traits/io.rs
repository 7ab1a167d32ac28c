//! `Read`, `Write`, `BufRead`, `Seek`: by the traits of tokio.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

use super::Of;

pub(super) fn read(facade: &Of<'_>, here: Span) -> TokenStream {
    let (krate, name) = (facade.registry.krate(here), facade.text("read"));
    quote_spanned! {here=>
        #[track_caller]
        fn read(&mut self, buf: &mut [u8]) -> ::std::io::Result<usize> {
            let (value, on) = self.__held.parts_mut();
            #krate::__private::facade::read(#name, on, value, buf)
        }
    }
}

pub(super) fn write(facade: &Of<'_>, here: Span) -> TokenStream {
    let (krate, write, flush) = (facade.registry.krate(here), facade.text("write"), facade.text("flush"));
    quote_spanned! {here=>
        #[track_caller]
        fn write(&mut self, buf: &[u8]) -> ::std::io::Result<usize> {
            let (value, on) = self.__held.parts_mut();
            #krate::__private::facade::write(#write, on, value, buf)
        }
        #[track_caller]
        fn flush(&mut self) -> ::std::io::Result<()> {
            let (value, on) = self.__held.parts_mut();
            #krate::__private::facade::flush(#flush, on, value)
        }
    }
}

pub(super) fn buf_read(facade: &Of<'_>, here: Span) -> TokenStream {
    let (krate, name) = (facade.registry.krate(here), facade.text("fill_buf"));
    quote_spanned! {here=>
        #[track_caller]
        fn fill_buf(&mut self) -> ::std::io::Result<&[u8]> {
            let (value, on) = self.__held.parts_mut();
            #krate::__private::facade::fill_buf(#name, on, value)
        }
        fn consume(&mut self, amount: usize) {
            let (value, on) = self.__held.parts_mut();
            #krate::__private::facade::consume(on, value, amount);
        }
    }
}

pub(super) fn seek(facade: &Of<'_>, here: Span) -> TokenStream {
    let (krate, name) = (facade.registry.krate(here), facade.text("seek"));
    quote_spanned! {here=>
        #[track_caller]
        fn seek(&mut self, pos: ::std::io::SeekFrom) -> ::std::io::Result<u64> {
            let (value, on) = self.__held.parts_mut();
            #krate::__private::facade::seek(#name, on, value, pos)
        }
    }
}
