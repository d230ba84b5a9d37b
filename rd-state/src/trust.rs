//! The trust policy of a role for CI: who may assume it, by the OpenID Connect token of the forge. The subject is pinned to
//! one repository, and to what the role is for; nothing in it is a wildcard but the branch of a plan in GitLab.

use rd_common::{Error, Result};
use serde_json::{Value, json};

/// A repository of a forge, as `--trust` names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trusted {
    forge: Forge,
    repository: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Forge {
    GitHub,
    GitLab,
}

/// What the role is for.
#[derive(Clone, Copy, Debug)]
pub enum Role<'a> {
    /// Looks at the stack: in pull requests, and on the default branch.
    Plan,
    /// Changes the stack of this environment.
    Change(&'a str),
}

/// Where the role is, and which branch changes the stack.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The partition of AWS, such as `aws`.
    pub partition: &'a str,
    /// The id of the account.
    pub account: &'a str,
    /// The default branch of the repository.
    pub branch: &'a str,
    /// The host of the issuer, where it is not that of github.com or gitlab.com.
    pub issuer: Option<&'a str>,
}

impl Trusted {
    /// Reads `github:OWNER/REPOSITORY` or `gitlab:GROUP/PROJECT`. Fails where a part of it would be a wildcard to IAM.
    pub fn parse(text: &str) -> Result<Self> {
        let known = [("github:", Forge::GitHub), ("gitlab:", Forge::GitLab)];
        let found = known
            .into_iter()
            .find_map(|(prefix, forge)| Some((forge, text.strip_prefix(prefix)?)));
        let is_name = |name: &str| {
            let fits = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
            !name.is_empty() && name.bytes().all(fits)
        };
        let is_path = |forge, path: &str| {
            let parts = path.split('/').count();
            let fits = match forge {
                Forge::GitHub => parts == 2,
                Forge::GitLab => parts >= 2,
            };
            fits && path.split('/').all(is_name)
        };
        match found {
            Some((forge, path)) if is_path(forge, path) => Ok(Self {
                forge,
                repository: path.to_owned(),
            }),
            _ => Err(Error::usage(format!("`{text}` names no repository"))
                .hint("write it like github:owner/repository or gitlab:group/project")),
        }
    }

    /// The trust policy of a role.
    pub fn policy(&self, role: Role<'_>, place: Place<'_>) -> Value {
        let default = match self.forge {
            Forge::GitHub => "token.actions.githubusercontent.com",
            Forge::GitLab => "gitlab.com",
        };
        let issuer = place.issuer.unwrap_or(default);
        let audience = match self.forge {
            // What aws-actions/configure-aws-credentials asks for.
            Forge::GitHub => "sts.amazonaws.com".to_owned(),
            Forge::GitLab => format!("https://{issuer}"),
        };
        let (operator, subjects) = self.subjects(role, place.branch);
        let mut condition = json!({"StringEquals": {format!("{issuer}:aud"): audience}});
        condition[operator][format!("{issuer}:sub")] = json!(subjects);
        let provider = format!(
            "arn:{}:iam::{}:oidc-provider/{issuer}",
            place.partition, place.account
        );
        json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": {"Federated": provider},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": condition,
            }],
        })
    }

    /// The subjects of the tokens, and how IAM compares them.
    /// <https://docs.github.com/en/actions/reference/security/oidc>
    /// <https://docs.gitlab.com/ci/cloud_services/aws/>
    fn subjects(&self, role: Role<'_>, branch: &str) -> (&'static str, Vec<String>) {
        let repository = &self.repository;
        match (self.forge, role) {
            (Forge::GitHub, Role::Plan) => (
                "StringEquals",
                vec![
                    format!("repo:{repository}:pull_request"),
                    format!("repo:{repository}:ref:refs/heads/{branch}"),
                ],
            ),
            // The job names the environment, whose rules ask for an approval and allow the branch alone.
            (Forge::GitHub, Role::Change(environment)) => (
                "StringEquals",
                vec![format!("repo:{repository}:environment:{environment}")],
            ),
            // The subject of a merge request is its branch.
            (Forge::GitLab, Role::Plan) => (
                "StringLike",
                vec![format!("project_path:{repository}:ref_type:branch:ref:*")],
            ),
            (Forge::GitLab, Role::Change(_)) => (
                "StringEquals",
                vec![format!(
                    "project_path:{repository}:ref_type:branch:ref:{branch}"
                )],
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place<'_> = Place {
        partition: "aws",
        account: "123456789012",
        branch: "main",
        issuer: None,
    };

    fn statement(text: &str, role: Role<'_>, place: Place<'_>) -> Value {
        Trusted::parse(text).unwrap().policy(role, place)["Statement"][0].clone()
    }

    #[test]
    fn the_subject_is_pinned() {
        let github = statement("github:acme/shop", Role::Plan, PLACE);
        assert_eq!(
            github["Principal"]["Federated"],
            "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
        );
        assert_eq!(
            github["Condition"],
            json!({"StringEquals": {
                "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
                "token.actions.githubusercontent.com:sub":
                    ["repo:acme/shop:pull_request", "repo:acme/shop:ref:refs/heads/main"],
            }})
        );
        let changes = statement("github:acme/shop", Role::Change("staging"), PLACE);
        assert_eq!(
            changes["Condition"]["StringEquals"]["token.actions.githubusercontent.com:sub"],
            json!(["repo:acme/shop:environment:staging"])
        );
        let own = Place {
            branch: "trunk",
            issuer: Some("git.acme.example"),
            ..PLACE
        };
        let gitlab = statement("gitlab:acme/web/shop", Role::Change("staging"), own);
        assert_eq!(
            gitlab["Condition"],
            json!({"StringEquals": {
                "git.acme.example:aud": "https://git.acme.example",
                "git.acme.example:sub": ["project_path:acme/web/shop:ref_type:branch:ref:trunk"],
            }})
        );
        let plans = statement("gitlab:acme/shop", Role::Plan, PLACE);
        assert_eq!(
            plans["Condition"],
            json!({
                "StringEquals": {"gitlab.com:aud": "https://gitlab.com"},
                "StringLike": {"gitlab.com:sub": ["project_path:acme/shop:ref_type:branch:ref:*"]},
            })
        );
    }

    #[test]
    fn a_repository_is_no_pattern() {
        for text in [
            "acme/shop",
            "github:acme",
            "github:acme/*",
            "github:acme/shop:x",
            "github:acme/web/shop",
            "github:/shop",
            "gitlab:shop",
            "gitlab:acme/sh?p",
            "bitbucket:acme/shop",
        ] {
            assert!(Trusted::parse(text).is_err(), "{text}");
        }
    }
}
