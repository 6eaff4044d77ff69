//! Lock files name versions and sums; where a package is downloaded from is the machine's business.

use super::{Finding, Source};

/// The line by which Cargo says "the standard registry"; it is a name, whatever mirror a machine uses.
const STANDARD: &str = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";

pub(super) fn check(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources {
        let is_address: fn(&str) -> bool = match source.path.rsplit('/').next() {
            Some("Cargo.lock") => |line| line.contains("://") && line != STANDARD,
            Some("package-lock.json") => |line| line.contains("\"resolved\"") && line.contains("://"),
            _ => continue,
        };
        for (number, line) in source.text.lines().enumerate() {
            if is_address(line) {
                let place = format!("{}:{}", source.path, number + 1);
                findings.push(Finding::new(place, "lock files hold no download addresses: write it again without"));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(path: &str, text: &str) -> usize {
        check(&[Source { path: path.to_owned(), text: text.to_owned() }]).len()
    }

    #[test]
    fn only_names_of_registries_stand_in_lock_files() {
        assert_eq!(count("Cargo.lock", &format!("name = \"a\"\n{STANDARD}\n")), 0);
        assert_eq!(count("Cargo.lock", "source = \"registry+https://mirror.example/index\"\n"), 1);
        assert_eq!(count("web/package-lock.json", "\"resolved\": \"https://mirror.example/a.tgz\"\n"), 1);
        assert_eq!(count("web/package-lock.json", "\"funding\": \"https://a.example\"\n"), 0);
    }
}
