//! A page: one file, without a script and without anything from the network. Filters are check boxes and `:has`.

use super::{command, is_well, name, overview, place, shown, summary};
use crate::escape::xml;
use crate::graph::{Graph, STYLE, look, svg};
use rd_common::output::value::short;
use rd_common::output::view::danger::dangers;
use rd_common::output::view::field_diff::{Difference, parts};
use rd_common::output::view::model::{Model, Run, StackView};
use rd_common::output::view::month_cost::usd;
use rd_common::output::view::to_do;
use rd_common::records::{Cost, ResourceChange, Severity};
use rd_common::resource::action::Action;
use rd_common::resource::change::Cause;
use serde_json::Value;
use std::fmt::Write;

const PAGE_STYLE: &str = include_str!("page.css");

/// The whole page, with a part for each stack.
pub fn html(model: &Model) -> String {
    let titles: Vec<&str> = model.stacks.iter().map(name).collect();
    let mut body = String::new();
    let mut rules = String::new();
    for (number, stack) in model.stacks.iter().enumerate() {
        add_stack(&mut body, &mut rules, stack, number);
    }
    if model.stacks.is_empty() {
        body.push_str("<p>There are no records.</p>\n");
    }
    // The policy lets nothing in but the styles of the page itself, should a text ever escape its escaping.
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"data:,\">\n<title>{}</title>\n\
         <style>\n{STYLE}{PAGE_STYLE}{rules}</style>\n</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n",
        xml(&titles.join(", "))
    )
}

fn add_stack(body: &mut String, rules: &mut String, stack: &StackView, number: usize) {
    let runs: Vec<&Run> = shown(stack).collect();
    let _ = writeln!(
        body,
        "<article id=\"stack{number}\">\n<header><h1>{}</h1><p class=\"place\">{}</p>",
        xml(name(stack)),
        xml(&place(stack).join(" · "))
    );
    let cost = stack.cost();
    let _ = writeln!(
        body,
        "<p class=\"summary\">{}</p></header>",
        xml(&overview(stack).join("; "))
    );
    add_dangers(body, stack);
    add_diagnostics(body, stack);
    add_filters(body, rules, stack, &runs, number);
    for (place, run) in runs.iter().enumerate() {
        add_run(body, run, number, place);
    }
    if let Some(cost) = cost {
        let most = cost.by_slice.values().copied().fold(0.0, f64::max);
        body.push_str("<section class=\"cost\"><h2>Cost of a month</h2>\n<table><tbody>\n");
        for (slice, amount) in &cost.by_slice {
            let share = if most > 0.0 {
                (amount / most * 100.0).clamp(0.0, 100.0)
            } else {
                0.0
            };
            let _ = writeln!(
                body,
                "<tr><th scope=\"row\">{}</th><td class=\"bar\"><span style=\"width:{share:.1}%\"></span></td>\
                 <td class=\"usd\">{} USD</td></tr>",
                xml(slice),
                usd(*amount)
            );
        }
        let _ = writeln!(
            body,
            "<tr class=\"total\"><th scope=\"row\">total</th><td></td><td class=\"usd\">{} USD</td></tr>\n</tbody></table>",
            usd(cost.total)
        );
        add_cost_lines(body, &stack.costs);
        body.push_str("</section>\n");
    }
    let mut graph = Graph::default();
    graph.add_records(stack);
    if !graph.nodes.is_empty() {
        let title = format!("Resources of {} and what they need", name(stack));
        let _ = writeln!(
            body,
            "<section><h2>Dependencies</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" \
             aria-label=\"Graph of the resources, can be scrolled\">\n{}</div></section>",
            svg(&graph, &title, false)
        );
    }
    body.push_str("</article>\n");
}

fn add_dangers(body: &mut String, stack: &StackView) {
    let dangers = dangers(stack);
    if dangers.is_empty() {
        return;
    }
    body.push_str("<section class=\"danger\" aria-label=\"Dangerous\"><ul>\n");
    for danger in dangers {
        let of: Vec<String> = danger
            .of
            .iter()
            .map(|one| format!("<code>{}</code>", xml(one)))
            .collect();
        let _ = writeln!(
            body,
            "<li><strong>{}:</strong> {}</li>",
            xml(&danger.title),
            of.join(", ")
        );
    }
    body.push_str("</ul></section>\n");
}

