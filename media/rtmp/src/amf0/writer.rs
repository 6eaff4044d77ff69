use bytes::{BufMut, BytesMut};

use super::{Value, marker};

/// Appends a value. Names and texts beyond 65,535 bytes are written as far as whole characters fit, except values that
/// are strings, which then become long strings.
pub fn write(out: &mut BytesMut, value: &Value) {
    match value {
        Value::Number(number) => {
            out.put_u8(marker::NUMBER);
            out.put_f64(*number);
        }
        Value::Boolean(value) => out.put_slice(&[marker::BOOLEAN, u8::from(*value)]),
        Value::String(text) => match u16::try_from(text.len()) {
            Ok(length) => {
                out.put_u8(marker::STRING);
                out.put_u16(length);
                out.put_slice(text.as_bytes());
            }
            Err(_) => {
                let kept = prefix(text, u32::MAX as usize);
                out.put_u8(marker::LONG_STRING);
                out.put_u32(kept.len() as u32);
                out.put_slice(kept.as_bytes());
            }
        },
        Value::Object(pairs) => {
            out.put_u8(marker::OBJECT);
            fields(out, pairs);
        }
        Value::Null => out.put_u8(marker::NULL),
        Value::Undefined => out.put_u8(marker::UNDEFINED),
        Value::Reference(index) => {
            out.put_u8(marker::REFERENCE);
            out.put_u16(*index);
        }
        Value::EcmaArray(pairs) => {
            out.put_u8(marker::ECMA_ARRAY);
            out.put_u32(pairs.len() as u32);
            fields(out, pairs);
        }
        Value::StrictArray(items) => {
            out.put_u8(marker::STRICT_ARRAY);
            out.put_u32(items.len() as u32);
            for item in items {
                write(out, item);
            }
        }
        Value::Date(date) => {
            out.put_u8(marker::DATE);
            out.put_f64(*date);
            out.put_u16(0);
        }
    }
}

fn fields(out: &mut BytesMut, pairs: &[(String, Value)]) {
    for (name, value) in pairs {
        let name = prefix(name, usize::from(u16::MAX));
        out.put_u16(name.len() as u16);
        out.put_slice(name.as_bytes());
        write(out, value);
    }
    out.put_slice(&[0, 0, marker::OBJECT_END]);
}

fn prefix(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{read, read_all};
    use super::*;

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<f64>().prop_filter("NaN is not equal to itself", |number| !number.is_nan()).prop_map(Value::Number),
            any::<bool>().prop_map(Value::Boolean),
            ".*".prop_map(Value::String),
            Just(Value::Null),
            Just(Value::Undefined),
            any::<u16>().prop_map(Value::Reference),
            (0.0..1e15).prop_map(Value::Date),
        ];
        leaf.prop_recursive(6, 64, 6, |inner| {
            let pairs = prop::collection::vec((".{1,20}", inner.clone()), 0..6);
            prop_oneof![
                pairs.clone().prop_map(Value::Object),
                pairs.prop_map(Value::EcmaArray),
                prop::collection::vec(inner, 0..6).prop_map(Value::StrictArray),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_reads_the_same(values in prop::collection::vec(values(), 0..4)) {
            let mut out = BytesMut::new();
            for value in &values {
                write(&mut out, value);
            }
            prop_assert_eq!(read_all(&out).unwrap(), values);
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut rest = &bytes[..];
            while !rest.is_empty() && read(&mut rest).is_ok() {}
        }
    }

    #[test]
    fn a_string_beyond_64_kib_is_a_long_one() {
        let value = Value::String("é".repeat(40_000));
        let mut out = BytesMut::new();
        write(&mut out, &value);
        assert_eq!(out[0], marker::LONG_STRING);
        assert_eq!(read_all(&out).unwrap(), [value]);
    }
}
