//! Which row of a full memory gives way: the turns of the second-chance algorithm (CLOCK).
//!
//! A hit on a row writes nothing, but a row that is used is read anew from the store as soon as
//! it is believed no longer, and then it is known later than before. So a row that is known as
//! it was when it was last looked at was not used since.

use super::key_map::KeyMap;

/// The keys of the rows in a circle, and a hand that goes round. A row keeps its place until it
/// goes, so that none is looked at twice in one round.
pub(super) struct Turns<const N: usize> {
    circle: Vec<Turn<N>>,
    /// Where each key is in the circle.
    places: KeyMap<N, usize>,
    /// The places of rows that are gone.
    vacant: Vec<usize>,
    hand: usize,
    /// How many turns were looked at, for tests of what a write costs.
    #[cfg(test)]
    pub(super) looks: usize,
}

#[derive(Clone, Copy)]
struct Turn<const N: usize> {
    key: Option<[u8; N]>,
    /// Since when the row was known when it was last looked at.
    seen: u64,
}

/// What the hand finds at a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// It has ended, or is gone.
    Ended,
    /// It lives, and is known since this time.
    Known(u64),
}

impl<const N: usize> Turns<N> {
    pub(super) fn new() -> Self {
        Self {
            circle: Vec::new(),
            places: KeyMap::default(),
            vacant: Vec::new(),
            hand: 0,
            #[cfg(test)]
            looks: 0,
        }
    }

    /// A row that was not there before.
    pub(super) fn join(&mut self, key: [u8; N], known: u64) {
        let turn = Turn { key: Some(key), seen: known };
        let place = self.vacant.pop().unwrap_or(self.circle.len());
        match self.circle.get_mut(place) {
            Some(vacant) => *vacant = turn,
            None => self.circle.push(turn),
        }
        self.places.insert(key, place);
    }

    /// The row is gone.
    pub(super) fn leave(&mut self, key: &[u8; N]) {
        let Some(place) = self.places.remove(key) else { return };
        if let Some(turn) = self.circle.get_mut(place) {
            turn.key = None;
            self.vacant.push(place);
        }
    }

    /// Gives the new row the turn of another one, and says which: the first one that has ended,
    /// or was not used since the hand last came by. It is the last of `looks` rows in any case.
    pub(super) fn replace(
        &mut self,
        (key, known): ([u8; N], u64),
        looks: usize,
        look: impl Fn(&[u8; N]) -> Look,
    ) -> Option<[u8; N]> {
        let mut left = looks;
        loop {
            let place = self.next()?;
            left = left.saturating_sub(1);
            let turn = self.circle.get_mut(place)?;
            let Some(other) = turn.key else { continue };
            match look(&other) {
                Look::Known(since) if since > turn.seen && left > 0 => turn.seen = since,
                _ => {
                    *turn = Turn { key: Some(key), seen: known };
                    self.places.remove(&other);
                    self.places.insert(key, place);
                    return Some(other);
                }
            }
        }
    }

    /// The key of the row at the hand, if it has ended: then its turn is over.
    pub(super) fn end_next(&mut self, look: impl Fn(&[u8; N]) -> Look) -> Option<[u8; N]> {
        let place = self.next()?;
        let key = self.circle.get(place)?.key?;
        (look(&key) == Look::Ended).then(|| {
            self.leave(&key);
            key
        })
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    fn next(&mut self) -> Option<usize> {
        #[cfg(test)]
        {
            self.looks += 1;
        }
        let place = if self.hand < self.circle.len() { self.hand } else { 0 };
        self.hand = place + 1;
        (place < self.circle.len()).then_some(place)
    }
}
