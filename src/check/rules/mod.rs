//! One rule a file.

pub mod action_edited;
pub mod alias_unmatched;
pub mod dead_match;
pub mod dead_rule;
pub mod dead_when;
pub mod drift;
pub mod expectation_failed;
pub mod lock_stale;
pub mod lockfile_stale;
pub mod mentions;
pub mod missing_target;
pub mod needless_release;
pub mod offers;
pub mod own_dockerfile;
pub mod parent_ignored;
pub mod pin_mismatch;
pub mod release_baked;
pub mod tag_lies;
pub mod tag_moved;
pub mod undeclared_arg;
pub mod unreleased_change;
pub mod unused_name;
pub mod unused_value;
