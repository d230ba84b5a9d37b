//! The session bucket as a resource of Terraform, for `rd-state adopt --scan`. An account has other buckets, too: its name is
//! passed.

use crate::clients::Clients;
use crate::kinds::bucket::encryption;
use crate::s3_errors::explain_read;
use rd_common::{Ctx, Error, Result, ScanRequest, TerraformResources};
use serde_json::json;

/// The bucket that the request names, with its encryption. Fails where this account has none with that name in the region.
pub async fn scan(ctx: &Ctx<Clients>, request: &ScanRequest) -> Result<TerraformResources> {
    let mut all = TerraformResources::default();
    let Some(name) = &request.bucket else {
        return Ok(all);
    };
    let encryption = match encryption::get(&ctx.clients.s3, name).await {
        Err(error) if error.is(&["NoSuchBucket"]) => {
            return Err(Error::refused(format!("the bucket {name} does not exist"))
                .hint("nothing was changed; aws s3 ls lists the buckets of the account"));
        }
        other => other.map_err(|error| explain_read(error, name))?.encryption,
    };
    all.add("aws_s3_bucket", name, json!({"bucket": name}));
    let default =
        json!({"sse_algorithm": encryption.algorithm, "kms_master_key_id": encryption.kms_key});
    let rule = json!({"apply_server_side_encryption_by_default": [default]});
    let kind = "aws_s3_bucket_server_side_encryption_configuration";
    all.add(kind, name, json!({"bucket": name, "rule": [rule]}));
    Ok(all)
}
