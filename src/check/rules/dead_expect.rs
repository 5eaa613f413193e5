//! An `[[expect]]` that holds whatever the matrix becomes.

use crate::check::Context;
use crate::config::Expect;
use crate::diagnostic::{Finding, Sink, code};
use crate::matrix::{Conjunction, ImageId, Selector};

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    for expect in &cx.config.expects {
        if let Some(selector) = &expect.selector
            && only_absent(expect)
            && !cx.matrix.specs.iter().any(|s| s.is_meant(selector))
        {
            sink.push(
                Finding::new(
                    &code::DEAD_EXPECT,
                    "an `[[expect]]` looks at no spec",
                    cx.place(selector.span.clone(), "holds for no cell that exists"),
                )
                .note("what is `absent` among no specs is absent whatever the matrix says")
                .help("correct its `match`, or say `count = 0` if there shall be none"),
            );
            continue;
        }
        for unwanted in &expect.absent {
            if !possible(cx, expect.selector.as_ref(), unwanted) {
                let mut finding = Finding::new(
                    &code::DEAD_EXPECT,
                    "what is expected to be absent cannot exist",
                    cx.place(unwanted.span.clone(), "no image has such a cell"),
                )
                .help("correct it, or delete it");
                finding.related.extend(
                    expect
                        .selector
                        .as_ref()
                        .map(|m| cx.place(m.span.clone(), "looked for among these")),
                );
                sink.push(finding);
            }
        }
    }
}

/// Whether nothing but absence is expected: a count or a presence fails where there is no spec.
fn only_absent(expect: &Expect) -> bool {
    expect.count.is_none() && expect.present.is_empty() && !expect.absent.is_empty()
}

/// Whether any image's product, before its `match` and the excludes, has a cell that both accept.
fn possible(cx: &Context<'_>, among: Option<&Selector>, unwanted: &Selector) -> bool {
    let all = [Conjunction {
        terms: Vec::new(),
        images: None,
    }];
    let among = among.map_or(&all[..], |selector| &selector.any);
    let images = || (0..cx.config.images.len()).map(ImageId);
    among.iter().any(|a| {
        let mut rows = unwanted.any.iter();
        rows.any(|b| images().any(|id| meet(cx, id, a, b)))
    })
}

/// Whether an image's product has a cell for which both hold. Axes are independent there.
fn meet(cx: &Context<'_>, id: ImageId, a: &Conjunction, b: &Conjunction) -> bool {
    let image = &cx.config.images[id.0];
    let mut both = [a, b].into_iter();
    if !both.all(|c| c.images.as_ref().is_none_or(|images| images[id.0])) {
        return false;
    }
    let mut terms = a.terms.iter().chain(&b.terms);
    terms.all(|(axis, allowed)| {
        if Some(*axis) == cx.config.arch && image.folded {
            // One spec has several platforms: each selector may mean another.
            return allowed.contains(&true);
        }
        let others = a.terms.iter().chain(&b.terms).filter(|(o, _)| o == axis);
        let others: Vec<_> = others.map(|(_, allowed)| allowed).collect();
        image.axes.contains(axis)
            && (0..allowed.len()).any(|value| others.iter().all(|allowed| allowed[value]))
    })
}
