//! Compact, wiped CBOR for storage rows.
//!
//! serde writes a `Vec<u8>` as an array of integers, nearly two bytes for each. `pack` turns such arrays into byte
//! strings under tag 64 (RFC 8746, typed array of u8) and `unpack` turns them back exactly, so OpenMLS reads what it
//! wrote. Every buffer is wiped when it is dropped or outgrown.

use std::io;

use serde::{Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

pub type Secret = Zeroizing<Vec<u8>>;

const UINT: u8 = 0;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const MAP: u8 = 5;
const TAG: u8 = 6;
const U8_ARRAY: u64 = 64;
const BREAK: u8 = 0xff;

/// A growing buffer that leaves no unwiped copy behind.
#[derive(Default)]
pub struct Buffer(pub Secret);

impl Buffer {
    pub fn extend(&mut self, bytes: &[u8]) {
        let needed = self.0.len() + bytes.len();
        if needed > self.0.capacity() {
            let mut larger = Zeroizing::new(Vec::with_capacity(needed.max(self.0.capacity() * 2)));
            larger.extend_from_slice(&self.0);
            self.0 = larger;
        }
        self.0.extend_from_slice(bytes);
    }

    pub fn head(&mut self, major: u8, argument: u64) {
        let kind = major << 5;
        let bytes = argument.to_be_bytes();
        match argument {
            0..=23 => self.extend(&[kind | bytes[7]]),
            24..=0xff => self.extend(&[kind | 24, bytes[7]]),
            0x100..=0xffff => self.extend(&[kind | 25, bytes[6], bytes[7]]),
            0x1_0000..=0xffff_ffff => {
                self.extend(&[kind | 26]);
                self.extend(&bytes[4..]);
            }
            _ => {
                self.extend(&[kind | 27]);
                self.extend(&bytes);
            }
        }
    }
}

impl io::Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A data item's head: kind, argument (None: open-ended), and its own length.
struct Head {
    major: u8,
    argument: Option<u64>,
    size: usize,
}

fn head(input: &[u8], at: usize) -> Option<Head> {
    let first = *input.get(at)?;
    let (major, info) = (first >> 5, first & 31);
    let width = match info {
        0..=23 => {
            return Some(Head { major, argument: Some(info.into()), size: 1 });
        }
        24..=27 => 1usize << (info - 24),
        31 => {
            return Some(Head { major, argument: None, size: 1 });
        }
        _ => return None,
    };
    let bytes = input.get(at + 1..at + 1 + width)?;
    let argument = bytes.iter().fold(0u64, |sum, byte| (sum << 8) | u64::from(*byte));
    Some(Head { major, argument: Some(argument), size: 1 + width })
}

/// The bytes of `count` items if all are integers below 256, and where they end.
fn small_integers(input: &[u8], mut at: usize, count: u64) -> Option<(Secret, usize)> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(count).ok()?));
    for _ in 0..count {
        match *input.get(at)? {
            value @ 0..=23 => bytes.push(value),
            24 => {
                at += 1;
                bytes.push(*input.get(at)?);
            }
            _ => return None,
        }
        at += 1;
    }
    Some((bytes, at))
}

