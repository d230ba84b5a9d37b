//! Accounts with two networks side by side.

use super::net::own_style;
use crate::adoption::{Answers, map};
use crate::terraform;
use crate::terraform::tests::{numbers, state};
use serde_json::{Value, json};

/// The same resources with other names and ids.
fn other(resources: &[Value]) -> Vec<Value> {
    let mut text = json!(resources).to_string();
    for prefix in [
        "vpc", "subnet", "igw", "nat", "eipalloc", "rtb", "rtbassoc", "sg", "sgr", "vpce", "r",
    ] {
        text = text.replace(&format!("\"{prefix}-"), &format!("\"{prefix}-other-"));
    }
    let all: Vec<Value> = serde_json::from_str(&text).unwrap_or_default();
    let renamed = all.into_iter().map(|mut one| {
        let name = one["name"].as_str().unwrap_or_default().to_owned();
        one["name"] = json!(format!("other_{name}"));
        one
    });
    renamed.collect()
}

#[test]
fn a_thousand_accounts_with_two_networks_give_no_id_of_the_other() {
    let mut next = numbers();
    let own = own_style();
    let vpc_of_other = other(&own[..1]);
    let whole = [own.clone(), other(&own)].concat();
    let mut decided = 0;
    for _ in 0..1000 {
        let mut account = whole.clone();
        for _ in 0..next(6) {
            let one = next(account.len());
            let is_vpc = account[one] == own[0] || account[one] == vpc_of_other[0];
            if !is_vpc {
                account.remove(one);
            }
        }
        for at in (1..account.len()).rev() {
            account.swap(at, next(at + 1));
        }
        let bytes = state(&account).to_string();
        let terraform = terraform::read(bytes.as_bytes(), "x").unwrap();
        let answers = Answers::of(&[
            ("aws_vpc.main", "net.vpc.main"),
            ("aws_vpc.other_main", "terraform"),
        ]);
        let mapping = map(&terraform, &answers, "us-east-1");
        for one in &mapping.decisions {
            assert!(!one.id.contains("-other-"), "{one:?}");
            assert!(!one.terraform.contains(".other_"), "{one:?}");
        }
        decided += mapping.decisions.len();
    }
    assert!(decided > 10_000, "{decided}");
}
