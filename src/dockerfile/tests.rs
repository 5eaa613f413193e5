//! What is easily missed, each found out on a real builder (docker 28.5, buildx 0.29).

use std::sync::Arc;

use crate::dockerfile::{
    Build, CommandLine, Declared, Dockerfile, Does, Expansion, Lack, Rejection, Request, Source,
    other_frontend,
};
use crate::grammar::Pairs;

fn built(
    text: &str,
    args: &[(&str, &str)],
    on: &str,
    target: Option<&str>,
) -> Result<Build, Rejection> {
    let args: Pairs<Arc<str>, String> = args
        .iter()
        .map(|(name, value)| (Arc::from(*name), (*value).to_owned()))
        .collect();
    let request = Request {
        args: &args,
        target,
        platform: on,
        build_platform: None,
    };
    Dockerfile::parse(text)?.evaluate(&request)
}

/// What is taken from outside, or why the builder refuses.
fn bases(text: &str, args: &[(&str, &str)], on: &str) -> String {
    match built(text, args, on, None) {
        Err(fault) => format!("refused: {fault}"),
        Ok(build) => {
            let named = build.named().map(|named| match named.source {
                Source::Image(image) => image.to_string(),
                Source::Unknown(unknown) => format!("unknown: {unknown}"),
                other => panic!("{other:?} is not outside"),
            });
            named.collect::<Vec<_>>().join(" ")
        }
    }
}

