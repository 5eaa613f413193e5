//! The registry of finding codes: data, from which `docs/findings.md` is made.

use crate::diagnostic::Severity;

/// What a finding means for the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// No plan can be built from this matrix (exit code 2).
    Plan,
    /// The plan exists and a rule found something (exit code 1 when it is an error).
    Rule,
}

/// A stable code with what it means.
#[derive(Debug)]
pub struct CodeInfo {
    /// The stable name, as printed: `unknown-key`.
    pub name: &'static str,
    /// What it means for the run.
    pub stage: Stage,
    /// How much it weighs.
    pub severity: Severity,
    /// What is found, in one line.
    pub summary: &'static str,
    /// Why it matters and what to do, in a short paragraph.
    pub explanation: &'static str,
}

/// A reference into the registry.
pub type Code = &'static CodeInfo;

impl PartialEq for CodeInfo {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// The code of that name.
pub fn by_name(name: &str) -> Option<Code> {
    ALL.iter().copied().find(|c| c.name == name)
}

macro_rules! codes {
    ($($id:ident = $name:literal $stage:ident $severity:ident $summary:literal $explanation:literal;)*) => {
        /// One static per code.
        pub(in crate::diagnostic) mod statics {
            use super::{CodeInfo, Severity, Stage};
            $(
                #[doc = $summary]
                pub static $id: CodeInfo = CodeInfo {
                    name: $name,
                    stage: Stage::$stage,
                    severity: Severity::$severity,
                    summary: $summary,
                    explanation: $explanation,
                };
            )*
        }
        /// Every code, sorted by name.
        pub static ALL: &[Code] = &[$(&statics::$id),*];
    };
}

codes! {
    ACTION_EDITED = "action-edited" Rule Error
        "an action was moved in the generated workflow"
        "Bots that update dependencies edit the workflow, which is made from the matrix: the next `gen matrix` would undo it, so it refuses to touch that file. `gen matrix --adopt` writes the commit and its version into `[ci.github.actions]` and regenerates all from there; `gen matrix --take-over` drops the edit. A pin that is older than the matrix's is no edit, it is stale.";
    ALIAS_AMBIGUOUS = "alias-ambiguous" Plan Error
        "several specs render the same alias"
        "A tag can point at one image only. Narrow the alias's `match`, print another axis in it, or say by which axes the `newest` spec has it.";
    ALIAS_SHADOWS_TAG = "alias-shadows-tag" Plan Error
        "an alias equals the tag of another spec"
        "The alias would move a tag that belongs to another image. Rename one of them. An alias that equals its own spec's tag is ignored.";
    ALIAS_UNMATCHED = "alias-unmatched" Rule Error
        "an alias matches no spec"
        "Nobody will ever find the alias in the registry. Correct its `match`, or delete it.";
    ANOTHER_MATRIX = "another-matrix" Rule Error
        "an output would stand where one of another matrix does"
        "Each output states in its header from which matrix file it was made, and no matrix touches those of another. List the other file by `matrices` in the `matrix.toml` at the root, which gives each a folder of its own; where a path of yours says otherwise, change it in one of them.";
    ARCH_SPECIFIC_URL = "arch-specific-url" Rule Warning
        "a download for one architecture in an image that is built for several"
        "What is downloaded for `x86_64` does not run on `linux/arm64`, or installs and fails later. Choose by `TARGETARCH` or `uname -m`. An instruction that asks for the architecture, or names several, is left alone.";
    AXIS_COMPARISON = "axis-comparison" Plan Error
        "a template compares an axis in a way that would silently be false"
        "Inside a template an axis is an object with attributes, and objects do not equal strings: `cuda == \"none\"` would always be false. Use truth (`if cuda`), a term of the selector language (`cuda is matching(\">=12,<13\")`, `job is matching(\"server\")`) or an attribute of the right type (`cuda.major >= 12`, `cuda.os == \"ubuntu22.04\"`). An attribute that looks like a version is an object, too. No table has an object for a key: `{\"22.04\": \"jammy\"}[cuda.ubuntu | string]`, or let the values state it.";
    BASE_CONFLICT = "base-conflict" Plan Error
        "an image has neither or both of `from` and `parent`"
        "Each spec stands on exactly one image: an upstream one (`from`) or one of this matrix (`parent`). A later row replaces the earlier choice; one table may not state both. With a `dockerfile` of your own both may be left out, its FROM then says it.";
    BASE_MISMATCH = "base-mismatch" Rule Error
        "a base of another version than the axis says"
        "Tags and documents print the axis, and whoever pulls the image finds the version of its base. Let both say the same; `11.6` and `11.6.2` do. Looked at are the axes `cuda` and `python`, against `nvidia/cuda`, the official image of Python, and words of other tags: `cuda12.4`, `cu130`, `py3.12`. Only what the image stands on counts: stages that it copies from may be of any version, and a Dockerfile of yours that brings that Python itself (uv, conda, pyenv, a package, `COPY --from` of one) may stand on any other.";
    BASE_MISSING = "base-missing" Rule Error
        "a base that never existed"
        "The tables know for certain that `nvidia/cuda` never had the tag: the version, the name of cuDNN in it, or the pair of version and distribution. The build would stop with \"manifest unknown\".";
    BASE_PLATFORM = "base-platform" Rule Error
        "a platform that the base is not there for"
        "The build for it finds no image behind FROM; where one image is locked in place of an index, every platform is built upon it, whatever that is. Leave the platform out for these cells. `gen check` knows the architectures of `nvidia/cuda`; `gen lock` looks into every index that it locks.";
    BASE_UNCLEAR = "base-unclear" Rule Note
        "a base that cannot be told from the Dockerfile"
        "FROM depends on something that only a build knows, such as the machine that builds (`BUILDARCH`). No rule on bases looks at such an image: that it is silent means nothing. Pass the variable in `args`, or name the image without it.";
    BASE_UNKNOWN = "base-unknown" Rule Warning
        "a base that the tables do not know"
        "It may be newer than the tables of this `gen`, or have been deleted from the registry: a tag of `nvidia/cuda`, or a release of Ubuntu, Debian or Python of which nobody then says when it ends. State it in a `[facts] file` when it is there.";
    BASE_UNRESOLVED = "base-unresolved" Plan Error
        "an upstream image whose digest could not be learned"
        "`gen lock` locks the digests of all the images it is asked for, or none. Nothing was written: what was locked before still holds.";
    BUILT_UNOFFERED = "built-unoffered" Rule Error
        "a value or image is built that the library does not offer"
        "The `[[release.offer]]` says `exactly`, so that the list holds what is built and nothing else. Add it to the library's list, or take it out of the matrix.";
    BUMP_CUT_SHORT = "bump-cut-short" Rule Warning
        "a bump that did not come to its end"
        "It was killed, or found no room. The same command again takes up what it began and ends at the same version; a step is not taken twice. What it set out for stands in a note below `generated/.tmp`, where git does not look.";
    BUMP_REFUSED = "bump-refused" Plan Error
        "a bump that cannot be carried out"
        "Nothing was touched. Either the version asked for is none, or is older than the release, or one of the places cannot be moved.";
    CHANNEL_CLASH = "channel-clash" Plan Error
        "a tag of a channel is something else's too"
        "A run of a channel puts its tags on what a branch holds now. One that two specs, two channels, or a release and a channel have would go to and fro between them. Print what tells them apart, or narrow its `match`.";
    CONTENT_FORMAT = "content-format" Rule Error
        "the lock records contents of another format"
        "What counts as content, or how it is hashed, changed with this gen, so nothing can be compared with what was recorded: it is told once, not for each spec. A bump gives the images of this gen tags of their own; `gen bump --amend` records the release anew, for one that was never published.";
    CONTEXT_FILE = "context-file" Rule Error
        "a file of a context that a builder refuses, or that cannot be read"
        "A builder refuses names that are not UTF-8, no checkout holds a device, a pipe or a socket, and of a file that cannot be read nobody can say whether it changed. Rename or remove it, or leave it out in `.dockerignore`. It is never opened.";
    CONTEXT_UNMATCHED = "context-unmatched" Rule Error
        "a file that a context is narrowed to is not in it"
        "`context-files` lets these files through to the builder and no others. One that matches nothing is misspelt, ignored by git, or gone, and a COPY of it fails. What `pip` installs from has to be a file of the context as well.";
    COPY_SOURCE = "copy-source" Rule Error
        "a path that is copied and not sent"
        "COPY, ADD and bind mounts take plain paths from the context, and there is nothing under this one: it is not there, an ignore file leaves it out, or git ignores it, so that a clean checkout lacks it. The build would stop with \"not found\". Globs and what variables of a base may say are left alone.";
    CUDNN_MISMATCH = "cudnn-mismatch" Rule Warning
        "a package made for another CUDA than the image has"
        "Packages of NVIDIA end in the CUDA they are made for, as in `libcudnn8=8.9.5.29-1+cuda12.2`. With another CUDA they may fail to install, to load, or work by luck. Of a Dockerfile or template of yours, what the image runs counts, with the args that are passed: no comments, no stages beside it.";
    DEAD_EXPECT = "dead-expect" Rule Error
        "an `[[expect]]` that cannot fail"
        "Its `match` holds for no spec, or what it expects to be absent has no cell in any image, before excludes: it holds whatever the matrix becomes, and only looks like a test. Correct the selector; where there shall be no spec at all, `count = 0` says so.";
    DEAD_MATCH = "dead-match" Rule Error
        "an image's `match` removes nothing, or a channel's leaves nothing"
        "An image's accepts every cell of its axes, so it only looks like a restriction; a channel's accepts nothing that is published, so its runs do nothing. Delete it, or correct the value it means.";
    DEAD_RULE = "dead-rule" Rule Error
        "an exclude removes nothing"
        "Alone against the products of all images it matches no cell, so whatever it was written to forbid is being built, or was never there. Correct or delete it.";
    DEAD_WHEN = "dead-when" Rule Error
        "a `when` row applies to no spec"
        "What it adds is never built; one of `[[defaults.when]]` is alive as long as it applies to a spec of any image; a row or step of a pipeline is judged by what that pipeline builds, and by what that stands on. Correct its `match`, or delete it.";
    DOCKERFILE_ENCODING = "dockerfile-encoding" Rule Note
        "a Dockerfile that is not UTF-8 outside of comments"
        "It is read all the same, with a sign of replacement for each byte that cannot be decoded. A builder hands such bytes to the shell as they are. Save the file as UTF-8.";
    DOCKERFILE_MISSING = "dockerfile-missing" Rule Error
        "a `dockerfile` or `context` cannot be read"
        "The file or folder that a spec names is not there, or the file is not text. Paths are relative to the repository root.";
    DOCKERFILE_SYNTAX = "dockerfile-syntax" Rule Error
        "a Dockerfile cannot be parsed, or not be built as it is asked for"
        "BuildKit would refuse it too, and so it would a file in UTF-16. Until it is mended, its stages, bases and build args are not checked.";
    DOCKERFILE_UNREAD = "dockerfile-unread" Rule Note
        "a Dockerfile that another frontend than Docker's reads"
        "Its first lines ask for a frontend of somebody else's (`# syntax=`), which may know other instructions or take these otherwise. Its stages, bases and build args are not checked, and the images that it stands on are not shown.";
    DUPLICATE_REFERENCE = "duplicate-reference" Plan Error
        "two specs have one reference"
        "The second push would overwrite the first. Print the axis that tells them apart in `tag` or `name`.";
    DUPLICATE_STEP = "duplicate-step" Rule Error
        "two steps of a build have one id"
        "Cloud Build refuses such a config when it is submitted. gen's own ids differ, so a template of yours wrote one of them; give it another.";
    DUPLICATE_VALUE = "duplicate-value" Plan Error
        "a list has an entry twice"
        "Each value of an axis is one column of the product, and the second can only make duplicates. A tag of a channel, or a pattern of a trigger, that stands there again does nothing: one of the two was meant to be another.";
    EMPTY_AXIS = "empty-axis" Plan Error
        "an axis without values"
        "A product over an empty axis is empty, so no image that uses it exists. Give it a value, or remove it.";
    EMPTY_CATALOG = "empty-catalog" Plan Error
        "a catalog that holds no image"
        "Its `match` accepts none of the specs, so a library could pick nothing from it. Correct the `match`, or delete it.";
    EMPTY_GROUPS = "empty-groups" Plan Error
        "a bake file whose groups hold no image"
        "The `match` of `[output.bake]` accepts none of the specs, so `docker buildx bake` would build nothing. Correct the `match`, or delete it.";
    EMPTY_OUTPUT = "empty-output" Plan Error
        "an output of one's own that would show no image"
        "Its `match` accepts none of the specs. Correct the `match`, or delete the output.";
    EMPTY_PIPELINE = "empty-pipeline" Plan Error
        "a pipeline that would publish no image"
        "The `match` of its table accepts none of the specs that are published. Correct it, or delete it: without one, the pipeline publishes all.";
    EMPTY_TEST = "empty-test" Plan Error
        "a test in which something is empty"
        "A row of `test` without a command tests nothing, and a `target`, `user` or option that is empty means nothing: the row would pass for a reason nobody sees. Write what is meant, or delete the key. A template that comes to nothing for some images is fine: the row is not for those.";
    END_OF_LIFE = "end-of-life" Rule Warning
        "something an image stands on no longer gets security fixes"
        "Python, the distribution, or the branch of the fleet's driver is past its end of life, so the images age from now on. The dates are data with source and date, `docs/facts.md` says how to state others; `--as-of` looks at another day.";
    END_OF_LIFE_SOON = "end-of-life-soon" Rule Note
        "something an image stands on is near its end of life, or in long-term support"
        "It will end within `[check] days-ahead` (90 days, `--days-ahead`), or regular support is over and long-term support goes on for a part of it. Plan the move.";
    ENTRYPOINT_INHERITED = "entrypoint-inherited" Rule Warning
        "a shell that would be handed to an ENTRYPOINT from below"
        "CMD alone leaves the ENTRYPOINT of the image below in force, which is handed the command as its arguments: where that is `python`, an image whose `cmd` is `bash` runs `python bash`. State an `entrypoint`, or an ENTRYPOINT in a Dockerfile of yours; an empty one takes it away. Entrypoints that run what they are handed (`tini --`, scripts, `uv run`) are left alone, and of an upstream image nothing is known.";
    EXPECTATION_FAILED = "expectation-failed" Rule Error
        "an `[[expect]]` does not hold"
        "The matrix no longer yields what its authors wrote down. Either the last change removed or added more than was meant, or the expectation is out of date.";
    FACTS_MISSING = "facts-missing" Plan Error
        "the file of facts cannot be read"
        "`[facts] file` names a TOML file by its path from the repository root.";
    FILE_REFUSED = "file-refused" Plan Error
        "a file that is there and is not read"
        "What is read to be understood is a regular file below the repository root, of at most 16 MiB: a device never ends, a FIFO waits for a writer, and what a link brings in from outside is in no checkout but this one. So is a file that may not be read, and a folder that may hold such files and cannot be listed. Nothing was checked in it. Put a file of that name in its place, let it be read, or correct the path.";
    FIXED_CODE = "fixed-code" Plan Error
        "a finding without which no plan exists, in `[check]`"
        "Findings that mean \"no plan can be built\" cannot be suppressed or weigh otherwise: nothing would be left to check. Only codes of rules (exit code 1) can.";
    FLOATING_BASE = "floating-base" Rule Warning
        "a base that moves by itself"
        "Without a tag, with one that is a role (`latest`, `nightly`, `stable`, `rolling`), with an official image by no version, or with a `python` tag that names no minor version or no release of Debian, the same matrix yields other images one day: `python:3.10` moved from bookworm to trixie, and a package that builds relied on was gone. State the release, or a digest.";
    FOREIGN_PLATFORM = "foreign-platform" Rule Warning
        "the stage that becomes the image is for another platform"
        "It stands on `$BUILDPLATFORM`, on a `--platform` of its own, or on an image of one architecture, and the image is for others too: emulated, what is pushed as `linux/arm64` holds programs for `linux/amd64`. The stages before it may run on the machine that builds, that is what `--platform=$BUILDPLATFORM` is for.";
    GIT_UNASKED = "git-unasked" Rule Warning
        "git does not say what a clean checkout holds"
        "The folder lies in a repository of git's, and git failed or ignores the matrix: it may distrust the owner of the folder, or be missing. Every file of a context then counts, ignored or not, and as its bytes are on disk, so another clone may yield other contents.";
    IDLE_KEY = "idle-key" Rule Error
        "a key that does nothing where it stands"
        "`apt`, `pip`, `python`, `env`, `user`, `entrypoint`, `cmd` and `template` go into Dockerfiles that `gen` renders; beside a `dockerfile` of your own they would be passed over without a word. What stands in `[defaults]` passes by images that it cannot serve, as long as it serves one; its `axes` are for images that state none. A `tag` does nothing where `publish = false`, an identity (`role`, `oidc-connection`) in the table of a registry where nobody logs in by it, and published `parents` of a `pull-request` where no image stands on another.";
    IGNORE_SYNTAX = "ignore-syntax" Rule Error
        "a line of an ignore file that the builder refuses"
        "The builder stops at a pattern of `.dockerignore` that it cannot read: a class without its end, a `\\` that escapes nothing, an exception of nothing, a line over 64 KiB. No image with that context can be built.";
    IGNORE_UNREAD = "ignore-unread" Rule Warning
        "a line of an ignore file that is not understood here"
        "The builder takes patterns of `.dockerignore` as regular expressions of Go in places, with named classes and escapes such as `\\p` that are not read here. The line is passed over: what it leaves out counts as content, and what it lets through again may be missing from it. Write it with `*`, `**`, `?` and plain classes.";
    IGNORED_INPUT = "ignored-input" Rule Error
        "a file that is needed, and that git ignores and does not track"
        "A line of `.gitignore` keeps it out of git: the lock (`*.lock`), a Dockerfile, an ignore file, a template, an output or a context is here and in no clone. What is green on this machine fails on all others, and a guard that reads the lock is silent there.";
    IMAGE_PASSED_BY = "image-passed-by" Rule Note
        "images that a selector passes by, for want of an axis"
        "A selector holds for nothing of an image that lacks an axis it names: `{ cuda = \"none\" }` in an alias gives no tag to images that do not vary by `cuda`. That is told of aliases, and of the `match` of pipelines and of the catalog, where it names no `image`; not where the axis has a `none` that the selector does not accept: `{ cuda = \"!none\" }` is how images with a GPU are meant, and one that has no `cuda` is none of them. Add the images as an alternative of their own (`match = [{ cuda = \"none\" }, { image = [\"docs\", \"proxy\"] }]`), or name the ones that are meant by `image`. An image without the axis is left alone by excludes and `when` rows too, and is none of those that an `[[expect]]` counts: there that is what is wanted.";
    IMMUTABLE_TAG = "immutable-tag" Rule Error
        "a tag that moves goes to a registry where it can be put once"
        "The first release puts each tag for the first time, and no registry says beforehand what it will refuse the next time: that one would stop between its own tags and those that move. Let the registry except what moves, and list that in `movable`; or send the image elsewhere, or declare no alias for it.";
    INVALID_DATE = "invalid-date" Plan Error
        "a date that is none"
        "Dates are days of the calendar, written `2027-03-01`.";
    INVALID_GLOB = "invalid-glob" Plan Error
        "a glob that cannot be read"
        "`*` and `?` stay within a folder's name, `**` crosses folders, `[ab]` and `{a,b}` are alternatives. Paths are relative to the repository root. `context-files` alone are written as in a `.dockerignore`: no braces, relative to the context.";
    INVALID_NAME = "invalid-name" Plan Error
        "a name outside its grammar"
        "Axis, image, set and registry names are words that stand in selectors, templates and paths: axes `[a-z][a-z0-9_-]*`, the others lower-case letters, digits, `.`, `_` and `-`. `image`, `release`, `parent`, `from` and `registry` are reserved. Where the catalog is turned on, each axis also needs a name of its own in Python, and the module one that can be imported.";
    INVALID_OPTION = "invalid-option" Plan Error
        "an option that who reads it would refuse, or take otherwise than it was meant"
        "A cron line of GitHub has five fields: minute, hour, day, month and day of the week. Cloud Build's own substitutions have names without `_` in front, so those of yours begin with it; a trigger expands a `$` in a substitution, and a build that is submitted does not, so a default has none; tags of a build have the grammar of an image's tag; the classic shape attaches neither SBOM nor provenance; and what names an image, a machine or a place of the provider's is one line with something in it, without control characters. `check-image` is for the command of `[ci] check`. `source` of an image is an address that people can open.";
    INVALID_PIN = "invalid-pin" Plan Error
        "an action pinned to what is no commit, or that no workflow uses"
        "Actions are pinned to a commit of 40 hexadecimal digits, with the version it has beside it: a tag can be moved.";
    INVALID_PLACE = "invalid-place" Plan Error
        "a pin, offer or mention that does not say where"
        "Each `[[release.pin]]` and `[[release.offer]]` says in one way where in its file: `constant`, `key` or, for a pin, `search`. A mention takes globs.";
    INVALID_PLATFORM = "invalid-platform" Plan Error
        "a platform that is not `os/arch[/variant]`, or not one of the arch axis"
        "Platforms are written as in OCI: `linux/amd64`, `linux/arm64`, `linux/arm/v7`. An image's `platforms` may only narrow those of the `arch` axis.";
    INVALID_REFERENCE = "invalid-reference" Plan Error
        "an image reference outside the grammar"
        "Registries accept tags of a word character and then up to 127 of word characters, `.` and `-`; repository names are lower case. Source: the grammar of distribution/reference. Map the character in the template, for example `{{ release.tag }}` or `| replace(\"+\", \"-\")`.";
    INVALID_STEP = "invalid-step" Plan Error
        "a step, row or call in a pipeline that cannot be what it says"
        "A step of a pipeline has a key of lower-case letters, digits and `-`, a place (`at`), and either `run` (shell) or, on GitHub, `uses`: an action of the repository's own, or one pinned to a commit. Only steps of builds take a `match`. Numbers are at least 1.";
    INVALID_USER = "invalid-user" Plan Error
        "a user that is not `uid` or `uid:gid` in numbers, or cannot have its name"
        "By a name nobody can tell whether an image runs as root: not Kubernetes (`runAsNonRoot`), not a linter. Write the numbers in `user`, and in `user-name` what they are called: lower-case letters, digits, `_` and `-`, and not `root`, which is user 0.";
    INVALID_VALUE = "invalid-value" Plan Error
        "an axis value that selectors could not name"
        "A value may not be empty, start with `!`, `@`, `<`, `>` or `=`, nor hold `*`, `,` or a control character: those are the selector language's own.";
    INVALID_VERSION = "invalid-version" Plan Error
        "a version outside its scheme"
        "`[release] version` must follow `scheme` (semver, pep440 or calver), and an axis value's `version` must be digits and dots with an optional pre-release. PEP 440 epochs have no form that a tag could carry.";
    LFS_POINTER = "lfs-pointer" Rule Note
        "a pointer of Git LFS in a context"
        "A checkout without LFS has pointers of 130 bytes in place of the files. Contents are the same with either, but an image that is built from pointers holds pointers. Run `git lfs pull` before anything is built.";
    LINEAGE_CYCLE = "lineage-cycle" Plan Error
        "images that stand on each other in a circle"
        "No order of building exists. Follow the places and cut one of the edges (`parent` or `needs`).";
    LOCK_CONFLICT = "lock-conflict" Rule Error
        "a lock that holds both sides of a merge"
        "Which contents the release has cannot be told by merging lines. Merge `matrix.toml`, run `gen matrix`, then `gen bump --amend`, which records the lock anew. Until then our side's digests of upstream images count.";
    LOCK_FORMAT = "lock-format" Rule Error
        "a lock that another gen wrote"
        "Its format is not the one this gen reads, so nothing can be said of what changed since the release. Use the gen that wrote it, or record the lock anew with `gen bump --amend`.";
    LOCK_OLD = "lock-old" Rule Note
        "locked digests, or a day of packages, that have not moved for long"
        "What stands on them lacks the fixes since, and no schedule brings them: a content that is there is never built again. `gen lock --refresh` moves the digests, `--refresh=packages` the day too. How long is long says `[check] lock-days`.";
    LOCK_STALE = "lock-stale" Rule Error
        "a lock that records another release than the matrix states"
        "The version was moved by hand, or a merge took `matrix.toml` from one side and the lock from the other. `gen bump --amend` records the release that the matrix states.";
    LOCK_SYNTAX = "lock-syntax" Rule Error
        "a lock that cannot be read"
        "It is not TOML, or has a key or value that no gen writes. Nobody edits it by hand: bring it back from git, or record it anew with `gen bump --amend`. Until then images are rendered without locked digests.";
    LOCKFILE_STALE = "lockfile-stale" Rule Error
        "a package manager's lock file repeats another version"
        "`Cargo.lock`, `uv.lock` and `package-lock.json` state the version of the package they lie beside, and tools that demand a fresh lock stop. They are another tool's to write: the finding gives the command.";
    LOGIN_UNKNOWN = "login-unknown" Rule Error
        "a registry that a pipeline cannot log in to"
        "Its kind wants something that the `[registry]` table does not give, such as the role or the identity provider; or its secrets have names that no variable, or no secret of the provider, can have; or its host has another login already, of which Docker keeps one; or the jobs lack a command that the login takes.";
    MACHINERY_EDITED = "machinery-edited" Rule Error
        "an image that a pipeline runs, or uv is copied from, was moved in the generated file"
        "Bots that update dependencies edit the pipeline or Dockerfile, which is made from the matrix: the next `gen matrix` would undo it, so it refuses to touch that file. `gen matrix --adopt` writes the image where it is stated, in `[ci.…]` or as a row of `machinery` in your file of facts, which it makes where there is none, and regenerates all from there; `gen matrix --take-over` drops the edit. A tag that is older than the rendered one is no edit, it is stale.";
    MARKER_MISPLACED = "marker-misplaced" Rule Error
        "a block whose markers stand where no block can be"
        "gen writes what stands between two markers, and leaves the rest of the file alone: it must be told where the block begins and where it ends, once. Nothing of the file is written before its markers are in order.";
    MARKER_MISSING = "marker-missing" Rule Error
        "a block that its file has no markers for"
        "With `between`, gen writes only what stands between two markers of a file that is yours. It puts no markers there by itself: where the block belongs, you know.";
    MATRICES_CLASH = "matrices-clash" Rule Error
        "two listed matrices would share a folder"
        "A listed matrix writes below `generated/`, in a folder called by its path: without `.toml`, and of a `matrix.toml` by its folder's. The second of two that come to one name is not looked at. Rename a file or a folder.";
    MATRICES_NESTED = "matrices-nested" Rule Error
        "a matrix that is not at the root lists others"
        "Only the `matrix.toml` at the root lists matrices, so that there is one place that says which there are. What another lists is looked at by nobody.";
    MATRICES_UNMATCHED = "matrices-unmatched" Rule Error
        "an entry of `matrices` lists no matrix"
        "The file was renamed, moved or deleted, or the glob is wrong: its images are checked by nobody. Files that git ignores and what lies behind links are not taken.";
    MENTION_STALE = "mention-stale" Rule Error
        "a text names an image of another release"
        "Somebody who copies the line gets an old image, or one that was never built. `gen check --fix` writes this release's tag; a comment `basematrix: keep` on the line, or on the one before, keeps a deliberate old one.";
    MENTION_UNCHECKED = "mention-unchecked" Rule Note
        "mentions that could not be judged"
        "While a pre-release is made, texts stay at the last final release, unless their mention says `pre-releases = true`. Which one that was is told by `matrix.lock`, and it holds none: nothing was recorded before the pre-release. Until the next final release mentions of earlier finals are not judged. A tag that is a variable is not judged where the file gives it a value in a way that is not read: in a loop, a list, an argument.";
    MENTION_UNKNOWN = "mention-unknown" Rule Error
        "a text names an image that the matrix does not make"
        "The repository or the tag does not exist in this release. Correct the text, or build the image. Repositories of other projects below the same registry go into the mention's `ignore`.";
    MENTION_UNMATCHED = "mention-unmatched" Rule Error
        "a glob of a mention that matches no file"
        "It matches nothing that git does not ignore, so what it was written for is not checked. Correct `files`: a folder is `docs/**`.";
    MERGE_CONFLICT = "merge-conflict" Plan Error
        "a file that holds both sides of a merge"
        "git could not merge it, and wrote both sides into it with marks around them. What was meant is for people to say; nothing else is told of the file before.";
    MINIMUM_DRIVER = "minimum-driver" Rule Warning
        "a CUDA that needs a newer driver than the oldest of the fleet"
        "Within a CUDA major any toolkit runs on a driver from the major's first on (minor-version compatibility); below it the container is refused or fails at its first call. `[check] driver` states the oldest driver of the machines.";
    MISSING_KEY = "missing-key" Plan Error
        "a required key is missing"
        "The table cannot be understood without it.";
    MISSING_OUTPUT = "missing-output" Rule Error
        "an output does not exist"
        "The matrix yields a file that is not on disk, for instance after a new axis value. Run `gen matrix` and commit the result.";
    MISSING_TARGET = "missing-target" Rule Error
        "`target` names no stage of the Dockerfile"
        "The builder would stop with \"target stage could not be found\". Name one of the stages; what gen's own template renders has one, without a name.";
    NEEDLESS_RELEASE = "needless-release" Rule Warning
        "a release with no image that the one before had not"
        "Every spec has the content it had, so the release only names the same images again. A final release after a pre-release is not meant: it moves the aliases.";
    NO_CELLS = "no-cells" Rule Error
        "an image of which no cell remains"
        "Its `match` and the excludes together remove every cell of its product. Correct them, or delete the image.";
    NO_REGISTRY = "no-registry" Plan Error
        "a pipeline for images that have no registry"
        "A pipeline pushes by full reference. Declare a `[registry.NAME]` with its `prefix`, or remove the `[ci]` table.";
    NO_SPECS = "no-specs" Plan Error
        "a matrix of which nothing remains"
        "Excludes and matches together remove every cell of every image, so there is nothing to build.";
    NONE_PRINTED = "none-printed" Plan Error
        "a template prints `none`, or an attribute of it"
        "A tag with the word `none`, or an attribute that does not exist, is a slip in every case met so far. Guard it: `{{ '-cu' ~ cuda.compact if cuda }}`.";
    NOT_BUILT_HERE = "not-built-here" Rule Warning
        "a spec that a provider's pipeline leaves out"
        "Its platforms are not among those the provider's table builds. Another pipeline has to publish it before tags are put.";
    NOT_OURS = "not-ours" Rule Error
        "a file that gen did not make stands where an output belongs"
        "It is neither listed in `generated/.outputs` nor bears the header, so it is never overwritten silently. Move it away, or let `gen matrix --take-over` replace it.";
    NOTHING_TO_TAKE = "nothing-to-take" Rule Error
        "something is taken away that no row below states"
        "`X = false`, `\"!curl\"` and an empty list take away what the rows below state: the defaults and those of their rows that match, then the image. Where none of them brings it, in no spec that the row is for, the defaults changed, or the name is another.";
    OFFER_UNBUILT = "offer-unbuilt" Rule Error
        "the library offers a value or image that is not built"
        "Its users can select an image that does not exist. Add it to the matrix, or take it out of the library's list.";
    ONE_OFF_REFUSED = "one-off-refused" Plan Error
        "a one-off that would be called what a release is called, or two images by one name"
        "`gen build` and `gen plan` with `--tag` or `--registry` make images under names of their own. At the registries of the matrix they put the tag that was given, and nothing that a release puts: a release's tag is put once, by its pipeline, after all tests. Two specs need two names: print what tells them apart, as in `--tag '{{ python }}-mine'`.";
    ORPHAN_OUTPUT = "orphan-output" Rule Error
        "an output that the matrix no longer yields"
        "Left by an image or value that is gone; people and builders would still find it. `gen matrix` removes it.";
    OUTPUT_SENT = "output-sent" Rule Warning
        "a Dockerfile takes an output of gen into the image"
        "What gen writes is part of no content: it follows from the matrix, and may state the contents themselves. An image that takes it (a catalog, `matrix.lock`, a plan) is not built when it changes, and keeps what it was built with. Named are outputs that a source of `COPY`, `ADD` or a bind mount names, and catalogs in a folder that it takes, as far as no ignore file leaves them out.";
    PARENT_AMBIGUOUS = "parent-ambiguous" Plan Error
        "a parent that could be several specs"
        "The parent has an axis that the child lacks, and it has no `none`. State its value: `parent = { image = \"x\", python = \"3.12\" }`.";
    PARENT_IGNORED = "parent-ignored" Rule Error
        "the Dockerfile's FROM does not use the declared base or parent"
        "The declared lineage is not what is built: the child would not follow its parent. Pass `{{ from }}` as a build arg, and use that arg in FROM; in a template, write `FROM {{ from }}`.";
    PARENT_MISSING = "parent-missing" Plan Error
        "a parent or need that does not exist"
        "No spec of the named image has these values: an exclude or `match` removed it, or a value differs. Build it too, or leave the child out.";
    PARENT_PLATFORM = "parent-platform" Plan Error
        "a platform that the parent lacks"
        "The child cannot be built there, since FROM (or COPY --from) finds no image. Give the parent the platform, or narrow the child.";
    PATH_COLLISION = "path-collision" Plan Error
        "two paths that are one where case is ignored"
        "On the usual disks of macOS and Windows one output would overwrite the other, and a clone there would never be clean. Let them differ by more than case.";
    PATH_TOO_LONG = "path-too-long" Plan Error
        "an output whose path no disk can hold"
        "A part of a path may have 255 bytes. The folder of a Dockerfile is named by the values of its axes: shorten them, or leave an axis out of the image.";
    PIN_MISMATCH = "pin-mismatch" Rule Error
        "a place in the library states another release than the matrix"
        "What the library asks the registry for is not what is published. Either the constant was moved alone (run `gen bump`), or it was forgotten. `relation` says how much lag a place may have.";
    PLACE_AMBIGUOUS = "place-ambiguous" Rule Error
        "a place that could be several"
        "The file states it more than once, and gen does not guess which is meant. Name it more exactly (`Class.NAME`, a longer key path), or state it once.";
    PLACE_COMPUTED = "place-computed" Rule Error
        "a place whose value is computed"
        "gen reads the library's files and never runs them, so the value must be written there as plain text. Point the pin at the place the value comes from.";
    PLACE_MISSING = "place-missing" Rule Error
        "a place that is not in its file"
        "The constant, key or pattern is not there; it was renamed, moved or deleted.";
    PLACE_UNREADABLE = "place-unreadable" Rule Error
        "a file with a place that cannot be read"
        "It is not there, is not text, cannot be parsed, or is of a kind in which gen knows no constants.";
    PRODUCT_TOO_LARGE = "product-too-large" Plan Error
        "a product of axes beyond all use"
        "Nobody builds so many images; most likely a list was pasted into the wrong axis. Split the image, or give it only the `axes` it needs.";
    PROVIDER_LIMIT = "provider-limit" Rule Error
        "a pipeline beyond a hard limit of its provider"
        "The provider would refuse the file, or never start the run, late or silently. The limits are in the shipped facts. Split the work by the axis named.";
    RELEASE_BAKED = "release-baked" Rule Note
        "the release goes into the image"
        "Each release then changes the content of every such spec, so all are built again though nothing else changed. Labels and env that state the release are one cause; the other is a file of the context that every bump rewrites: the matrix, one that a pin is in, a text that mentions the images. Leave out in `.dockerignore` what the image does not need.";
    SECRET_IDLE = "secret-idle" Rule Error
        "an image lists a secret that none of its steps mounts"
        "Its build would be handed it for nothing. A Dockerfile of yours mounts it by name, `RUN --mount=type=secret,id=…`; a rendered one hands steps that install Python packages what `uv` reads: `PIP_INDEX_URL`, `PIP_EXTRA_INDEX_URL`, `PIP_FIND_LINKS` and `UV_…`. What `[defaults]` lists passes by images that mount it nowhere; one that serves none is found as well.";
    SECRET_IN_IMAGE = "secret-in-image" Rule Warning
        "a build arg or variable that looks like a secret, with a value"
        "Args and env stay in the image's history and configuration, for whoever pulls it. Words as in BuildKit's `SecretsUsedInArgOrEnv`: key, token, password, secret, credential, auth. Mount it while building, or pass it when the image runs.";
    SECRET_MISSING = "secret-missing" Rule Error
        "a step requires a secret that its image does not list"
        "The build stops at the step, for it is handed the secrets that the image lists and no others. List it in `secrets`, and declare it by `[secret.…]` where it is none yet.";
    SECRET_UNLISTED = "secret-unlisted" Rule Warning
        "a step mounts a secret that its image does not list"
        "The mount does not say `required`, so the step runs without it, and fails or does something else. List the secret in `secrets`; write `required` where the step cannot do without.";
    SELECTOR_SYNTAX = "selector-syntax" Plan Error
        "a selector term that cannot be read"
        "Terms are a value, `!value`, `>=12`, `<13`, `12.4.*` or a glob, joined by `,` when all must hold; a list holds if any does; `@set` is a whole selector, which stands beside other keys as `set = \"@set\"`; `!@set` is what it does not hold for.";
    STAGE_MISSING = "stage-missing" Rule Error
        "a FROM or `COPY --from` that means a stage which is not there"
        "The name has neither registry nor tag, and is nearly that of a stage, or that of a stage for another platform (`FROM base-${TARGETARCH}`). A builder takes it for an image of Docker Hub's, which is most likely not there, or is somebody else's. Write the stage for that platform, or name the stage or image that is meant.";
    STALE_OUTPUT = "stale-output" Rule Error
        "an output differs from what the matrix yields"
        "Either the matrix changed and `gen matrix` was not run, or the file was edited by hand. Edit `matrix.toml` or the templates instead, then run `gen matrix`.";
    SUBMODULE_MISSING = "submodule-missing" Rule Error
        "a context reaches into a submodule that is not checked out"
        "A submodule counts by its files, and without them the content is not that of what would be built. Run `git submodule update --init --recursive`; where nothing of it is needed, leave it out in `.dockerignore`.";
    SUPPRESSION_EXPIRED = "suppression-expired" Rule Warning
        "a suppression past its last day"
        "What it accepted is told again. Mend the findings, or accept them anew with a later `until`.";
    SUPPRESSION_UNUSED = "suppression-unused" Rule Warning
        "a suppression that suppresses nothing"
        "What it accepted is gone, or it was never meant so: its `match` must hold for every spec that a finding is about. Delete it, so that it does not hide the next finding.";
    SYMLINK_OUTPUT = "symlink-output" Rule Error
        "an output path leads through a symbolic link"
        "Outputs stay inside the repository. Replace the link by a folder.";
    TAG_LIES = "tag-lies" Rule Error
        "a tag prints an axis that the image ignores"
        "Two specs differ in the tag and in nothing that is built: one of the tags lies about its content. Use the axis in `from`, `args`, `env`, `apt`, `pip` or the Dockerfile, or leave it out of the tag.";
    TAG_MOVED = "tag-moved" Rule Error
        "a published reference that would stand for other content"
        "Tags that print the release are never moved: whoever pinned one would get another image by the same name, and the pipeline refuses to overwrite it. What was published is read from the plan at `--base`, else at the git tag of the release, else where the branch left `origin`'s default one.";
    TAG_UNCHECKED = "tag-unchecked" Rule Note
        "published references that nothing could be compared with"
        "Whether a tag of the release moved is told by the plan where the release was published, and that is not here: a shallow clone has no tags, and the commit that is checked out says nothing of itself. It is a note where a revision was named, the clone is shallow or a pipeline looks (`CI` is set); elsewhere `gen check -v` says it. Fetch the tag of the release.";
    TEMPLATE_FAULT = "template-fault" Plan Error
        "a template failed while it was rendered"
        "The message says what failed and where in the template.";
    TEMPLATE_MISSING = "template-missing" Plan Error
        "a template that is not there"
        "`template` names a file below `templates/`, in the repository or shipped with gen.";
    TEMPLATE_SYNTAX = "template-syntax" Plan Error
        "a template that cannot be parsed"
        "Templates follow Jinja's syntax: `{{ value }}`, `{% if … %}`.";
    TEST_FILE = "test-file" Rule Error
        "a test reads a file that is not there, lies behind a link, or is none"
        "What `files` of a row of `test` names is given to the test as it is in the repository. Where it is missing the test cannot run, and a change of it could not be seen. What a link leads to may lie outside, and is not seen to change; devices, pipes and sockets are in no checkout. A folder is looked at with all that lies in it. Correct the path, or add the file to git.";
    TEST_PLACE = "test-place" Rule Error
        "a test wants what a pipeline cannot give it"
        "A row of `test` with `options` runs in a container of the engine, since a builder has no options for a step; some pipelines have no engine, and some no such device. The pipeline would fail, or pass over the test. Change how it builds, or let the row or the pipeline be for other cells.";
    TOML_SYNTAX = "toml-syntax" Plan Error
        "a file that is not TOML"
        "Correct the syntax first; nothing else can be checked before.";
    UNDECLARED_ARG = "undeclared-arg" Rule Error
        "a build arg that the Dockerfile never declares, or not where it is used"
        "Where no `ARG` names it, the builder ignores it with a warning; without one it does so where the `ARG` stands before the first FROM and no FROM reads it, behind what uses it, or in another stage or one that is not built; where an `ENV` takes its place; and where only a CMD, ENTRYPOINT or HEALTHCHECK names it, which run when no build arg is set. A RUN that follows the `ARG` may read it by a script, and so counts, unless another instruction names it in vain. The image is then not what the matrix says, and two tags may be one. Add `ARG NAME` to the stage that uses it, before that, or remove it from `args`.";
    UNDECLARED_EMULATION = "undeclared-emulation" Rule Warning
        "platforms that a provider has no machines for, and that nobody asked it to emulate"
        "Under QEMU a build takes many times as long. Where that is meant, `platforms` of the provider's table names them; where it is not, a pipeline with machines of that kind should build them.";
    UNDECLARED_PARENT = "undeclared-parent" Rule Warning
        "an image of the matrix stands on another by its name alone"
        "A `FROM`, a `COPY --from`, a mount or a `from` names a repository that this matrix publishes, and no `parent` or `needs` says so, or they mean another release of it. The builder then takes what is published by that name, most often the release before: the image is built in no order with that one, its content does not follow it, and a bump leaves the reference behind. State it as `parent` or in `needs`. Where the image of an older release is meant, accept it in `[[check.suppress]]`.";
    UNDECLARED_SECRET = "undeclared-secret" Plan Error
        "an image lists a secret that is not declared"
        "`[secret.NAME]` says by `env` which variable holds it, at home and in pipelines. Declare it, or correct the name.";
    UNKNOWN_ATTRIBUTE = "unknown-attribute" Plan Error
        "a template or a selector names an attribute that the axis does not have"
        "An axis has the attributes its values state, and `version`, `major`, `minor`, `patch`, `compact` where it is a version; so has an attribute that looks like a version. What is a text or a number has none: `cuda.major`, not `cuda.version.major`.";
    UNKNOWN_AXIS = "unknown-axis" Plan Error
        "an axis that does not exist, or that the image lacks"
        "A selector over a misspelt axis would silently hold for nothing.";
    UNKNOWN_CODE = "unknown-code" Plan Error
        "a code that no finding has"
        "The codes are listed in docs/findings.md and printed in brackets with each finding.";
    UNKNOWN_IMAGE = "unknown-image" Plan Error
        "an image that is not declared"
        "Images are the `[image.NAME]` tables.";
    UNKNOWN_KEY = "unknown-key" Plan Error
        "a key that the file does not have"
        "An unknown key would silently do nothing.";
    UNKNOWN_LIMIT = "unknown-limit" Plan Error
        "a limit that no pipeline is held to"
        "A row of `limit` under a misspelt key would silently do nothing. The shipped limits are listed in docs/facts.md.";
    UNKNOWN_REGISTRY = "unknown-registry" Plan Error
        "a registry that is not declared"
        "Registries are the `[registry.NAME]` tables.";
    UNKNOWN_RUNNER = "unknown-runner" Plan Error
        "a runner for a platform that is not built, or a platform without a runner"
        "The `runner` map names values of the `arch` axis or platforms. A platform without a runner has nowhere to be built.";
    UNKNOWN_SECRET = "unknown-secret" Rule Error
        "a step wants a secret that the build does not have"
        "`secretEnv` of a step names variables that `availableSecrets` declares. Cloud Build refuses any other when the build is submitted.";
    UNKNOWN_SET = "unknown-set" Plan Error
        "a set that is not declared"
        "Sets are the entries of `[set]`; `@name` refers to one.";
    UNKNOWN_STEP = "unknown-step" Rule Error
        "a step waits for one that is not before it"
        "`waitFor` names steps that stand before in the same config; Cloud Build refuses any other when the build is submitted.";
    UNKNOWN_SUBSTITUTION = "unknown-substitution" Rule Error
        "a build names a substitution that it does not have"
        "Outside of scripts Cloud Build replaces `$NAME` and `${NAME}`, and refuses a build with a name that it does not know. `$$` is a dollar. A trigger would not refuse, and put nothing there.";
    UNKNOWN_VALUE = "unknown-value" Plan Error
        "a value that the axis does not have"
        "A selector over a misspelt value, or `is matching` in a template, would silently hold for nothing. Ranges and globs may match nothing; plain values may not.";
    UNKNOWN_VARIABLE = "unknown-variable" Plan Error
        "a template reads a name that is not there"
        "Templates see the image's own axes, `image`, `release`, and in `args`, `env`, `labels` and Dockerfiles also `from` and `needs`.";
    UNLISTED_MATRIX = "unlisted-matrix" Rule Error
        "outputs of a matrix that nobody lists"
        "They stand in the folder of outputs, bear the header of a matrix file that is there, and no `gen check` looks at them. List that file by `matrices`, or delete it: what it left is then removed.";
    UNREADABLE_NAME = "unreadable-name" Rule Error
        "a name that is not UTF-8 among the outputs"
        "What is behind it cannot be compared, listed or removed, and other disks refuse it.";
    UNRELEASED_CHANGE = "unreleased-change" Rule Error
        "images changed, and the release did not"
        "The lock says what the release is made of, and the matrix now yields something else: its tags are taken. The notes say which inputs changed. Bump the release, or record it anew with `gen bump --amend` if it was never published.";
    UNSAFE_VALUE = "unsafe-value" Plan Error
        "a value that could break out of where it is printed"
        "The place (an instruction, an identifier, a path) takes plain words only. Use a filter that quotes it, or another value.";
    UNUSED_ARTIFACT = "unused-artifact" Rule Warning
        "an artifact that no image is built from"
        "An artifact counts for the images whose context sends its path: below the context's folder, and not left out by its ignore file. One that is in no context is waited for by nobody.";
    UNUSED_AXIS = "unused-axis" Rule Warning
        "an axis that no image uses"
        "It multiplies nothing. Add it to an image's `axes`, or delete it.";
    UNUSED_IGNORE = "unused-ignore" Rule Warning
        "a glob of a mention's `ignore` that leaves nothing out"
        "No image of that name stands in the files of the mention; one that is named later would be passed by in silence.";
    UNUSED_MARKER = "unused-marker" Rule Warning
        "a `basematrix: keep` that keeps nothing"
        "No mention that states a release stands on its line or on the next; a later one would be kept silently.";
    UNUSED_REGISTRY = "unused-registry" Rule Warning
        "a registry that no image uses"
        "Delete it, or list it under an image's `registry`.";
    UNUSED_SECRET = "unused-secret" Rule Warning
        "a secret that no image lists"
        "No build is handed it. Delete it, or list it under an image's `secrets`.";
    UNUSED_SET = "unused-set" Rule Warning
        "a set that nothing refers to"
        "Delete it, or use it.";
    UNUSED_SUBSTITUTION = "unused-substitution" Rule Error
        "a substitution that the build declares and does not name"
        "Cloud Build refuses such a config when it is submitted by hand. Delete the substitution, or name it where it was meant to be used.";
    UNUSED_VALUE = "unused-value" Rule Error
        "a value that no spec uses"
        "The library seems to support it, and nothing is built for it: excludes and matches removed every cell. Delete the value, or the rule that removes it.";
    WINDOWS_RECIPE = "windows-recipe" Rule Error
        "a Dockerfile for Linux, for a platform of Windows"
        "What `gen` renders by default installs with `apt`, makes users with `useradd` and runs `sh`. No image for Windows can come of it.";
    WORKFLOW_MISSING = "workflow-missing" Rule Error
        "a workflow that is called is not there"
        "`then` of `[ci.github]` calls reusable workflows of the repository, which GitHub takes from `.github/workflows/` alone. It refuses the whole run where one is missing, before any image is built. Correct `uses`, or add the file.";
    WORKFLOW_PERMISSIONS = "workflow-permissions" Rule Error
        "a workflow that is called asks for more than its call gives"
        "The token of a called workflow can do what the job that calls it may, and never more; what `permissions` of that `then` does not name is nothing. GitHub refuses the whole run where the workflow, or any job of it, asks for more, even one that would be skipped. Give it that in `permissions`, or let the workflow ask for less.";
    WORKFLOW_UNCALLABLE = "workflow-uncallable" Rule Error
        "a workflow that is called cannot be"
        "GitHub lets a workflow be called that names `workflow_call` under `on`, and refuses the whole run that calls another, or one that cannot be read.";
    WRONG_TYPE = "wrong-type" Plan Error
        "a value of the wrong type"
        "Values are strings: `3.10` without quotes would be the number 3.1.";
}
