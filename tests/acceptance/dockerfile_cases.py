"""Dockerfiles to compare with a real builder: hard ones that were written, and many that are drawn from a seed."""

import random
from dataclasses import dataclass, field

#: Images that are there, so that a case that names one is understood to the end.
IMAGES = [
    f"library/{name}"
    for name in (
        "debian:bookworm", "debian:12", "debian:12.4", "debian:12-4.1", "debian:latest", "debian:yz", "base-amd64:latest",
        "base-arm64:latest", "base:1", "python:3.8-slim", "debian:bookworm-sparc", "a:latest", "b:latest", "0:latest",
    )
]  # fmt: skip


@dataclass
class Case:
    text: bytes
    args: dict[str, str] = field(default_factory=dict)
    target: str | None = None


def written() -> list[Case]:
    """Each is here for something that readers get wrong."""

    def case(text: str, *, target: str | None = None, **args: str) -> Case:
        return Case(text.encode("utf-8", "surrogateescape"), args, target)

    f = "FROM debian:12\n"
    return [
        # args, platforms and stages
        case("FROM base-${TARGETARCH}\n"),
        case("FROM ${STAGE}\n", STAGE="debian:bookworm"),
        case("ARG STAGE\nFROM ${STAGE}\n", STAGE="debian:bookworm"),
        case("ARG STAGE\nFROM ${STAGE}\n"),
        case("ARG STAGE\nFROM ${STAGE:-debian:bookworm}\n"),
        case("FROM debian:12 AS a\nARG X=a\nFROM a\n"),
        case("ARG X=a\nFROM debian:12 AS a\nFROM ${X}\n"),
        case("ARG X=a\nFROM debian:12 AS a\nFROM $X$Y\n"),
        case("ARG X=1\nFROM debian:12 AS a\nARG X\nARG Z=$X\nRUN true\n"),
        case("ARG X=1\nFROM debian:12 AS a\nARG Z=$X\nRUN true\n"),
        case("ARG X=1\nARG X=2\nFROM debian:12 AS a\nARG X\nRUN true\n"),
        case("FROM debian:12 AS a\nARG X=1\nFROM a\nARG X\n"),
        case("FROM debian:12 AS a\nARG X=1\nFROM a AS b\nARG X\nARG Y=$X\nFROM debian:bookworm\nCOPY --from=b / /\n"),
        # circles, and what is no stage of the file but has a number. The engine breaks down, and with it all others that ask, over
        # a stage that is built and takes from itself by ONBUILD of the one below.
        case("FROM debian:12 AS x\nCOPY --from=x / /\nFROM x AS x\nFROM debian:bookworm\n"),
        case("FROM debian:12 AS x\nCOPY --from=x / /\nFROM x AS x\n"),
        case("FROM debian:12 AS x\nCOPY --from=x / /\n"),
        case("FROM debian:12 AS up\nONBUILD COPY --from=b / /\nFROM up AS b\nFROM debian:bookworm\n"),
        case("FROM debian:12 AS up\nONBUILD COPY --from=9 / /\nFROM up AS b\nFROM debian:bookworm\n"),
        case("FROM debian:12 AS up\nONBUILD COPY --from=9 / /\nFROM up AS b\n"),
        case("FROM debian:12\nCOPY --from=debian:bookworm / /\nCOPY --from=1 / /\n"),
        case("FROM debian:12\nCOPY --from=1 / /\nCOPY --from=debian:bookworm / /\n"),
        case("FROM debian:12\nRUN --mount=type=cache,target=/c true\nCOPY --from=debian:bookworm / /\nCOPY --from=2 / /\n"),
        case("FROM debian:12\nRUN --mount=type=cache,target=/c true\nCOPY --from=1 / /\n"),
        case("FROM debian:12\nRUN --mount=type=cache,target=/c true\nCOPY --from=2 / /\n"),
        case("FROM --platform=$BUILDPLATFORM debian:12\n"),
        case("FROM --platform=linux/arm64 debian:12\n"),
        case("FROM --platform=$NOPE debian:12\n"),
        case("FROM --platform=nope debian:12\n"),
        case("FROM --platform=arm64 debian:12\n"),
        case("FROM --platform=linux/aarch64 debian:12\n"),
        case("FROM --platform= debian:12\n"),
        case("FROM debian:12 AS Foo\nFROM foo\n"),
        case("FROM debian:12 AS foo\nFROM Foo\n"),
        case("FROM debian:12 AS Foo\nFROM debian:bookworm\nCOPY --from=FOO / /\n"),
        case("FROM debian:12\nFROM 0\n"),
        case("FROM debian:12\nCOPY --from=0 / /\n"),
        case("FROM debian:12\nFROM debian:bookworm\nCOPY --from=0 / /\n"),
        case("FROM debian:12\nFROM debian:bookworm\nCOPY --from=1 / /\n"),
        case("FROM debian:12\nFROM debian:bookworm\nCOPY --from=7 / /\n"),
        case("FROM debian:12\nFROM debian:bookworm\nCOPY --from=-1 / /\n"),
        case("FROM debian:12\nFROM debian:bookworm\nCOPY --from=00 / /\n"),
        case("FROM debian:12\nFROM debian:bookworm\nRUN --mount=from=0,target=/x true\n"),
        case("FROM debian:12 AS one\nFROM debian:bookworm\n", target="one"),
        case("FROM debian:12 AS one\nFROM debian:bookworm\n", target="ONE"),
        case("FROM debian:12 AS one\nFROM debian:bookworm\n", target="0"),
        case("FROM debian:12\nFROM debian:bookworm\n", target="0"),
        case("FROM debian:12 AS one\nFROM debian:bookworm\n", target="none"),
        case("FROM debian:12 AS a\nFROM debian:bookworm AS a\nFROM a\n"),
        case("FROM a AS a\nFROM a\n"),
        case("FROM debian:12 AS scratch\nFROM scratch\n"),
        case("FROM debian:12 AS a\nCOPY --from=b / /\nFROM debian:bookworm AS b\nFROM a\n"),
        case("FROM debian:12 AS a\nCOPY --from=b / /\nFROM debian:bookworm AS b\n"),
        case("FROM debian:12 AS a\nCOPY --from=b / /\nFROM debian:bookworm AS b\nCOPY --from=a / /\n"),
        case("FROM debian:12 AS a\nCOPY --from=a / /\n"),
        case("FROM ${X:-a}\nFROM debian:12\n"),
        case("FROM ${X}\nFROM debian:12\n"),
        case("FROM BAD\nFROM debian:12\n"),
        case("FROM debian:12\nCOPY --from=BAD / /\nFROM debian:bookworm\n"),
        case("FROM debian:12\nCOPY --from=a / /\nRUN --mount=type=bind,from=b,target=/b true\n"),
        case("FROM debian:12\nCOPY --from=$X / /\n", X="a"),
        case("ARG X=a\nFROM debian:12\nRUN --mount=from=$X,target=/x true\n"),
        case("FROM debian:12\nRUN --mount=from=a$,target=/x true\n"),
        case("FROM debian:12\nCOPY --from='a' / /\n"),
        case('FROM debian:12\nCOPY --from="a" / /\n'),
        case("FROM debian:12\nCOPY --from= / /\n"),
        case("FROM debian:12 AS up\nONBUILD COPY --from=a / /\nFROM up\n"),
        case("FROM debian:12 AS up\nONBUILD ARG X=1\nFROM up\nARG Y=$X\n"),
        case("FROM debian:12 AS up\nONBUILD FOO\nFROM up\n"),
        case("FROM debian:12\nONBUILD FOO\n"),
        case("FROM debian:12\nONBUILD ENV A\n"),
        case("FROM debian:12\nONBUILD COPY a\n"),
        case("FROM debian:12\nONBUILD FROM a\n"),
        case("FROM debian:12\nONBUILD ONBUILD RUN a\n"),
        case("FROM debian:12\nONBUILD RUN cat <<E\nx\nE\n"),
        case("ARG TARGETARCH=sparc\nFROM debian:bookworm-${TARGETARCH}\n"),
        case("FROM base-$TARGETARCH\n", TARGETARCH="arm64"),
        case("ARG TARGETARCH\nFROM debian:12\nARG TARGETARCH\nARG TARGETVARIANT\nARG Z=$TARGETARCH-$TARGETVARIANT\n"),
        case("FROM debian:12\nARG TARGETPLATFORM\nARG Z=$TARGETPLATFORM\n"),
        case("FROM scratch\nARG BUILDPLATFORM\nARG Z=$BUILDPLATFORM-$BUILDARCH\n"),
        case("FROM scratch AS last\nARG TARGETSTAGE\nARG Z=$TARGETSTAGE\n"),
        case("FROM scratch\nARG TARGETSTAGE\nARG Z=$TARGETSTAGE\n"),
        case("FROM scratch AS one\nARG TARGETSTAGE\nARG Z=$TARGETSTAGE\nFROM scratch\n", target="One"),
        case("FROM scratch\nARG A=1 B=$A C=${B}2\n"),
        case("FROM scratch\nENV A=1\nENV A=2 B=$A\nARG C=$B\n"),
        case("FROM scratch\nARG A=$PATH\n"),
        case("ARG A=$PATH\nFROM scratch\nARG A\n"),
        case("FROM scratch\nARG A\nARG B=${A-unset}\n"),
        case("FROM scratch\nARG A=x\n", A=""),
        case("FROM scratch\nENV A=e\nARG A\nARG B=$A\n"),
        case("ARG A=1\nFROM scratch\nENV A=e\nARG A\nARG B=$A\n"),
        case("FROM scratch\nARG HTTP_PROXY\nARG Z=$HTTP_PROXY\n", HTTP_PROXY="x"),
        case("FROM scratch\nARG Z=$HTTP_PROXY\n", HTTP_PROXY="x"),
        case("ARG A=1\nARG B=$A\nARG C=$B\nFROM debian:1${C:+2}\n"),
        case("ARG A=1\nARG A=${A}2\nFROM debian:$A\n"),
        case("FROM debian:12\nARG $X=1\n"),
        case("FROM scratch\nARG --flag X=1\n"),
        case("FROM scratch\nARG X='a b' Y=\"$X\" Z=a\\ b\n"),
        # modifiers
        case("ARG V=12.4.1\nFROM debian:${V%%.*}\n"),
        case("ARG V=12.4.1\nFROM debian:${V%.*}\n"),
        case("ARG V=12.4.1\nFROM debian:${V/./-}\n"),
        case("ARG V=12.4.1\nFROM debian:${V//.*/}\n"),
        case("ARG V=12.4.1\nFROM debian:${V:?no}\n", V=""),
        case("ARG V=12.4.1\nFROM debian:${V?no}\n", V=""),
        case("ARG V=x\nFROM debian:${V:+y}z\n"),
        case("ARG V=x.12\nFROM debian:${V#*.}\n"),
        case("ARG V=x.y.12\nFROM debian:${V##*.}\n"),
        case("ARG V=12xy\nFROM debian:${V%??}\n"),
        case("ARG V=1x2\nFROM debian:${V//x}\n"),
        case("ARG V=1x2\nFROM debian:${V//x/}\n"),
        case("ARG V=1/2\nFROM debian:${V/\\//}\n"),
        case("ARG V=12\nFROM debian:${V^^}\n"),
        case("ARG V=12\nFROM debian:${V:=1}\n"),
        case("ARG V=12\nFROM debian:${V:0:2}\n"),
        case("FROM debian:${V:-${W:-12}}\n"),
        case("FROM debian:${V:-$W}12\n"),
        case("FROM debian:${V-12}\n"),
        case('FROM debian:${V:-"12"}\n'),
        case("FROM debian:${V:-'1'2}\n"),
        case("FROM debian:${V\n"),
        case("FROM debian:${}\n"),
        case("FROM debian:12$\n"),
        case("FROM debian:\\$X\n"),
        case("FROM debian:1\\2\n"),
        case("ARG é=12\nFROM debian:${é}\n"),
        case("FROM scratch\nARG A=12345\nARG B=${A#?} C=${A%?} D=${A/?/x} E=${A//?/x} F=${A#*3} G=${A%3*}\n"),
        case("FROM scratch\nARG A='x*y'\nARG B=${A#x\\*} C=${A%\\*y} D=${A/\\*/-}\n"),
        case("FROM scratch\nARG A='a.b[c]'\nARG B=${A#a.} C=${A/[/-} D=${A%]}\n"),
        case("FROM scratch\nARG A=x\nARG B=${A#\\q}\n"),
        case("FROM scratch\nARG A=x B='$A' C=\"$A\" D=\\$A E=\"\\$A\" F='\\'\n"),
        # here-documents
        case(f"{f}RUN cat <<EOF\nFROM z\nEOF\n"),
        case(f"{f}RUN cat > f <<EOF\nimport x\nEOF\nUSER 1\n"),
        case(f"{f}RUN cat <<\"EOF\" | tee f\nFROM z\nEOF\n"),
        case(f"{f}RUN cat <<-'EOF'\n\tFROM z\n\tEOF\n"),
        case(f"{f}RUN cat << EOF\nFROM z\nEOF\n"),
        case(f"{f}RUN cat <<A <<B\nx\nA\ny\nB\n"),
        case(f"{f}RUN cat <<A\nx\n A\n"),
        case(f"{f}RUN cat <<A\nx\nA \n"),
        case(f"{f}RUN cat <<A\r\nx\r\nA\r\n"),
        case(f"{f}COPY <<a /x\nFROM z\na\nRUN cat <<b\nFROM z\nb\n"),
        case(f"{f}COPY <<a <<b /x/\n1\na\n2\nb\n"),
        case(f"{f}COPY a <<b\nx\nb\n"),
        case(f"{f}ADD <<a /x\nFROM z\na\n"),
        case(f"{f}RUN echo a<<b\nFROM a\n"),
        case(f"{f}RUN cat <<<b\nENTRYPOINT []\n"),
        case(f"{f}RUN 3<<-\"b\" cat <&3\nFROM z\n\tb\n"),
        case(f"{f}RUN echo \"<<EOF\"\n"),
        case(f"{f}RUN echo '<<EOF'\n"),
        case(f"{f}RUN echo 'x <<EOF\nEOF\n"),
        case(f"{f}RUN echo $((1<<2))\n"),
        case(f"{f}RUN echo $((1 << 2))\n"),
        case(f"{f}RUN [\"cat\", \"<<EOF\"]\n"),
        case(f"{f}ENV A=<<EOF\n"),
        case(f"{f}RUN cat <<\\EOF\nx\nEOF\n"),
        case(f"{f}RUN cat <<E\"O\"F\nx\nEOF\n"),
        case(f"{f}RUN cat <<$X\nx\n$X\n"),
        case(f"{f}RUN cat <<${{X}}\nx\n${{X}}\n"),
        case(f"{f}RUN cat <<''\nx\n\n"),
        case(f"{f}RUN cat <<'a b'\nx\na b\n"),
        case(f"{f}RUN cat <<EOF\nx\n"),
        case(f"{f}RUN cat \\\n  <<EOF\nx\nEOF\n"),
        case(f"{f}RUN cat <<EOF && \\\n  true\nx\nEOF\n"),
        case(f"{f}RUN cat <<EOF\n# no comment\n\\\nEOF\n"),
        case(f"{f}RUN ${{X^^}} <<EOF\nRUN true\n"),
        case(f"{f}RUN --mount=type=cache,target=/x cat <<EOF\nx\nEOF\n"),
        # lines
        case("# escape=`\nFROM debian:`\nbookworm\n"),
        case("# escape=\\\nFROM debian:\\\nbookworm\n"),
        case("# escape=x\nFROM debian:12\n"),
        case("# escape=`\n# escape=`\nFROM debian:12\n"),
        case("#escape = `\nFROM debian:`\n12\n"),
        case("# no directive\n# escape=`\nFROM debian:\\\n12\n"),
        case("\n# escape=`\nFROM debian:\\\n12\n"),
        case("# unknown=1\n# escape=`\nFROM debian:\\\n12\n"),
        case("  # escape=`\nFROM debian:`\n12\n"),
        case("# check=skip=all\n# escape=`\nFROM debian:`\n12\n"),
        case("FROM debian:\\\n# c\n\nbookworm\n"),
        case("FROM debian:\\\n  # c\n12\n"),
        case("FROM debian:\\ \n12\n"),
        case("FROM debian:\\\t\n12\n"),
        case("FROM debian:12 \\\n"),
        case("FROM debian:12\\\n\n"),
        case("FROM debian:12\nRUN a \\\\\nUSER 1\n"),
        case("\\\nFROM debian:12\n"),
        case("FROM \\\n  debian:12\n"),
        case("FRO\\\nM debian:12\n"),
        case("FROM debian:12"),
        case("FROM debian:12\r\n"),
        case("FROM debian:\\\r\n12\r\n"),
        case("\ufeffFROM debian:12\n"),
        case("\ufeff# escape=`\nFROM debian:`\n12\n"),
        case("  FROM debian:12\n"),
        case("\tFROM\tdebian:12\n"),
        case("FROM\u00a0debian:12\n"),
        case("FROM debian:12\n\u00a0\n"),
        case("FROM debian:12\n# caf\udce9\nUSER 1\n"),
        case("FROM debian:12\nENV A=caf\udce9\nARG B=$A\n"),
        case("FROM debian:12\n\udce9\n"),
        case("FROM debian:12\r# c\rUSER 1\r"),
        case("FROM debian:12\nRUN x # FROM y \\\n  z\n"),
        case("FROM debian:12\nRUN x \\\n\n\n  y\n"),
        case("FROM debian:12\n" + "RUN " + "x" * 65520 + "\n"),
        case("FROM debian:12\n" + "RUN " + "x" * 65532 + "\n"),
        # whole files
        case(""),
        case("\n\n"),
        case("# c\n"),
        case("ARG X=1\n"),
        case("RUN x\nFROM debian:12\n"),
        case("FROM debian:12\nFOO x\n"),
        case("FROM debian:12\nimport sys\n"),
        case("FROM\n"),
        case("FROM debian:12 AS\n"),
        case("FROM debian:12 AS x y\n"),
        case("FROM debian:12 x y\n"),
        case("FROM debian:12 as x\n"),
        case("FROM debian:12 AS 1x\n"),
        case("FROM debian:12 AS x/y\n"),
        case("FROM debian:12 AS x.y_z-1\n"),
        case("FROM debian:12 AS ${X}\n"),
        case('FROM "debian:bookworm"\n'),
        case("FROM 'debian:bookworm' as b\n"),
        case('FROM "debian:12 "\n'),
        case("from debian:bookworm as b\nfrom b\n"),
        case("FROM DEBIAN:bookworm\n"),
        case("FROM debian:\n"),
        case("FROM debian:12:1\n"),
        case("FROM debian@sha256:00\n"),
        case("FROM --foo debian:12\n"),
        case("FROM --platform debian:12\n"),
        case("FROM --platform=linux/amd64 --platform=linux/amd64 debian:12\n"),
        case("FROM -- debian:12\n"),
        # instructions
        case("FROM scratch\nENTRYPOINT []\n"),
        case("FROM scratch\nCMD []\n"),
        case("FROM scratch\nCMD\n"),
        case("FROM scratch\nRUN\n"),
        case(f"{f}RUN []\n"),
        case(f"{f}RUN [\"a\", 1]\n"),
        case(f"{f}RUN [a]\n"),
        case(f"{f}RUN [\"a\"\n"),
        case(f"{f}RUN [\"a\",]\n"),
        case(f"{f}CMD ['a']\n"),
        case(f"{f}SHELL [\"a\", \"b\"]\n"),
        case(f"{f}SHELL []\n"),
        case(f"{f}SHELL bash -c\n"),
        case(f"{f}COPY a\n"),
        case(f"{f}COPY [\"a b\", \"c\"]\n"),
        case(f"{f}COPY []\n"),
        case(f"{f}COPY [\"a\"]\n"),
        case(f"{f}COPY --form=x a b\n"),
        case(f"{f}COPY --from a b\n"),
        case(f"{f}COPY --from=a --from=b x y\n"),
        case(f"{f}COPY --chown=1:1 --chmod=644 --link a b\n"),
        case(f"{f}COPY --link=maybe a b\n"),
        case(f"{f}COPY --link= a b\n"),
        case(f"{f}COPY --parents a b\n"),
        case(f"{f}COPY --exclude=x --exclude=y a b\n"),
        case(f"{f}ADD --checksum=sha256:{'0' * 64} https://a.invalid/x /x\n"),
        case(f"{f}ADD --keep-git-dir=true a b\n"),
        case(f"{f}ADD --unpack a b\n"),
        case(f"{f}ADD --from=a x y\n"),
        case(f"{f}ENV A\n"),
        case(f"{f}ENV A b c\n"),
        case(f"{f}ENV A=b C\n"),
        case(f"{f}ENV =b\n"),
        case(f"{f}ENV A= B=\n"),
        case(f"{f}ENV A='x\n"),
        case(f"{f}ENV A=\"x y\" B=z\\ w\n"),
        case(f"{f}ENV --x A=b\n"),
        case(f"{f}LABEL a=b c=\"d e\"\n"),
        case(f"{f}LABEL a\n"),
        case(f"{f}LABEL \"a b\"=c\n"),
        case(f"{f}ARG\n"),
        case(f"{f}ARG =x\n"),
        case(f"{f}ARG A B=c 'D=e f'\n"),
        case(f"{f}ARG A=${{B\n"),
        case(f"{f}USER\n"),
        case(f"{f}USER a b\n"),
        case(f"{f}USER ${{A:?no}}\n"),
        case(f"{f}WORKDIR\n"),
        case(f"{f}WORKDIR a b\n"),
        case(f"{f}VOLUME\n"),
        case(f"{f}VOLUME [\"a\", \" \"]\n"),
        case(f"{f}VOLUME []\n"),
        case(f"{f}EXPOSE\n"),
        case(f"{f}EXPOSE 80 443/tcp\n"),
        case(f"{f}EXPOSE abc\n"),
        case(f"{f}ARG P='80 81/udp'\nEXPOSE $P\n"),
        case(f"{f}ARG P\nEXPOSE $P\n"),
        case(f"{f}EXPOSE 8080:80 127.0.0.1:1-3:5-7 [::1]:9:9\n"),
        case(f"{f}EXPOSE 1-3:5-6\n"),
        case(f"{f}EXPOSE 1-3:5\n"),
        case(f"{f}EXPOSE 80:1-3\n"),
        case(f"{f}EXPOSE 65536\n"),
        case(f"{f}EXPOSE 80/http\n"),
        case(f"{f}EXPOSE host:1:80\n"),
        case(f"{f}STOPSIGNAL SIGTERM\n"),
        case(f"{f}STOPSIGNAL\n"),
        case(f"{f}STOPSIGNAL NOPE\n"),
        case(f"{f}STOPSIGNAL 0\n"),
        case(f"{f}STOPSIGNAL -1\n"),
        case(f"{f}STOPSIGNAL term\n"),
        case(f"{f}STOPSIGNAL rtmin+15\n"),
        case(f"{f}STOPSIGNAL RTMIN+16\n"),
        case(f"{f}ARG S=NOPE\nSTOPSIGNAL $S\n"),
        case(f"{f}MAINTAINER a b <c>\n"),
        case(f"{f}MAINTAINER\n"),
        case(f"{f}HEALTHCHECK NONE\n"),
        case(f"{f}HEALTHCHECK NONE x\n"),
        case(f"{f}HEALTHCHECK CMD\n"),
        case(f"{f}HEALTHCHECK CMD x\n"),
        case(f"{f}HEALTHCHECK cmd [\"x\"]\n"),
        case(f"{f}HEALTHCHECK --interval=5 CMD x\n"),
        case(f"{f}HEALTHCHECK --interval=5s --timeout=1m30s --retries=3 CMD x\n"),
        case(f"{f}HEALTHCHECK --retries=-1 CMD x\n"),
        case(f"{f}HEALTHCHECK FOO\n"),
        case(f"{f}HEALTHCHECK\n"),
        case(f"{f}ONBUILD\n"),
        case(f"{f}RUN --mount=type=cache,target=/x true\n"),
        case(f"{f}RUN --mount=type=secret,id=a true\n"),
        case(f"{f}RUN --mount=type=nope,target=/x true\n"),
        case(f"{f}RUN --mount=type=bind,foo=x,target=/x true\n"),
        case(f"{f}RUN --mount=foo,target=/x true\n"),
        case(f"{f}RUN --mount=\"type=bind,from=a,target=/x\" true\n"),
        case(f"{f}RUN --mount true\n"),
        case(f"{f}RUN --mount= true\n"),
        case(f"{f}RUN --network=none true\n"),
        case(f"{f}RUN --network=nope true\n"),
        case(f"{f}RUN --security=sandbox true\n"),
        case(f"{f}RUN --security=nope true\n"),
        case(f"{f}RUN --device=x true\n"),
        case(f"{f}RUN --foo true\n"),
        case(f"{f}RUN -- true\n"),
        case(f"{f}RUN --mount=type=cache,target=$X true\n"),
        case(f"{f}RUN --mount=type=${{T:-cache}},target=/x true\n"),
    ]


