//! Products too large to expand, and images of which nothing is left.

use crate::config::Config;
use crate::diagnostic::{Finding, Place, Sink, Stopped, code};
use crate::image::removers;
use crate::matrix::{ImageId, MAX_CELLS, product_size};

pub(super) fn bounded(config: &Config, sink: &mut Sink) -> Result<(), Stopped> {
    let mut total: u128 = 0;
    for image in &config.images {
        let size = product_size(&config.axes, &image.axes);
        total = total.saturating_add(size);
        if size <= MAX_CELLS {
            continue;
        }
        let factors: Vec<String> = image
            .axes
            .iter()
            .map(|id| {
                format!(
                    "`{}` ({})",
                    config.axis(*id).name,
                    config.axis(*id).values.len()
                )
            })
            .collect();
        sink.push(
            Finding::new(
                &code::PRODUCT_TOO_LARGE,
                format!("image `{}` has {} cells", image.key, grouped(size)),
                config.place(
                    image.span.clone(),
                    format!("more than {} cells", grouped(MAX_CELLS)),
                ),
            )
            .note(format!("it is the product of {}", factors.join(" × ")))
            .help("give the image only the `axes` it needs, or split it in two"),
        );
    }
    sink.checkpoint()?;
    if total > MAX_CELLS {
        let first = config.images.first().map_or(0..0, |i| i.span.clone());
        sink.push(
            Finding::new(
                &code::PRODUCT_TOO_LARGE,
                format!("the images have {} cells together", grouped(total)),
                config.place(
                    first,
                    format!("more than {} cells from here on", grouped(MAX_CELLS)),
                ),
            )
            .help("split the matrix file by image"),
        );
    }
    sink.checkpoint()
}

/// `1,000,000`.
fn grouped(number: u128) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Where the cells of an image went, at most four places.
fn removed_by(config: &Config, id: ImageId) -> Vec<Place> {
    let all = removers(config, id);
    all.iter().take(4).filter_map(|v| v.place(config)).collect()
}

pub(super) fn no_cells(config: &Config, id: ImageId, sink: &mut Sink) {
    let image = &config.images[id.0];
    let mut finding = Finding::new(
        &code::NO_CELLS,
        format!("image `{}` has no cell left", image.key),
        config.place(image.span.clone(), "nothing of this image exists"),
    )
    .help("correct its `match` or the excludes, or delete the image");
    finding.related = removed_by(config, id);
    sink.push(finding);
}

pub(super) fn no_specs(config: &Config, sink: &mut Sink) {
    let first = config.images.first().map_or(0..0, |i| i.span.clone());
    let mut finding = Finding::new(
        &code::NO_SPECS,
        "the matrix yields no spec at all",
        config.place(
            first,
            match config.images.len() {
                1 => "nothing of the only image exists",
                _ => "nothing of this image exists, nor of any other",
            },
        ),
    )
    .help("correct the `match` of an image, or the excludes");
    for index in 0..config.images.len().min(4) {
        for place in removed_by(config, ImageId(index)) {
            let new = |p: &Place| {
                p.at.as_ref().map(|a| a.1.start) != place.at.as_ref().map(|a| a.1.start)
            };
            if finding.related.iter().all(new) {
                finding.related.push(place);
            }
        }
    }
    sink.push(finding);
}
