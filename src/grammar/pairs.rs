//! A small map: a slice of pairs in the order in which they were put. Of some thousand specs each has a dozen of these, most of
//! them empty, and a hash table for each would be most of what a plan takes.

use std::borrow::Borrow;
use std::hash::Hash;

use indexmap::IndexMap;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// Values by keys, each key once. It is searched from its start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pairs<K, V>(Box<[(K, V)]>);

impl<K, V> Pairs<K, V> {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All, in their order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.0.iter().map(|(key, value)| (key, value))
    }

    /// The keys, in their order.
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.iter().map(|(key, _)| key)
    }

    /// The values, in the order of their keys.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.iter().map(|(_, value)| value)
    }

    /// The same, to be changed.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.0.iter_mut().map(|(_, value)| value)
    }

    /// The value of a key.
    pub fn get<Q: Eq + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let mut all = self.0.iter();
        let (_, value) = all.find(|(known, _)| known.borrow() == key)?;
        Some(value)
    }

    /// Whether a key has a value.
    pub fn contains_key<Q: Eq + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.get(key).is_some()
    }
}

impl<K, V> Default for Pairs<K, V> {
    fn default() -> Self {
        Pairs(Box::default())
    }
}

/// Of a key that comes again, the last value stands where the first did.
impl<K: Eq + Hash, V> FromIterator<(K, V)> for Pairs<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        const FEW: usize = 16;
        let mut pairs = pairs.into_iter();
        let mut few: Vec<(K, V)> = Vec::new();
        while let Some((key, value)) = pairs.next() {
            match few.iter_mut().find(|(known, _)| *known == key) {
                Some((_, known)) => *known = value,
                None => few.push((key, value)),
            }
            if few.len() > FEW {
                let many: IndexMap<K, V> = few.into_iter().chain(pairs).collect();
                return many.into();
            }
        }
        Pairs(few.into())
    }
}

impl<K, V> From<IndexMap<K, V>> for Pairs<K, V> {
    fn from(map: IndexMap<K, V>) -> Self {
        Pairs(map.into_iter().collect())
    }
}

impl<K, V> IntoIterator for Pairs<K, V> {
    type Item = (K, V);
    type IntoIter = std::vec::IntoIter<(K, V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_vec().into_iter()
    }
}

impl<'a, K, V> IntoIterator for &'a Pairs<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = std::iter::Map<std::slice::Iter<'a, (K, V)>, fn(&'a (K, V)) -> Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter().map(|(key, value)| (key, value))
    }
}

impl<K: Serialize, V: Serialize> Serialize for Pairs<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in &self.0 {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_there_once_however_many_there_are() {
        for count in [3, 16, 17, 40] {
            let twice = (0..count).chain(0..count).map(|n| (n, n));
            let last = std::iter::once((1, 100));
            let pairs: Pairs<i32, i32> = twice.chain(last).collect();
            assert!(pairs.keys().copied().eq(0..count), "{count}");
            assert_eq!(pairs.get(&1), Some(&100));
            assert_eq!(pairs.get(&count), None);
        }
    }
}
