//! What Terraform needs after an adoption: to forget what it no longer manages, without a change at AWS.
//! <https://developer.hashicorp.com/terraform/language/resources/syntax#removing-resources>

use crate::adoption::mapping::Mapping;
use std::collections::BTreeSet;
use std::fmt::Write;

/// The blocks and commands, as text. A block names a whole resource or a whole module, since Terraform allows no instance
/// keys in it, and nothing that a module still declares: where a part of one stays, `terraform state rm` names the rest.
pub fn removal(mapping: &Mapping) -> String {
    let staying: BTreeSet<&str> = mapping.stays.iter().map(|one| one.block.as_str()).collect();
    let (partly, whole): (Vec<_>, Vec<_>) = mapping
        .decisions
        .iter()
        .partition(|one| staying.contains(one.block.as_str()));
    let whole: BTreeSet<&str> = whole.iter().map(|one| one.block.as_str()).collect();
    let mut text = String::new();
    if !whole.is_empty() {
        text.push_str(
            "# In Terraform 1.7 or later, and OpenTofu 1.10 or later: delete the blocks with these addresses, add the blocks\n\
             # below, and run terraform apply. It destroys nothing.\n",
        );
    }
    for block in &whole {
        let _ = write!(
            text,
            "\nremoved {{\n  from = {block}\n  lifecycle {{\n    destroy = false\n  }}\n}}\n"
        );
    }
    if !whole.is_empty() {
        text.push_str(
            "\n# In earlier versions: delete the blocks, and run this before terraform plan.\n",
        );
    }
    for block in &whole {
        let _ = writeln!(text, "# terraform state rm '{block}'");
    }
    let blocks: BTreeSet<&str> = partly.iter().map(|one| one.block.as_str()).collect();
    for block in blocks {
        let _ = writeln!(
            text,
            "\n# A part of {block} stays in Terraform. Take the rest out of its configuration (its for_each, its count, the\n\
             # arguments of the module), run this in every version, and read terraform plan before you apply anything:"
        );
        for one in partly.iter().filter(|one| one.block == block) {
            let _ = writeln!(text, "# terraform state rm '{}'", one.terraform);
        }
    }
    text
}
