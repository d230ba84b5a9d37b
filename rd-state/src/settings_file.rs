//! Sets keys of `rd.toml`, and leaves everything else in it as it is, comments included.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;
use toml_edit::{DocumentMut, Item, Table, TableLike, Value};

/// A settings file that is being changed; [`SettingsFile::change`] writes it.
pub struct SettingsFile {
    /// Where it is. Not a symbolic link, which stays as it is.
    path: PathBuf,
    document: DocumentMut,
}

impl SettingsFile {
    /// Changes the file at `path` in one step.
    pub fn change(path: &Path, set: impl FnOnce(&mut Self) -> io::Result<()>) -> io::Result<()> {
        let mut file = Self::open(path)?;
        set(&mut file)?;
        file.save()
    }

    /// Reads the file at `path`, which must be TOML.
    fn open(path: &Path) -> io::Result<Self> {
        let path = fs::canonicalize(path)?;
        let text = fs::read_to_string(&path)?;
        let document = text.parse().map_err(|e| invalid(&e))?;
        Ok(Self { path, document })
    }

    /// Whether environments have settings of their own in it.
    pub fn has_environments(&self) -> bool {
        self.document.contains_key("environments")
    }

    /// Sets a key of a table, such as `environments.prod.net`; of the top of the file where `table` is empty. `value` is as in
    /// TOML. The comment after a value stays, unless there is another one.
    pub fn set(
        &mut self,
        table: &str,
        key: &str,
        value: &str,
        comment: Option<&str>,
    ) -> io::Result<()> {
        let mut value: Value = value.parse().map_err(|e| invalid(&e))?;
        let values = table_in(&mut self.document, table)?;
        if let Some(before) = values.get(key).and_then(Item::as_value) {
            *value.decor_mut() = before.decor().clone();
        }
        if let Some(comment) = comment {
            value.decor_mut().set_suffix(format!(" # {comment}"));
        }
        match values.get_mut(key) {
            Some(item) => *item = Item::Value(value),
            None => {
                values.insert(key, Item::Value(value));
            }
        }
        Ok(())
    }

    /// Sets a key to a text.
    pub fn set_text(&mut self, table: &str, key: &str, value: &str) -> io::Result<()> {
        self.set(table, key, &Value::from(value).to_string(), None)
    }

    /// Writes the file in one step: whatever happens meanwhile, it has all of the old text or all of the new one.
    fn save(&self) -> io::Result<()> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let mut next = NamedTempFile::new_in(folder)?;
        next.write_all(self.document.to_string().as_bytes())?;
        let permissions = fs::metadata(&self.path)?.permissions();
        next.as_file().set_permissions(permissions)?;
        next.as_file().sync_all()?;
        next.persist(&self.path)?;
        Ok(())
    }
}

/// The table with this name, which is added at the end where there is none.
fn table_in<'a>(document: &'a mut DocumentMut, name: &str) -> io::Result<&'a mut dyn TableLike> {
    let is_new = !name.is_empty() && find(document, name).is_none();
    // Comments at the end of the file stay above what is added.
    let mut above = is_new.then(|| {
        let comments = document.trailing().as_str().unwrap_or_default().to_owned();
        document.set_trailing("");
        format!("{comments}\n")
    });
    let mut item = document.as_item_mut();
    let mut names = name.split('.').filter(|name| !name.is_empty()).peekable();
    while let Some(name) = names.next() {
        let table = item.as_table_like_mut().ok_or_else(|| no_table(name))?;
        item = table.entry(name).or_insert_with(|| {
            let mut added = Table::new();
            // Only the last one gets a line of its own.
            added.set_implicit(true);
            Item::Table(added)
        });
        if names.peek().is_none()
            && let Some(table) = item.as_table_mut()
        {
            table.set_implicit(false);
            if let Some(above) = above.take() {
                table.decor_mut().set_prefix(above);
            }
        }
    }
    item.as_table_like_mut().ok_or_else(|| no_table(name))
}

fn find<'a>(document: &'a DocumentMut, name: &str) -> Option<&'a Item> {
    let mut names = name.split('.');
    names.try_fold(document.as_item(), |item, name| item.get(name))
}

fn no_table(name: &str) -> io::Error {
    invalid(&format!("`{name}` is not a table"))
}

fn invalid(e: &impl ToString) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, e.to_string())
}

#[cfg(test)]
mod tests {
    use super::SettingsFile;
    use std::fs;
    use std::io::Read;
    use std::os::unix::fs::{PermissionsExt, symlink};

