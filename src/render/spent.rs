//! What filters take, counted: the engine counts its own steps, and knows nothing of what a filter walks through.
//!
//! Each filter that does is put behind one of the same name, which first takes as many steps as there are values in what
//! it is handed, those in lists within lists each time they stand there. What is left of them is kept with the render.

use minijinja::value::{Rest, ValueKind, ValueOrKwargs};
use minijinja::{Environment, Error, ErrorKind, State, Value, filters};

/// The steps that filters have taken in a render.
#[derive(Debug, Default)]
struct Spent(u64);

/// Has the filters of an engine take no more than so many steps in a render.
pub(super) fn hold(engine: &mut Environment<'static>, steps: u64) {
    macro_rules! counted {
        ($($name:literal => $filter:path),* $(,)?) => {
            $(
                // No template can write a name with a space in it.
                engine.add_filter(concat!("plain ", $name), $filter);
                engine.add_filter(
                    $name,
                    move |state: &mut State<'_, '_>, handed: Rest<ValueOrKwargs>| {
                        let handed = handed.into_values();
                        take(state, $name, &handed, steps)?;
                        state.apply_filter(concat!("plain ", $name), &handed)
                    },
                );
            )*
        };
    }
    counted!(
        "batch" => filters::batch,
        "chain" => filters::chain,
        "dictsort" => filters::dictsort,
        "groupby" => filters::groupby,
        "list" => filters::list,
        "map" => filters::map,
        "max" => filters::max,
        "min" => filters::min,
        "pprint" => filters::pprint,
        "reject" => filters::reject,
        "rejectattr" => filters::rejectattr,
        "reverse" => filters::reverse,
        "select" => filters::select,
        "selectattr" => filters::selectattr,
        "slice" => filters::slice,
        "sort" => filters::sort,
        "string" => filters::string,
        "sum" => filters::sum,
        "unique" => filters::unique,
        "zip" => filters::zip,
    );
}

fn take(state: &mut State<'_, '_>, name: &str, handed: &[Value], steps: u64) -> Result<(), Error> {
    let spent = state.get_or_insert_extension_with(Spent::default).0;
    let left = steps.saturating_sub(spent);
    let mut taken = 0;
    for value in handed {
        taken += size(value, left - taken);
        if taken >= left {
            return Err(Error::from(ErrorKind::OutOfFuel));
        }
    }
    // These make as many lists as they are told to.
    if matches!(name, "batch" | "slice")
        && let Some(count) = handed.get(1).and_then(Value::as_i64)
    {
        taken = taken.saturating_add(count.unsigned_abs());
    }
    if taken >= left {
        return Err(Error::from(ErrorKind::OutOfFuel));
    }
    state.get_or_insert_extension_with(Spent::default).0 += taken;
    Ok(())
}

/// The number of values in a value, itself counted, and of what a text is long; at most `most` of them are looked at.
fn size(value: &Value, most: u64) -> u64 {
    let mut open = vec![value.clone()];
    let mut count = 0;
    while let Some(value) = open.pop() {
        count += 1;
        match value.kind() {
            ValueKind::String => count += value.as_str().map_or(0, |text| text.len() as u64 / 64),
            ValueKind::Seq | ValueKind::Iterable | ValueKind::Map => {
                let long = value.len().map_or(0, |long| long as u64);
                if count.saturating_add(long) >= most {
                    return most;
                }
                for inner in value.try_iter().into_iter().flatten() {
                    if value.kind() == ValueKind::Map {
                        open.extend(value.get_item(&inner));
                    }
                    open.push(inner);
                    if open.len() as u64 >= most {
                        return most;
                    }
                }
            }
            _ => {}
        }
        if count >= most {
            return most;
        }
    }
    count
}
