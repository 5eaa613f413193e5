//! How a value is printed where people read it: Markdown, HTML, Mermaid. It stays the text that it is, and becomes no markup.

use std::fmt::Write;

/// A text of one line in Markdown (CommonMark 0.31 with GitHub's tables), wherever inline text may stand.
pub fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut before: Option<char> = None;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let inside_word = |c: Option<&char>| c.is_some_and(|c| c.is_alphanumeric());
        let means = match c {
            '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '|' | '&' | '~' | '$' => true,
            // Between letters it is no emphasis.
            '_' => !(inside_word(before.as_ref()) && inside_word(rest.peek())),
            // What begins a heading, a list, a quote or a rule begins a line.
            '#' | '+' | '-' | '=' => before.is_none(),
            // So does the number of an item, before a space.
            '.' | ')' => {
                let number = !out.is_empty() && out.bytes().all(|b| b.is_ascii_digit());
                number && rest.peek().is_none_or(|c| c.is_whitespace())
            }
            // An image, before its bracket.
            '!' => rest.peek() == Some(&'['),
            _ => false,
        };
        if means {
            out.push('\\');
        }
        out.push(c);
        before = Some(c);
    }
    out
}

/// The same as code: between backticks, or as an element where those would not hold it.
pub fn markdown_code(text: &str) -> String {
    let plain = !text.is_empty() && text.trim() == text && !text.contains(['`', '|']);
    if plain {
        return format!("`{text}`");
    }
    let mut out = String::from("<code>");
    for c in text.chars() {
        if c.is_ascii_punctuation() {
            let _ = write!(out, "&#{};", c as u32);
        } else {
            out.push(c);
        }
    }
    out.push_str("</code>");
    out
}

/// A text in HTML, between tags or inside a quoted attribute.
pub(super) fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// A text as the label of a node, in quotes. Mermaid reads entities between `#` and `;`, and markup in strings.
/// <https://mermaid.js.org/syntax/flowchart.html#entity-codes-to-escape-characters>
pub(super) fn mermaid(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            // The words are shown as they are, Markdown and HTML included.
            '"' | '#' | ';' | '<' | '>' | '&' | '`' | '*' | '_' | '\\' | '{' | '}' | '%' => {
                let _ = write!(out, "#{};", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Where a link leads, with what could end it escaped; `None` where it would run something.
pub(super) fn link(target: &str) -> Option<String> {
    let scheme = target.split(['/', '?', '#']).next().unwrap_or_default();
    if let Some((scheme, _)) = scheme.split_once(':') {
        let known = ["http", "https", "mailto"];
        if !known.iter().any(|k| k.eq_ignore_ascii_case(scheme)) {
            return None;
        }
    }
    let mut out = String::with_capacity(target.len());
    for byte in target.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:/?#@!$&+,;=%".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_no_markup() {
        for (text, written) in [
            ("cuda 12.8.1", "cuda 12.8.1"),
            ("manylinux_2_28", "manylinux_2_28"),
            ("_a_ **b** [c](d)", "\\_a\\_ \\*\\*b\\*\\* \\[c\\](d)"),
            ("a|b <img> &lt; $x$", "a\\|b \\<img\\> \\&lt; \\$x\\$"),
            ("# a", "\\# a"),
            ("- a - b", "\\- a - b"),
            ("12. a 3.", "12\\. a 3."),
            ("12.8.1", "12.8.1"),
            ("3.", "3\\."),
            ("![x", "\\!\\[x"),
            ("a!", "a!"),
            ("`x` \\", "\\`x\\` \\\\"),
        ] {
            assert_eq!(markdown(text), written);
        }
    }

    #[test]
    fn code_is_held() {
        assert_eq!(markdown_code("a/b:1"), "`a/b:1`");
        assert_eq!(markdown_code("a|`b"), "<code>a&#124;&#96;b</code>");
        assert_eq!(markdown_code(" a"), "<code> a</code>");
        assert_eq!(markdown_code(""), "<code></code>");
    }

    #[test]
    fn labels_and_elements_are_held() {
        assert_eq!(html("<a b='c'>&\""), "&lt;a b=&#39;c&#39;&gt;&amp;&quot;");
        assert_eq!(mermaid("a \"b\"; #c"), "\"a #34;b#34;#59; #35;c\"");
    }

    #[test]
    fn links_lead_somewhere() {
        assert_eq!(
            link("../a b/(c).md").as_deref(),
            Some("../a%20b/%28c%29.md")
        );
        assert_eq!(link("https://a/b?c#d").as_deref(), Some("https://a/b?c#d"));
        assert_eq!(link("a/b:c").as_deref(), Some("a/b:c"));
        for bad in [
            "javascript:alert(1)",
            "JavaScript:x",
            "data:text/html,x",
            "vbscript:x",
        ] {
            assert_eq!(link(bad), None, "{bad}");
        }
    }
}