NAMES = ["a", "b", "debian:12", "debian:bookworm", "base-amd64", "base:1", "python:3.8-slim", "scratch"]
PASSED = ["X", "V", "TAG", "TARGETARCH", "BASE"]
VALUES = ["12", "12.4.1", "bookworm", "a", "b", "x", "", "base", "debian:12", "amd64", "3.8-slim", "é", "a b", "'q'", '"q"', "$V"]


class Draw:
    """A Dockerfile as people write it, with something odd now and then."""

    def __init__(self, seed: int):
        self.r = random.Random(seed)
        self.escape = "`" if self.r.random() < 0.06 else "\\"
        self.stages: list[str] = []

    def chance(self, share: float) -> bool:
        return self.r.random() < share

    def one(self, *of):
        return self.r.choice(of)

    def variable(self, deep: int = 0) -> str:
        name = self.one("X", "V", "TAG", "TARGETARCH", "TARGETPLATFORM", "NONE", "BASE", "BUILDARCH", "Y")
        if deep > 2 or self.chance(0.4):
            return self.one(f"${name}", f"${{{name}}}")
        word = self.word(deep + 1)
        pattern = self.one(".", "*", "?", ".*", "*.", "1", "x", "a*", "\\*", "é")
        return "${" + name + self.r.choice([
            f":-{word}", f"-{word}", f":+{word}", f"+{word}", f"#{pattern}", f"##{pattern}", f"%{pattern}", f"%%{pattern}",
            f"/{pattern}/{word}", f"//{pattern}/{word}", f":-{word}", f":+{word}",
            *([f":?{word}", f"?{word}", ":=x", "^^", ":1", "/x"] if self.chance(0.1) else []),
        ]) + "}"  # fmt: skip

    def word(self, deep: int = 0) -> str:
        parts = []
        for _ in range(self.r.randint(1, 3)):
            parts.append(self.variable(deep) if self.chance(0.3) else self.one(*"ab1.-", "12", "é", "x y" if deep == 0 else "z"))
        text = "".join(parts)
        if " " in text or self.chance(0.15):
            quote = self.one('"', "'")
            text = f"{quote}{text}{quote}"
        return text

    def image(self) -> str:
        if self.stages and self.chance(0.35):
            return self.one(*self.stages)
        return self.r.choice([
            *NAMES, *NAMES, "base-${TARGETARCH}", "debian:${TAG:-12}", "debian:${V%%.*}", "debian:${V:-bookworm}", "${BASE}",
            "${BASE:-debian:12}", "debian:$TAG", "'debian:12'", "debian:1${NONE}2", self.variable(), f"debian:{self.variable()}",
        ])  # fmt: skip

    def stage_name(self) -> str:
        name = self.one("a", "b", "build", "Base", "base-amd64", "base-arm64", "final", "x1")
        self.stages.append(name)
        return name

    def heredoc(self) -> str:
        name = self.one("EOF", "E", "_x")
        mark = self.r.choice(["<<{}", "<<-{}", "<<'{}'", '<<"{}"', "<< {}", "3<<{}", "<<-\"{}\""]).format(name)
        body = "".join(self.one("FROM nowhere\n", "x $X\n", "# c\n", "\n", "\ty\n", "E O F\n", f"z {self.escape}\n") for _ in range(2))
        command = self.r.choice(["cat {}", "cat > f {}", "{}", "cat {} | tee f", "cat {} && echo 'x'"]).format(mark)
        end = ("\t" if "<<-" in mark and self.chance(0.5) else "") + name
        return f"RUN {command}\n{body}{end}\n"

    def goes_on(self, words: list[str]) -> str:
        """Words on one line or several."""
        text = words[0]
        for word in words[1:]:
            if self.chance(0.12):
                text += " " + self.escape + self.one("", " ", "\t") + "\n"
                text += self.one("", "  # c\n", "\n", "# FROM z\n") + "  " + word
            else:
                text += self.one(" ", "  ", "\t") + word
        return text + "\n"

    def assignment(self) -> str:
        return f"{self.one('X', 'Y', 'V', 'TAG', 'BASE')}={self.word()}"

    def instruction(self) -> str:
        kind = self.r.randint(0, 19)
        if kind <= 3:
            return self.goes_on([self.one("ARG", "arg"), self.assignment() if self.chance(0.6) else self.one("X", "V", "TAG", "TARGETARCH", "BASE")])
        if kind <= 5:
            return self.goes_on(["ENV", *[self.assignment() for _ in range(self.r.randint(1, 3))]])
        if kind == 6:
            return f"ENV {self.one('X', 'Y')} {self.word()} {self.word()}\n"
        if kind <= 8:
            source = self.one(*self.stages) if self.stages and self.chance(0.7) else self.one("debian:12", "a", "0", "1", "python:3.8-slim")
            flags = [f"--from={source}"] if self.chance(0.7) else []
            flags += ["--chown=1:1"] if self.chance(0.2) else []
            return self.goes_on(["COPY", *flags, self.word(), "/x"])
        if kind == 9:
            return f'COPY ["{self.one("a", "a b", "é")}", "/x"]\n'
        if kind <= 11:
            return self.heredoc()
        if kind == 12:
            source = self.one(*self.stages) if self.stages and self.chance(0.7) else self.one("debian:12", "a", "0")
            return self.goes_on(["RUN", f"--mount=type=bind,from={source},target=/m", "true"])
        if kind == 13:
            return self.goes_on(["RUN", self.one("echo a<<b", "cat <<<x", "echo '<<E'", "x && y", "echo ${X^^}", "[ -e x ]", "echo \"a")])
        if kind == 14:
            return self.one("USER ", "WORKDIR ") + self.word() + "\n"
        if kind == 15:
            return self.one("ENTRYPOINT", "CMD") + self.one(" []", ' ["a", "b"]', " a b", " ['a']", "") + "\n"
        if kind == 16:
            return "LABEL " + self.assignment() + "\n"
        if kind == 17:
            return self.one("# c\n", "\n", "  \n", "  # FROM z\n", "#\n")
        if kind == 18:
            return "ONBUILD " + self.one("RUN x", "ARG X=2", "COPY --from=a / /", "ENV X=o", "USER 1") + "\n"
        return self.one("VOLUME /a\n", "EXPOSE 80\n", "STOPSIGNAL SIGTERM\n", "HEALTHCHECK NONE\n", 'SHELL ["sh", "-c"]\n', "MAINTAINER x\n")

    def text(self) -> str:
        out = ""
        if self.escape == "`":
            out += self.one("# escape=`\n", "#escape=`\n", "# Escape = `\n")
        if self.chance(0.05):
            out += self.one("# c\n", "\n")
        for _ in range(self.r.randint(0, 3)):
            out += f"ARG {self.assignment()}\n" if self.chance(0.7) else f"ARG {self.one('X', 'V', 'TAG', 'BASE', 'TARGETARCH')}\n"
        for _ in range(self.r.randint(1, 4)):
            words = [self.one("FROM", "FROM", "from", "From")]
            if self.chance(0.15):
                words.append("--platform=" + self.one("linux/amd64", "$TARGETPLATFORM", "$BUILDPLATFORM", "${NONE:-linux/arm64}", "linux/arm64", "$X"))
            words.append(self.image())
            if self.chance(0.6):
                words += [self.one("AS", "as"), self.stage_name()]
            out += self.goes_on(words)
            for _ in range(self.r.randint(0, 4)):
                out += self.instruction()
        return out

    def mutated(self, text: str) -> bytes:
        data = bytearray(text.encode())
        for _ in range(self.r.randint(1, 2)):
            if not data:
                break
            at = self.r.randrange(len(data))
            how = self.r.randint(0, 3)
            if how == 0:
                del data[at]
            elif how == 1:
                data[at:at] = self.one(b"$", b"{", b"}", b'"', b"'", b"\\", b"\n", b" ", b"<<", b"#", b"=", b"--", b"[", b"\r", b"\xe9")
            elif how == 2:
                end = data.find(b"\n", at)
                del data[at : end if end > 0 else len(data)]
            else:
                data[at : at + 1] = self.one(b"\\\n", b"\t", b"`", b"EOF", b"FROM ", b":", b"/")
        return bytes(data)

    def case(self) -> Case:
        text = self.text()
        data = self.mutated(text) if self.chance(0.3) else text.encode()
        if self.chance(0.05):
            data = data.replace(b"\n", b"\r\n")
        if self.chance(0.03):
            data = b"\xef\xbb\xbf" + data
        args = {name: self.one(*VALUES) for name in PASSED if self.chance(0.2)}
        target = self.one(*self.stages) if self.stages and self.chance(0.2) else None
        return Case(data, args, target)


def drawn(count: int, seed: int) -> list[Case]:
    return [Draw(seed * 1_000_003 + n).case() for n in range(count)]
