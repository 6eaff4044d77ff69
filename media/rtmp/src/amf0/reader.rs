use bytes::Buf;

use super::{Value, marker};
use crate::Error;

/// How deep objects may stand in one another. Real commands need three.
const MAX_DEPTH: usize = 16;

/// Values in one message: a null takes one byte on the wire and far more here.
const MAX_VALUES: usize = 4_096;

/// Reads one value and moves `input` behind it.
pub fn read(input: &mut &[u8]) -> Result<Value, Error> {
    Reader { input, values: 0 }.value(0)
}

/// Reads values until the end of `input`.
pub fn read_all(mut input: &[u8]) -> Result<Vec<Value>, Error> {
    let mut reader = Reader { input: &mut input, values: 0 };
    let mut values = Vec::new();
    while !reader.input.is_empty() {
        values.push(reader.value(0)?);
    }
    Ok(values)
}

struct Reader<'a, 'b> {
    input: &'a mut &'b [u8],
    values: usize,
}

impl<'b> Reader<'_, 'b> {
    fn value(&mut self, depth: usize) -> Result<Value, Error> {
        if depth > MAX_DEPTH {
            return Err(Error::Amf0("values too deep in one another"));
        }
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err(Error::Limit { what: "AMF0 values", limit: MAX_VALUES });
        }
        Ok(match self.u8()? {
            marker::NUMBER => Value::Number(self.f64()?),
            marker::BOOLEAN => Value::Boolean(self.u8()? != 0),
            marker::STRING => Value::String(self.string()?),
            marker::OBJECT => Value::Object(self.fields(depth)?),
            marker::NULL | marker::UNSUPPORTED => Value::Null,
            marker::UNDEFINED => Value::Undefined,
            marker::REFERENCE => Value::Reference(self.u16()?),
            marker::ECMA_ARRAY => {
                // The count is a hint that encoders get wrong; the end marker decides.
                self.u32()?;
                Value::EcmaArray(self.fields(depth)?)
            }
            marker::STRICT_ARRAY => {
                let count = self.u32()?;
                let mut items = Vec::new();
                for _ in 0..count {
                    items.push(self.value(depth + 1)?);
                }
                Value::StrictArray(items)
            }
            marker::DATE => {
                let date = self.f64()?;
                // A time zone, which the format reserves and does not use.
                self.u16()?;
                Value::Date(date)
            }
            marker::LONG_STRING | marker::XML_DOCUMENT => {
                let length = self.u32()?;
                Value::String(self.text(length as usize)?)
            }
            marker::TYPED_OBJECT => {
                self.string()?;
                Value::Object(self.fields(depth)?)
            }
            _ => return Err(Error::Amf0("unknown type marker")),
        })
    }

    fn fields(&mut self, depth: usize) -> Result<Vec<(String, Value)>, Error> {
        let mut fields = Vec::new();
        loop {
            let name = self.string()?;
            if name.is_empty() && self.input.first() == Some(&marker::OBJECT_END) {
                self.input.advance(1);
                return Ok(fields);
            }
            fields.push((name, self.value(depth + 1)?));
        }
    }

    fn string(&mut self) -> Result<String, Error> {
        let length = self.u16()?;
        self.text(usize::from(length))
    }

    fn text(&mut self, length: usize) -> Result<String, Error> {
        Ok(String::from_utf8_lossy(self.take(length)?).into_owned())
    }

    fn take(&mut self, length: usize) -> Result<&'b [u8], Error> {
        let (taken, rest) = self.input.split_at_checked(length).ok_or(Error::Amf0("cut off"))?;
        *self.input = rest;
        Ok(taken)
    }

    fn u8(&mut self) -> Result<u8, Error> {
        Ok(self.take(1)?.get_u8())
    }

    fn u16(&mut self) -> Result<u16, Error> {
        Ok(self.take(2)?.get_u16())
    }

    fn u32(&mut self) -> Result<u32, Error> {
        Ok(self.take(4)?.get_u32())
    }

    fn f64(&mut self) -> Result<f64, Error> {
        Ok(self.take(8)?.get_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endless_nesting_is_refused() {
        for open in [&[0x03, 0, 1, b'a'][..], &[0x0a, 0, 0, 0, 1], &[0x08, 0, 0, 0, 0, 0, 1, b'a']] {
            let input = open.repeat(100_000);
            assert!(matches!(read_all(&input), Err(Error::Amf0("values too deep in one another"))));
        }
    }

    #[test]
    fn more_values_than_a_message_needs_are_refused() {
        assert!(matches!(read_all(&vec![0x05; 1 << 20]), Err(Error::Limit { .. })));
        let mut array = vec![0x0a, 0xff, 0xff, 0xff, 0xff];
        array.resize(1 << 20, 0x05);
        assert!(matches!(read_all(&array), Err(Error::Limit { .. })));
    }

    #[test]
    fn a_length_that_is_not_there_is_refused() {
        for input in [
            &[0x0c, 0xff, 0xff, 0xff, 0xff, b'a'][..],
            &[0x02, 0xff, 0xff, b'a'],
            &[0x00, 1, 2, 3],
            &[0x0a, 0xff, 0xff, 0xff, 0xff],
            &[0x03, 0, 1, b'a', 0x05],
            &[0x0b, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        ] {
            assert!(matches!(read_all(input), Err(Error::Amf0("cut off"))), "{input:?}");
        }
    }

    #[test]
    fn rare_types_are_taken() {
        let mut input = vec![0x10, 0, 1, b'C', 0, 1, b'a', 0x0d, 0, 0, 0x09];
        input.extend([0x0f, 0, 0, 0, 2, b'<', b'>', 0x06, 0x07, 0, 3]);
        assert_eq!(
            read_all(&input).unwrap(),
            [
                Value::Object(vec![("a".to_owned(), Value::Null)]),
                Value::from("<>"),
                Value::Undefined,
                Value::Reference(3)
            ]
        );
        assert!(read_all(&[0x11]).is_err());
        assert!(read_all(&[]).unwrap().is_empty());
    }
}
