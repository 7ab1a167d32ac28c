impl Client {
    async fn place(&self, id: u64) {}
    /**Blocking companion of [`place`](Self::place): runs it on the event loop of `self`, and blocks until it returns.

# Panics

Panics if [`place`](Self::place) panics, the event loop is closed, or the call would deadlock.*/
    #[track_caller]
    fn place_blocking(&self, id: u64) {
        ::bridge::__private::call(
            "place_blocking",
            ::bridge::__private::handle(&self.handle),
            Self::place(self, id),
        )
    }
    async fn moved(self) {}
    /**Blocking companion of [`moved`](Self::moved): runs it on the event loop of `self`, and blocks until it returns.

# Panics

Panics if [`moved`](Self::moved) panics, the event loop is closed, or the call would deadlock.*/
    #[track_caller]
    fn moved_blocking(self) {
        let handle = ::core::clone::Clone::clone(
            ::bridge::__private::handle(&self.handle),
        );
        ::bridge::__private::call("moved_blocking", &handle, Self::moved(self))
    }
    async fn guarded(&self) {}
    /**Blocking companion of [`guarded`](Self::guarded): runs it on the event loop of `self`, and blocks until it returns.

# Panics

Panics if [`guarded`](Self::guarded) panics, the event loop is closed, or the call would deadlock.*/
    #[track_caller]
    fn guarded_blocking(&self) {
        let handle = ::core::clone::Clone::clone(
            ::bridge::__private::handle(&self.lock().unwrap().handle),
        );
        ::bridge::__private::call("guarded_blocking", &handle, Self::guarded(self))
    }
    async fn limited(&mut self) {}
    /**Blocking companion of [`limited`](Self::limited): runs it on the event loop of `self`, and blocks until it returns.

# Errors

Returns a `bridge::Error` if the event loop is closed, the call takes longer than its timeout, or the call would deadlock.*/
    #[track_caller]
    fn limited_blocking(&mut self) -> ::core::result::Result<(), ::bridge::Error> {
        let handle = ::bridge::Handle::__with_own_timeout(
            ::bridge::__private::handle(&self.handle),
            self.limit,
        );
        ::bridge::__private::call_wrap("limited_blocking", &handle, Self::limited(self))
    }
}
async fn global(id: u64) -> u64 {
    id
}
/**Blocking companion of [`global`]: runs it on the process-wide event loop, and blocks until it returns.

# Panics

Panics if [`global`] panics, the event loop cannot be started, or the call would deadlock.*/
#[track_caller]
fn global_blocking(id: u64) -> u64 {
    let handle = ::core::clone::Clone::clone(
        ::bridge::__private::handle(&bridge::global()),
    );
    ::bridge::__private::call("global_blocking", &handle, global(id))
}
///Submits [`global`] to the process-wide event loop, and returns its `Task` at once.
#[track_caller]
fn global_submit(id: u64) -> ::bridge::Task<u64> {
    ::bridge::__private::submit(
        ::bridge::__private::handle(&bridge::global()),
        global(id),
    )
}
async fn documented(id: u64) -> u64 {
    id
}
///Says its number.
///
///Any number.
#[track_caller]
fn documented_blocking(id: u64) -> u64 {
    let handle = ::core::clone::Clone::clone(
        ::bridge::__private::handle(&bridge::shared()),
    );
    ::bridge::__private::call("documented_blocking", &handle, documented(id))
}
async fn attempted(id: u64) -> io::Result<u64> {
    Ok(id)
}
/**Blocking companion of [`attempted`]: runs it on the process-wide event loop, and blocks until it returns.

# Errors

Returns the errors of [`attempted`]. Also returns an error, converted from `bridge::Error`, if the event loop cannot be started or the call would deadlock.*/
#[track_caller]
fn attempted_blocking(id: u64) -> io::Result<u64> {
    let handle = match ::bridge::__private::Attempt::new(bridge::try_global()).outcome()
    {
        ::core::result::Result::Ok(place) => {
            ::core::clone::Clone::clone(::bridge::__private::handle(&place))
        }
        ::core::result::Result::Err(error) => {
            return ::bridge::__private::failed(::bridge::__private::fold(error));
        }
    };
    ::bridge::__private::call_fold(
        "attempted_blocking",
        &handle,
        attempted(id),
        ::bridge::__private::fold,
    )
}
impl Client {
    async fn asked(&self) -> io::Result<u64> {
        Ok(1)
    }
    /**Blocking companion of [`asked`](Self::asked): runs it on the event loop of `self`, and blocks until it returns.

# Errors

Returns the errors of [`asked`](Self::asked). Also returns an error, converted from `bridge::Error`, if there is no event loop to run it on, the event loop is closed, or the call would deadlock.*/
    #[track_caller]
    fn asked_blocking(&self) -> io::Result<u64> {
        let handle = ::core::clone::Clone::clone(
            match (&self.handle()?,) {
                (place,) => ::bridge::__private::handle(place),
            },
        );
        ::bridge::__private::call_fold(
            "asked_blocking",
            &handle,
            Self::asked(self),
            ::bridge::__private::fold,
        )
    }
    async fn asked_and_wrapped(&self) -> u64 {
        1
    }
    /**Blocking companion of [`asked_and_wrapped`](Self::asked_and_wrapped): runs it on the event loop of `self`, and blocks until it returns.

# Errors

Returns a `bridge::Error` if there is no event loop to run it on, the event loop is closed, or the call would deadlock.*/
    #[track_caller]
    fn asked_and_wrapped_blocking(
        &self,
    ) -> ::core::result::Result<u64, ::bridge::Error> {
        let handle = match ::bridge::__private::Attempt::new(self.handle()).outcome() {
            ::core::result::Result::Ok(place) => {
                ::core::clone::Clone::clone(::bridge::__private::handle(&place))
            }
            ::core::result::Result::Err(error) => {
                return ::core::result::Result::Err(error);
            }
        };
        ::bridge::__private::call_wrap(
            "asked_and_wrapped_blocking",
            &handle,
            Self::asked_and_wrapped(self),
        )
    }
}
