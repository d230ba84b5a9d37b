//! `rd-store`: the S3 bucket of a stack.

mod bucket_contents;
mod clients;
mod commands;
mod config;
mod expected_owner;
mod kinds;
mod permissions;
mod s3_errors;
mod scan;
mod slice;

use rd_common::cli::{About, main as run};
use std::process::ExitCode;

fn main() -> ExitCode {
    run::<slice::Store, commands::Command>(About {
        name: "rd-store",
        about: "The session bucket of a stack: access, encryption, versioning, lifecycle and CORS",
        examples: "  rd-store plan                       show what an apply would do\n  \
                   rd-store apply -y                   create or update the bucket\n  \
                   rd-store usage                      count objects and bytes by storage class\n  \
                   rd-store destroy --delete-objects   delete the bucket and everything in it",
        samples: &[
            ("{address}", "store.bucket.sessions"),
            ("{id}", "shop-production-sessions-123456789012"),
            ("{output}", "bucket_name"),
        ],
    })
}
