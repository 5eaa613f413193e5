//! Conjunctions composed: what two of them have in common, and what one leaves of another.

use crate::matrix::{AxisId, Conjunction};

impl Conjunction {
    /// What holds for every cell of the images that have these axes, each with its number of values.
    pub fn over(axes: impl IntoIterator<Item = (AxisId, usize)>) -> Self {
        let all = |(axis, values)| (axis, vec![true; values].into());
        Conjunction {
            terms: axes.into_iter().map(all).collect(),
            images: None,
        }
    }

    /// Narrows an axis to these values; an axis that is new is one that an image must have.
    pub fn narrow(&mut self, axis: AxisId, allowed: &[bool]) {
        match self.terms.iter_mut().find(|(known, _)| *known == axis) {
            Some((_, flags)) => meet(flags, allowed),
            None => self.terms.push((axis, allowed.into())),
        }
    }

    /// Narrows it to these images.
    pub fn narrow_images(&mut self, allowed: &[bool]) {
        match &mut self.images {
            Some(flags) => meet(flags, allowed),
            None => self.images = Some(allowed.into()),
        }
    }

    /// What both hold for; `None` when there is nothing of the kind.
    pub fn and(&self, other: &Conjunction) -> Option<Conjunction> {
        let mut both = self.clone();
        for (axis, allowed) in &other.terms {
            both.narrow(*axis, allowed);
        }
        if let Some(images) = &other.images {
            both.narrow_images(images);
        }
        both.holds_for_some().then_some(both)
    }

    /// Adds to `left` what it holds for and `other`, whose axes it all names, does not: pieces that have no cell in
    /// common, so that there are never more than cells.
    pub fn without(mut self, other: &Conjunction, left: &mut Vec<Conjunction>) {
        if self.and(other).is_none() {
            left.push(self);
            return;
        }
        if let Some(allowed) = &other.images {
            let mut rest = self.clone();
            rest.narrow_images(&turned(allowed));
            left.extend(rest.holds_for_some().then_some(rest));
            self.narrow_images(allowed);
        }
        for (axis, allowed) in &other.terms {
            let mut rest = self.clone();
            rest.narrow(*axis, &turned(allowed));
            left.extend(rest.holds_for_some().then_some(rest));
            self.narrow(*axis, allowed);
        }
    }

    fn holds_for_some(&self) -> bool {
        let mut flags = self.terms.iter().map(|(_, flags)| flags);
        flags.all(|flags| flags.contains(&true))
            && self.images.as_ref().is_none_or(|i| i.contains(&true))
    }
}

fn meet(flags: &mut [bool], allowed: &[bool]) {
    for (flag, allowed) in flags.iter_mut().zip(allowed) {
        *flag &= allowed;
    }
}

fn turned(flags: &[bool]) -> Vec<bool> {
    flags.iter().map(|flag| !flag).collect()
}
