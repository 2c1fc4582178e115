//! The demonstration's own folder: its ledger and its secrets, gone when it ends.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use data_encoding::HEXLOWER;
use toml::{Table, Value};

/// A folder that only this user may enter. It is removed when it is dropped.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn create() -> anyhow::Result<Self> {
        let place = std::env::temp_dir();
        let path = place.join(format!("vestnik-demo-{}", random_name()));
        let made = DirBuilder::new().mode(0o700).create(&path);
        made.with_context(|| format!("no folder can be made in {}; TMPDIR names another", place.display()))?;
        Ok(Self(path))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Writes a file that only this user may read.
    pub(crate) fn write(&self, name: &str, content: &str) -> io::Result<PathBuf> {
        let path = self.path(name);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        file.write_all(content.as_bytes())?;
        Ok(path)
    }

    /// Writes a secret and gives what a setting says to have it read.
    pub(crate) fn secret(&self, name: &str, secret: &str) -> io::Result<Value> {
        let path = self.write(name, secret)?;
        Ok(Value::Table(Table::from_iter([("file".to_owned(), text(&path))])))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is left to the system, which cleans its temporary folder.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A path as a setting has it.
pub(crate) fn text(path: &Path) -> Value {
    Value::String(path.to_string_lossy().into_owned())
}

/// 32 hexadecimal digits that nobody can guess.
pub(crate) fn random_name() -> String {
    HEXLOWER.encode(&rand::random::<[u8; 16]>())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn what_it_holds_is_for_this_user_alone_and_goes_with_it() {
        let folder = Folder::create().unwrap();
        let secret = folder.secret("token", "s3cret").unwrap();
        let path = PathBuf::from(secret["file"].as_str().unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap(), "s3cret");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(&folder.0)), (0o600, 0o700));
        drop(folder);
        assert!(!path.exists());
    }
}
