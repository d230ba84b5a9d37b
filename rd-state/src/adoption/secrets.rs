//! The secrets with which clients connect. A value is never read: a secret is known by what its version refers to, or by
//! its name, and the member with the password by its name alone.

use crate::adoption::mapper::Mapper;
use crate::terraform::Resource;
use crate::terraform::secret_members::{OF_CACHE, OF_DATABASE};
use rd_common::terraform_resources::{NAMES_OF_CACHE_SECRETS, NAMES_OF_DATABASE_SECRETS};

/// A secret that rd has.
pub struct Known {
    /// Its address in rd.
    secret: &'static str,
    /// The address of its value.
    version: &'static str,
    /// The slice, in whose settings the member with the password or the token is.
    slice: &'static str,
    /// The name of that member where rd makes the secret.
    member: &'static str,
    /// The attribute of the version with the names of the members that have it.
    members: &'static str,
    /// What its name has in it, where nothing else tells.
    words: &'static [&'static str],
    /// What it is, for questions.
    what: &'static str,
}

/// The secret of the database.
pub const DATABASE: Known = Known {
    secret: "data.secret.database",
    version: "data.secret_version.database",
    slice: "data",
    member: "password",
    members: OF_DATABASE,
    words: &NAMES_OF_DATABASE_SECRETS,
    what: "the secret of the database",
};

/// The secret of the cache.
pub const CACHE: Known = Known {
    secret: "cache.secret.redis",
    version: "cache.secret_version.redis",
    slice: "cache",
    member: "token",
    members: OF_CACHE,
    words: &NAMES_OF_CACHE_SECRETS,
    what: "the secret of the cache",
};

/// The types whose values are passwords in an ordinary configuration.
const GENERATORS: [&str; 2] = ["random_password.", "random_string."];

/// The secret with the password of `owner`; none where there is none, or where it is a question.
pub fn pick<'a>(mapper: &mut Mapper<'a>, known: &Known, owner: &Resource) -> Option<&'a Resource> {
    let all = mapper.of("aws_secretsmanager_secret");
    let versions = mapper.of("aws_secretsmanager_secret_version");
    let of = |secret: &Resource| -> Vec<&'a Resource> {
        let versions = versions.iter().copied();
        versions
            .filter(|one| [secret.id(), secret.text("arn")].contains(&one.text("secret_id")))
            .collect()
    };
    let shares = |version: &Resource| {
        let mut passwords = version.dependencies.iter().filter(|one| {
            let mut generators = GENERATORS.iter();
            generators.any(|generator| one.contains(generator))
        });
        passwords.any(|one| owner.dependencies.contains(one))
    };
    let refers = |secret: &&Resource| {
        let versions = of(secret);
        versions
            .iter()
            .any(|one| one.depends_on(owner) || shares(one))
    };
    let is_named = |secret: &&Resource| {
        let name = secret.text("name").to_lowercase();
        known.words.iter().any(|word| name.contains(word))
    };
    let referring: Vec<&Resource> = all.iter().copied().filter(refers).collect();
    let named: Vec<&Resource> = all.iter().copied().filter(is_named).collect();
    let both: Vec<&Resource> = referring.iter().copied().filter(is_named).collect();
    let secret = if !both.is_empty() {
        mapper.pick(known.secret, &both, known.what)
    } else if !referring.is_empty() {
        mapper.pick(known.secret, &referring, known.what)
    } else if !named.is_empty() {
        mapper.pick(known.secret, &named, known.what)
    } else {
        mapper.ask(known.secret, &all, known.what)
    }?;
    for version in of(secret) {
        // Where the name of rd has it, or several have it, there is nothing to say.
        if let [name] = version.texts(known.members)[..]
            && name != known.member
        {
            mapper.mapping.set_text(known.slice, "secret_member", name);
        }
        mapper.claim(version, known.version, "", "the value of that secret");
    }
    Some(secret)
}

/// Whether a key is not AWS's own.
pub fn is_own_key(key: &str) -> bool {
    !key.is_empty() && !key.ends_with("alias/aws/secretsmanager")
}
