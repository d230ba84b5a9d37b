//! `subscriptions`: who hears of the alarms, and whether they have agreed to; `confirm` and `test`.

use crate::clients::Clients;
use crate::kinds::subscription::{Listed, listed};
use crate::kinds::topic::GONE;
use crate::names::TOPIC;
use crate::slice::Logs;
use clap::{Args, Subcommand};
use rd_common::aws::Explain;
use rd_common::commands::slice_context::SliceContext;
use rd_common::context::Context;
use rd_common::output::style::{OK, paint};
use rd_common::output::table::table;
use rd_common::{Ctx, Error, Exit, Result};
use serde_json::json;

/// Flags of `subscriptions`.
#[derive(Args)]
pub struct SubscriptionsArgs {
    #[command(subcommand)]
    verb: Option<Verb>,
}

/// Verbs of `subscriptions`.
#[derive(Subcommand)]
enum Verb {
    /// Confirm a subscription with what the mail from AWS has
    Confirm {
        /// The link of the mail, or the token in it
        #[arg(value_name = "TOKEN|URL")]
        token: String,
    },
    /// Send one message to everybody who has confirmed
    Test,
}

/// Runs it.
pub async fn run(context: &Context, args: &SubscriptionsArgs) -> Result<Exit> {
    let slice_context = SliceContext::<Logs>::open(context).await?;
    let (_, topic) = slice_context.resource(TOPIC)?;
    match &args.verb {
        None => list(context, &slice_context.ctx, topic).await,
        Some(Verb::Confirm { token }) => confirm(context, &slice_context.ctx, topic, token).await,
        Some(Verb::Test) => test(context, &slice_context.ctx, topic).await,
    }
}

async fn all(ctx: &Ctx<Clients>, topic: &str) -> Result<Vec<Listed>> {
    listed(ctx, topic)
        .await?
        .ok_or_else(|| Error::failed("the topic is gone").hint("run rd-logs apply"))
}

fn status(one: &Listed) -> &'static str {
    match one.arn {
        Some(_) => "confirmed",
        None => "pending",
    }
}

async fn list(context: &Context, ctx: &Ctx<Clients>, topic: &str) -> Result<Exit> {
    let all = all(ctx, topic).await?;
    if context.printer.is_json() {
        for one in &all {
            let line = json!({
                "endpoint": one.endpoint, "protocol": one.protocol, "status": status(one), "arn": one.arn,
            });
            context.printer.text(&format!("{line}\n"));
        }
    } else if all.is_empty() {
        context
            .printer
            .text("nobody: set alert_email in [logs], and apply\n");
    } else {
        let cells: Vec<Vec<String>> = all
            .iter()
            .map(|one| {
                vec![
                    one.endpoint.clone(),
                    one.protocol.clone(),
                    status(one).to_owned(),
                ]
            })
            .collect();
        context
            .printer
            .text(&table(&["ENDPOINT", "PROTOCOL", "STATUS"], &cells));
    }
    Ok(Exit::Done)
}

/// The token of what was given: itself, or that of the link, and the topic that the link is for.
fn token(text: &str) -> Result<(&str, Option<String>)> {
    let Some((_, query)) = text.split_once('?') else {
        if text.contains('/') || text.is_empty() {
            return Err(no_token(text));
        }
        return Ok((text, None));
    };
    let value = |wanted: &str| {
        query.split('&').find_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            name.eq_ignore_ascii_case(wanted).then_some(value)
        })
    };
    let token = value("Token").filter(|token| !token.is_empty());
    let topic = value("TopicArn").map(|arn| arn.replace("%3A", ":").replace("%3a", ":"));
    Ok((token.ok_or_else(|| no_token(text))?, topic))
}

fn no_token(text: &str) -> Error {
    Error::usage(format!("`{text}` has no token"))
        .hint("give the link of the mail in quotes, as it is; or what stands in it behind Token=")
}

