//! What an axis is called in the Python module.

use crate::matrix::Axis;
use crate::render::is_python_keyword;

/// Constants of the module that are no axis's. Axes cannot be called `image`, `registry` or `release`.
pub const RESERVED_CONSTANTS: [&str; 5] = [
    "DESCRIBED_IMAGES",
    "IMAGES",
    "IMAGE_NAMES",
    "REGISTRY_NAMES",
    "RELEASE_TAG",
];

/// The names that an axis has in the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PythonNames {
    /// The argument of `resolve()`: `job_type`, or `class_`, since `class` is a keyword.
    pub parameter: String,
    /// The tuple of its values: `JOB_TYPE`. Axes differ in it where they differ at all.
    pub constant: String,
    /// The type of a value: `JobTypeValue`. Axes differ in it where they differ at all: a `_` is left out only where the
    /// capital behind it tells of it.
    pub type_name: String,
}

impl PythonNames {
    /// The names of an axis.
    pub fn of(axis: &Axis) -> Self {
        let word = &axis.word;
        let mut type_name = String::new();
        let mut chars = word.chars().peekable();
        let mut capital = true;
        while let Some(c) = chars.next() {
            if c == '_' && chars.peek().is_some_and(char::is_ascii_lowercase) {
                capital = true;
                continue;
            }
            type_name.push(if capital { c.to_ascii_uppercase() } else { c });
            capital = false;
        }
        type_name.push_str("Value");
        PythonNames {
            parameter: if is_python_keyword(word) {
                format!("{word}_")
            } else {
                word.to_string()
            },
            constant: word.to_ascii_uppercase(),
            type_name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(word: &str) -> [String; 3] {
        let names = PythonNames::of(&Axis {
            name: word.into(),
            word: word.into(),
            values: Vec::new(),
            span: 0..0,
        });
        [names.parameter, names.constant, names.type_name]
    }

    #[test]
    fn an_axis_has_names_of_python() {
        assert_eq!(names("python"), ["python", "PYTHON", "PythonValue"]);
        assert_eq!(names("job_type"), ["job_type", "JOB_TYPE", "JobTypeValue"]);
        assert_eq!(names("class"), ["class_", "CLASS", "ClassValue"]);
    }

    #[test]
    fn types_differ_where_axes_do() {
        let words = [
            "ab", "a_b", "a__b", "a_b_", "ab_", "a1", "a_1", "a_1b", "a1_b", "a1b",
        ];
        let mut types: Vec<String> = words.map(|w| names(w)[2].clone()).to_vec();
        types.sort();
        types.dedup();
        assert_eq!(types.len(), words.len(), "{types:?}");
    }
}