#[test]
fn bases_are_resolved_as_the_builder_does() {
    let amd64 = "linux/amd64";
    for (text, args, expected) in [
        ("FROM base-${TARGETARCH}\n", vec![], "base-amd64"),
        (
            "FROM ${STAGE}\n",
            vec![("STAGE", "debian:bookworm")],
            "refused: `${STAGE}` names nothing: `STAGE` has no value before the first `FROM`",
        ),
        (
            "ARG STAGE\nFROM ${STAGE}\n",
            vec![("STAGE", "debian:bookworm")],
            "debian:bookworm",
        ),
        (
            "ARG STAGE\nFROM ${STAGE}\n",
            vec![],
            "refused: `${STAGE}` names nothing: `STAGE` has no value before the first `FROM`",
        ),
        ("ARG STAGE\nFROM ${STAGE:-debian}\n", vec![], "debian"),
        ("ARG X=a\nFROM debian AS a\nFROM ${X}\n", vec![], "debian"),
        ("ARG X=a\nFROM debian AS a\nFROM $X$Y\n", vec![], "debian"),
        ("ARG X=1\nARG X=2\nFROM a:$X\n", vec![], "a:2"),
        ("FROM debian AS Foo\nFROM foo\n", vec![], "debian"),
        ("FROM debian\nFROM 0\n", vec![], "0"),
        (
            "FROM debian\nFROM b\nCOPY --from=0 / /\n",
            vec![],
            "debian b",
        ),
        (
            "FROM debian\nCOPY <<a /x\nFROM z\na\nRUN cat <<b\nFROM z\nb\n",
            vec![],
            "debian",
        ),
        ("FROM debian\nRUN echo a<<b\nFROM z\n", vec![], "z"),
        (
            "FROM debian\nRUN 3<<-\"b\" cat <&3\nFROM z\n\tb\n",
            vec![],
            "debian",
        ),
        (
            "FROM debian\nRUN cat <<<b\nENTRYPOINT []\n",
            vec![],
            "debian",
        ),
        (
            "# escape=`\nFROM debian:`\nbookworm\n",
            vec![],
            "debian:bookworm",
        ),
        (
            "FROM debian:\\\n# c\n\nbookworm\n",
            vec![],
            "debian:bookworm",
        ),
        (
            "FROM DEBIAN:bookworm\n",
            vec![],
            "refused: `DEBIAN:bookworm` names no image: its repository must be in lower case",
        ),
        ("FROM scratch\nENTRYPOINT []\n", vec![], ""),
        (
            "ARG TARGETARCH=sparc\nFROM debian:b-${TARGETARCH}\n",
            vec![],
            "debian:b-sparc",
        ),
        ("ARG V=12.4.1\nFROM debian:${V%%.*}\n", vec![], "debian:12"),
        ("ARG V=12.4.1\nFROM debian:${V%.*}\n", vec![], "debian:12.4"),
        (
            "ARG V=12.4.1\nFROM debian:${V/./-}\n",
            vec![],
            "debian:12-4.1",
        ),
        (
            "ARG V=12.4.1\nFROM debian:${V:?no}\n",
            vec![("V", "")],
            "refused: `V` is empty: no",
        ),
        ("ARG V=x\nFROM debian:${V:+y}z\n", vec![], "debian:yz"),
        ("FROM \"debian:bookworm\"\n", vec![], "debian:bookworm"),
        ("FROM 'debian:bookworm' as b\n", vec![], "debian:bookworm"),
        ("from debian as b\nfrom b\n", vec![], "debian"),
        (
            "FROM --platform=$NOPE debian\n",
            vec![],
            "refused: `$NOPE` names no platform",
        ),
        (
            "FROM base-${BUILDARCH}\n",
            vec![],
            "unknown: `BUILDARCH` is told by the machine that builds",
        ),
        (
            "FROM base-${BUILDARCH}\n",
            vec![("BUILDARCH", "arm64")],
            "base-arm64",
        ),
        ("FROM a AS x\nFROM b AS x\nFROM x\n", vec![], "b"),
        ("FROM x AS x\nFROM x\n", vec![], "x"),
        ("FROM a AS dev\nFROM b\n", vec![], "b"),
        (
            "FROM a\nCOPY --from=ghcr.io/b:1 /x /x\nRUN --mount=type=bind,from=c,target=/c true\n",
            vec![],
            "a ghcr.io/b:1 c",
        ),
        (
            "FROM a\nCOPY --from=$X /x /x\n",
            vec![],
            "refused: `--from` takes no variables: name a stage that stands on the image",
        ),
        (
            "FROM a AS a\nCOPY --from=b / /\nFROM c AS b\nFROM a\n",
            vec![],
            "refused: it takes from a stage that begins only later",
        ),
        (
            "FROM a AS a\nCOPY --from=b / /\nFROM c AS b\nCOPY --from=a / /\n",
            vec![],
            "refused: the stage needs itself",
        ),
        // Through FROM and ONBUILD no circle is seen; what is built of one takes from a later stage.
        (
            "FROM a AS x\nCOPY --from=x / /\nFROM x AS x\nFROM b\n",
            vec![],
            "b",
        ),
        (
            "FROM a AS x\nCOPY --from=x / /\nFROM x AS x\n",
            vec![],
            "refused: it takes from a stage that begins only later",
        ),
        (
            "FROM a AS up\nONBUILD COPY --from=b / /\nFROM up AS b\nFROM c\n",
            vec![],
            "c",
        ),
        (
            "FROM a AS up\nONBUILD RUN --mount=x\nFROM up AS b\nFROM c\n",
            vec![],
            "c",
        ),
        (
            "FROM a AS up\nONBUILD COPY --from=b / /\nFROM up AS b\n",
            vec![],
            "refused: the stage needs itself",
        ),
        // What is no stage of the file has a number too, and so has a mount of nothing.
        (
            "FROM a\nCOPY --from=b / /\nCOPY --from=1 / /\n",
            vec![],
            "a b b",
        ),
        (
            "FROM a\nRUN --mount=type=cache,target=/c true\nCOPY --from=b / /\nCOPY --from=2 / /\nCOPY --from=1 / /\n",
            vec![],
            "a b b",
        ),
        (
            "FROM a\nCOPY --from=1 / /\nCOPY --from=b / /\n",
            vec![],
            "refused: there is no stage 1",
        ),
        (
            "FROM a\nCOPY --from=7 / /\n",
            vec![],
            "refused: there is no stage 7",
        ),
        (
            "FROM a AS up\nONBUILD COPY --from=z /x /x\nFROM up\n",
            vec![],
            "a z",
        ),
    ] {
        assert_eq!(bases(text, &args, amd64), expected, "{text}");
    }
    let text = "FROM a AS base-amd64\nFROM b AS base-arm64\nFROM base-${TARGETARCH}\n";
    assert_eq!(bases(text, &[], "linux/amd64"), "a");
    assert_eq!(bases(text, &[], "linux/arm64"), "b");
    let text = "FROM x:$TARGETPLATFORM-$TARGETVARIANT-$TARGETOS\n";
    assert_eq!(
        bases(&text.replace("$TARGETPLATFORM-", ""), &[], "linux/arm/v7"),
        "x:v7-linux"
    );
}