    /// What a file with this text has after some texts were set.
    fn set(text: &str, table: &str, keys: &[(&str, &str)]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rd.toml");
        fs::write(&path, text).unwrap();
        let mut file = SettingsFile::open(&path).unwrap();
        for (key, value) in keys {
            file.set_text(table, key, value).unwrap();
        }
        file.save().unwrap();
        fs::read_to_string(&path).unwrap()
    }

    #[test]
    fn everything_else_stays_as_it_is() {
        let text = "project = \"shop\"\n\n# Where.\n[state] # here\n# backend = \"local\"\nbucket = \"old\" # of ours\n\n\
                    [net]\nbucket = \"x\"\n";
        let keys = [
            ("backend", "s3"),
            ("bucket", "new"),
            ("region", "us-east-1"),
        ];
        let once = set(text, "state", &keys);
        assert_eq!(
            once,
            "project = \"shop\"\n\n# Where.\n[state] # here\n# backend = \"local\"\nbucket = \"new\" # of ours\n\
             backend = \"s3\"\nregion = \"us-east-1\"\n\n[net]\nbucket = \"x\"\n"
        );
        assert_eq!(set(&once, "state", &keys), once);
        assert_eq!(
            set(text, "", &[("domain", "a.b"), ("project", "x")]),
            text.replace("\"shop\"\n", "\"x\"\ndomain = \"a.b\"\n")
        );
        assert_eq!(
            set("[net]\n", "", &[("domain", "a.b")]),
            "domain = \"a.b\"\n[net]\n"
        );
    }

    #[test]
    fn a_table_is_added_at_the_end() {
        let backend = [("backend", "s3")];
        assert_eq!(
            set("project = \"shop\"", "state", &backend),
            "project = \"shop\"\n\n[state]\nbackend = \"s3\"\n"
        );
        assert_eq!(
            set("project = \"shop\"\n# [data]\n# x = 1\n", "state", &backend),
            "project = \"shop\"\n# [data]\n# x = 1\n\n[state]\nbackend = \"s3\"\n"
        );
        assert_eq!(
            set(
                "[environments.prod]\nx = 1\n",
                "environments.test.net",
                &backend
            ),
            "[environments.prod]\nx = 1\n\n[environments.test.net]\nbackend = \"s3\"\n"
        );
    }

    #[test]
    fn each_form_of_toml_is_known() {
        let backend = [("backend", "s3")];
        for (text, expected) in [
            (
                "[ state ]\n\"backend\" = 'local'\n",
                "[ state ]\n\"backend\" = \"s3\"\n",
            ),
            ("state.backend = \"local\"\n", "state.backend = \"s3\"\n"),
            (
                "state = { backend = \"local\" }\n",
                "state = { backend = \"s3\" }\n",
            ),
            (
                "[state]\ntags = [\n  \"a\",\n]\nnote = \"\"\"\n[net]\nbackend = 1\n\"\"\"\nbackend = \"local\"\n",
                "[state]\ntags = [\n  \"a\",\n]\nnote = \"\"\"\n[net]\nbackend = 1\n\"\"\"\nbackend = \"s3\"\n",
            ),
        ] {
            assert_eq!(set(text, "state", &backend), expected);
        }
    }

    #[test]
    fn the_file_is_replaced_in_one_step() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (
            folder.path().join("shop.toml"),
            folder.path().join("rd.toml"),
        );
        fs::write(&path, "project = \"shop\"\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        symlink("shop.toml", &link).unwrap();
        let mut reader = fs::File::open(&path).unwrap();
        let mut file = SettingsFile::open(&link).unwrap();
        file.set("net", "azs", "[\"a\"]", Some("as it is")).unwrap();
        file.save().unwrap();

        let mut before = String::new();
        reader.read_to_string(&mut before).unwrap();
        assert_eq!(before, "project = \"shop\"\n", "the old text is whole");
        assert_eq!(
            fs::read_to_string(&path).unwrap(),
            "project = \"shop\"\n\n[net]\nazs = [\"a\"] # as it is\n"
        );
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn what_is_no_table_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rd.toml");
        fs::write(&path, "state = 1\n").unwrap();
        let mut file = SettingsFile::open(&path).unwrap();
        let error = file.set_text("state", "backend", "s3").unwrap_err();
        assert_eq!(error.to_string(), "`state` is not a table");
    }
}
