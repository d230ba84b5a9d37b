//! The files of an exported configuration.

use super::hcl::{self, Block, Expression};
use super::resource::Resource;
use super::stack::Stack;
use serde_json::json;

/// A file of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// The name, such as `net.tf`.
    pub name: String,
    /// The whole text of the file.
    pub text: String,
}

/// The files: one for each slice, one with the imports, and one with the versions and the provider.
pub fn files(stack: &Stack) -> Vec<File> {
    let file = |name: String, blocks: &[Block]| File {
        name,
        text: hcl::file(blocks),
    };
    let mut files = vec![file("versions.tf".to_owned(), &versions(&stack.region))];
    let mut imports = Vec::new();
    for (slice, resources) in stack.slices.iter().filter(|(_, all)| !all.is_empty()) {
        let blocks: Vec<Block> = resources.iter().map(Resource::to_block).collect();
        files.push(file(format!("{slice}.tf"), &blocks));
        imports.extend(resources.iter().filter_map(|one| {
            let id = one.import.as_deref()?;
            Some(Block::new("import", &[], |import| {
                import.set("to", Expression::Reference(one.address()));
                import.set("id", id);
            }))
        }));
    }
    files.push(file("imports.tf".to_owned(), &imports));
    files
}

/// Import blocks came with Terraform 1.5; 5.80 is the oldest version of the provider with every argument in use.
fn versions(region: &str) -> [Block; 2] {
    let terraform = Block::new("terraform", &[], |terraform| {
        terraform.set("required_version", ">= 1.5");
        terraform.block("required_providers", |required| {
            required.set(
                "aws",
                json!({"source": "hashicorp/aws", "version": ">= 5.80"}),
            );
        });
    });
    let provider = Block::new("provider", &["aws"], |provider| {
        provider.set("region", region);
    });
    [terraform, provider]
}
