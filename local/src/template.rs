//! Reads `template.yaml` into a [`World`]. It understands the part of CloudFormation and SAM that the template uses;
//! anything else stops it with file and line, so that a laptop never quietly runs something other than what is deployed.

mod events;
mod intrinsics;
mod resources;
mod storage;
mod streams;
mod websocket;
mod yaml;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use serde_json::Value;

use self::intrinsics::Scope;
pub(crate) use self::intrinsics::queue_arn;
pub use self::yaml::TemplateError;
use self::yaml::{Fault, Node, plain};
use crate::world::World;

/// Reads the template at `path` with `overrides` in place of parameter defaults.
///
/// # Errors
/// When the file cannot be read, or a [`TemplateError`] at the line that is not understood.
pub fn read(path: &Path, overrides: &BTreeMap<String, String>) -> anyhow::Result<World> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(parse(&path.display().to_string(), &text, overrides)?)
}

/// Reads a template's text; `file` stands in errors.
pub fn parse(file: &str, text: &str, overrides: &BTreeMap<String, String>) -> Result<World, TemplateError> {
    interpret(text, overrides).map_err(|Fault { line, message }| TemplateError { file: file.to_owned(), line, message })
}

fn interpret(text: &str, overrides: &BTreeMap<String, String>) -> yaml::Result<World> {
    let template = Node::read(text)?;
    for (section, node) in template.entries()? {
        match section.as_str() {
            "AWSTemplateFormatVersion"
            | "Transform"
            | "Description"
            | "Parameters"
            | "Conditions"
            | "Globals"
            | "Resources"
            | "Outputs"
            | "Metadata" => {}
            other => return node.fault(format!("the local cloud does not know the section {other}")),
        }
    }
    let mut parameters = BTreeMap::new();
    if let Some(section) = template.get("Parameters") {
        for (name, parameter) in section.entries()? {
            let value = match (overrides.get(name), parameter.get("Default")) {
                (Some(value), _) => value.clone(),
                (None, Some(Node { yaml: yaml::Yaml::Scalar(value), .. })) => plain(value),
                (None, _) => return parameter.fault(format!("the parameter {name} has no value")),
            };
            let value = if parameter.need("Type")?.text()? == "CommaDelimitedList" {
                value.split(',').map(|part| Value::from(part.trim())).collect()
            } else {
                Value::String(value)
            };
            parameters.insert(name.clone(), value);
        }
    }
    let scope = Scope { parameters, conditions: template.get("Conditions"), resources: template.need("Resources")? };
    resources::read(&scope, template.get("Globals").and_then(|globals| globals.get("Function")))
}
