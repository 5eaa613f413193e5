//! The registry of rules.

use crate::check::settle::settle;
use crate::check::{Context, rules};
use crate::diagnostic::{Code, Sink, code};

/// A rule: the codes it may raise, and what it does.
#[derive(Debug)]
pub struct Rule {
    /// What it raises.
    pub codes: &'static [Code],
    /// Looks, and reports.
    pub run: fn(&Context<'_>, &mut Sink),
}

/// All rules.
pub static RULES: &[Rule] = &[
    Rule {
        codes: &[&code::ALIAS_UNMATCHED],
        run: rules::alias_unmatched::run,
    },
    Rule {
        codes: &[&code::IMMUTABLE_TAG],
        run: rules::immutable_tag::run,
    },
    Rule {
        codes: &[&code::ARCH_SPECIFIC_URL],
        run: rules::arch_specific_url::run,
    },
    Rule {
        codes: &[&code::BASE_MISSING, &code::BASE_UNKNOWN],
        run: rules::base_exists::run,
    },
    Rule {
        codes: &[&code::BASE_MISMATCH],
        run: rules::base_mismatch::run,
    },
    Rule {
        codes: &[&code::BASE_PLATFORM],
        run: rules::base_platform::run,
    },
    Rule {
        codes: &[&code::BASE_UNCLEAR],
        run: rules::base_unclear::run,
    },
    Rule {
        codes: &[
            &code::DUPLICATE_STEP,
            &code::UNKNOWN_SECRET,
            &code::UNKNOWN_STEP,
            &code::UNKNOWN_SUBSTITUTION,
            &code::UNUSED_SUBSTITUTION,
        ],
        run: rules::build_config::run,
    },
    Rule {
        codes: &[&code::BUMP_CUT_SHORT],
        run: rules::bump_cut_short::run,
    },
    Rule {
        codes: &[
            &code::WORKFLOW_MISSING,
            &code::WORKFLOW_PERMISSIONS,
            &code::WORKFLOW_UNCALLABLE,
        ],
        run: rules::called_workflow::run,
    },
    Rule {
        codes: &[&code::CONTENT_FORMAT],
        run: rules::content_format::run,
    },
    Rule {
        codes: &[&code::CONTEXT_FILE],
        run: rules::context_file::run,
    },
    Rule {
        codes: &[&code::CONTEXT_UNMATCHED],
        run: rules::context_unmatched::run,
    },
    Rule {
        codes: &[&code::COPY_SOURCE],
        run: rules::copy_source::run,
    },
    Rule {
        codes: &[&code::OUTPUT_SENT],
        run: rules::output_sent::run,
    },
    Rule {
        codes: &[&code::CUDNN_MISMATCH],
        run: rules::cudnn_mismatch::run,
    },
    Rule {
        codes: &[&code::DEAD_EXPECT],
        run: rules::dead_expect::run,
    },
    Rule {
        codes: &[&code::DEAD_MATCH],
        run: rules::dead_match::run,
    },
    Rule {
        codes: &[&code::DEAD_RULE],
        run: rules::dead_rule::run,
    },
    Rule {
        codes: &[&code::DEAD_WHEN],
        run: rules::dead_when::run,
    },
    Rule {
        codes: &[
            &code::DOCKERFILE_ENCODING,
            &code::DOCKERFILE_MISSING,
            &code::DOCKERFILE_SYNTAX,
            &code::DOCKERFILE_UNREAD,
        ],
        run: rules::own_dockerfile::run,
    },
    Rule {
        codes: &[&code::END_OF_LIFE, &code::END_OF_LIFE_SOON],
        run: rules::end_of_life::run,
    },
    Rule {
        codes: &[&code::ENTRYPOINT_INHERITED],
        run: rules::entrypoint_inherited::run,
    },
    Rule {
        codes: &[&code::EXPECTATION_FAILED],
        run: rules::expectation_failed::run,
    },
    Rule {
        codes: &[&code::FOREIGN_PLATFORM],
        run: rules::foreign_platform::run,
    },
    Rule {
        codes: &[&code::IDLE_KEY],
        run: rules::idle_key::run,
    },
    Rule {
        codes: &[&code::IGNORE_SYNTAX, &code::IGNORE_UNREAD],
        run: rules::ignore_syntax::run,
    },
    Rule {
        codes: &[&code::IMAGE_PASSED_BY],
        run: rules::image_passed_by::run,
    },
    Rule {
        codes: &[&code::IGNORED_INPUT],
        run: rules::ignored_input::run,
    },
    Rule {
        codes: &[&code::GIT_UNASKED],
        run: rules::git_unasked::run,
    },
    Rule {
        codes: &[&code::LFS_POINTER],
        run: rules::lfs_pointer::run,
    },
    Rule {
        codes: &[&code::LOCK_OLD],
        run: rules::lock_old::run,
    },
    Rule {
        codes: &[&code::LOCK_STALE],
        run: rules::lock_stale::run,
    },
    Rule {
        codes: &[&code::UNDECLARED_PARENT],
        run: rules::undeclared_parent::run,
    },
    Rule {
        codes: &[&code::FLOATING_BASE],
        run: rules::floating_base::run,
    },
    Rule {
        codes: &[&code::MINIMUM_DRIVER],
        run: rules::minimum_driver::run,
    },
    Rule {
        codes: &[&code::MISSING_TARGET],
        run: rules::missing_target::run,
    },
    Rule {
        codes: &[
            &code::ACTION_EDITED,
            &code::ANOTHER_MATRIX,
            &code::MACHINERY_EDITED,
            &code::MARKER_MISPLACED,
            &code::MARKER_MISSING,
            &code::MISSING_OUTPUT,
            &code::NOT_OURS,
            &code::ORPHAN_OUTPUT,
            &code::STALE_OUTPUT,
            &code::SYMLINK_OUTPUT,
        ],
        run: rules::drift::run,
    },
    Rule {
        codes: &[
            &code::MATRICES_CLASH,
            &code::MATRICES_NESTED,
            &code::MATRICES_UNMATCHED,
        ],
        run: rules::matrices::run,
    },
    Rule {
        codes: &[&code::LOCKFILE_STALE],
        run: rules::lockfile_stale::run,
    },
    Rule {
        codes: &[
            &code::MENTION_STALE,
            &code::MENTION_UNCHECKED,
            &code::MENTION_UNKNOWN,
            &code::MENTION_UNMATCHED,
            &code::UNUSED_IGNORE,
            &code::UNUSED_MARKER,
        ],
        run: rules::mentions::run,
    },
    Rule {
        codes: &[&code::NOTHING_TO_TAKE],
        run: rules::nothing_to_take::run,
    },
    Rule {
        codes: &[&code::BUILT_UNOFFERED, &code::OFFER_UNBUILT],
        run: rules::offers::run,
    },
    Rule {
        codes: &[&code::NEEDLESS_RELEASE],
        run: rules::needless_release::run,
    },
    Rule {
        codes: &[&code::PARENT_IGNORED],
        run: rules::parent_ignored::run,
    },
    Rule {
        codes: &[
            &code::PIN_MISMATCH,
            &code::PLACE_AMBIGUOUS,
            &code::PLACE_COMPUTED,
            &code::PLACE_MISSING,
            &code::PLACE_UNREADABLE,
        ],
        run: rules::pin_mismatch::run,
    },
    Rule {
        codes: &[&code::RELEASE_BAKED],
        run: rules::release_baked::run,
    },
    Rule {
        codes: &[&code::SECRET_IN_IMAGE],
        run: rules::secret_in_image::run,
    },
    Rule {
        codes: &[
            &code::SECRET_IDLE,
            &code::SECRET_MISSING,
            &code::SECRET_UNLISTED,
            &code::UNUSED_SECRET,
        ],
        run: rules::secrets::run,
    },
    Rule {
        codes: &[&code::STAGE_MISSING],
        run: rules::stage_missing::run,
    },
    Rule {
        codes: &[&code::SUBMODULE_MISSING],
        run: rules::submodule_missing::run,
    },
    Rule {
        codes: &[&code::TAG_LIES],
        run: rules::tag_lies::run,
    },
    Rule {
        codes: &[&code::TAG_MOVED],
        run: rules::tag_moved::run,
    },
    Rule {
        codes: &[&code::TAG_UNCHECKED],
        run: rules::tag_unchecked::run,
    },
    Rule {
        codes: &[&code::TEST_FILE],
        run: rules::test_file::run,
    },
    Rule {
        codes: &[&code::TEST_PLACE],
        run: rules::test_place::run,
    },
    Rule {
        codes: &[&code::UNDECLARED_ARG],
        run: rules::undeclared_arg::run,
    },
    Rule {
        codes: &[&code::UNLISTED_MATRIX],
        run: rules::unlisted_matrix::run,
    },
    Rule {
        codes: &[&code::UNREADABLE_NAME],
        run: rules::unreadable_name::run,
    },
    Rule {
        codes: &[&code::UNRELEASED_CHANGE],
        run: rules::unreleased_change::run,
    },
    Rule {
        codes: &[&code::UNUSED_AXIS, &code::UNUSED_VALUE],
        run: rules::unused_value::run,
    },
    Rule {
        codes: &[&code::UNUSED_ARTIFACT],
        run: rules::unused_artifact::run,
    },
    Rule {
        codes: &[&code::UNUSED_REGISTRY, &code::UNUSED_SET],
        run: rules::unused_name::run,
    },
    Rule {
        codes: &[&code::WINDOWS_RECIPE],
        run: rules::windows_recipe::run,
    },
];

/// Looks for what specs stand on and are built from, as far as that is not there or no builder takes it: what whoever lists
/// or plans them is told, too.
pub fn ground(context: &Context<'_>, sink: &mut Sink) {
    const TOLD: [Code; 2] = [&code::DOCKERFILE_MISSING, &code::DOCKERFILE_SYNTAX];
    let mut found = Sink::new();
    rules::own_dockerfile::run(context, &mut found);
    settle(context, &mut found);
    let told = found.into_sorted().into_iter();
    told.filter(|finding| TOLD.contains(&finding.code))
        .for_each(|finding| sink.push(finding));
}

/// Runs every rule, then lets the matrix weigh what they and the steps before them found.
pub fn run(context: &Context<'_>, sink: &mut Sink) {
    for rule in RULES {
        (rule.run)(context, sink);
    }
    settle(context, sink);
}
