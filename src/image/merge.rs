//! Laying rows over one another: defaults and those of their rows that match, then the image, then each matching `when`.

use std::sync::Arc;

use crate::config::{Config, Keys, RegistryId, Row};
use crate::render::Field;

/// Merges rows in order: later wins, tables merge, `apt`, `pip` and `needs` append, `from` and `parent` replace each other.
pub fn merge<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Keys {
    let mut merged = Keys::default();
    for row in rows {
        merged.lay(&row.keys);
    }
    merged
}

fn replace<T: Clone>(slot: &mut Option<T>, new: &Option<T>) {
    if new.is_some() {
        slot.clone_from(new);
    }
}

impl Keys {
    fn lay(&mut self, keys: &Keys) {
        replace(&mut self.name, &keys.name);
        replace(&mut self.tag, &keys.tag);
        replace(&mut self.registry, &keys.registry);
        if keys.from.is_some() {
            self.parent = None;
        }
        if keys.parent.is_some() {
            self.from = None;
        }
        replace(&mut self.from, &keys.from);
        replace(&mut self.parent, &keys.parent);
        self.needs.extend(keys.needs.iter().cloned());
        replace(&mut self.dockerfile, &keys.dockerfile);
        replace(&mut self.target, &keys.target);
        replace(&mut self.context, &keys.context);
        if !keys.context_files.is_empty() {
            self.context_files.clone_from(&keys.context_files);
        }
        for (into, from) in [
            (&mut self.args, &keys.args),
            (&mut self.env, &keys.env),
            (&mut self.labels, &keys.labels),
        ] {
            into.extend(from.iter().map(|(k, v)| (k.clone(), v.clone())));
        }
        self.apt.extend(keys.apt.iter().cloned());
        self.pip.extend(keys.pip.iter().cloned());
        replace(&mut self.python, &keys.python);
        replace(&mut self.user, &keys.user);
        replace(&mut self.entrypoint, &keys.entrypoint);
        replace(&mut self.cmd, &keys.cmd);
        replace(&mut self.platforms, &keys.platforms);
        replace(&mut self.epoch, &keys.epoch);
        replace(&mut self.template, &keys.template);
        if !keys.test.is_empty() {
            self.test.clone_from(&keys.test);
        }
    }

    /// The registries it goes to, home first. Empty when none is declared.
    pub fn registries(&self, config: &Config) -> Vec<RegistryId> {
        match &self.registry {
            Some(ids) => ids.clone(),
            None => (0..config.registries.len()).map(RegistryId).collect(),
        }
    }

    /// The repositories of that name in its registries, home first: just the name where no registry is declared.
    pub fn repositories(&self, config: &Config, name: &str) -> Arc<[String]> {
        let registries = self.registries(config);
        if registries.is_empty() {
            return [name.to_owned()].into();
        }
        registries
            .iter()
            .map(|id| format!("{}/{name}", config.registries[id.0].prefix))
            .collect()
    }

    /// The fields whose text goes into the image, with what to call them.
    pub fn content_fields(&self) -> impl Iterator<Item = &Field> {
        self.args
            .values()
            .chain(self.env.values())
            .chain(self.labels.values())
            .chain(&self.apt)
            .chain(&self.pip)
            .chain(&self.user)
            .chain(self.entrypoint.iter().flatten())
            .chain(self.cmd.iter().flatten())
    }
}
