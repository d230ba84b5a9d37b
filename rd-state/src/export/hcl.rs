//! Terraform's language, in the layout of `terraform fmt`: as much of it as an export needs. The libraries for it write
//! neither calls of functions over several lines, such as a policy in `jsonencode`, nor aligned equals signs.
//! <https://developer.hashicorp.com/terraform/language/style>

use serde_json::Value;

/// The value of an argument.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// A value as it is.
    Literal(Value),
    /// Another part of the configuration, such as `aws_vpc.main.id`.
    Reference(String),
    /// A list of expressions.
    List(Vec<Expression>),
    /// A JSON document as text, such as a policy: a call of `jsonencode`.
    Json(Value),
}

impl From<&Value> for Expression {
    fn from(value: &Value) -> Self {
        Self::Literal(value.clone())
    }
}

impl From<Value> for Expression {
    fn from(value: Value) -> Self {
        Self::Literal(value)
    }
}

impl From<&str> for Expression {
    fn from(text: &str) -> Self {
        Self::Literal(text.into())
    }
}

impl From<String> for Expression {
    fn from(text: String) -> Self {
        Self::Literal(text.into())
    }
}

impl From<bool> for Expression {
    fn from(value: bool) -> Self {
        Self::Literal(value.into())
    }
}

impl From<i64> for Expression {
    fn from(number: i64) -> Self {
        Self::Literal(number.into())
    }
}

impl Expression {
    /// Appends the expression to a line that is indented by `depth` levels.
    fn write(&self, out: &mut String, depth: usize) {
        match self {
            Self::Literal(value) => literal(value, out, depth),
            Self::Reference(to) => out.push_str(to),
            Self::List(all) => list(all.iter(), out, depth, Self::write),
            Self::Json(document) => {
                out.push_str("jsonencode(");
                literal(document, out, depth);
                out.push(')');
            }
        }
    }
}

/// Arguments and blocks, in the order in which they were added.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Body(Vec<Item>);

#[derive(Clone, Debug, PartialEq)]
enum Item {
    Argument(String, Expression),
    Block(Block),
}

impl Body {
    /// Sets an argument; null leaves it out.
    pub fn set(&mut self, name: &str, value: impl Into<Expression>) {
        let value = value.into();
        if value != Expression::Literal(Value::Null) {
            self.0.push(Item::Argument(name.to_owned(), value));
        }
    }

    /// Adds a nested block.
    pub fn block(&mut self, name: &str, fill: impl FnOnce(&mut Body)) {
        self.0.push(Item::Block(Block::new(name, &[], fill)));
    }

    fn write(&self, out: &mut String, depth: usize) {
        let mut lines = Lines::new(depth);
        for (place, item) in self.0.iter().enumerate() {
            match item {
                Item::Argument(name, value) => {
                    lines.argument(name.clone(), |text| value.write(text, depth), out);
                }
                Item::Block(block) => {
                    lines.flush(out);
                    if place > 0 {
                        out.push('\n');
                    }
                    block.write(out, depth);
                    if matches!(self.0.get(place + 1), Some(Item::Argument(..))) {
                        out.push('\n');
                    }
                }
            }
        }
        lines.flush(out);
    }
}

/// A block, such as `resource "aws_vpc" "main" { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    name: String,
    labels: Vec<String>,
    body: Body,
}

impl Block {
    /// A block with these labels and what `fill` adds.
    pub fn new(name: &str, labels: &[&str], fill: impl FnOnce(&mut Body)) -> Self {
        let mut body = Body::default();
        fill(&mut body);
        Self {
            name: name.to_owned(),
            labels: labels.iter().map(ToString::to_string).collect(),
            body,
        }
    }

    fn write(&self, out: &mut String, depth: usize) {
        indent(out, depth);
        out.push_str(&self.name);
        for label in &self.labels {
            out.push(' ');
            string(label, out);
        }
        if self.body.0.is_empty() {
            out.push_str(" {}\n");
            return;
        }
        out.push_str(" {\n");
        self.body.write(out, depth + 1);
        indent(out, depth);
        out.push_str("}\n");
    }
}

/// A file of these blocks.
pub fn file(blocks: &[Block]) -> String {
    let blocks = blocks.iter().map(|block| {
        let mut text = String::new();
        block.write(&mut text, 0);
        text
    });
    blocks.collect::<Vec<_>>().join("\n")
}

/// Lines `name = value`: the equals signs of consecutive ones stand below each other, until one that takes several lines.
struct Lines {
    depth: usize,
    waiting: Vec<(String, String)>,
}

impl Lines {
    fn new(depth: usize) -> Self {
        Self {
            depth,
            waiting: Vec::new(),
        }
    }

