//! Numbers as few bytes: seven bits in each, the lowest first, the highest bit set in all but the last.

/// Why bytes are not what was written: something on the way has changed them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damage(pub &'static str);

/// Appends a number.
pub fn put(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends bytes, their length first.
pub fn put_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    put(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

/// A difference as a number that is small when the difference is, in either direction.
pub fn fold(difference: i64) -> u64 {
    ((difference << 1) ^ (difference >> 63)) as u64
}

/// The difference that was folded.
pub fn unfold(folded: u64) -> i64 {
    (folded >> 1) as i64 ^ -((folded & 1) as i64)
}

/// Reads what was put, from front to back. Whatever the bytes are, it ends in an answer or in [`Damage`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    /// At the front of these bytes.
    pub fn new(bytes: &'a [u8]) -> Cursor<'a> {
        Cursor { rest: bytes }
    }

    /// How many bytes are left.
    pub fn len(&self) -> usize {
        self.rest.len()
    }

    /// The next byte.
    ///
    /// # Errors
    /// There is none.
    pub fn byte(&mut self) -> Result<u8, Damage> {
        let (first, rest) = self.rest.split_first().ok_or(Damage("it ends too early"))?;
        self.rest = rest;
        Ok(*first)
    }

    /// The next number.
    ///
    /// # Errors
    /// The bytes end within it, or it is larger than any that is put.
    pub fn number(&mut self) -> Result<u64, Damage> {
        let mut value = 0;
        for shift in (0..63).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        match self.byte()? {
            1 => Ok(value | 1 << 63),
            _ => Err(Damage("a number is too large")),
        }
    }

    /// The next number, as a length in memory.
    ///
    /// # Errors
    /// As [`number`](Cursor::number).
    pub fn length(&mut self) -> Result<usize, Damage> {
        usize::try_from(self.number()?).map_err(|_| Damage("a length is too large"))
    }

    /// The next `length` bytes.
    ///
    /// # Errors
    /// There are fewer.
    pub fn take(&mut self, length: usize) -> Result<&'a [u8], Damage> {
        let parts = self.rest.split_at_checked(length);
        let (taken, rest) = parts.ok_or(Damage("it ends too early"))?;
        self.rest = rest;
        Ok(taken)
    }

    /// The next bytes that have their length in front.
    ///
    /// # Errors
    /// There are fewer.
    pub fn bytes(&mut self) -> Result<&'a [u8], Damage> {
        let length = self.length()?;
        self.take(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back() {
        for value in [
            0,
            1,
            127,
            128,
            300,
            u64::from(u32::MAX),
            u64::MAX - 1,
            u64::MAX,
        ] {
            let mut bytes = Vec::new();
            put(value, &mut bytes);
            let mut cursor = Cursor::new(&bytes);
            assert_eq!(cursor.number(), Ok(value));
            assert_eq!(cursor.len(), 0);
        }
    }

    #[test]
    fn differences_come_back() {
        for difference in [0, 1, -1, 999, -999, i64::MAX, i64::MIN] {
            assert_eq!(unfold(fold(difference)), difference);
        }
        assert!(fold(-3) < 8);
    }

    #[test]
    fn what_is_no_number_is_damage() {
        assert!(Cursor::new(&[0x80]).number().is_err());
        assert!(Cursor::new(&[0xff; 10]).number().is_err());
        assert!(Cursor::new(&[5, 1, 2]).bytes().is_err());
    }
}
