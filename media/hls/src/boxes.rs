//! Writing ISO base media boxes (ISO/IEC 14496-12, clause 4.2).

use bytes::{BufMut, Bytes, BytesMut};

/// Collects boxes; sizes are filled in when a box ends.
pub(crate) struct Writer {
    out: BytesMut,
}

impl Writer {
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self { out: BytesMut::with_capacity(bytes) }
    }

    /// A box with what `content` writes.
    pub(crate) fn boxed(&mut self, kind: &[u8; 4], content: impl FnOnce(&mut Self)) {
        let start = self.out.len();
        self.u32(0);
        self.bytes(kind);
        content(self);
        let size = self.out.len() - start;
        self.patch(start, size);
    }

    /// A box with version and flags.
    pub(crate) fn full(&mut self, kind: &[u8; 4], version: u8, flags: u32, content: impl FnOnce(&mut Self)) {
        self.boxed(kind, |writer| {
            writer.u32(u32::from(version) << 24 | flags & 0x00ff_ffff);
            content(writer);
        });
    }

    /// Writes `value` over the 32 bits at `at`. What is written here is limited long before it needs more.
    pub(crate) fn patch(&mut self, at: usize, value: usize) {
        let value = u32::try_from(value).unwrap_or(u32::MAX);
        self.out[at..at + 4].copy_from_slice(&value.to_be_bytes());
    }

    pub(crate) fn len(&self) -> usize {
        self.out.len()
    }

    pub(crate) fn u8(&mut self, value: u8) {
        self.out.put_u8(value);
    }

    pub(crate) fn u16(&mut self, value: u16) {
        self.out.put_u16(value);
    }

    pub(crate) fn u32(&mut self, value: u32) {
        self.out.put_u32(value);
    }

    pub(crate) fn i32(&mut self, value: i32) {
        self.out.put_i32(value);
    }

    pub(crate) fn u64(&mut self, value: u64) {
        self.out.put_u64(value);
    }

    pub(crate) fn zeros(&mut self, count: usize) {
        self.out.put_bytes(0, count);
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.out.put_slice(bytes);
    }

    pub(crate) fn finish(self) -> Bytes {
        self.out.freeze()
    }
}