fn add_diagnostics(body: &mut String, stack: &StackView) {
    let all: Vec<_> = stack.runs.iter().flat_map(|run| &run.diagnostics).collect();
    if all.is_empty() {
        return;
    }
    body.push_str("<section class=\"notes\" aria-label=\"Errors and warnings\"><ul>\n");
    for one in all {
        let severity = match one.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "note",
        };
        let address = one
            .address
            .as_ref()
            .map(|address| format!(" <code>{}</code>", xml(address)));
        let hint = one
            .hint
            .as_ref()
            .map(|hint| format!("<br><span class=\"hint\">→ {}</span>", xml(hint)));
        let _ = writeln!(
            body,
            "<li class=\"{severity}\"><strong>{severity}</strong>{}: {}{}</li>",
            address.unwrap_or_default(),
            xml(&one.summary),
            hint.unwrap_or_default()
        );
    }
    body.push_str("</ul></section>\n");
}

/// A check box for each slice and each action. The rules hide what is not checked.
fn add_filters(
    body: &mut String,
    rules: &mut String,
    stack: &StackView,
    runs: &[&Run],
    number: usize,
) {
    if runs.is_empty() {
        return;
    }
    let mut check_box = |body: &mut String, class: &str, label: &str, checked: bool| {
        let id = format!("f{number}-{class}");
        let on = if checked { " checked" } else { "" };
        let _ = writeln!(
            body,
            "<label><input type=\"checkbox\" id=\"{id}\"{on}> {}</label>",
            xml(label)
        );
        let _ = writeln!(
            rules,
            "#stack{number}:has(#{id}:not(:checked)) .{class}{{display:none}}"
        );
    };
    body.push_str(
        "<form class=\"filters\" aria-label=\"Filters\">\n<fieldset><legend>Slices</legend>\n",
    );
    for (place, run) in runs.iter().enumerate() {
        let label = match command(run) {
            "plan" => run.slice.clone(),
            other => format!("{} {other}", run.slice),
        };
        check_box(body, &format!("r{number}-{place}"), &label, true);
    }
    body.push_str("</fieldset>\n");
    let counts = stack.counts();
    if !counts.is_empty() {
        body.push_str("<fieldset><legend>Actions</legend>\n");
        for (action, count) in &counts {
            let label = format!("{count} {}", to_do(*action));
            check_box(
                body,
                &format!("a-{}", class_of(*action)),
                &label,
                *action != Action::None,
            );
        }
        body.push_str("</fieldset>\n");
    }
    body.push_str("</form>\n");
}

fn class_of(action: Action) -> &'static str {
    match action {
        Action::Create => "create",
        Action::Update => "update",
        Action::Replace => "replace",
        Action::Delete => "delete",
        Action::Import => "import",
        Action::None => "same",
    }
}

fn add_run(body: &mut String, run: &Run, number: usize, place: usize) {
    let heading = match command(run) {
        "plan" => String::new(),
        other => format!(" {other}"),
    };
    let _ = writeln!(
        body,
        "<section class=\"run r{number}-{place}\"><h2>{}{} <small>{}</small></h2>",
        xml(&run.slice),
        xml(&heading),
        xml(&summary(run))
    );
    for change in &run.changes {
        add_change(body, change);
    }
    if !run.applied.is_empty() {
        body.push_str("<ul class=\"done\">\n");
        for one in &run.applied {
            let _ = writeln!(
                body,
                "<li class=\"{}\"><b class=\"sign\">{}</b> <code>{}</code> {} <small>{:.1} s</small></li>",
                class_of(one.action),
                xml(one.action.mark()),
                xml(&one.address),
                xml(&one.id),
                one.seconds
            );
        }
        body.push_str("</ul>\n");
    }
    if !run.statuses.is_empty() {
        body.push_str("<ul class=\"done\">\n");
        let (well, unwell): (Vec<_>, Vec<_>) =
            run.statuses.iter().partition(|one| is_well(one.health));
        for one in unwell.into_iter().chain(well) {
            let (class, sign, _) = look(Some(crate::graph::Mark::Status(one.health)));
            let reason = one
                .reason
                .as_deref()
                .map(|reason| format!(": {}", xml(reason)));
            let _ = writeln!(
                body,
                "<li class=\"{class}\"><b class=\"sign\">{sign}</b> <code>{}</code> {}{}</li>",
                xml(&one.address),
                one.health.as_str(),
                reason.unwrap_or_default()
            );
        }
        body.push_str("</ul>\n");
    }
    body.push_str("</section>\n");
}

