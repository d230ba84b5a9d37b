//! Sets keys of `rd.toml`, and leaves everything else in it as it is, comments included.

/// The text with these keys in the table `section`, or at the top of the file where that is empty. A key that has a value
/// gets another one; others come first in the table, which is added at the end where there is none. Values are strings.
pub fn set(text: &str, section: &str, keys: &[(&str, &str)]) -> String {
    let quoted: Vec<(&str, String)> = keys
        .iter()
        .map(|(key, value)| (*key, format!("\"{value}\"")))
        .collect();
    let quoted: Vec<(&str, &str)> = quoted
        .iter()
        .map(|(key, value)| (*key, value.as_str()))
        .collect();
    set_values(text, section, &quoted)
}

/// The same with values as in TOML.
pub fn set_values(text: &str, section: &str, keys: &[(&str, &str)]) -> String {
    let header = format!("[{section}]");
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    // The first line of the table's keys.
    let header = lines
        .iter()
        .position(|line| without_comment(line) == header);
    let start = match header {
        _ if section.is_empty() => 0,
        Some(header) => header + 1,
        None => {
            if lines.last().is_some_and(|line| !line.trim().is_empty()) {
                lines.push(String::new());
            }
            lines.push(format!("[{section}]"));
            lines.len()
        }
    };
    let is_table = |line: &String| line.trim_start().starts_with('[');
    let mut added = match section {
        // After the last key at the top, which has the comment above it.
        "" => lines
            .iter()
            .take_while(|line| !is_table(line))
            .enumerate()
            .filter(|(_, line)| !line.trim_start().starts_with('#') && line.contains('='))
            .last()
            .map_or(0, |(at, _)| at + 1),
        _ => start,
    };
    for (key, value) in keys {
        let end = lines
            .iter()
            .enumerate()
            .skip(start)
            .find(|(_, line)| is_table(line))
            .map_or(lines.len(), |(at, _)| at);
        let line = format!("{key} = {value}");
        let has = |line: &String| {
            line.split_once('=')
                .is_some_and(|(name, _)| name.trim() == *key)
        };
        match lines[start..end].iter().position(has) {
            Some(at) => lines[start + at] = line,
            None => {
                lines.insert(added, line);
                added += 1;
            }
        }
    }
    lines.join("\n") + "\n"
}

fn without_comment(line: &str) -> &str {
    line.split('#').next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::set;

    #[test]
    fn everything_else_stays_as_it_is() {
        let text = "project = \"shop\"\n\n# Where.\n[state] # here\n# backend = \"local\"\nbucket = \"old\"\n\n[net]\n\
                    bucket = \"x\"\n";
        let keys = [
            ("backend", "s3"),
            ("bucket", "new"),
            ("region", "us-east-1"),
        ];
        assert_eq!(
            set(text, "state", &keys),
            "project = \"shop\"\n\n# Where.\n[state] # here\nbackend = \"s3\"\nregion = \"us-east-1\"\n\
             # backend = \"local\"\nbucket = \"new\"\n\n[net]\nbucket = \"x\"\n"
        );
        let again = set(&set(text, "state", &keys), "state", &keys);
        assert_eq!(again, set(text, "state", &keys));
        assert_eq!(
            set(text, "", &[("domain", "a.b"), ("project", "x")]),
            text.replace("\"shop\"\n", "\"x\"\ndomain = \"a.b\"\n")
        );
        assert_eq!(
            set("[net]\n", "", &[("domain", "a.b")]),
            "domain = \"a.b\"\n[net]\n"
        );
        assert_eq!(
            set("project = \"shop\"", "state", &[("backend", "s3")]),
            "project = \"shop\"\n\n[state]\nbackend = \"s3\"\n"
        );
    }
}
