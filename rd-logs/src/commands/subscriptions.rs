//! `subscriptions`: lists the subscriptions to the alarms; `confirm` and `test` check that their mails arrive.

use crate::clients::Clients;
use crate::kinds::subscription::{self, Listed};
use crate::names::{CACHE_SUBSCRIPTION_ADDRESS, TOPIC_ADDRESS};
use crate::slice::Logs;
use clap::{Args, Subcommand};
use rd_common::arn::last_part;
use rd_common::aws::Explain;
use rd_common::commands::slice_context::SliceContext;
use rd_common::context::Context;
use rd_common::output::style::{OK, paint};
use rd_common::output::table::table;
use rd_common::{Ctx, Error, Exit, Result};
use rd_topic::NOT_FOUND;
use serde_json::{Value, json};

/// Flags of `rd-logs subscriptions`, which lists them without a subcommand.
#[derive(Args)]
pub struct SubscriptionsArgs {
    #[command(subcommand)]
    command: Option<SubscriptionsCommand>,
}

/// Subcommands of `rd-logs subscriptions`.
#[derive(Subcommand)]
enum SubscriptionsCommand {
    /// Confirm a subscription with the link in the mail from AWS
    #[command(after_help = "{program} subscriptions confirm \"$LINK\"")]
    Confirm {
        /// Link in the mail, in quotes, or the token in the link
        #[arg(value_name = "TOKEN|URL")]
        token: String,
    },
    /// Send a test message to all confirmed subscriptions
    #[command(after_help = "{program} subscriptions test")]
    Test,
}

/// Lists, confirms or tests the subscriptions of the topic in the state.
pub async fn run(context: &Context, args: &SubscriptionsArgs) -> Result<Exit> {
    let logs = SliceContext::<Logs>::open(context).await?;
    let (_, topic) = logs.resource(TOPIC_ADDRESS)?;
    let topics = topics(&logs, topic);
    match &args.command {
        None => list(context, &logs.ctx, &topics).await,
        Some(SubscriptionsCommand::Confirm { token }) => {
            confirm(context, &logs.ctx, &topics, token).await
        }
        Some(SubscriptionsCommand::Test) => test(context, &logs.ctx, topic).await,
    }
}

/// The topic of the alarms, and that of the cache if somebody is subscribed to it.
fn topics(logs: &SliceContext<Logs>, alarms: &str) -> Vec<String> {
    let mut topics = vec![alarms.to_owned()];
    if let Ok(of_cache) = logs.spec::<subscription::Spec>(CACHE_SUBSCRIPTION_ADDRESS) {
        topics.extend(of_cache.topic_arn.known().cloned());
    }
    topics
}

fn topic_missing() -> Error {
    Error::failed("the topic does not exist").hint("run rd-logs apply")
}

async fn all(ctx: &Ctx<Clients>, topic: &str) -> Result<Vec<Listed>> {
    subscription::list(ctx, topic)
        .await?
        .ok_or_else(topic_missing)
}

fn status(one: &Listed) -> &'static str {
    match one.arn {
        Some(_) => "confirmed",
        None => "pending",
    }
}

async fn list(context: &Context, ctx: &Ctx<Clients>, topics: &[String]) -> Result<Exit> {
    let mut all = Vec::new();
    for topic in topics {
        let of_topic = self::all(ctx, topic).await?.into_iter();
        all.extend(of_topic.map(|one| (topic, one)));
    }
    if context.printer.is_json() {
        for (topic, one) in &all {
            let line = json!({
                "endpoint": one.endpoint, "protocol": one.protocol, "status": status(one), "arn": one.arn, "topic": topic,
            });
            context.printer.text(&format!("{line}\n"));
        }
    } else if all.is_empty() {
        context
            .printer
            .text("no subscriptions: set alert_email in [logs], then run rd-logs apply\n");
    } else {
        let cells: Vec<Vec<String>> = all
            .iter()
            .map(|(topic, one)| {
                vec![
                    one.endpoint.clone(),
                    one.protocol.clone(),
                    status(one).to_owned(),
                    last_part(topic).to_owned(),
                ]
            })
            .collect();
        context
            .printer
            .text(&table(&["ENDPOINT", "PROTOCOL", "STATUS", "TOPIC"], &cells));
    }
    Ok(Exit::Done)
}

