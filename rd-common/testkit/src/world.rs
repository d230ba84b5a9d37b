//! The environment of one test: a folder, an account and settings.

use crate::http::{Answer, form, request};
use crate::run::Rd;
use crate::server::endpoint;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use tempfile::TempDir;

/// The AWS region of every test that names no other.
pub const REGION: &str = "us-east-1";

/// The only authority that the programs trust. It signed nothing.
const AUTHORITY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/authority.pem");

/// A service with the query protocol: its signing name and the version of its API.
pub type Api = (&'static str, &'static str);
/// The API of RDS, in its only version.
pub const RDS: Api = ("rds", "2014-10-31");
/// The API of ElastiCache, in its only version.
pub const ELASTICACHE: Api = ("elasticache", "2015-02-02");
/// The API of Elastic Load Balancing for application and network load balancers.
pub const ELB: Api = ("elasticloadbalancing", "2015-12-01");
/// The API of SNS, in its only version.
pub const SNS: Api = ("sns", "2010-03-31");
/// The API of CloudWatch, in its only version.
pub const CLOUDWATCH: Api = ("monitoring", "2010-08-01");

/// The environment of one test. Its folder is deleted with it. Its account is of this test alone, so nothing is left
/// for others in the local API.
pub struct World {
    folder: TempDir,
    /// The id of its AWS account.
    pub account: String,
    credentials: [String; 3],
    region: &'static str,
    /// The URL that its programs call: the local API, or a proxy in front of it.
    endpoint: String,
    /// The URL of the local API.
    pub(crate) api: &'static str,
}

/// An account id of this test alone: time, process and a counter, hashed into twelve digits.
fn account() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_nanos() as u64;
    let mixed =
        now ^ (u64::from(std::process::id()) << 32) ^ (NEXT.fetch_add(1, Ordering::Relaxed) << 20);
    format!(
        "{:012}",
        100_000_000_000 + mixed.wrapping_mul(0x9E37_79B9_7F4A_7C15) % 800_000_000_000
    )
}

impl World {
    /// A world whose `rd.toml` has these settings.
    pub fn new(settings: &str) -> Self {
        Self::at(settings, endpoint())
    }