#[test]
fn what_the_builder_refuses_is_refused_with_its_place() {
    for (text, what, at) in [
        ("FROM a\nRUNN x\n", "unknown instruction `RUNN`", "RUNN"),
        ("", "it has no instructions", ""),
        ("# nothing\n\n", "it has no instructions", ""),
        ("ARG X\n", "it has no `FROM`", ""),
        (
            "RUN x\nFROM a\n",
            "no stage begins before this: only `ARG` may stand before the first `FROM`",
            "RUN",
        ),
        (
            "FROM a\nRUN cat <<E\nx\n",
            "the here-document `E` never ends",
            "RUN cat <<E",
        ),
        (
            "FROM a\nCOPY --form=x a b\n",
            "unknown flag `--form`",
            "--form=x",
        ),
        (
            "FROM a b\n",
            "`FROM` needs an image, and nothing else but `AS` and a name",
            "FROM",
        ),
        (
            "FROM a AS 1x\n",
            "`1x` cannot name a stage: a name is a letter, then letters, digits, `-`, `_` and `.`",
            "1x",
        ),
        ("FROM a\nENV A\n", "`ENV` needs a name and a value", "ENV"),
        (
            "FROM a\nENV A=b C\n",
            "`C` has no `=`: write `name=value`",
            "C",
        ),
        (
            "FROM a\nCOPY x\n",
            "`COPY` needs a source and a destination",
            "COPY",
        ),
        (
            "FROM a\nSHELL bash -c\n",
            "`SHELL` needs its arguments as JSON",
            "SHELL",
        ),
        (
            "FROM a\nCMD [\"a\", 1]\n",
            "an array of arguments holds something else than texts",
            "[\"a\", 1]",
        ),
        (
            "# escape=x\nFROM a\n",
            "`x` cannot escape: write a backslash or a backtick",
            "x",
        ),
        (
            "# escape=`\n# escape=`\nFROM a\n",
            "the directive `escape` stands twice",
            "# escape=`",
        ),
        (
            "FROM a\nHEALTHCHECK --retries=-1 CMD x\n",
            "`--retries` cannot be `-1`",
            "--retries=-1",
        ),
        (
            "FROM a\nONBUILD FROM b\n",
            "`FROM` cannot stand behind `ONBUILD`",
            "ONBUILD",
        ),
        (
            "FROM a\nRUN --mount=from=$X,target=/x y\n",
            "`from` of a mount takes no variables: name a stage that stands on the image",
            "--mount=from=$X,target=/x",
        ),
        (
            "FROM a\nONBUILD ENV A\n",
            "`ENV` needs a name and a value",
            "ENV",
        ),
        (
            "FROM a\nRUN --mount= x\n",
            "the mount says nothing",
            "--mount=",
        ),
    ] {
        let fault = Dockerfile::parse(text).expect_err(text);
        assert_eq!(
            (fault.what.as_str(), &text[fault.span]),
            (what, at),
            "{text}"
        );
    }
    // Another frontend may know more.
    let labs = "# syntax=docker/dockerfile:1-labs\nFROM a\nCOPY --new a b\n";
    assert!(Dockerfile::parse(labs).is_ok());
    assert!(Dockerfile::parse(&labs.replace("1-labs", "1.7")).is_err());
}

#[test]
fn words_and_bodies_say_where_they_stand() {
    let text = "\u{feff}# é\r\nFROM a\r\nRUN echo é \\\r\n  # no\r\n\r\n  b <<E | tee f\r\nö\r\nE\r\nCOPY [\"ä b\", \"/\"]\r\n";
    let file = Dockerfile::parse(text).expect("a Dockerfile");
    let run = &file.instructions[1];
    assert_eq!(&text[run.keyword.clone()], "RUN");
    assert_eq!(&text[run.heredocs[0].body.clone()], "ö\r\n");
    assert!(
        text[run.span.clone()].ends_with("\nE"),
        "{:?}",
        &text[run.span.clone()]
    );
    match &run.kind {
        crate::dockerfile::Operation::Run(CommandLine::Shell(line), _) => {
            assert_eq!(line.text, "echo é   b <<E | tee f");
            assert_eq!(
                &text[line.span.clone()],
                "echo é \\\r\n  # no\r\n\r\n  b <<E | tee f"
            );
        }
        other => panic!("{other:?}"),
    }
    match &file.instructions[2].kind {
        crate::dockerfile::Operation::Copy(copy) => {
            assert_eq!(copy.sources[0].text, "ä b");
            assert_eq!(&text[copy.sources[0].span.clone()], "\"ä b\"");
        }
        other => panic!("{other:?}"),
    }
}

