//! `secret_version`: the current value of a secret, whose host, port and URL follow the resource that it points to. The
//! generated member is neither changed, compared nor stored.
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html>

use crate::description::version_with;
use crate::form::Form;
use crate::value::{CURRENT, Fields, Read, current, put_as, read};
use crate::{SecretForm, Secrets};
use rd_common::{
    Attribute, Change, CreateRequest, Ctx, Deletion, Diff, Document, Error, Found, Input, Kind,
    Result, Wanted, attribute,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::marker::PhantomData;

/// The kind `secret_version`, for a slice with clients `C` and a secret of form `F`.
pub struct SecretVersion<C, F>(PhantomData<(C, F)>);

impl<C, F> SecretVersion<C, F> {
    /// The secret's ARN. Known once the value is complete.
    pub const ARN: Attribute<String> = attribute!(Live, arn);
}

/// The desired value, without the generated member.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The ARN of the secret that has the value.
    pub secret_arn: Input,
    /// The members that are not confidential, by name.
    pub fields: BTreeMap<String, Input<Value>>,
    /// The form of an adopted value; none for that of rd.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<Form>,
}

/// The value in Secrets Manager, without the generated member.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// The secret's ARN. A resource that refers to it waits until the value is complete.
    pub arn: String,
    /// The members that are not confidential; none if the credentials may not read the value.
    pub fields: Option<Fields>,
    /// Whether the URL is the one built from the other members.
    pub url_fits: bool,
    /// Whether the value has the generated member.
    pub generated: bool,
    /// The id of the version that was read. The value of a version never changes, so one that is known is not read again.
    /// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html#term_version>
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What the value consists of.
    #[serde(default)]
    pub form: Form,
}

/// The fields of a spec that are known.
fn known_fields(spec: &Spec) -> Fields {
    spec.fields
        .iter()
        .filter_map(|(name, value)| Some((name.clone(), value.known()?.clone())))
        .collect()
}

/// What the state has of the value, where its version is still the current one, and nothing that `one` asks for is
/// missing: a plan without changes reads no secret.
async fn recorded<C: Secrets>(ctx: &Ctx<C>, one: &Wanted<Spec>, arn: &str) -> Result<Option<Live>> {
    let Some(live) = ctx.recorded::<Live>(&one.address) else {
        return Ok(None);
    };
    let names = one.spec.iter().flat_map(|spec| spec.fields.keys());
    let knows = |name| {
        live.fields
            .as_ref()
            .is_some_and(|fields| fields.contains_key(name))
    };
    let has_form = one.spec.as_ref().is_some_and(|spec| spec.form.is_some());
    let is_whole = has_form || live.url_fits && live.generated;
    let complete = live.arn == arn && live.version.is_some() && is_whole;
    if !complete || !names.into_iter().all(knows) {
        return Ok(None);
    }
    // Where there is none, the read of the value tells what that means.
    let Some(secret) = ctx.clients.descriptions().of(arn).await? else {
        return Ok(None);
    };
    let is_current = version_with(&secret, CURRENT) == live.version.as_ref();
    Ok((is_current && secret.deleted_date().is_none()).then_some(live))
}

impl<C: Secrets, F: SecretForm> Kind for SecretVersion<C, F> {
    const NAME: &'static str = "secret_version";
    const READS_BY_SPEC: bool = true;
    // A version is deleted with its secret.
    const RETAINED: bool = true;
    type Spec = Spec;
    type Live = Live;
    type Clients = C;

