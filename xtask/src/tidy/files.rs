//! Rules about single files: sizes, unfinished marks, where key strings and status codes may stand.

use super::{Finding, Source};

const MAX_LINES: usize = 600;

/// A word that may stand only in some places.
struct Only {
    words: &'static [&'static str],
    within: &'static [&'static str],
    allowed: &'static [&'static str],
    advice: &'static str,
}

const ONLY: [Only; 3] = [
    Only {
        words: &["\"PK\"", "\"SK\"", "USER#", "UNIQ#", "\"EVT#", "\"RT#", "\"RL#", "AUTH#JWKS"],
        within: &["shared/", "functions/"],
        allowed: &["shared/store/src/keys.rs"],
        advice: "keys are written in shared/store/src/keys.rs only",
    },
    Only {
        words: &["StatusCode::"],
        within: &["shared/", "functions/"],
        allowed: &["shared/api/src/problem.rs"],
        advice: "status codes are known to shared/api/src/problem.rs only",
    },
    Only {
        words: &["env::var"],
        within: &["shared/", "functions/"],
        allowed: &["shared/api/src/env.rs"],
        advice: "the environment is read in shared/api/src/env.rs only",
    },
];

pub(super) fn check(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources {
        let path = source.path.as_str();
        let code = [".rs", ".ts", ".tsx"].iter().any(|end| path.ends_with(end));
        let lines = source.text.lines().count();
        let limit = match path {
            _ if !code => usize::MAX,
            // Generated from docs/openapi.json.
            "web/src/api/schema.ts" => usize::MAX,
            _ if path.starts_with("functions/") && path.ends_with("/main.rs") => 40,
            _ if path.starts_with("functions/") && path.contains("handler") && !path.ends_with("/main.rs") => 250,
            _ => MAX_LINES,
        };
        if lines > limit {
            findings.push(Finding::new(path, format!("{lines} lines; at most {limit}: split it by ideas")));
        }
        if path.ends_with("/mod.rs") {
            findings.push(Finding::new(path, "name the module foo.rs beside its folder, not foo/mod.rs"));
        }
        if path.starts_with("xtask/") || !code {
            continue;
        }
        for (number, line) in source.text.lines().enumerate() {
            let place = || format!("{path}:{}", number + 1);
            if ["todo!(", "unimplemented!("].iter().any(|mark| line.contains(mark)) {
                findings.push(Finding::new(place(), "finish it or leave it out"));
            }
            if line.trim() == "#[ignore]" {
                findings.push(Finding::new(place(), "say why the test is ignored"));
            }
            for rule in &ONLY {
                let concerned = rule.within.iter().any(|folder| path.starts_with(folder));
                let tests = path.contains("/tests/");
                if concerned
                    && !tests
                    && !rule.allowed.contains(&path)
                    && rule.words.iter().any(|word| line.contains(word))
                {
                    findings.push(Finding::new(place(), rule.advice));
                }
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        let source = Source { path: path.to_owned(), text: text.to_owned() };
        check(&[source]).into_iter().map(|finding| finding.to_string()).collect()
    }

    #[test]
    fn planted_violations_are_found() {
        assert_eq!(found("shared/api/src/x.rs", "let a = StatusCode::OK;").len(), 1);
        assert_eq!(
            found("shared/store/src/x.rs", "\nlet a = \"PK\";"),
            ["shared/store/src/x.rs:2: keys are written in shared/store/src/keys.rs only"]
        );
        assert_eq!(found("functions/a/src/handler.rs", "std::env::var(\"A\")").len(), 1);
        assert_eq!(found("local/src/x.rs", "todo!()").len(), 1);
        assert_eq!(found("local/src/x/mod.rs", "").len(), 1);
        assert_eq!(found("functions/a/src/main.rs", &"\n".repeat(41)).len(), 1);
        assert_eq!(found("functions/a/src/handler/b.rs", &"\n".repeat(251)).len(), 1);
        assert_eq!(found("local/src/x.rs", &"\n".repeat(601)).len(), 1);
    }

    #[test]
    fn what_is_allowed_is_not_found() {
        assert!(found("shared/store/src/keys.rs", "\"PK\"").is_empty());
        assert!(found("shared/api/src/problem.rs", "StatusCode::OK").is_empty());
        assert!(found("local/src/x.rs", "StatusCode::OK; std::env::var(\"A\")").is_empty());
        assert!(found("shared/store/tests/x.rs", "\"PK\"").is_empty());
        assert!(found("README.md", "todo!()").is_empty());
    }
}