/// What the args of the last stage come to.
fn args(text: &str, given: &[(&str, &str)]) -> Vec<(String, Option<Expansion>)> {
    let build = built(text, given, "linux/amd64", None).expect("a build");
    let last = build.last().expect("a stage");
    let mut found = Vec::new();
    for step in &last.steps {
        if let Does::Args(args) = &step.does {
            found.extend(
                args.iter()
                    .map(|(name, value)| (name.to_string(), value.clone())),
            );
        }
    }
    found
}

#[test]
fn args_reach_stages_as_the_builder_does() {
    let known = |name: &str, value: &str| (name.to_owned(), Some(Expansion::from(value)));
    for (text, given, expected) in [
        (
            "ARG X=1\nFROM a\nARG X\nARG Z=$X\n",
            vec![],
            vec![known("X", "1"), known("Z", "1")],
        ),
        (
            "ARG X=1\nARG X=2\nFROM a\nARG X\n",
            vec![],
            vec![known("X", "2")],
        ),
        (
            "FROM scratch AS a\nARG X=1\nFROM a\nARG X\n",
            vec![],
            vec![("X".to_owned(), None)],
        ),
        (
            "FROM scratch AS a\nARG X=1\nFROM a\nARG X\nARG Y=$X\n",
            vec![],
            vec![("X".to_owned(), None), known("Y", "1")],
        ),
        ("FROM scratch\nARG Z=$X\n", vec![], vec![known("Z", "")]),
        (
            "FROM a\nARG TARGETARCH\n",
            vec![],
            vec![known("TARGETARCH", "amd64")],
        ),
        (
            "FROM a\nARG TARGETARCH=x\n",
            vec![],
            vec![known("TARGETARCH", "x")],
        ),
        ("FROM a\nARG X=1\n", vec![("X", "2")], vec![known("X", "2")]),
        ("ARG X=1\nFROM a\nARG X=3\n", vec![], vec![known("X", "3")]),
        (
            "FROM scratch\nENV A=1\nENV A=2 B=$A\nARG C=$B\n",
            vec![],
            vec![known("C", "1")],
        ),
        (
            "FROM scratch\nARG A=1 B=$A\n",
            vec![],
            vec![known("A", "1"), known("B", "1")],
        ),
    ] {
        assert_eq!(args(text, &given), expected, "{text}");
    }
    let inherited = args("FROM a\nARG Z=$X\n", &[]);
    assert!(
        matches!(inherited[..], [(_, Some(Expansion::Unknown(_)))]),
        "{inherited:?}"
    );
}

#[test]
fn a_stage_has_the_platform_that_it_or_what_it_stands_on_names() {
    let text = "FROM --platform=$BUILDPLATFORM a AS b\nFROM b\nFROM --platform=linux/arm64 c\nFROM d\nFROM --platform=$TARGETPLATFORM e\n";
    let build = built(text, &[], "linux/amd64", None).expect("a build");
    let said: Vec<Option<&str>> = build.standings.iter().map(|s| s.platform.known()).collect();
    assert_eq!(
        said,
        [
            None,
            None,
            Some("linux/arm64"),
            Some("linux/amd64"),
            Some("linux/amd64")
        ]
    );
    let by = |index: usize| {
        build.standings[index]
            .platform_by
            .as_ref()
            .map(|w| w.text.as_str())
    };
    assert_eq!((by(1), by(3)), (Some("$BUILDPLATFORM"), None));
}

#[test]
fn the_image_has_what_the_last_instruction_of_its_lineage_says() {
    let text = "FROM a AS b\nUSER 1\nENTRYPOINT [\"x\"]\nCMD [\"y\"]\nFROM b\nUSER ${U:-2}\nFROM b AS c\nENTRYPOINT []\n";
    let build = |target| built(text, &[], "linux/amd64", target).expect("a build");
    let config = |target| {
        build(target)
            .last()
            .map(|stage| stage.config.clone())
            .expect("a stage")
    };
    assert_eq!(config(Some("b")).user, Some(Expansion::from("1")));
    let c = config(Some("C"));
    assert_eq!(c.entrypoint, Some(CommandLine::Exec(vec![])));
    assert_eq!(c.cmd, Some(CommandLine::Exec(vec![])));
    let plain = built("FROM a\n", &[], "linux/amd64", None).expect("a build");
    let config = &plain.last().expect("a stage").config;
    assert!(config.user.is_none() && config.entrypoint.is_none() && config.cmd.is_none());
}

