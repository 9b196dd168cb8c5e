//! Makes some value of a type, where one is needed to get at what follows it: elements of a tuple are read in order, and whether a
//! field may be left out shows when all others are there.

use std::any::type_name;

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{self, DeserializeSeed, Visitor};

use super::stop::Stop;

/// Texts that types which check what they are made of may take.
const TEXTS: &[&str] =
    &["", "1970-01-01T00:00:00Z", "0", "a", "127.0.0.1", "1970-01-01", "http://localhost/", "{}", "a@a.aa"];

/// How many ways there are to make a value.
pub(super) const WAYS: usize = TEXTS.len() * 2;

/// How deep a value may be.
const DEEPEST: usize = 64;

/// Gives the smallest value that a type takes.
pub(super) struct Sample<'a> {
    /// The enums that it is within, and `""` for what else it is within.
    pub(super) within: &'a mut Vec<&'static str>,
    /// Which way: a text, and whether structs are made by position or by name.
    pub(super) way: usize,
}

impl Sample<'_> {
    fn text(&self) -> &'static str {
        TEXTS[self.way / 2 % TEXTS.len()]
    }

    fn number(&self) -> u8 {
        u8::from(self.way > 1)
    }

    fn text_of<T>(&self) -> &'static str {
        match type_name::<T>() {
            name if name == type_name::<crate::ObjectId>() => {
                "0000000000000000000000000000000000000000000000000000000000000000"
            }
            name if name == type_name::<crate::Period>() => "PT0S",
            name if name.contains("Uuid") => "00000000-0000-0000-0000-000000000000",
            _ => self.text(),
        }
    }

    /// Makes what is within the value of an enum, or of what is no enum: `""`.
    fn within<T>(&mut self, ty: &'static str, make: impl FnOnce(Sample<'_>) -> Result<T, Stop>) -> Result<T, Stop> {
        if self.within.len() >= DEEPEST {
            return Err(Stop::Refused);
        }
        self.within.push(ty);
        let made = make(Sample { within: self.within, way: self.way });
        self.within.pop();
        made
    }
}

/// As many values as are asked for.
struct Samples<'a, 'b> {
    sample: &'b mut Sample<'a>,
    left: usize,
}

impl<'de> de::SeqAccess<'de> for Samples<'_, '_> {
    type Error = Stop;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Stop> {
        match self.left.checked_sub(1) {
            None => Ok(None),
            Some(left) => {
                self.left = left;
                self.sample.within("", |sample| seed.deserialize(sample)).map(Some)
            }
        }
    }
}

/// A value for each field.
struct Named<'a, 'b> {
    sample: &'b mut Sample<'a>,
    fields: std::slice::Iter<'static, &'static str>,
}

impl<'de> de::MapAccess<'de> for Named<'_, '_> {
    type Error = Stop;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Stop> {
        let name = self.fields.next();
        name.map(|name| seed.deserialize(BorrowedStrDeserializer::new(name))).transpose()
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Stop> {
        self.sample.within("", |sample| seed.deserialize(sample))
    }
}

/// A variant by its name.
struct OfVariant<'a, 'b> {
    sample: &'b mut Sample<'a>,
    name: &'static str,
}

impl<'de> de::EnumAccess<'de> for OfVariant<'_, '_> {
    type Error = Stop;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Stop> {
        Ok((seed.deserialize(BorrowedStrDeserializer::new(self.name))?, self))
    }
}

impl<'de> de::VariantAccess<'de> for OfVariant<'_, '_> {
    type Error = Stop;

    fn unit_variant(self) -> Result<(), Stop> {
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Stop> {
        self.sample.within("", |sample| seed.deserialize(sample))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Stop> {
        visitor.visit_seq(Samples { sample: self.sample, left: len })
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Stop> {
        of_struct(self.sample, fields, visitor)
    }
}

fn of_struct<'de, V: Visitor<'de>>(
    sample: &mut Sample<'_>,
    fields: &'static [&'static str],
    visitor: V,
) -> Result<V::Value, Stop> {
    match sample.way % 2 {
        0 => visitor.visit_seq(Samples { sample, left: fields.len() }),
        _ => visitor.visit_map(Named { sample, fields: fields.iter() }),
    }
}

macro_rules! number {
    ($($asked:ident $visit:ident $ty:ty),*) => {$(
        fn $asked<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
            visitor.$visit(<$ty>::from(self.number()))
        }
    )*};
}

impl<'de> de::Deserializer<'de> for Sample<'_> {
    type Error = Stop;

    number!(deserialize_i8 visit_i64 i64, deserialize_i16 visit_i64 i64, deserialize_i32 visit_i64 i64,
        deserialize_i64 visit_i64 i64, deserialize_i128 visit_i128 i128, deserialize_u8 visit_u64 u64,
        deserialize_u16 visit_u64 u64, deserialize_u32 visit_u64 u64, deserialize_u64 visit_u64 u64,
        deserialize_u128 visit_u128 u128, deserialize_f32 visit_f64 f64, deserialize_f64 visit_f64 f64);

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        visitor.visit_unit()
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        visitor.visit_bool(false)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        visitor.visit_char('a')
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        visitor.visit_borrowed_str(self.text_of::<V::Value>())
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        visitor.visit_borrowed_str(self.text_of::<V::Value>())
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        visitor.visit_borrowed_bytes(&[])
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        visitor.visit_byte_buf(Vec::new())
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        visitor.visit_none()
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Stop> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(mut self, _: &'static str, visitor: V) -> Result<V::Value, Stop> {
        self.within("", |sample| visitor.visit_newtype_struct(sample))
    }

    fn deserialize_seq<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Stop> {
        visitor.visit_seq(Samples { sample: &mut self, left: 0 })
    }

    fn deserialize_tuple<V: Visitor<'de>>(mut self, len: usize, visitor: V) -> Result<V::Value, Stop> {
        visitor.visit_seq(Samples { sample: &mut self, left: len })
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        mut self,
        _: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Stop> {
        visitor.visit_seq(Samples { sample: &mut self, left: len })
    }

    fn deserialize_map<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Stop> {
        visitor.visit_map(Named { sample: &mut self, fields: [].iter() })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        mut self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Stop> {
        of_struct(&mut self, fields, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        mut self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Stop> {
        // One that was begun before would be made without an end: each time another variant.
        let ty = type_name::<V::Value>();
        let begun = self.within.iter().filter(|within| **within == ty).count();
        let name = *variants.get(begun).ok_or(Stop::Refused)?;
        self.within(ty, |mut sample| visitor.visit_enum(OfVariant { sample: &mut sample, name }))
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        visitor.visit_borrowed_str(self.text())
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        visitor.visit_unit()
    }
}
