//! A row of the table: one operation, the commands that call it, and what IAM asks for it.

/// An operation of an AWS API that a program calls.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// The name of the service in the SDK, such as `Elastic Load Balancing v2`.
    pub service: &'static str,
    /// The name of the operation, such as `CreateVpc`.
    pub operation: &'static str,
    /// What calls it, separated by spaces: `plan` (all that only reads), `apply` (and destroy), or a command of the program
    /// alone, such as `rotate`. An apply makes the calls of a plan, too. `*` is every command. A command after `~` is not part
    /// of `all`: it needs what no other does, such as the resources of another environment.
    pub commands: &'static str,
    /// What IAM asks for it; nothing for an operation that everybody may call.
    pub grants: &'static [Grant],
}

/// Actions on resources. IAM's actions differ from operations: `PutBucketEncryption` needs
/// `s3:PutEncryptionConfiguration`, and a create with tags the permission to tag.
#[derive(Clone, Copy, Debug)]
pub struct Grant {
    /// The actions, such as `ec2:CreateVpc`, separated by spaces.
    pub actions: &'static str,
    /// The names of the resources, separated by spaces, as [`super::Resources`] has them; `*` where IAM knows no
    /// resource for the actions. A resource that the settings do not have asks for nothing.
    pub resources: &'static str,
    /// What must be true of the request besides.
    pub condition: Condition,
}

/// What must be true of a request besides its action and resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    /// Nothing: the action and the resource are enough.
    None,
    /// The request tags what it creates as this stack's.
    TagsRequested,
    /// The resource is tagged as this stack's.
    Tagged,
    /// The resource is tagged as this stack's, or has no such tags yet: it is new, to be imported, or lost them.
    TaggedOrNot,
    /// A service makes the request for the caller. The service's name in its endpoint: `rds`.
    Via(&'static str),
    /// An operator, a condition key, and its value.
    Is(&'static str, &'static str, &'static str),
    /// An operator, a condition key, and the name of its values in [`super::Resources`].
    Of(&'static str, &'static str, &'static str),
}

/// A row of the table.
pub const fn needs(
    service: &'static str,
    operation: &'static str,
    commands: &'static str,
    grants: &'static [Grant],
) -> Call {
    Call {
        service,
        operation,
        commands,
        grants,
    }
}

impl Grant {
    /// Actions for which IAM knows no resource.
    pub const fn any(actions: &'static str) -> Self {
        Self::on(actions, "*")
    }

    /// Actions on the resources with these names.
    pub const fn on(actions: &'static str, resources: &'static str) -> Self {
        Self {
            actions,
            resources,
            condition: Condition::None,
        }
    }

    /// Actions that create resources with this stack's tags.
    pub const fn create(actions: &'static str, resources: &'static str) -> Self {
        Self::on(actions, resources).when(Condition::TagsRequested)
    }

    /// Actions on resources with this stack's tags.
    pub const fn tagged(actions: &'static str, resources: &'static str) -> Self {
        Self::on(actions, resources).when(Condition::Tagged)
    }

    /// The same with a condition.
    pub const fn when(self, condition: Condition) -> Self {
        Self { condition, ..self }
    }
}

impl Call {
    /// Whether a use of the program makes this call: `plan`, `apply`, a command of its own, or `all`.
    pub fn is_made_by(&self, what: &str) -> bool {
        self.commands.split(' ').any(|one| {
            one == "*"
                || one == what
                || (what == super::policy::ALL && !one.starts_with('~'))
                || one.strip_prefix('~') == Some(what)
                || (one == "plan" && what == "apply")
        })
    }
}
