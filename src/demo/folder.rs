//! The folder of what is played: a ledger and secrets, gone at the end unless they are to be kept.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use data_encoding::HEXLOWER;
use toml::{Table, Value};

/// A folder that only this user may enter.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    /// Whether it is removed when it is dropped.
    passing: bool,
}

impl Folder {
    pub(crate) fn create() -> anyhow::Result<Self> {
        let place = std::env::temp_dir();
        let path = place.join(format!("vestnik-demo-{}", random_name()));
        let made = DirBuilder::new().mode(0o700).create(&path);
        made.with_context(|| format!("no folder can be made in {}; TMPDIR names another", place.display()))?;
        Ok(Self { path, passing: true })
    }

    /// A folder that stays, and is made if it is not there. What is in it is written anew.
    pub(crate) fn kept(path: &Path) -> anyhow::Result<Self> {
        let made = DirBuilder::new().mode(0o700).recursive(true).create(path);
        made.with_context(|| format!("{} cannot be made", path.display()))?;
        Ok(Self { path: std::path::absolute(path)?, passing: false })
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Writes a file that only this user may read.
    pub(crate) fn write(&self, name: &str, content: &str) -> io::Result<PathBuf> {
        let path = self.path(name);
        if !self.passing && fs::exists(&path)? {
            fs::remove_file(&path)?;
        }
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
        if self.passing {
            // What cannot be removed is left to the system, which cleans its temporary folder.
            let _ = fs::remove_dir_all(&self.path);
        }
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
        assert_eq!((mode(&path), mode(&folder.path)), (0o600, 0o700));
        drop(folder);
        assert!(!path.exists());
    }

    #[test]
    fn what_is_kept_is_written_anew_and_stays() {
        let passing = Folder::create().unwrap();
        let place = passing.path("kept");
        for secret in ["first", "second"] {
            let path = Folder::kept(&place).unwrap().write("token", secret).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), secret);
            assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}
