//! Here-documents: which of them a line announces.
//!
//! Source: `heredocsFromLine` and `heredocFromMatch` in `frontend/dockerfile/parser/parser.go` of BuildKit. They are
//! words of their own: `cat <<EOF`, `3<<-"b"`, `<< EOF`; `a<<b` and `<<<` are none.

use crate::dockerfile::expand::{Rules, words};

/// What a word says of a here-document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Announced {
    /// The line that ends it.
    pub name: String,
    /// Whether variables in it are expanded: its name stands without quotes.
    pub expand: bool,
    /// Whether tabs at the start of its lines are dropped.
    pub chomp: bool,
}

/// How here-documents are looked for: the escape is always a backslash.
const RULES: Rules = Rules {
    escape: '\\',
    raw_quotes: true,
    raw_escapes: false,
    keep_unset: true,
};

/// The here-documents that a line announces, in order.
pub(super) fn announced(line: &str) -> Result<Vec<Announced>, String> {
    if !line.contains("<<") {
        return Ok(Vec::new());
    }
    let rules = Rules {
        raw_escapes: true,
        ..RULES
    };
    // A line that does not read as words, which the shell may still read, has none.
    let words = words(line, rules).unwrap_or_default();
    let mut found = Vec::new();
    for word in words {
        found.extend(of_word(&word)?);
    }
    Ok(found)
}

/// What one word announces.
pub(super) fn of_word(word: &str) -> Result<Option<Announced>, String> {
    let rest = word.trim_start_matches(|c: char| c.is_ascii_digit());
    let Some(rest) = rest.strip_prefix("<<") else {
        return Ok(None);
    };
    let (chomp, rest) = match rest.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let name = rest.trim_start_matches(['\t', '\n', '\x0c', '\r', ' ']);
    if name.is_empty() || name.contains('<') {
        return Ok(None);
    }
    let bare = words(
        name,
        Rules {
            raw_quotes: false,
            ..RULES
        },
    )?;
    let [bare] = &bare[..] else {
        return Ok(None);
    };
    let raw = words(name, RULES)?;
    let quotes = |text: &str| text.matches(['\'', '"']).count();
    Ok(Some(Announced {
        name: bare.clone(),
        expand: raw.first().is_some_and(|raw| quotes(raw) == quotes(bare)),
        chomp,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_their_own_announce_them() {
        for (line, expected) in [
            ("RUN cat > f <<EOF", "EOF+"),
            ("RUN <<EOF", "EOF+"),
            ("RUN cat <<\"EOF\" | tee f", "EOF"),
            ("RUN <<-'E F'", "E F-"),
            ("RUN cat << EOF", "EOF+"),
            ("RUN 3<<-\"b\" cat <&3", "b-"),
            ("COPY <<a <<b /x", "a+ b+"),
            ("RUN echo a<<b", ""),
            ("RUN cat <<<b", ""),
            ("RUN echo \"<<EOF\"", ""),
            ("RUN echo '<<EOF'", ""),
            ("RUN echo 'open <<EOF", ""),
            ("RUN echo $((1<<2))", ""),
            ("RUN echo $((1 << 2))", "2))+"),
            ("RUN cat <<\\EOF", "EOF+"),
            ("RUN cat <<E\"O\"F", "EOF"),
            ("RUN cat <<", ""),
        ] {
            let found: Vec<String> = announced(line)
                .expect("words")
                .into_iter()
                .map(|doc| {
                    let marks = [(doc.expand, "+"), (doc.chomp, "-")];
                    let marks = marks
                        .into_iter()
                        .filter_map(|(on, mark)| on.then_some(mark));
                    doc.name + &marks.collect::<String>()
                })
                .collect();
            assert_eq!(found.join(" "), expected, "{line}");
        }
    }
}
