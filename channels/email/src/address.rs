//! Mail addresses, in the one form this channel uses.

use url::Host;
use vestnik_contract::{Address, AddressForm};

/// RFC 5321, section 4.5.3.1.1.
const MAX_LOCAL_PART: usize = 64;
/// RFC 5321, section 4.5.3.1.3: a path of 256 with its two brackets.
const MAX_ADDRESS: usize = 254;
/// RFC 1035, section 2.3.4.
const MAX_LABEL: usize = 63;

/// How mail addresses are written.
pub const ADDRESSES: AddressForm =
    AddressForm { looks: "a mail address such as olena@example.org", read: address };

/// A mail address: a dot-atom, one `@`, and a domain name of two labels or more, with or without
/// spaces around it. The domain is lower-cased and its international labels become A-labels
/// (RFC 5891); the part before the `@` is the mailbox's own and stays as it is. Quoted local parts,
/// address literals and local parts beyond ASCII (RFC 6531) are not taken: relays rarely carry
/// them, and a mistyped address looks like one far more often than a real one does.
#[must_use]
pub fn address(text: &str) -> Option<Address> {
    let (local, name) = text.trim_matches(' ').split_once('@')?;
    let domain = domain(name)?;
    let fits = local.len() <= MAX_LOCAL_PART && local.len() + 1 + domain.len() <= MAX_ADDRESS;
    (is_dot_atom(local) && fits).then(|| Address::new(format!("{local}@{domain}")))
}

/// The domain name as the DNS and SMTP have it; `None` for anything else, IP addresses included.
pub(crate) fn domain(name: &str) -> Option<String> {
    // The URL standard's host parser would decode percent signs, which no mail address has.
    if name.contains('%') {
        return None;
    }
    let Ok(Host::Domain(domain)) = Host::parse(name) else { return None };
    let labels = domain.split('.').count();
    (labels >= 2 && domain.len() <= 253 && domain.split('.').all(is_label)).then_some(domain)
}

fn is_label(label: &str) -> bool {
    (1..=MAX_LABEL).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// RFC 5322, section 3.2.3.
fn is_dot_atom(local: &str) -> bool {
    let is_atext = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
    local.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(is_atext))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn form(text: &str) -> Option<String> {
        address(text).map(|address| address.expose().to_owned())
    }

    #[test]
    fn an_address_has_one_form() {
        for (text, expected) in [
            ("anna@example.org", "anna@example.org"),
            ("Anna.Smith+x@Example.ORG", "Anna.Smith+x@example.org"),
            (" o'neil@example.org ", "o'neil@example.org"),
            ("anna@пошта.укр", "anna@xn--80a1acn3a.xn--j1amh"),
            ("anna@ПОШТА.УКР", "anna@xn--80a1acn3a.xn--j1amh"),
            ("a@xn--80a1acn3a.xn--j1amh", "a@xn--80a1acn3a.xn--j1amh"),
            ("a@1.example", "a@1.example"),
        ] {
            assert_eq!(form(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long_local = format!("{}@example.org", "a".repeat(65));
        let long_domain = format!("a@{}.example", ["b".repeat(63).as_str(); 4].join("."));
        let long_label = format!("a@{}.example", "b".repeat(64));
        for bad in [
            "",
            "@",
            "anna",
            "@example.org",
            "anna@",
            "a@b@example.org",
            "anna@example",
            "anna@localhost",
            "anna@example..org",
            "anna@.example.org",
            "anna@example.org.",
            ".anna@example.org",
            "anna.@example.org",
            "an..na@example.org",
            "an na@example.org",
            "anna@exam ple.org",
            "anna@example.org\r\nRCPT TO:<b@example.org>",
            "an\nna@example.org",
            "\tanna@example.org",
            "\"an na\"@example.org",
            "<anna@example.org>",
            "Anna <anna@example.org>",
            "анна@example.org",
            "anna@[192.0.2.1]",
            "anna@192.0.2.1",
            "anna@0x7f.1",
            "anna@-a.example",
            "anna@a-.example",
            "anna@ex_ample.org",
            "anna@exam%70le.org",
            "anna@example.org/x",
            "an\0na@example.org",
            &long_local,
            &long_domain,
            &long_label,
        ] {
            assert_eq!(form(bad), None, "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_and_the_form_is_its_own(text in ".*@.*|[a-z.@\\-ж ]{0,40}") {
            if let Some(one) = address(&text) {
                prop_assert_eq!(address(one.expose()), Some(one.clone()));
                prop_assert!(one.expose().bytes().all(|byte| byte.is_ascii_graphic() && !b"<>".contains(&byte)));
            }
        }
    }
}