#[test]
fn an_arg_arrives_where_an_instruction_of_what_is_built_sees_it() {
    let reach = |text: &str| {
        let file = Dockerfile::parse(text).expect("a Dockerfile");
        let build = built(text, &[("T", "1")], "linux/amd64", None).expect("a build");
        let reach = build.reach(&file, text, "T");
        let declared: Vec<Declared> = reach.declared.iter().map(|(at, _)| *at).collect();
        (
            declared,
            reach.used.len(),
            reach.exposed.len(),
            reach.missed.len(),
        )
    };
    use Declared::{Built, Global, Later, Unbuilt};
    for (text, expected) in [
        ("ARG T=2\nFROM a\nRUN x ${T}\n", (vec![Global], 0, 0, 1)),
        ("ARG T=2\nFROM a:$T\n", (vec![Global], 1, 0, 0)),
        (
            "FROM a AS b\nARG T\nRUN x $T\nFROM c\nRUN x\n",
            (vec![Unbuilt(0)], 0, 0, 0),
        ),
        ("FROM a\nRUN x $T\nARG T\n", (vec![Built(0)], 0, 0, 1)),
        ("FROM a\nARG T\nRUN x $T\n", (vec![Built(0)], 1, 0, 0)),
        ("FROM a\nARG T\nRUN ./script\n", (vec![Built(0)], 0, 1, 0)),
        (
            "FROM a AS b\nARG T\nFROM b\nRUN x $T\n",
            (vec![Built(0)], 1, 0, 0),
        ),
        (
            "FROM a\nARG T\nARG U=v$T\nENV V=$U\n",
            (vec![Built(0)], 1, 0, 0),
        ),
        (
            "FROM a\nARG T\nENV T=3\nRUN x $T\n",
            (vec![Built(0)], 0, 0, 1),
        ),
        ("ARG T\nARG B=a:$T\nFROM $B\n", (vec![Global], 1, 0, 0)),
        (
            "FROM a\nARG T\nRUN <<E\nx $T\nE\n",
            (vec![Built(0)], 1, 0, 0),
        ),
        ("FROM a\nARG T\nLABEL x=$T\n", (vec![Built(0)], 1, 0, 0)),
        ("FROM a\nRUN x $TT\nARG T\n", (vec![Built(0)], 0, 0, 0)),
        ("FROM a\n", (vec![], 0, 0, 0)),
        // Of ENTRYPOINT, CMD and HEALTHCHECK nothing is filled in, and no arg is set when they run.
        ("FROM a\nARG T\nCMD x $T\n", (vec![Built(0)], 0, 0, 1)),
        (
            "FROM a\nARG T\nENTRYPOINT [\"sh\", \"-c\", \"$T\"]\n",
            (vec![Built(0)], 0, 0, 1),
        ),
        (
            "FROM a\nARG T\nHEALTHCHECK CMD x $T\n",
            (vec![Built(0)], 0, 0, 1),
        ),
        ("FROM a\nARG T\nCMD x ${T:-1}\n", (vec![Built(0)], 0, 0, 0)),
        (
            "FROM a\nARG T\nENV T=$T\nCMD x $T\n",
            (vec![Built(0)], 1, 0, 0),
        ),
        // Only the last one runs.
        (
            "FROM a\nARG T\nCMD x $T\nCMD y\n",
            (vec![Built(0)], 0, 0, 0),
        ),
        (
            "FROM a AS b\nARG T\nCMD x $T\nFROM c\nCOPY --from=b / /\n",
            (vec![Built(0)], 0, 0, 0),
        ),
        ("FROM a\nARG T\nLABEL x=\\$T\n", (vec![Built(0)], 0, 0, 1)),
        (
            "FROM a\nARG T\nCOPY <<\"E\" /x\n$T\nE\n",
            (vec![Built(0)], 0, 0, 1),
        ),
        (
            "FROM a\nARG T\nCOPY <<E /x\n$T\nE\n",
            (vec![Built(0)], 1, 0, 0),
        ),
        (
            "FROM a AS b\nONBUILD ARG T\nONBUILD RUN x $T\nFROM b\n",
            (vec![Built(0)], 1, 0, 0),
        ),
        (
            "FROM a\nONBUILD ARG T\nONBUILD RUN x $T\n",
            (vec![Later(0)], 0, 0, 0),
        ),
        // An ARG behind an ENV takes its place.
        (
            "FROM a\nENV T=3\nARG T\nRUN x $T\n",
            (vec![Built(0)], 1, 0, 0),
        ),
    ] {
        assert_eq!(reach(text), expected, "{text}");
    }
}

