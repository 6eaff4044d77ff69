//! YAML with line numbers, and CloudFormation's intrinsic functions as nodes of their own.

use std::fmt;

use saphyr::{LoadableYamlNode, MarkedYaml, Scalar, YamlData};
use serde_json::Value;

/// A template error at its place: `template.yaml:12: ...`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError {
    /// File as it was given.
    pub file: String,
    /// 1-based.
    pub line: usize,
    /// What is wrong and what would be right.
    pub message: String,
}

impl fmt::Display for TemplateError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {}", self.file, self.line, self.message)
    }
}

impl std::error::Error for TemplateError {}

/// A problem at a line; the reader adds the file.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) line: usize,
    pub(super) message: String,
}

pub(super) type Result<T, E = Fault> = std::result::Result<T, E>;

/// A YAML value and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) line: usize,
    pub(super) yaml: Yaml,
}

#[derive(Debug, Clone)]
pub(super) enum Yaml {
    Scalar(Value),
    Sequence(Vec<Node>),
    Mapping(Vec<(String, Node)>),
    /// `!Sub ...` or `{"Fn::Sub": ...}`, by its short name.
    Call(String, Box<Node>),
}

impl Node {
    /// Reads one document.
    pub(super) fn read(text: &str) -> Result<Self> {
        let documents = MarkedYaml::load_from_str(text)
            .map_err(|error| Fault { line: error.marker().line(), message: error.info().to_owned() })?;
        match documents.as_slice() {
            [document] => convert(document),
            _ => Err(Fault { line: 1, message: "one YAML document is expected".into() }),
        }
    }

    pub(super) fn fault<T>(&self, message: impl Into<String>) -> Result<T> {
        Err(Fault { line: self.line, message: message.into() })
    }

    /// The items of a list.
    pub(super) fn items(&self) -> Result<&[Node]> {
        match &self.yaml {
            Yaml::Sequence(items) => Ok(items),
            _ => self.fault("a list is expected"),
        }
    }

    /// The entries of a mapping.
    pub(super) fn entries(&self) -> Result<&[(String, Node)]> {
        match &self.yaml {
            Yaml::Mapping(entries) => Ok(entries),
            _ => self.fault("a mapping is expected"),
        }
    }

    /// The value under `key` of a mapping.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        match &self.yaml {
            Yaml::Mapping(entries) => entries.iter().find(|(name, _)| name == key).map(|(_, node)| node),
            _ => None,
        }
    }

    /// The value under `key`, which must be there.
    pub(super) fn need(&self, key: &str) -> Result<&Node> {
        self.get(key).map_or_else(|| self.fault(format!("{key} is missing")), Ok)
    }

    /// A plain text.
    pub(super) fn text(&self) -> Result<&str> {
        match &self.yaml {
            Yaml::Scalar(Value::String(text)) => Ok(text),
            _ => self.fault("a text is expected"),
        }
    }
}

fn convert(node: &MarkedYaml<'_>) -> Result<Node> {
    let line = node.span.start.line();
    let yaml = match &node.data {
        YamlData::Value(scalar) => Yaml::Scalar(scalar_value(scalar)),
        YamlData::Sequence(items) => Yaml::Sequence(items.iter().map(convert).collect::<Result<_>>()?),
        YamlData::Mapping(entries) => {
            let mut converted = Vec::with_capacity(entries.len());
            for (key, value) in entries {
                let key = match &key.data {
                    YamlData::Value(scalar) => plain(&scalar_value(scalar)),
                    _ => return Err(Fault { line, message: "a key must be a text".into() }),
                };
                converted.push((key, convert(value)?));
            }
            match converted.as_slice() {
                [(name, argument)] if name == "Ref" || name == "Condition" || name.starts_with("Fn::") => {
                    Yaml::Call(name.trim_start_matches("Fn::").to_owned(), Box::new(argument.clone()))
                }
                _ => Yaml::Mapping(converted),
            }
        }
        YamlData::Tagged(tag, inner) if tag.handle == "!" => {
            Yaml::Call(tag.suffix.clone(), Box::new(Node { line, yaml: convert(inner)?.yaml }))
        }
        _ => return Err(Fault { line, message: "this YAML is not understood".into() }),
    };
    Ok(Node { line, yaml })
}

fn scalar_value(scalar: &Scalar<'_>) -> Value {
    match scalar {
        Scalar::Null => Value::Null,
        Scalar::Boolean(value) => Value::Bool(*value),
        Scalar::Integer(value) => Value::from(*value),
        Scalar::FloatingPoint(value) => Value::from(value.into_inner()),
        Scalar::String(value) => Value::String(value.to_string()),
    }
}

/// A scalar as CloudFormation would print it.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
