//! Taking a struct apart by its own serde description: each field encoded alone, a costly one left out.
//!
//! OpenMLS keeps the rosters of closed epochs beside the ratchets of the current one. They do not change with every
//! message, and a room of a thousand takes 30 ms to encode; `fields` skips them.

use std::fmt;

use serde::ser::{self, Impossible, Serialize, Serializer};

use crate::cbor::{self, Secret};

#[derive(Debug)]
pub struct NotAStruct;

impl fmt::Display for NotAStruct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a struct, or it does not encode")
    }
}

impl std::error::Error for NotAStruct {}

impl ser::Error for NotAStruct {
    fn custom<T: fmt::Display>(_: T) -> Self {
        NotAStruct
    }
}

type Parts = Vec<(&'static str, Secret)>;

/// The fields of `value` except `skipped`, by name.
pub fn fields(value: &impl Serialize, skipped: Option<&str>) -> Option<Parts> {
    value.serialize(Taker { skipped, parts: vec![] }).ok()
}

struct Taker<'a> {
    skipped: Option<&'a str>,
    parts: Parts,
}

impl ser::SerializeStruct for Taker<'_> {
    type Ok = Parts;
    type Error = NotAStruct;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), NotAStruct> {
        if self.skipped != Some(name) {
            self.parts.push((name, cbor::encode(value).ok_or(NotAStruct)?));
        }
        Ok(())
    }

    fn end(self) -> Result<Parts, NotAStruct> {
        Ok(self.parts)
    }
}

macro_rules! refuse {
    ($($method:ident($($kind:ty),*) -> $made:ty;)*) => {$(
        fn $method(self, $(_: $kind),*) -> Result<$made, NotAStruct> {
            Err(NotAStruct)
        }
    )*};
}

type Never = Impossible<Parts, NotAStruct>;
type Name = &'static str;

impl<'a> Serializer for Taker<'a> {
    type Ok = Parts;
    type Error = NotAStruct;
    type SerializeSeq = Never;
    type SerializeTuple = Never;
    type SerializeTupleStruct = Never;
    type SerializeTupleVariant = Never;
    type SerializeMap = Never;
    type SerializeStruct = Taker<'a>;
    type SerializeStructVariant = Never;

    fn serialize_struct(self, _: Name, _: usize) -> Result<Self, NotAStruct> {
        Ok(self)
    }

    refuse! {
        serialize_bool(bool) -> Parts; serialize_char(char) -> Parts; serialize_str(&str) -> Parts;
        serialize_i8(i8) -> Parts; serialize_i16(i16) -> Parts; serialize_i32(i32) -> Parts; serialize_i64(i64) -> Parts;
        serialize_u8(u8) -> Parts; serialize_u16(u16) -> Parts; serialize_u32(u32) -> Parts; serialize_u64(u64) -> Parts;
        serialize_f32(f32) -> Parts; serialize_f64(f64) -> Parts; serialize_bytes(&[u8]) -> Parts;
        serialize_none() -> Parts; serialize_unit() -> Parts; serialize_unit_struct(Name) -> Parts;
        serialize_unit_variant(Name, u32, Name) -> Parts; serialize_seq(Option<usize>) -> Never;
        serialize_tuple(usize) -> Never; serialize_tuple_struct(Name, usize) -> Never;
        serialize_tuple_variant(Name, u32, Name, usize) -> Never; serialize_map(Option<usize>) -> Never;
        serialize_struct_variant(Name, u32, Name, usize) -> Never;
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<Parts, NotAStruct> {
        Err(NotAStruct)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: Name, _: &T) -> Result<Parts, NotAStruct> {
        Err(NotAStruct)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self, _: Name, _: u32, _: Name, _: &T,
    ) -> Result<Parts, NotAStruct> {
        Err(NotAStruct)
    }
}