#[test]
fn what_misses_an_arg_says_why_and_how_surely() {
    let missed = |text: &str| {
        let file = Dockerfile::parse(text).expect("a Dockerfile");
        let build = built(text, &[("T", "1"), ("U", "2")], "linux/amd64", None).expect("a build");
        let reach = build.reach(&file, text, "T");
        let missed = reach.missed.into_iter();
        let missed = missed.map(|one| (one.why, one.sure));
        missed.collect::<Vec<(Lack, bool)>>()
    };
    for (line, sure) in [
        ("RUN x $T", true),
        ("RUN x ${T:+==$T}", true),
        ("RUN x==$T", true),
        ("RUN [\"sh\", \"-c\", \"x $T\"]", true),
        ("RUN <<E\nx $T\nE", true),
        ("LABEL x=$T", true),
        ("COPY $T /x", true),
        ("RUN x T", false),
        ("RUN x \\$T", false),
        ("RUN echo 'x=$T' > /y", false),
        ("RUN echo \"it's $T\"", true),
        ("RUN T=2; x $T", false),
        ("RUN T+=2; x $T", false),
        ("RUN for T in a b; do x $T; done", false),
        ("RUN read -r T < y; x $T", false),
        ("RUN x ${T:=2}", false),
        ("RUN . /y && x $T", false),
        ("RUN --mount=type=secret,id=t,env=T x $T", false),
        ("LABEL x=\\$T", false),
    ] {
        let text = format!("FROM a\n{line}\nARG T\n");
        assert_eq!(missed(&text), [(Lack::Undeclared, sure)], "{line}");
    }
    let env = "FROM a\nARG T\nENV T=3\nRUN x $T\n";
    assert_eq!(missed(env), [(Lack::Env(13..20), false)]);
    let run_time = "FROM a\nARG T\nCMD x $T\n";
    assert_eq!(missed(run_time), [(Lack::RunTime, true)]);
    let elsewhere = "FROM a\nCMD x $T\n";
    assert_eq!(missed(elsewhere), [(Lack::RunTime, false)]);
    let literal = "FROM a\nARG T\nLABEL x=\\$T\n";
    assert_eq!(missed(literal), [(Lack::AsWritten, false)]);
    let default = "FROM a\nARG T\nARG U=$T\n";
    assert_eq!(missed(default), [(Lack::Default, false)]);
}

#[test]
fn another_frontend_is_known_by_the_first_lines() {
    for (text, expected) in [
        (
            "# syntax=devthefuture/dockerfile-x\nFROM a\n",
            Some("devthefuture/dockerfile-x"),
        ),
        ("#syntax = acme/x:1 y\n", Some("acme/x:1 y")),
        ("\u{feff}# syntax=acme/x\n", Some("acme/x")),
        ("#!/bin/x\n# syntax=acme/x\n", Some("acme/x")),
        ("# escape=`\n# syntax=acme/x\n", Some("acme/x")),
        ("// syntax=acme/x\n{}\n", Some("acme/x")),
        ("{\"syntax\": \"acme/x\"}\n", Some("acme/x")),
        ("# syntax=docker/dockerfile:1\n", None),
        ("# syntax=docker.io/docker/dockerfile@sha256:0\n", None),
        ("# syntax=docker/dockerfile-upstream:master-labs\n", None),
        ("# syntax=localhost:5000/docker/dockerfile\n", None),
        ("# a comment\n# syntax=acme/x\n", None),
        ("FROM a\n# syntax=acme/x\n", None),
        ("{\n", None),
        ("", None),
    ] {
        let found = other_frontend(text);
        assert_eq!(
            found.as_ref().map(|name| name.text.as_str()),
            expected,
            "{text}"
        );
        if let Some(name) = found {
            assert_eq!(text[name.span], name.text);
        }
    }
}

#[test]
fn reading_takes_time_in_proportion() {
    // Each would take minutes were it read again and again from the start.
    let long = format!("FROM a\nRUN x{}\n", " \\\n y".repeat(50_000));
    let docs = format!("FROM a\n{}", "RUN <<E\nx\nE\n".repeat(25_000));
    let args = format!("FROM scratch\n{}", "ARG A=$A$A$A\n".repeat(10_000));
    for text in [long, docs, args] {
        let read = built(&text, &[("A", "aaaa")], "linux/amd64", None);
        assert!(read.is_ok() || text.contains("ARG"), "{read:?}");
    }
}
