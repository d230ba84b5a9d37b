//! Conversion between [`Tags`] and the `Tag` type that each service's SDK has of its own.

use crate::stack::Tags;

/// What a builder of an SDK's `Tag` returns: the tag, or an error where a required member was not set, as never happens
/// here.
pub trait Built<T> {
    /// The tag; none where it was not built.
    fn built(self) -> Option<T>;
}

impl<T> Built<T> for T {
    fn built(self) -> Option<T> {
        Some(self)
    }
}

impl<T, E> Built<T> for Result<T, E> {
    fn built(self) -> Option<T> {
        self.ok()
    }
}

/// What an SDK's `Tag` returns of its key or its value: a text, or an optional one.
pub trait Member {
    /// The text; none where AWS sent none.
    fn member(self) -> Option<String>;
}

impl Member for &str {
    fn member(self) -> Option<String> {
        Some(self.to_owned())
    }
}

impl Member for Option<&str> {
    fn member(self) -> Option<String> {
        self.map(str::to_owned)
    }
}

/// [`Tags`] from an SDK's tags: their keys and values. A tag without a value has the empty one.
pub fn from_pairs<K: Member, V: Member>(pairs: impl Iterator<Item = (K, V)>) -> Tags {
    pairs
        .filter_map(|(key, value)| Some((key.member()?, value.member().unwrap_or_default())))
        .collect()
}

/// [`Tags`] as a list of the SDK's own type: `sdk_tags!(aws_sdk_rds::types::Tag, tags)`.
#[macro_export]
macro_rules! sdk_tags {
    ($tag:ty, $tags:expr) => {
        $tags
            .iter()
            .filter_map(|(key, value)| {
                let tag = <$tag>::builder().key(key).value(value).build();
                $crate::aws::tags::Built::<$tag>::built(tag)
            })
            .collect::<Vec<$tag>>()
    };
}

/// [`Tags`] from a list of the SDK's own type: `tags_from_sdk!(answer.tag_list())`.
#[macro_export]
macro_rules! tags_from_sdk {
    ($tags:expr) => {
        $crate::aws::tags::from_pairs($tags.iter().map(|tag| (tag.key(), tag.value())))
    };
}

#[cfg(test)]
mod tests {
    use crate::stack::Tags;

    /// Like the tags of most SDKs, with optional members and a builder that cannot fail. STS's are of the other kind.
    #[derive(Clone, Default)]
    struct Loose {
        key: Option<String>,
        value: Option<String>,
    }

    impl Loose {
        fn builder() -> LooseBuilder {
            LooseBuilder::default()
        }

        fn key(&self) -> Option<&str> {
            self.key.as_deref()
        }

        fn value(&self) -> Option<&str> {
            self.value.as_deref()
        }
    }

    #[derive(Default)]
    struct LooseBuilder(Loose);

    impl LooseBuilder {
        fn key(mut self, key: &str) -> Self {
            self.0.key = Some(key.to_owned());
            self
        }

        fn value(mut self, value: &str) -> Self {
            self.0.value = Some(value.to_owned());
            self
        }

        fn build(self) -> Loose {
            self.0
        }
    }

    #[test]
    fn tags_survive_both_forms_of_an_sdk() {
        let pairs = [("Project", "shop"), ("empty", "")];
        let tags: Tags = pairs.map(|(k, v)| (k.to_owned(), v.to_owned())).into();
        let mut loose = sdk_tags!(Loose, tags);
        let strict = sdk_tags!(aws_sdk_sts::types::Tag, tags);
        assert_eq!((loose.len(), strict.len()), (2, 2));
        assert_eq!(tags_from_sdk!(strict), tags);
        assert_eq!(tags_from_sdk!(loose), tags);
        // AWS may leave out an empty value; a tag without a key is none.
        loose[1].value = None;
        loose.push(Loose::default());
        assert_eq!(tags_from_sdk!(loose), tags);
    }
}
