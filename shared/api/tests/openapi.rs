//! `docs/openapi.json` is the document that the code declares. `UPDATE_GOLDEN=1` writes it anew.

#[test]
fn the_golden_document_is_what_the_code_declares() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    let declared = serde_json::to_string_pretty(&skylark_api::openapi::document()).unwrap() + "\n";
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, &declared).unwrap();
    }
    let golden = std::fs::read_to_string(path).unwrap();
    assert!(golden == declared, "docs/openapi.json is old: run UPDATE_GOLDEN=1 ./dev test and look at the difference");
}
