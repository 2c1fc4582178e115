//! Holds the manifests of the channel crates against the rules.

use toml::{Table, Value};

use crate::check::Breach;
use crate::rules::{CONFINED, CONTRACT};

/// Every dependency in the manifest of a channel crate that the rules do not allow: on the gateway,
/// on another channel, or on a crate that only some rooms of the gateway may name.
pub(crate) fn check_manifest(path: &str, text: &str) -> Vec<Breach> {
    let manifest: Table = text.parse().unwrap_or_else(|error| panic!("{path}: {error}"));
    let own = manifest["package"]["name"].as_str().unwrap_or_default();
    dependencies(&manifest)
        .into_iter()
        .filter_map(|(key, package)| Some((key, objection(own, &package)?)))
        .map(|(key, rule)| Breach { path: path.to_owned(), line: line_of(text, &key), rule })
        .collect()
}

fn objection(own: &str, package: &str) -> Option<String> {
    if package == own {
        return None; // A crate may turn on its own features for its tests.
    }
    if package.starts_with("vestnik") && (package != CONTRACT || own == CONTRACT) {
        return Some(format!("`{own}` depends on `{package}`, but a channel crate knows {CONTRACT} alone"));
    }
    let confined = CONFINED.iter().find(|rule| rule.name == package)?;
    Some(format!("`{own}` depends on `{package}`, but {}", confined.why))
}

/// Each dependency of every kind and platform: its key, and the package that the key stands for.
fn dependencies(manifest: &Table) -> Vec<(String, String)> {
    let platforms = manifest.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values);
    let holders = std::iter::once(manifest).chain(platforms.filter_map(Value::as_table));
    holders
        .flat_map(|holder| {
            ["dependencies", "dev-dependencies", "build-dependencies"].map(|kind| holder.get(kind))
        })
        .flatten()
        .filter_map(Value::as_table)
        .flat_map(|table| table.iter().map(|(key, value)| (key.clone(), package(key, value))))
        .collect()
}

/// A dependency can be renamed: `other = { package = "vestnik-sms" }`.
fn package(key: &str, value: &Value) -> String {
    value.get("package").and_then(Value::as_str).unwrap_or(key).to_owned()
}

fn line_of(text: &str, key: &str) -> usize {
    text.lines().position(|line| line.trim_start().starts_with(key)).map_or(1, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_crate_may_depend_on_the_contract_and_on_itself() {
        let manifest = r#"
            [package]
            name = "vestnik-sms"
            [dependencies]
            vestnik-contract.workspace = true
            tokio.workspace = true
            [dev-dependencies]
            vestnik-sms = { path = "." }
        "#;
        assert_eq!(check_manifest("channels/sms/Cargo.toml", manifest), []);
    }

    #[test]
    fn every_forbidden_dependency_is_found() {
        for (package, dependency) in [
            ("vestnik-sms", "[dependencies]\nvestnik-viber.workspace = true"),
            ("vestnik-sms", "[dependencies]\nvestnik = { path = \"../..\" }"),
            ("vestnik-sms", "[dev-dependencies]\nvestnik-viber.workspace = true"),
            ("vestnik-sms", "[build-dependencies]\nvestnik-viber.workspace = true"),
            ("vestnik-sms", "[dependencies]\nviber = { package = \"vestnik-viber\", path = \"../viber\" }"),
            ("vestnik-sms", "[target.'cfg(unix)'.dependencies]\nvestnik-viber.workspace = true"),
            ("vestnik-sms", "[dependencies.vestnik-viber]\npath = \"../viber\""),
            ("vestnik-sms", "[dependencies]\nrusqlite.workspace = true"),
            ("vestnik-sms", "[dependencies]\nsqlx.workspace = true"),
            ("vestnik-sms", "[dependencies]\nlapin.workspace = true"),
            ("vestnik-contract", "[dependencies]\nvestnik-sms.workspace = true"),
        ] {
            let manifest = format!("[package]\nname = \"{package}\"\n{dependency}\n");
            assert_eq!(check_manifest("Cargo.toml", &manifest).len(), 1, "{dependency}");
        }
    }

    #[test]
    fn a_breach_says_where_and_which_rule() {
        let manifest = "[package]\nname = \"vestnik-sms\"\n[dependencies]\nvestnik-viber.workspace = true\n";
        let expected = "channels/sms/Cargo.toml:4: `vestnik-sms` depends on `vestnik-viber`, \
                        but a channel crate knows vestnik-contract alone";
        assert_eq!(check_manifest("channels/sms/Cargo.toml", manifest)[0].to_string(), expected);
    }
}
