//! Values of commands and metadata, after Adobe's "Action Message Format -- AMF 0".

mod reader;
mod writer;

pub use self::reader::{read, read_all};
pub use self::writer::write;

/// Type markers (2.1).
mod marker {
    pub(super) const NUMBER: u8 = 0x00;
    pub(super) const BOOLEAN: u8 = 0x01;
    pub(super) const STRING: u8 = 0x02;
    pub(super) const OBJECT: u8 = 0x03;
    pub(super) const NULL: u8 = 0x05;
    pub(super) const UNDEFINED: u8 = 0x06;
    pub(super) const REFERENCE: u8 = 0x07;
    pub(super) const ECMA_ARRAY: u8 = 0x08;
    pub(super) const OBJECT_END: u8 = 0x09;
    pub(super) const STRICT_ARRAY: u8 = 0x0a;
    pub(super) const DATE: u8 = 0x0b;
    pub(super) const LONG_STRING: u8 = 0x0c;
    pub(super) const UNSUPPORTED: u8 = 0x0d;
    pub(super) const XML_DOCUMENT: u8 = 0x0f;
    pub(super) const TYPED_OBJECT: u8 = 0x10;
}

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// 2.2.
    Number(f64),
    /// 2.3.
    Boolean(bool),
    /// A string, long string or XML document (2.4, 2.14, 2.17). Bytes that are no UTF-8 are replaced.
    String(String),
    /// An object or a typed one, whose class is dropped (2.5, 2.18).
    Object(Vec<(String, Value)>),
    /// 2.7, and "unsupported" (2.15).
    Null,
    /// 2.8.
    Undefined,
    /// An index of an earlier object, which is not resolved (2.9).
    Reference(u16),
    /// An associative array (2.10).
    EcmaArray(Vec<(String, Value)>),
    /// 2.12.
    StrictArray(Vec<Value>),
    /// Milliseconds since 1970 (2.13).
    Date(f64),
}

impl Value {
    /// The number, if it is one.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The boolean, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Boolean(value) => Some(*value),
            _ => None,
        }
    }

    /// The string, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The fields of an object or associative array; of anything else, none.
    pub fn fields(&self) -> &[(String, Value)] {
        match self {
            Self::Object(fields) | Self::EcmaArray(fields) => fields,
            _ => &[],
        }
    }

    /// The field of this name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.fields().iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

/// An object of these fields.
pub fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}
