//! Object ids.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};
use crate::planted::{Defect, planted};

/// Bytes that tell objects apart; the rest is the check.
const BODY: usize = 24;

/// The bit of the first byte that says that the id was made from a name.
const NAMED: u8 = 0x80;

/// The id of an object: 32 bytes, shown as 64 hexadecimal digits.
///
/// 24 bytes come from the name (or are drawn at random), 8 are a keyed check over them and the class: an id that
/// was made up, or belongs to another class, is refused by `Namespace::id_from_string`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId(pub(crate) [u8; 32]);

impl ObjectId {
    /// The bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether it was made from a name.
    pub(crate) fn is_named(&self) -> bool {
        self.0[0] & NAMED != 0
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ObjectId({self})")
    }
}

impl FromStr for ObjectId {
    type Err = Error;

    /// Reads 64 hexadecimal digits. This does not check that the id belongs to a class: `Namespace::id_from_string` does.
    fn from_str(text: &str) -> Result<Self> {
        let malformed = || Error::invalid(format!("{text:?} is no object id: an id has 64 hexadecimal digits"));
        if text.len() != 64 || !text.is_ascii() {
            return Err(malformed());
        }
        let mut bytes = [0; 32];
        for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
            let digit = |at: usize| char::from(digits[at]).to_digit(16).ok_or_else(malformed);
            *byte = (digit(0)? * 16 + digit(1)?) as u8;
        }
        Ok(ObjectId(bytes))
    }
}

/// The key of the check in ids: 32 random bytes that belong to a folder and its backups.
pub(crate) struct IdKey([u8; 32]);

impl IdKey {
    pub(crate) fn new(bytes: [u8; 32]) -> Self {
        IdKey(bytes)
    }

    /// One of no folder: what it makes is known in this process alone.
    #[cfg(feature = "connect")]
    pub(crate) fn drawn(random: &dyn crate::env::Random) -> Self {
        let mut bytes = [0; 32];
        random.fill(&mut bytes);
        IdKey(bytes)
    }

    /// What tells this folder's files from those of another one.
    pub(crate) fn folder_mark(&self) -> [u8; 16] {
        let mut mark = [0; 16];
        self.hash(b"folder", "", b"", &mut mark);
        mark
    }

    /// The id of a name: always the same one in one folder.
    pub(crate) fn of_name(&self, class: &str, name: &str) -> ObjectId {
        let mut body = [0; BODY];
        let name = if planted(Defect::NameTrimmed) { name.trim() } else { name };
        self.hash(b"name", class, name.as_bytes(), &mut body);
        body[0] |= NAMED;
        self.checked(class, body)
    }

    /// The id of random bytes.
    pub(crate) fn of_random(&self, class: &str, mut body: [u8; BODY]) -> ObjectId {
        body[0] &= !NAMED;
        self.checked(class, body)
    }

    /// Whether an id was made in this folder, for this class.
    pub(crate) fn accepts(&self, class: &str, id: ObjectId) -> bool {
        let mut body = [0; BODY];
        body.copy_from_slice(&id.0[..BODY]);
        // Not in constant time: the check is no secret that opens anything, it only refuses what was made up.
        self.checked(class, body) == id
    }

    fn checked(&self, class: &str, body: [u8; BODY]) -> ObjectId {
        let mut id = [0; 32];
        id[..BODY].copy_from_slice(&body);
        self.hash(b"check", class, &body, &mut id[BODY..]);
        ObjectId(id)
    }

    /// A keyed hash; the lengths keep the parts apart.
    fn hash(&self, purpose: &[u8], class: &str, bytes: &[u8], into: &mut [u8]) {
        let mut hash = blake3::Hasher::new_keyed(&self.0);
        for part in [purpose, class.as_bytes(), bytes] {
            hash.update(&(part.len() as u64).to_le_bytes()).update(part);
        }
        hash.finalize_xof().fill(into);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> IdKey {
        IdKey::new([7; 32])
    }

    #[test]
    fn a_name_has_one_id_in_each_class() {
        assert_eq!(key().of_name("Room", "lobby"), key().of_name("Room", "lobby"));
        assert_ne!(key().of_name("Room", "lobby"), key().of_name("Room", "Lobby"));
        assert_ne!(key().of_name("Room", "lobby"), key().of_name("User", "lobby"));
        assert_ne!(key().of_name("Room", "a"), IdKey::new([8; 32]).of_name("Room", "a"));
        // A separator trick does not make two pairs equal.
        assert_ne!(key().of_name("Rooma", "b"), key().of_name("Room", "ab"));
    }

    #[test]
    fn an_id_comes_back_from_its_text_and_a_forged_one_is_not_accepted() {
        let id = key().of_random("Room", [42; 24]);
        assert_eq!(id.to_string().len(), 64);
        assert_eq!(id.to_string().parse::<ObjectId>().expect("an id"), id);
        assert_eq!(id.to_string().to_uppercase().parse::<ObjectId>().expect("an id"), id);
        assert!(key().accepts("Room", id));
        assert!(!key().accepts("User", id));
        for byte in 0..32 {
            for bit in 0..8 {
                let mut forged = id;
                forged.0[byte] ^= 1 << bit;
                assert!(!key().accepts("Room", forged), "byte {byte}, bit {bit}");
            }
        }
    }

    #[test]
    fn text_that_is_no_id_is_refused_with_the_rule() {
        for text in ["", "12", &"g".repeat(64), &"é".repeat(32), &"0".repeat(65)] {
            let error = text.parse::<ObjectId>().expect_err("no id");
            assert!(error.to_string().contains("64 hexadecimal digits"), "{error}");
        }
    }

    #[test]
    fn ids_are_what_they_were_in_the_first_version() {
        // They are stored in folders and by users: another way to make them would lose every object.
        assert_eq!(
            key().of_name("Room", "lobby").to_string(),
            "cc308765b12f290d6f63e7d2edffd5f98b5763d9c1861c723b130980a66b8a60"
        );
        assert_eq!(
            key().of_random("Room", [42; 24]).to_string(),
            "2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a155fb20402d2603a"
        );
        assert_eq!(u128::from_be_bytes(key().folder_mark()), 0x64c6c6b3959e25087c0b6ce24f545073);
    }

    #[test]
    fn named_and_random_ids_can_be_told_apart() {
        let named: Vec<_> = (0..100).map(|number| key().of_name("Room", &number.to_string())).collect();
        assert!(named.iter().all(ObjectId::is_named));
        let random: Vec<_> = (0..=255).map(|byte| key().of_random("Room", [byte; 24])).collect();
        assert!(!random.iter().any(ObjectId::is_named));
        // The other bits of the first byte are the name's: objects are spread over partitions by them.
        for ids in [named, random] {
            let first: std::collections::BTreeSet<u8> = ids.iter().map(|id| id.as_bytes()[0]).collect();
            assert!(first.len() > 40, "{first:?}");
        }
    }
}
