//! Text from elsewhere in pages, drawings and Markdown: it must stay text.

use rd_common::output::clean::one_line;

/// A text for HTML, SVG and their attributes. Characters that change how the text around them is shown are escaped as JSON
/// does it.
pub fn xml(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in one_line(text).chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// A text as code in Markdown, which shows it as it is: no mention, link, table or HTML begins in it.
pub fn code(text: &str) -> String {
    let text = one_line(text);
    let ticks = "`".repeat(longest_run(&text) + 1);
    // Blanks next to the ticks are not shown, and keep ticks of the text apart.
    match text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) || text.is_empty() {
        true => format!("{ticks} {text} {ticks}"),
        false => format!("{ticks}{text}{ticks}"),
    }
}

/// Lines in a fence of Markdown that they cannot end.
pub fn fenced(language: &str, lines: &str) -> String {
    let ticks = "`".repeat((longest_run(lines) + 1).max(3));
    let end = if lines.ends_with('\n') { "" } else { "\n" };
    format!("{ticks}{language}\n{lines}{end}{ticks}\n")
}

/// The number of ticks in the longest run of them.
fn longest_run(text: &str) -> usize {
    let runs = text.split(|letter| letter != '`');
    runs.map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_stays_text() {
        assert_eq!(
            xml("<a href='x'>&\"\u{202e}"),
            "&lt;a href=&#39;x&#39;&gt;&amp;&quot;\\u202e"
        );
        assert_eq!(code("@octocat | <b>"), "`@octocat | <b>`");
        assert_eq!(code("a``b"), "```a``b```");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(fenced("diff", "+ a\n```\n"), "````diff\n+ a\n```\n````\n");
    }
}
