//! Programs with the least permissions: credentials of a role that has the policy that the program itself prints, and an
//! AWS API that refuses all else.

use crate::run::Rd;
use crate::world::{Api, World, assume};
use serde_json::json;

const IAM: Api = ("iam", "2010-05-08");

impl World {
    /// A program whose credentials allow only what its `policy --for what` prints with the settings of now.
    pub fn restricted(&self, program: &str, what: &str) -> Rd {
        let line = format!("policy --for {what} --account {}", self.account);
        let policy = self.rd(program).args(&line).ok().stdout;
        self.with_policy(program, &format!("{program}-{what}"), policy.trim())
    }

    /// A program with the credentials of a role that has this policy and no other.
    pub fn with_policy(&self, program: &str, role: &str, policy: &str) -> Rd {
        let trust = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow", "Principal": {"AWS": self.account}, "Action": "sts:AssumeRole",
            }],
        });
        let trust = trust.to_string();
        // It may exist, with an earlier policy.
        self.try_query(
            IAM,
            "CreateRole",
            &[("RoleName", role), ("AssumeRolePolicyDocument", &trust)],
        );
        let inline = [
            ("RoleName", role),
            ("PolicyName", "least"),
            ("PolicyDocument", policy),
        ];
        self.query(IAM, "PutRolePolicy", &inline);
        let enforced = json!({"account": self.account, "role": role});
        self.aws_local("/aws-local/enforce", &enforced);
        let [key, secret, token] = assume(self.api, &self.account, role);
        self.rd(program)
            .env("AWS_ACCESS_KEY_ID", &key)
            .env("AWS_SECRET_ACCESS_KEY", &secret)
            .env("AWS_SESSION_TOKEN", &token)
    }
}
