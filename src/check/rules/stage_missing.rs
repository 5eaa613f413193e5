//! A FROM or `COPY --from` that means a stage which is not there.

use crate::check::Context;
use crate::check::strays::Meant;
use crate::diagnostic::{Finding, Place, Sink, and_list, code};

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    for stray in cx.strays() {
        let name = stray.name.escape_debug();
        let platforms = stray
            .specs
            .iter()
            .flat_map(|id| &cx.matrix.spec(*id).platforms);
        let everywhere = platforms
            .clone()
            .all(|platform| stray.platforms.contains(platform));
        let on = match everywhere {
            true => String::new(),
            false => {
                let all = stray.platforms.iter().map(|platform| platform.as_str());
                format!(" for {}", and_list(all))
            }
        };
        let headline = match &stray.meant {
            Meant::Later(_) => format!("the stage `{name}` begins only later"),
            _ => format!("there is no stage `{name}`{on}"),
        };
        let place = Place::span(
            &stray.file,
            stray.span.clone(),
            "a builder takes it for an image of Docker Hub's",
        );
        let finding = Finding::new(&code::STAGE_MISSING, headline, place);
        let there = |span: &std::ops::Range<usize>, label: &str| {
            Place::span(&stray.file, span.clone(), label)
        };
        let finding =
            match &stray.meant {
                Meant::Near(near, span) => finding
                    .related(there(span, "the stage that is there"))
                    .help(format!("did you mean `{near}`?")),
                Meant::Alike(_, span) => finding
                    .related(there(span, "a stage that is there"))
                    .help(match everywhere {
                        true => format!(
                            "write it (`FROM … AS {name}`), or choose a stage that is there"
                        ),
                        false => {
                            format!("write it (`FROM … AS {name}`), or leave the platform out")
                        }
                    }),
                Meant::Later(span) => finding
                    .related(there(span, "begins here"))
                    .help("move that stage before this one"),
            };
        sink.push(finding.about(stray.specs.iter().copied()));
    }
}
