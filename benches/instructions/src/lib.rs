//! The bench `instructions` is all there is: see `ci/instructions`.