fn add_change(body: &mut String, change: &ResourceChange) {
    let class = class_of(change.action);
    let id = change
        .id
        .as_ref()
        .map(|id| format!(" <span class=\"id\">{}</span>", xml(id)));
    let line = format!(
        "<b class=\"sign\">{}</b> <code>{}</code>{} <span class=\"todo\">{}</span>",
        xml(change.action.mark()),
        xml(&change.address),
        id.unwrap_or_default(),
        to_do(change.action)
    );
    let pending = change.pending.as_ref().map(|pending| {
        format!(
            "<p class=\"pending\"><strong>pending</strong> {}</p>",
            xml(pending)
        )
    });
    let pending = pending.unwrap_or_default();
    if change.fields.is_empty() {
        let _ = writeln!(
            body,
            "<div class=\"change {class} a-{class}\"><p>{line}</p>{pending}</div>"
        );
        return;
    }
    let open = if change.action == Action::Create {
        ""
    } else {
        " open"
    };
    let _ = writeln!(
        body,
        "<details class=\"change {class} a-{class}\"{open}><summary>{line}</summary>{pending}\n<dl>"
    );
    for field in &change.fields {
        for part in parts(change.action, field) {
            let mut notes = String::new();
            if change.action != Action::Create {
                notes.push_str(match field.cause {
                    Cause::Config => " <span class=\"cause\">config</span>",
                    Cause::Drift => " <span class=\"cause drift\">drift</span>",
                });
            }
            if field.replaces {
                notes.push_str(" <span class=\"cause replaces\">replaces</span>");
            }
            let _ = writeln!(
                body,
                "<dt>{}</dt><dd>{}{notes}</dd>",
                xml(&part.path),
                difference(&part.difference)
            );
        }
    }
    body.push_str("</dl></details>\n");
}

fn difference(difference: &Difference) -> String {
    let value = |value: &Value| match short(value) {
        text if text.is_empty() => "\"\"".to_owned(),
        text => xml(&text),
    };
    match difference {
        Difference::Value(one) => value(one),
        Difference::Changed(before, after) => {
            format!("<del>{}</del> → <ins>{}</ins>", value(before), value(after))
        }
        Difference::Items(added, removed) => {
            let list = |tag: &str, items: &[Value]| {
                let items = items.iter();
                let items = items.map(|item| format!("<li><{tag}>{}</{tag}></li>", value(item)));
                items.collect::<String>()
            };
            let items = list("ins", added) + &list("del", removed);
            format!("<ul class=\"items\">{items}</ul>")
        }
        Difference::Order(items) => {
            let items: Vec<String> = items.iter().map(value).collect();
            format!("in another order: {}", items.join(", "))
        }
    }
}

fn add_cost_lines(body: &mut String, costs: &[Cost]) {
    let lines: Vec<&Cost> = costs.iter().filter(|cost| cost.total.is_none()).collect();
    if lines.is_empty() {
        return;
    }
    let _ = writeln!(
        body,
        "<details><summary>{} lines</summary>\n<table>",
        lines.len()
    );
    for cost in lines {
        let place = cost.address.as_deref().unwrap_or("the stack");
        let amount = match &cost.usd_month {
            Some(amount) => format!("{} USD", xml(amount)),
            None => xml(cost.reason.as_deref().unwrap_or("unknown")),
        };
        let _ = writeln!(
            body,
            "<tr><td><code>{}</code></td><td>{}</td><td class=\"usd\">{amount}</td></tr>",
            xml(place),
            xml(&cost.item)
        );
    }
    body.push_str("</table></details>\n");
}