async fn confirm(context: &Context, ctx: &Ctx<Clients>, topic: &str, given: &str) -> Result<Exit> {
    let (token, of) = token(given)?;
    if let Some(other) = of.filter(|of| of != topic) {
        return Err(
            Error::usage(format!("the link is for {other}, not for {topic}"))
                .hint("check --environment, --region and --profile"),
        );
    }
    let call = ctx.clients.sns.confirm_subscription();
    let call = call.topic_arn(topic).token(token);
    // Else whoever follows the link at the end of a forwarded mail, such as a scanner, ends it.
    let done = call.authenticate_on_unsubscribe("true").send().await;
    let done = done.doing("confirm the subscription").map_err(|error| {
        if error.is(&GONE) {
            Error::failed("the topic is gone").hint("run rd-logs apply")
        } else if error.is(&["InvalidParameter", "InvalidParameterException"]) {
            error.hint(
                "the token may be too old: a mail's is good for two days; rd-logs apply asks anew",
            )
        } else {
            error
        }
    })?;
    let arn = done.subscription_arn().unwrap_or_default();
    if context.printer.is_json() {
        let line = json!({"status": "confirmed", "arn": arn});
        context.printer.text(&format!("{line}\n"));
    } else {
        context
            .printer
            .text(&format!("{} {arn}\n", paint(OK, "confirmed")));
    }
    Ok(Exit::Done)
}

async fn test(context: &Context, ctx: &Ctx<Clients>, topic: &str) -> Result<Exit> {
    let all = all(ctx, topic).await?;
    let (confirmed, pending): (Vec<&Listed>, Vec<&Listed>) =
        all.iter().partition(|one| one.arn.is_some());
    let names = |some: &[&Listed]| -> String {
        let names: Vec<&str> = some.iter().map(|one| one.endpoint.as_str()).collect();
        names.join(", ")
    };
    if confirmed.is_empty() {
        let summary = if pending.is_empty() {
            "nobody has subscribed: nothing was sent".to_owned()
        } else {
            format!("{} has not confirmed: nothing was sent", names(&pending))
        };
        return Err(Error::failed(summary).hint(
            "set alert_email in [logs] and apply; the mail from AWS has a link to confirm it",
        ));
    }
    let stack = ctx.stack.name();
    let call = ctx.clients.sns_once.publish().topic_arn(topic);
    let call = call
        .subject(format!("Test of the alarms of {stack}").chars().take(99).collect::<String>())
        .message(format!(
            "This is a test of rd-logs: the alarms of {stack} in {} come to this address. There is nothing to do.",
            ctx.stack.region
        ));
    let sent = call.send().await.doing("send the test")?;
    let id = sent.message_id().unwrap_or_default();
    if context.printer.is_json() {
        let to: Vec<&str> = confirmed.iter().map(|one| one.endpoint.as_str()).collect();
        let line = json!({"message_id": id, "to": to});
        context.printer.text(&format!("{line}\n"));
    } else {
        context
            .printer
            .text(&format!("{} to {}\n", paint(OK, "sent"), names(&confirmed)));
    }
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_taken_out_of_a_link() {
        assert_eq!(token("2336abc").unwrap(), ("2336abc", None));
        let link = "https://sns.us-east-1.amazonaws.com/confirmation.html?TopicArn=arn:aws:sns:us-east-1:1:t&Token=2336abc&Endpoint=a@b.c";
        let (found, topic) = token(link).unwrap();
        assert_eq!(found, "2336abc");
        assert_eq!(topic.as_deref(), Some("arn:aws:sns:us-east-1:1:t"));
        let escaped =
            "https://x/?Action=ConfirmSubscription&TopicArn=arn%3Aaws%3Asns%3Ar%3A1%3At&Token=9";
        assert_eq!(
            token(escaped).unwrap().1.as_deref(),
            Some("arn:aws:sns:r:1:t")
        );
        for wrong in [
            "",
            "https://example.com/",
            "https://x/?TopicArn=a",
            "https://x/?Token=",
        ] {
            assert!(token(wrong).is_err(), "{wrong}");
        }
    }
}
