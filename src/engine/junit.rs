//! Results of tests as JUnit's XML, which every CI reads.

use std::io;

use quick_xml::Writer;
use quick_xml::events::BytesText;

use crate::engine::trial::{End, Trial};

/// One test case.
#[derive(Debug)]
pub(crate) struct Case<'a> {
    /// What was tested: an image for a platform.
    pub class: &'a str,
    /// The test.
    pub name: &'a str,
    pub trial: &'a Trial,
}

/// The report of some cases, in their order.
///
/// # Errors
/// Those of a writer, of which one into memory has none.
pub(crate) fn junit(cases: &[Case<'_>]) -> io::Result<String> {
    let count = |of: fn(&End) -> bool| cases.iter().filter(|case| of(&case.trial.end)).count();
    let failures = count(|end| matches!(end, End::Failed(_))).to_string();
    let errors = count(|end| matches!(end, End::Unrun(_))).to_string();
    let tests = cases.len().to_string();
    let took: f64 = cases.iter().map(|case| case.trial.took.as_secs_f64()).sum();
    let took = format!("{took:.3}");
    let totals = [
        ("name", "gen test"),
        ("tests", &tests),
        ("failures", &failures),
        ("errors", &errors),
        ("time", &took),
    ];
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    writer
        .create_element("testsuites")
        .with_attributes(totals)
        .write_inner_content(|writer| {
            writer
                .create_element("testsuite")
                .with_attributes(totals)
                .write_inner_content(|writer| {
                    cases.iter().try_for_each(|case| write(writer, case))
                })?;
            Ok(())
        })?;
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    text += &String::from_utf8_lossy(&writer.into_inner());
    text.push('\n');
    Ok(text)
}

fn write(writer: &mut Writer<Vec<u8>>, case: &Case<'_>) -> io::Result<()> {
    let Case { class, name, trial } = case;
    let took = format!("{:.3}", trial.took.as_secs_f64());
    let (class, name) = (allowed(class), allowed(name));
    let said = allowed(&trial.said);
    let element = writer.create_element("testcase").with_attributes([
        ("classname", class.as_str()),
        ("name", &name),
        ("time", &took),
    ]);
    let (kind, why) = match &trial.end {
        End::Passed => {
            element.write_empty()?;
            return Ok(());
        }
        End::Failed(code) => ("failure", failed(*code)),
        End::Unrun(why) => ("error", allowed(why)),
    };
    element.write_inner_content(|writer| {
        writer
            .create_element(kind)
            .with_attribute(("message", why.as_str()))
            .write_text_content(BytesText::new(&said))?;
        Ok(())
    })?;
    Ok(())
}

/// What is said of a test that failed.
pub(crate) fn failed(code: Option<i32>) -> String {
    match code {
        Some(code) => format!("exit code {code}"),
        None => "ended by a signal".to_owned(),
    }
}

/// A text without what XML 1.0 has no place for.
fn allowed(text: &str) -> String {
    let is_char = |c: &char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    text.chars().filter(is_char).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_report_holds_what_tests_said_and_nothing_breaks_out_of_it() {
        let trial = |end| Trial {
            end,
            said: "it's \u{1b}[31m<red> & \"]]>\u{0}\n".to_owned(),
            took: Duration::from_millis(1500),
        };
        let (passed, failed) = (trial(End::Passed), trial(End::Failed(Some(3))));
        let unrun = Trial::unrun("`a` is <gone>");
        let case = |name, trial| Case {
            class: "server/3.13 linux/amd64",
            name,
            trial,
        };
        let report = junit(&[
            case("true", &passed),
            case("test \"$A\" = '<b>'\nexit 3", &failed),
            case("id", &unrun),
        ])
        .expect("a report");
        assert_eq!(
            report,
            r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="gen test" tests="3" failures="1" errors="1" time="3.000">
  <testsuite name="gen test" tests="3" failures="1" errors="1" time="3.000">
    <testcase classname="server/3.13 linux/amd64" name="true" time="1.500"/>
    <testcase classname="server/3.13 linux/amd64" name="test &quot;$A&quot; = &apos;&lt;b&gt;&apos;&#10;exit 3" time="1.500">
      <failure message="exit code 3">it&apos;s [31m&lt;red&gt; &amp; &quot;]]&gt;
</failure>
    </testcase>
    <testcase classname="server/3.13 linux/amd64" name="id" time="0.000">
      <error message="`a` is &lt;gone&gt;"></error>
    </testcase>
  </testsuite>
</testsuites>
"#
        );
    }
}
