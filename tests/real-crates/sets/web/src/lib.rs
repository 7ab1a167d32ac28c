//! Only here to depend on what is looked at.
