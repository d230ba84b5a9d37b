//! Collects decisions: each resource is one part of the stack, and each part is one resource.

use crate::adoption::answers::Answers;
use crate::adoption::mapping::{Decision, Mapping, Question, Stays};
use crate::terraform::{Resource, Terraform};
use std::collections::{BTreeMap, BTreeSet};

/// What is known so far.
pub struct Mapper<'a> {
    terraform: &'a Terraform,
    answers: &'a Answers,
    claimed: BTreeSet<&'a str>,
    /// Why resources stay in Terraform that have a part of rd as their like, by address.
    left: BTreeMap<&'a str, &'static str>,
    /// The result so far.
    pub mapping: Mapping,
}

impl<'a> Mapper<'a> {
    /// Nothing is decided yet.
    pub fn new(terraform: &'a Terraform, answers: &'a Answers) -> Self {
        Self {
            terraform,
            answers,
            claimed: BTreeSet::new(),
            left: BTreeMap::new(),
            mapping: Mapping::default(),
        }
    }

    /// The resources of a type.
    pub fn of(&self, kind: &str) -> Vec<&'a Resource> {
        let all = self.terraform.resources.iter();
        all.filter(|one| one.kind == kind).collect()
    }

    /// The resources of some types.
    pub fn of_any(&self, kinds: &[&str]) -> Vec<&'a Resource> {
        kinds.iter().flat_map(|kind| self.of(kind)).collect()
    }

    /// Whether the answers say that a resource stays in Terraform.
    pub fn keeps(&self, terraform: &str) -> bool {
        self.answers.keeps(terraform)
    }

    /// Says why a resource stays in Terraform.
    pub fn leave(&mut self, one: &'a Resource, why: &'static str) {
        self.left.entry(&one.address).or_insert(why);
    }

    /// Says that a resource is the one at `address`, whose id in rd is `id`.
    pub fn claim(&mut self, one: &'a Resource, address: &str, id: &str, how: &str) {
        let taken = self.mapping.decisions.iter();
        let mut taken = taken.filter(|decision| decision.address == address);
        let is_part = id.is_empty();
        if self.answers.keeps(&one.address)
            || !self.claimed.insert(&one.address)
            || (!is_part && taken.any(|decision| !decision.id.is_empty()))
        {
            return;
        }
        self.mapping.decisions.push(Decision {
            terraform: one.address.clone(),
            block: one.block(),
            id: id.to_owned(),
            address: address.to_owned(),
            how: how.to_owned(),
        });
    }

    /// Whether a resource with this id is the one at `address`.
    pub fn has(&self, address: &str, id: &str) -> bool {
        let mut all = self.mapping.decisions.iter();
        all.any(|one| one.address == address && one.id == id)
    }

    /// Whether a resource with a `vpc_id`, or what is in a subnet group, can be in the VPC of the stack: it is not where both
    /// are known and differ.
    pub fn may_be_in_vpc(&self, one: Option<&Resource>) -> bool {
        let mut decisions = self.mapping.decisions.iter();
        let stack = decisions.find(|one| one.address == "net.vpc.main");
        let vpc = one.map(|one| one.text("vpc_id")).unwrap_or_default();
        vpc.is_empty() || stack.is_none_or(|one| one.id == vpc)
    }

    /// Adds the settings of a log group, where they are not those of rd. `days` is the retention by default.
    pub fn log_group_settings(&mut self, group: &Resource, table: &'static str, days: i64) {
        let kept = group.number("retention_in_days").unwrap_or_default();
        if kept > 0 && kept != days {
            self.mapping
                .set(table, "log_retention_days", kept.to_string());
        }
        let key = group.text("kms_key_id");
        if !key.is_empty() {
            self.mapping.set_text(table, "log_kms_key", key);
        }
    }

    /// The resource at `address` among those that it can be: the one that the answers name, otherwise the only one. Where
    /// there are several, a question is asked, and nothing is returned.
    pub fn pick(
        &mut self,
        address: &str,
        candidates: &[&'a Resource],
        how: &str,
    ) -> Option<&'a Resource> {
        self.pick_as(address, candidates, how, |one| one.id().to_owned())
    }

    /// The same where rd has another id than Terraform, `id`.
    pub fn pick_as(
        &mut self,
        address: &str,
        candidates: &[&'a Resource],
        how: &str,
        id: impl Fn(&Resource) -> String,
    ) -> Option<&'a Resource> {
        let answered = |one: &&&Resource| self.answers.address_of(&one.address) == Some(address);
        if let Some(one) = candidates.iter().find(answered) {
            let one = *one;
            self.claim(one, address, &id(one), "answered");
            return Some(one);
        }
        let free: Vec<&'a Resource> = candidates
            .iter()
            .filter(|one| self.answers.address_of(&one.address).is_none())
            .filter(|one| !self.claimed.contains(one.address.as_str()))
            .copied()
            .collect();
        match free.as_slice() {
            [] => None,
            [one] => {
                let one = *one;
                self.claim(one, address, &id(one), how);
                Some(one)
            }
            several => {
                self.mapping.questions.push(Question {
                    address: address.to_owned(),
                    candidates: several.iter().map(|one| one.address.clone()).collect(),
                    why: format!("{} can be {how}", several.len()),
                });
                None
            }
        }
    }

    /// As [`Mapper::pick`], but asks even where only one is left.
    pub fn ask(
        &mut self,
        address: &str,
        candidates: &[&'a Resource],
        what: &str,
    ) -> Option<&'a Resource> {
        let answered = |one: &&'a Resource| self.answers.address_of(&one.address) == Some(address);
        if candidates.iter().any(answered) {
            return self.pick(address, candidates, what);
        }
        let open = candidates
            .iter()
            .filter(|one| self.answers.address_of(&one.address).is_none());
        let open: Vec<String> = open.map(|one| one.address.clone()).collect();
        if !open.is_empty() {
            self.mapping.questions.push(Question {
                address: address.to_owned(),
                candidates: open,
                why: format!("nothing says which one is {what}, or whether one is"),
            });
        }
        None
    }

    /// The result: what is no part of the stack stays in Terraform.
    pub fn finish(mut self) -> Mapping {
        for one in &self.terraform.resources {
            if self.claimed.contains(one.address.as_str()) {
                continue;
            }
            let left = self.left.get(one.address.as_str()).copied();
            let why = match left {
                _ if self.answers.keeps(&one.address) => "answered",
                Some(why) => why,
                None => "rd has no part for it",
            };
            self.mapping.stays.push(Stays {
                terraform: one.address.clone(),
                block: one.block(),
                why: why.to_owned(),
            });
        }
        self.mapping
    }
}
