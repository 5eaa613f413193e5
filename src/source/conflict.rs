//! What git leaves in a file whose merge it could not finish.

use std::ops::Range;

use memchr::memmem;

/// What begins such a line: our side, what both began with (in the styles `diff3` and `zdiff3`), theirs, the end.
const MARKS: [&str; 4] = ["<<<<<<<", "|||||||", "=======", ">>>>>>>"];

/// Whether a line is one that git wrote: seven of the same sign, then nothing or a blank and a name.
pub fn is_mark(line: &str) -> bool {
    let line = line.trim_end_matches(['\r', '\n']);
    MARKS.iter().any(|mark| {
        line.strip_prefix(mark)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    })
}

/// Where a merge that was not finished begins in a text: the first line of a conflict that has all its marks, or that is
/// cut off. `None` for a text without one; a line of `=======` alone, which people underline with, is none.
pub fn conflict(text: &str) -> Option<Range<usize>> {
    // Most texts have none of the marks that begin one.
    let marks = [MARKS[0], MARKS[1], MARKS[3]];
    if !marks
        .iter()
        .any(|mark| memmem::find(text.as_bytes(), mark.as_bytes()).is_some())
    {
        return None;
    }
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let shown = line.trim_end_matches(['\r', '\n']);
        let begins = is_mark(shown)
            && [MARKS[0], MARKS[1], MARKS[3]]
                .iter()
                .any(|m| shown.starts_with(m));
        if begins {
            return Some(offset..offset + shown.len());
        }
        offset += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_told_from_text() {
        for text in [
            "a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> other\n",
            "a\n<<<<<<<\r\nb\r\n",
            "a\n||||||| 1234567\n",
            "a\n>>>>>>> other",
        ] {
            assert_eq!(conflict(text).map(|at| at.start), Some(2), "{text:?}");
        }
        for text in [
            "=======\n",
            "title\n=======\n",
            "<<<<<<<<\n",
            " <<<<<<< HEAD\n",
            "<<<<<<<x\n",
            "",
        ] {
            assert_eq!(conflict(text), None, "{text:?}");
        }
    }
}