    async fn find(ctx: &Ctx<C>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let mut found = Vec::new();
        for one in wanted {
            let arn = one
                .id
                .clone()
                .or_else(|| one.spec.as_ref()?.secret_arn.known().cloned());
            let Some(arn) = arn else { continue };
            if let Some(live) = recorded(ctx, one, &arn).await? {
                found.push(Found {
                    address: one.address.clone(),
                    id: arn,
                    live,
                    tags: None,
                });
                continue;
            }
            let live = match read::<F>(&ctx.clients, &arn, CURRENT).await? {
                Read::Absent => continue,
                Read::Denied => Live {
                    arn: arn.clone(),
                    fields: None,
                    url_fits: true,
                    generated: true,
                    version: None,
                    form: Form::default(),
                },
                Read::Content(mut content) => Live {
                    arn: arn.clone(),
                    fields: {
                        // Members that others have added may be confidential: they must not get into the state.
                        let is_ours = |name: &String| {
                            let spec = one.spec.as_ref();
                            spec.is_some_and(|spec| spec.fields.contains_key(name))
                        };
                        content.fields.retain(|name, _| is_ours(name));
                        Some(content.fields)
                    },
                    url_fits: content.url_matches,
                    generated: content.generated.is_some(),
                    version: content.version,
                    form: content.form,
                },
            };
            found.push(Found {
                address: one.address.clone(),
                id: arn,
                live,
                tags: None,
            });
        }
        Ok(found)
    }

    async fn create(ctx: &Ctx<C>, request: CreateRequest<'_, Spec>) -> Result<String> {
        let arn = request.spec.secret_arn.text().to_owned();
        store::<C, F>(ctx, &arn, request.spec).await?;
        Ok(arn)
    }

    async fn update(ctx: &Ctx<C>, id: &str, _: &Live, spec: &Spec, _: &[Change]) -> Result<()> {
        store::<C, F>(ctx, id, spec).await
    }

    async fn delete(_: &Ctx<C>, _: &str) -> Result<Deletion> {
        Ok(Deletion::Accepted)
    }

    fn keeps(live: &Live) -> Vec<(&'static str, Value)> {
        match live.form {
            Form::Own => Vec::new(),
            form => vec![("form", json!(form))],
        }
    }

    fn diff(spec: &Spec, live: &Live, last: Option<&Spec>) -> Vec<Change> {
        let mut diff = Diff::new();
        diff.fixed("secret_arn", &live.arn, &spec.secret_arn);
        let reported = live.fields.clone().or_else(|| last.map(known_fields));
        for (name, desired) in &spec.fields {
            let before = reported.as_ref().and_then(|fields| fields.get(name));
            diff.field(&format!("fields.{name}"), before, desired);
        }
        if spec.form.is_some() {
            return diff.finish();
        }
        if !live.url_fits {
            diff.field("url", "(inconsistent)", "(built from the fields)");
        }
        if !live.generated {
            diff.field(F::KEY, "(missing)", "(generated)");
        }
        diff.finish()
    }
}

/// The form that the value at an address keeps, from the spec last applied; that of rd where the state has none.
pub fn stored_form(state: &Document, address: &str) -> Form {
    let stored = state.resources.get(address);
    let form = stored.and_then(|one| one.spec.get("form"));
    form.and_then(|form| Form::deserialize(form).ok())
        .unwrap_or_default()
}

/// Stores a new current version with the fields of `spec`. The generated member stays the same.
async fn store<C: Secrets, F: SecretForm>(ctx: &Ctx<C>, arn: &str, spec: &Spec) -> Result<()> {
    let client = ctx.clients.secrets();
    let content = current::<C, F>(ctx, arn).await?;
    let form = spec.form.unwrap_or_default();
    if content.form == form && !content.can_hold(form) {
        return Err(content.unknown::<F>());
    }
    if !content.can_hold(form) {
        return Err(Error::refused(format!(
            "the value of the secret is {}, and not {} as it was",
            content.form.words(),
            form.words()
        ))
        .hint("nothing was changed; store the value in its former form, or write what has changed into it"));
    }
    let Some(generated) = content.generated.clone() else {
        return Err(
            Error::failed(format!("the secret has no {}", F::KEY)).hint(format!(
                "rd-{} rotate generates one and sets it in both places",
                ctx.slice
            )),
        );
    };
    // Members that others have added stay.
    let mut fields = content.fields.clone();
    fields.extend(known_fields(spec));
    put_as::<F>(client, arn, (form, &content), &fields, &generated, CURRENT)
        .await
        .map(|_| ())
}
