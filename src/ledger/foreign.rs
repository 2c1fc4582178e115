//! References and keys that providers make up. They may be anything.

use data_encoding::HEXLOWER;
use ring::digest::{SHA256, digest};

/// The longest that is kept as it came, in bytes. Providers' own are a few dozen.
const LONGEST: usize = 200;

/// A reference or key as it is kept and looked up. One that no index can hold (too long) or no text
/// (U+0000) is kept as its digest: the same again is still known as the same.
pub(super) fn kept(text: &str) -> String {
    if text.len() <= LONGEST && !text.contains('\0') {
        return text.to_owned();
    }
    format!("sha256:{}", HEXLOWER.encode(digest(&SHA256, text.as_bytes()).as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_kept_is_known_by_its_digest() {
        for fine in ["", "12:0", "повідомлення", &"x".repeat(LONGEST)] {
            assert_eq!(kept(fine), fine);
        }
        let [long, longer] = [1, 2].map(|more| kept(&"x".repeat(LONGEST + more)));
        assert!(long.starts_with("sha256:") && long.len() < LONGEST && long != longer);
        assert!(!kept("a\0b").contains('\0'));
        assert_ne!(kept("a\0b"), kept("ab"));
        assert_eq!(kept("a\0b"), kept("a\0b"));
    }
}