/// Copy one item from `at`, changing integer arrays to byte strings (`packing`) or back; returns its end.
fn convert(input: &[u8], at: usize, packing: bool, out: &mut Buffer) -> Option<usize> {
    let item = head(input, at)?;
    let body = at + item.size;
    if packing
        && item.major == ARRAY
        && let Some(count @ 4..) = item.argument
        && let Some((bytes, end)) = small_integers(input, body, count)
    {
        out.head(TAG, U8_ARRAY);
        out.head(BYTES, count);
        out.extend(&bytes);
        return Some(end);
    }
    if !packing && item.major == TAG && item.argument == Some(U8_ARRAY) {
        let string = head(input, body)?;
        let start = body + string.size;
        let end = start.checked_add(usize::try_from(string.argument?).ok()?)?;
        out.head(ARRAY, string.argument?);
        input.get(start..end)?.iter().for_each(|byte| out.head(UINT, (*byte).into()));
        return Some(end);
    }
    out.extend(input.get(at..body)?);
    let items = match (item.major, item.argument) {
        (BYTES | TEXT, argument) => {
            let end = body.checked_add(usize::try_from(argument?).ok()?)?;
            out.extend(input.get(body..end)?);
            return Some(end);
        }
        (ARRAY, count) => count,
        (MAP, count) => count.map(|pairs| pairs * 2),
        (TAG, _) => Some(1),
        _ => return Some(body),
    };
    let mut next = body;
    match items {
        Some(count) => {
            for _ in 0..count {
                next = convert(input, next, packing, out)?;
            }
        }
        None => {
            while *input.get(next)? != BREAK {
                next = convert(input, next, packing, out)?;
            }
            out.extend(&[BREAK]);
            next += 1;
        }
    }
    Some(next)
}

fn converted(input: &[u8], packing: bool) -> Option<Secret> {
    let mut out = Buffer::default();
    (convert(input, 0, packing, &mut out)? == input.len()).then_some(out.0)
}

pub fn encode<T: Serialize + ?Sized>(value: &T) -> Option<Secret> {
    let mut plain = Buffer::default();
    ciborium::into_writer(value, &mut plain).ok()?;
    converted(&plain.0, true)
}

pub fn decode<T: DeserializeOwned>(packed: &[u8]) -> Option<T> {
    ciborium::from_reader(converted(packed, false)?.as_slice()).ok()
}

/// Where the item at `at` ends.
fn skip(input: &[u8], at: usize) -> Option<usize> {
    convert(input, at, true, &mut Buffer::default())
}

/// The byte string inside nested one-field structs, which is how OpenMLS writes ids and references.
pub fn inner_bytes(packed: &[u8]) -> Option<&[u8]> {
    let mut at = 0;
    loop {
        let item = head(packed, at)?;
        let body = at + item.size;
        at = match (item.major, item.argument?) {
            (MAP, 1) => skip(packed, body)?,
            (TAG, U8_ARRAY) => body,
            (BYTES, length) => return packed.get(body..body + usize::try_from(length).ok()?),
            _ => return None,
        };
    }
}

/// The value of `field` in the map that starts at `packed`.
pub fn field<'a>(packed: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let map = head(packed, 0).filter(|item| item.major == MAP)?;
    let mut at = map.size;
    for _ in 0..map.argument? {
        let value = skip(packed, at)?;
        let key = head(packed, at).filter(|item| item.major == TEXT)?;
        let end = skip(packed, value)?;
        if packed.get(at + key.size..value)? == name.as_bytes() {
            return packed.get(value..end);
        }
        at = end;
    }
    None
}

pub fn integer(packed: &[u8]) -> Option<u64> {
    head(packed, 0).filter(|item| item.major == UINT)?.argument
}

/// The items of a definite array.
pub fn items(packed: &[u8]) -> Option<Vec<&[u8]>> {
    let array = head(packed, 0).filter(|item| item.major == ARRAY)?;
    let mut at = array.size;
    let mut found = Vec::new();
    for _ in 0..array.argument? {
        let end = skip(packed, at)?;
        found.push(packed.get(at..end)?);
        at = end;
    }
    Some(found)
}

/// An array of packed items.
pub fn array(parts: &[Secret]) -> Secret {
    let mut out = Buffer::default();
    out.head(ARRAY, parts.len() as u64);
    parts.iter().for_each(|part| out.extend(part));
    out.0
}

/// A map from names to packed items: what `fields` took apart.
pub fn map(parts: &[(&str, Secret)]) -> Secret {
    let mut out = Buffer::default();
    out.head(MAP, parts.len() as u64);
    for (name, value) in parts {
        out.head(TEXT, name.len() as u64);
        out.extend(name.as_bytes());
        out.extend(value);
    }
    out.0
}
