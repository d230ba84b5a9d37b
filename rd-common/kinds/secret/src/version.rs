//! `secret_version`: the current value of a secret, kept as what it leads to is. The generated member stays as it is;
//! it is neither compared nor remembered.
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html>

use crate::value::{CURRENT, Fields, Read, current, put, read};
use crate::{Form, Secrets};
use rd_common::{Change, CreateRequest, Ctx, Diff, Error, Found, Input, Kind, Result, Wanted};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::marker::PhantomData;

/// The kind, for a slice with clients `C`.
pub struct SecretVersion<C, F>(PhantomData<(C, F)>);

/// What we want.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The secret's ARN.
    pub secret_arn: Input,
    /// The members that are no secret.
    pub fields: BTreeMap<String, Input<Value>>,
}

/// What there is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// The secret's ARN, for whoever may use it only once the value is whole.
    pub arn: String,
    /// The members that are no secret; none where the credentials may not read the value.
    pub fields: Option<Fields>,
    /// Whether the URL is the one that the members make.
    pub url_fits: bool,
    /// Whether the generated member is there.
    pub generated: bool,
}

fn known(spec: &Spec) -> Fields {
    spec.fields
        .iter()
        .filter_map(|(name, value)| Some((name.clone(), value.known()?.clone())))
        .collect()
}

impl<C: Secrets, F: Form> Kind for SecretVersion<C, F> {
    const NAME: &'static str = "secret_version";
    // It goes with its secret.
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
            let live = match read::<F>(ctx.clients.secrets(), &arn, CURRENT).await? {
                Read::Absent => continue,
                Read::Denied => Live {
                    arn: arn.clone(),
                    fields: None,
                    url_fits: true,
                    generated: true,
                },
                Read::Content(mut content) => Live {
                    arn: arn.clone(),
                    fields: {
                        // What others put beside our members may be secret, and is not for the state.
                        let ours = |name: &String| {
                            let spec = one.spec.as_ref();
                            spec.is_some_and(|spec| spec.fields.contains_key(name))
                        };
                        content.fields.retain(|name, _| ours(name));
                        Some(content.fields)
                    },
                    url_fits: content.url_fits,
                    generated: content.generated.is_some(),
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
        set::<C, F>(ctx, &arn, request.spec).await?;
        Ok(arn)
    }

    async fn update(ctx: &Ctx<C>, id: &str, _: &Live, spec: &Spec, _: &[Change]) -> Result<()> {
        set::<C, F>(ctx, id, spec).await
    }

    async fn delete(_: &Ctx<C>, _: &str) -> Result<()> {
        Ok(())
    }

    fn diff(spec: &Spec, live: &Live, last: Option<&Spec>) -> Vec<Change> {
        let mut diff = Diff::new();
        diff.fixed("secret_arn", &live.arn, &spec.secret_arn);
        let told = live.fields.clone().or_else(|| last.map(known));
        for (name, wanted) in &spec.fields {
            let before = told.as_ref().and_then(|fields| fields.get(name));
            diff.field(&format!("fields.{name}"), before, wanted);
        }
        if !live.url_fits {
            diff.field("url", "(other)", "(made of the fields)");
        }
        if !live.generated {
            diff.field(F::KEY, "(missing)", "(generated)");
        }
        diff.finish()
    }
}

async fn set<C: Secrets, F: Form>(ctx: &Ctx<C>, arn: &str, spec: &Spec) -> Result<()> {
    let client = ctx.clients.secrets();
    let content = current::<F>(client, arn).await?;
    let Some(generated) = content.generated else {
        return Err(
            Error::failed(format!("the secret has lost its {}", F::KEY)).hint(format!(
                "rd-{} rotate makes a new one and sets it in both places",
                ctx.slice
            )),
        );
    };
    // What others put beside our members stays.
    let mut fields = content.fields;
    fields.extend(known(spec));
    put::<F>(client, arn, &fields, &generated, CURRENT)
        .await
        .map(|_| ())
}