    /// A world whose programs call AWS at `url`.
    pub fn at(settings: &str, url: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("rd.toml"), settings).unwrap();
        let account = account();
        let api = endpoint();
        Self {
            credentials: assume(api, &account, "test"),
            folder,
            account,
            region: REGION,
            endpoint: url.to_owned(),
            api,
        }
    }

    /// Another checkout of the same project: another folder with the same settings, for the same account.
    #[must_use]
    pub fn checkout(&self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = std::fs::read(self.path().join("rd.toml")).unwrap();
        std::fs::write(folder.path().join("rd.toml"), settings).unwrap();
        Self {
            folder,
            account: self.account.clone(),
            credentials: self.credentials.clone(),
            region: self.region,
            endpoint: self.endpoint.clone(),
            api: self.api,
        }
    }

    /// The same in another region.
    #[must_use]
    pub fn in_region(mut self, region: &'static str) -> Self {
        self.region = region;
        self
    }

    /// The folder with its `rd.toml`.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Replaces the settings in `rd.toml`.
    pub fn settings(&self, settings: &str) {
        std::fs::write(self.path().join("rd.toml"), settings).unwrap();
    }

    /// The path of a slice's state. `stack` is `<project>/<environment>`.
    pub fn state_file(&self, stack: &str, slice: &str) -> PathBuf {
        self.path()
            .join(".rd")
            .join(stack)
            .join(format!("{slice}.json"))
    }

    /// A program of this repository, such as `rd-net`.
    pub fn rd(&self, program: &str) -> Rd {
        Rd::new(program, self.path(), &self.environment())
    }

    /// The environment variables of its programs.
    pub fn environment(&self) -> Vec<(String, String)> {
        let [key, secret, token] = &self.credentials;
        [
            ("AWS_ENDPOINT_URL", self.endpoint.as_str()),
            ("AWS_ACCESS_KEY_ID", key),
            ("AWS_SECRET_ACCESS_KEY", secret),
            ("AWS_SESSION_TOKEN", token),
            ("AWS_REGION", self.region),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            // Waits of minutes take seconds.
            ("RD_WAIT_SCALE", "0.05"),
            // To parse all certificates of the machine takes a debug program longer than the rest of a plan.
            ("SSL_CERT_FILE", AUTHORITY),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
    }

    /// Calls an operation of EC2 outside of the programs, such as for a manual change.
    pub fn ec2(&self, action: &str, parameters: &[(&str, &str)]) -> Answer {
        let mut pairs = vec![("Action", action), ("Version", "2016-11-15")];
        pairs.extend(parameters);
        let answer = self.call(
            "ec2",
            "POST",
            "/",
            &[("Content-Type", "application/x-www-form-urlencoded")],
            &form(&pairs),
        );
        assert!(answer.status < 300, "{action}: {}", answer.body);
        answer
    }

    /// Calls an operation with the query protocol outside of the programs, such as of RDS.
    pub fn query(&self, api: Api, action: &str, parameters: &[(&str, &str)]) -> Answer {
        let answer = self.try_query(api, action, parameters);
        assert!(answer.status < 300, "{action}: {}", answer.body);
        answer
    }

    /// The same, but a refusal does not fail the test.
    pub fn try_query(&self, api: Api, action: &str, parameters: &[(&str, &str)]) -> Answer {
        let (service, version) = api;
        let mut pairs = vec![("Action", action), ("Version", version)];
        pairs.extend(parameters);
        let headers = [("Content-Type", "application/x-www-form-urlencoded")];
        self.call(service, "POST", "/", &headers, &form(&pairs))
    }

    /// Calls an operation with the JSON protocol outside of the programs: `secretsmanager.DescribeSecret`,
    /// `CertificateManager.ListCertificates`.
    pub fn json(&self, target: &str, input: &Value) -> Value {
        let api = target.split('.').next().unwrap_or_default();
        let signing_names = [
            ("CertificateManager", "acm"),
            ("AWSBudgetServiceGateway", "budgets"),
            ("DynamoDB_20120810", "dynamodb"),
            ("AmazonEC2ContainerServiceV20141113", "ecs"),
            ("AmazonEC2ContainerRegistry_V20150921", "ecr"),
            ("AnyScaleFrontendService", "application-autoscaling"),
            ("AmazonSSM", "ssm"),
            ("Logs_20140328", "logs"),
            ("TrentService", "kms"),
        ];
        let known = signing_names.iter().find(|(name, _)| *name == api);
        let service = known.map_or(api, |(_, signing_name)| *signing_name);
        let headers = [
            ("X-Amz-Target", target),
            ("Content-Type", "application/x-amz-json-1.1"),
        ];
        let answer = self.call(service, "POST", "/", &headers, &input.to_string());
        assert!(answer.status < 300, "{target}: {}", answer.body);
        serde_json::from_str(&answer.body).unwrap_or_default()
    }

    /// Calls Route 53 outside of the programs. `path` is like `/2013-04-01/hostedzone`.
    pub fn route53(&self, method: &str, path: &str, body: &str) -> Answer {
        let answer = self.call(
            "route53",
            method,
            path,
            &[("Content-Type", "text/xml")],
            body,
        );
        let (status, text) = (answer.status, &answer.body);
        assert!(status < 300, "{path}: {status} {text}");
        answer
    }

    /// Changes a setting of the local API itself, at a path like `/aws-local/dns`.
    pub fn aws_local(&self, path: &str, input: &Value) -> Answer {
        let headers = [("Content-Type", "application/json")];
        let answer = self.call("", "POST", path, &headers, &input.to_string());
        assert!(answer.status < 300, "{path}: {}", answer.body);
        answer
    }

    /// Calls AWS Chatbot outside of the programs, at the path of an operation, and returns its answer.
    pub fn chatbot(&self, path: &str, input: &Value) -> Value {
        let headers = [("Content-Type", "application/json")];
        let answer = self.call("chatbot", "POST", path, &headers, &input.to_string());
        assert!(answer.status < 300, "{path}: {}", answer.body);
        serde_json::from_str(&answer.body).unwrap_or_default()
    }

    /// Calls S3 outside of the programs. `path` is like `/bucket/key?query`.
    pub fn s3(&self, method: &str, path: &str, body: &str) -> Answer {
        self.call("s3", method, path, &[], body)
    }

    /// Sends a request to the registry of ECR, with its credentials.
    pub fn registry(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> Answer {
        let given = self.json(
            "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken",
            &Value::Object(serde_json::Map::new()),
        );
        let token = given["authorizationData"][0]["authorizationToken"]
            .as_str()
            .unwrap();
        let authorization = format!("Basic {token}");
        let headers = [
            ("Authorization", authorization.as_str()),
            ("Content-Type", kind),
        ];
        request(self.api, method, path, &headers, body)
    }

    fn call(
        &self,
        service: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let [key, _, token] = &self.credentials;
        // The local API takes the account from the access key and checks no signature.
        // AWS Chatbot's API is not in every region.
        let region = if service == "chatbot" {
            "us-east-2"
        } else {
            self.region
        };
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={key}/20260101/{region}/{service}/aws4_request, SignedHeaders=host, Signature=0"
        );
        let mut all = vec![
            ("Authorization", authorization.as_str()),
            ("X-Amz-Security-Token", token),
            ("X-Aws-Local-Exempt", "a test's own call"),
        ];
        all.extend(headers);
        request(self.api, method, path, &all, body.as_bytes())
    }
}

/// Credentials of a role in this account, from STS.
pub(crate) fn assume(api: &str, account: &str, role: &str) -> [String; 3] {
    let role = format!("arn:aws:iam::{account}:role/{role}");
    let body = form(&[
        ("Action", "AssumeRole"),
        ("Version", "2011-06-15"),
        ("RoleArn", &role),
        ("RoleSessionName", "test"),
    ]);
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential=root/20260101/{REGION}/sts/aws4_request, SignedHeaders=host, Signature=0"
    );
    let headers = [
        ("Authorization", authorization.as_str()),
        ("Content-Type", "application/x-www-form-urlencoded"),
    ];
    let answer = request(api, "POST", "/", &headers, body.as_bytes());
    ["AccessKeyId", "SecretAccessKey", "SessionToken"].map(|tag| {
        answer
            .tag(tag)
            .unwrap_or_else(|| panic!("no {tag}: {}", answer.body))
            .to_owned()
    })
}
