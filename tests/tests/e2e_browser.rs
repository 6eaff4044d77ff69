//! The page in a real browser: runs Playwright's tests (web/e2e) against a stack of its own.

use std::path::Path;
use std::process::Command;

use skylark_tests::{Stack, media};

#[test]
fn a_browser_uploads_streams_and_plays() {
    let web = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../web"));
    assert!(web.join("dist/index.html").exists(), "the page is not built: `./dev test` builds it");
    let stack = Stack::shared();
    let dir = tempfile::tempdir().unwrap();
    let movie = media::movie(&dir.path().join("tides.mp4"), 1920, 1080, 12).unwrap();
    let results = dir.path().join("results");
    let run = Command::new("npx")
        .args(["--no-install", "playwright", "test", "--output"])
        .arg(&results)
        .current_dir(web)
        .env("SKYLARK_URL", stack.url("front"))
        .env("SKYLARK_MOVIE", movie)
        .output()
        .unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "{said}{}", last_pages(&results));
    println!("{said}");
}

/// What the pages of the tests that failed showed last; the directory goes with this process.
fn last_pages(results: &Path) -> String {
    let tests = std::fs::read_dir(results).into_iter().flatten().flatten();
    tests.filter_map(|test| std::fs::read_to_string(test.path().join("error-context.md")).ok()).collect()
}