    fn argument(&mut self, name: String, value: impl FnOnce(&mut String), out: &mut String) {
        let mut text = String::new();
        value(&mut text);
        let is_one_line = !text.contains('\n');
        if !is_one_line {
            self.flush(out);
        }
        self.waiting.push((name, text));
        if !is_one_line {
            self.flush(out);
        }
    }

    fn flush(&mut self, out: &mut String) {
        let width = self.waiting.iter().map(|(name, _)| name.chars().count());
        let width = width.max().unwrap_or_default();
        for (name, value) in self.waiting.drain(..) {
            indent(out, self.depth);
            out.push_str(&format!("{name:width$} = {value}\n"));
        }
    }
}

fn indent(out: &mut String, depth: usize) {
    out.extend(std::iter::repeat_n("  ", depth));
}

fn literal(value: &Value, out: &mut String, depth: usize) {
    match value {
        Value::String(text) => string(text, out),
        Value::Array(values) => list(values.iter(), out, depth, literal),
        Value::Object(members) if members.is_empty() => out.push_str("{}"),
        Value::Object(members) => {
            out.push_str("{\n");
            let mut lines = Lines::new(depth + 1);
            for (key, value) in members {
                lines.argument(object_key(key), |text| literal(value, text, depth + 1), out);
            }
            lines.flush(out);
            indent(out, depth);
            out.push('}');
        }
        Value::Number(number) => match number.as_f64() {
            // 70.0 of a state is 70 in the style of the language.
            Some(float) if number.is_f64() => out.push_str(&float.to_string()),
            _ => out.push_str(&number.to_string()),
        },
        Value::Null | Value::Bool(_) => out.push_str(&value.to_string()),
    }
}

/// A list: on one line where it has at most one element of one line.
fn list<'a, T: 'a>(
    items: impl Iterator<Item = &'a T>,
    out: &mut String,
    depth: usize,
    write: impl Fn(&T, &mut String, usize),
) {
    let items: Vec<String> = items
        .map(|item| {
            let mut text = String::new();
            write(item, &mut text, depth + 1);
            text
        })
        .collect();
    match items.as_slice() {
        [] => out.push_str("[]"),
        [one] if !one.contains('\n') => out.push_str(&format!("[{one}]")),
        _ => {
            out.push_str("[\n");
            for item in items {
                indent(out, depth + 1);
                out.push_str(&item);
                out.push_str(",\n");
            }
            indent(out, depth);
            out.push(']');
        }
    }
}

/// A key of an object: bare where it may be, otherwise quoted.
fn object_key(key: &str) -> String {
    let is_bare = key.starts_with(|c: char| c.is_ascii_alphabetic())
        && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        // A bare key that reads like a value is one.
        && !["true", "false", "null"].contains(&key);
    if is_bare {
        return key.to_owned();
    }
    let mut text = String::new();
    string(key, &mut text);
    text
}

/// A quoted string, in which nothing is interpolated.
/// <https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md#template-expressions>
fn string(text: &str, out: &mut String) {
    out.push('"');
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '$' | '%' if rest.peek() == Some(&'{') => out.extend([c, c]),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_layout_is_that_of_terraform_fmt() {
        let block = Block::new("resource", &["aws_x", "main"], |body| {
            body.set("a", 1);
            body.set("longer", Value::Null);
            body.set("long_name", "x");
            body.set(
                "tags",
                json!({"Name": "n", "rd:a = b": "m", "true": 70.0, "none": {}}),
            );
            body.set("b", Expression::Reference("aws_y.z.id".into()));
            body.set(
                "policy",
                Expression::Json(json!({"Statement": [{"Effect": "Deny"}]})),
            );
            body.block("empty", |_| ());
            body.block("rule", |rule| rule.set("days", json!([1, 2])));
            body.set("last", json!(["one"]));
        });
        let expected = r#"resource "aws_x" "main" {
  a         = 1
  long_name = "x"
  tags = {
    Name       = "n"
    "rd:a = b" = "m"
    "true"     = 70
    none       = {}
  }
  b = aws_y.z.id
  policy = jsonencode({
    Statement = [
      {
        Effect = "Deny"
      },
    ]
  })

  empty {}

  rule {
    days = [
      1,
      2,
    ]
  }

  last = ["one"]
}
"#;
        assert_eq!(file(&[block]), expected);
    }

    #[test]
    fn a_string_is_never_interpolated() {
        let mut text = String::new();
        string("a \"${b}\" %{c} $d 100% $$ \\n \u{1}\nä", &mut text);
        assert_eq!(text, r#""a \"$${b}\" %%{c} $d 100% $$ \\n \u0001\nä""#);
    }
}
