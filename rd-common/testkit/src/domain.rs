//! Domains for tests with DNS: one for each world, since all accounts of the local API share its DNS.

use crate::network::SETTINGS;
use crate::world::World;
use serde_json::{Value, json};

impl World {
    /// A domain that no other world has.
    pub fn domain(&self) -> String {
        format!("t{}.example.com", self.account)
    }

    /// Settings with the domain, and these keys of `[edge]`.
    pub fn edge(&self, keys: &str) -> String {
        format!("{SETTINGS}domain = \"{}\"\n[edge]\n{keys}\n", self.domain())
    }

    /// Creates a public hosted zone, and returns its id.
    pub fn zone(&self, name: &str) -> String {
        let reference = format!("{name} {}", self.account);
        self.zone_with(name, &reference, "")
    }

    /// Creates a hosted zone with more XML in the request, such as a VPC, which makes it private.
    pub fn zone_with(&self, name: &str, reference: &str, more: &str) -> String {
        let body = format!(
            "<CreateHostedZoneRequest xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"><Name>{name}</Name>\
             <CallerReference>{reference}</CallerReference>{more}</CreateHostedZoneRequest>"
        );
        let made = self.route53("POST", "/2013-04-01/hostedzone", &body);
        let id = made.tag("Id").unwrap();
        id.trim_start_matches("/hostedzone/").to_owned()
    }

    /// Changes a record set outside of the programs: the action, such as `UPSERT`, and the set as XML.
    pub fn change_record(&self, zone: &str, action: &str, set: &str) {
        let body = format!(
            "<ChangeResourceRecordSetsRequest xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"><ChangeBatch>\
             <Changes><Change><Action>{action}</Action><ResourceRecordSet>{set}</ResourceRecordSet></Change></Changes>\
             </ChangeBatch></ChangeResourceRecordSetsRequest>"
        );
        let path = format!("/2013-04-01/hostedzone/{zone}/rrset");
        self.route53("POST", &path, &body);
    }

    /// `name type` of every record set of a zone, without those that every zone has.
    pub fn records(&self, zone: &str) -> Vec<String> {
        let path = format!("/2013-04-01/hostedzone/{zone}/rrset");
        let listed = self.route53("GET", &path, "").body;
        let of = |set: &str, tag: &str| -> Option<String> {
            let (_, rest) = set.split_once(&format!("<{tag}>"))?;
            Some(rest.split('<').next()?.to_owned())
        };
        let sets = listed.split("<ResourceRecordSet>").skip(1);
        sets.filter_map(|set| Some((of(set, "Name")?, of(set, "Type")?)))
            .filter(|(_, kind)| !["NS", "SOA"].contains(&kind.as_str()))
            .map(|(name, kind)| format!("{name} {kind}"))
            .collect()
    }

    /// Creates an issued certificate of another owner for this name under the domain. Returns its ARN.
    pub fn certificate_of_others(&self, name: &str) -> String {
        let name = format!("{name}.{}", self.domain());
        let request = json!({"DomainName": name, "ValidationMethod": "DNS"});
        let made = self.json("CertificateManager.RequestCertificate", &request);
        let ask = json!({"CertificateArn": made["CertificateArn"]});
        let described = || self.json("CertificateManager.DescribeCertificate", &ask);
        // The record is not there at once.
        let records =
            || described()["Certificate"]["DomainValidationOptions"][0]["ResourceRecord"].clone();
        let record = std::iter::repeat_with(records)
            .take(10)
            .find(Value::is_object)
            .unwrap();
        let proof = json!({"name": record["Name"], "type": "CNAME", "value": record["Value"]});
        self.aws_local("/aws-local/dns", &proof);
        // The local API validates it when it is described.
        described();
        made["CertificateArn"].as_str().unwrap().to_owned()
    }

    /// The JSON document that `rd-edge records` prints.
    pub fn edge_records(&self) -> Value {
        let done = self.rd("rd-edge").args("records").ok();
        serde_json::from_str(done.stdout.trim()).unwrap()
    }

    /// Creates the validation records of the certificate outside of Route 53.
    pub fn prove(&self) {
        for record in self.edge_records()["records"].as_array().unwrap() {
            if record["seen"] == false {
                let made =
                    json!({"name": record["name"], "type": "CNAME", "value": record["value"]});
                self.aws_local("/aws-local/dns", &made);
            }
        }
    }
}