/// The token in a text that is a token or a link; and the ARN of the topic, if the link has it.
fn parse_token(text: &str) -> Result<(&str, Option<String>)> {
    let Some((_, query)) = text.split_once('?') else {
        if text.contains('/') || text.is_empty() {
            return Err(token_missing(text));
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
    Ok((token.ok_or_else(|| token_missing(text))?, topic))
}

fn token_missing(text: &str) -> Error {
    Error::usage(format!("`{text}` does not contain a token")).hint(
        "pass the link in the mail in quotes, unchanged, or the text after Token= in the link",
    )
}

async fn confirm(
    context: &Context,
    ctx: &Ctx<Clients>,
    topics: &[String],
    given: &str,
) -> Result<Exit> {
    let (token, linked) = parse_token(given)?;
    // A token without its link is for the alarms.
    let linked = linked.unwrap_or_else(|| topics[0].clone());
    let Some(topic) = topics.iter().find(|topic| **topic == linked) else {
        return Err(Error::usage(format!(
            "the link is for the topic {linked}, not for {}",
            topics.join(" or ")
        ))
        .hint("check --environment, --region and --profile"));
    };
    let call = ctx.clients.sns.confirm_subscription();
    let call = call.topic_arn(topic).token(token);
    // Otherwise, anyone who opens the unsubscribe link of a forwarded mail would end it, such as a link scanner.
    let call = call.authenticate_on_unsubscribe("true");
    let confirm = async || call.clone().send().await.doing("confirm the subscription");
    let done = ctx.retrying(confirm).await.map_err(|error| {
        if error.is(&NOT_FOUND) {
            topic_missing()
        } else if error.is(&["InvalidParameter", "InvalidParameterException"]) {
            error.hint(
                "the token may have expired: it is valid for two days; rd-logs apply sends a new mail once AWS has deleted the subscription",
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

/// Subject and texts of a test message, by protocol. AWS Chatbot, which brings the alarms to Slack and Teams, is subscribed by
/// https, and shows only what AWS's services send and messages in this form.
/// <https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html>
fn test_message(stack: &str, region: &str) -> (String, Value) {
    let subject: String = format!("Test of the alarms of {stack}")
        .chars()
        .take(99)
        .collect();
    let text = format!(
        "This is a test message from rd-logs. The alarms of {stack} in {region} are sent to this address. You need not do \
         anything."
    );
    let for_chat = json!({
        "version": "1.0",
        "source": "custom",
        "content": {"title": subject, "description": text},
    });
    (
        subject,
        json!({"default": text, "https": for_chat.to_string()}),
    )
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
            "no test was sent: there are no subscriptions".to_owned()
        } else {
            format!(
                "no test was sent: {} has not confirmed the subscription",
                names(&pending)
            )
        };
        return Err(Error::failed(summary).hint(
            "set alert_email in [logs], run rd-logs apply, and open the link in the mail from AWS",
        ));
    }
    let (subject, messages) = test_message(&ctx.stack.name(), &ctx.stack.region);
    let call = ctx.clients.sns.publish().topic_arn(topic);
    let call = call
        .subject(subject)
        .message_structure("json")
        .message(messages.to_string());
    let send = async || call.clone().send().await.doing("send the test");
    let sent = ctx.retrying_if_not_done(send).await?;
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
    fn a_test_message_is_in_the_form_of_its_reader() {
        let (subject, messages) = test_message("shop-test", "us-east-1");
        assert_eq!(subject, "Test of the alarms of shop-test");
        assert!(messages["default"].as_str().unwrap().contains("us-east-1"));
        let for_chat: Value = serde_json::from_str(messages["https"].as_str().unwrap()).unwrap();
        assert_eq!(for_chat["source"], "custom");
        assert_eq!(
            for_chat["content"]["title"],
            "Test of the alarms of shop-test"
        );
    }

    #[test]
    fn a_token_is_found_in_a_link() {
        assert_eq!(parse_token("2336abc").unwrap(), ("2336abc", None));
        let link = "https://sns.us-east-1.amazonaws.com/confirmation.html?TopicArn=arn:aws:sns:us-east-1:1:t&Token=2336abc&Endpoint=a@b.c";
        let (found, topic) = parse_token(link).unwrap();
        assert_eq!(found, "2336abc");
        assert_eq!(topic.as_deref(), Some("arn:aws:sns:us-east-1:1:t"));
        let escaped =
            "https://x/?Action=ConfirmSubscription&TopicArn=arn%3Aaws%3Asns%3Ar%3A1%3At&Token=9";
        assert_eq!(
            parse_token(escaped).unwrap().1.as_deref(),
            Some("arn:aws:sns:r:1:t")
        );
        for wrong in [
            "",
            "https://example.com/",
            "https://x/?TopicArn=a",
            "https://x/?Token=",
        ] {
            assert!(parse_token(wrong).is_err(), "{wrong}");
        }
    }
}
