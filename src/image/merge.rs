//! Laying rows over one another: defaults and those of their rows that match, then the image, then each matching `when`.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::config::{
    Config, Keys, List, Packages, RegistryId, Table, Take, Taking, UserName, When,
};
use crate::render::Field;

/// Merges rows in order: each takes away of what lies below, then later wins, tables merge, `apt`, `pip` and `needs` append,
/// `from` and `parent` replace each other.
pub fn merge<'a>(rows: impl IntoIterator<Item = &'a When>) -> Keys {
    merge_telling(rows, &mut |_, _, _| {})
}

/// The same. `tell` hears of each thing taken away, over what lies below it, and whether it was there.
pub fn merge_telling<'a>(
    rows: impl IntoIterator<Item = &'a When>,
    tell: &mut dyn FnMut(&Keys, &Taking, bool),
) -> Keys {
    let mut merged = Keys::default();
    for row in rows {
        for taking in &row.keys.takes {
            let there = merged.holds(&taking.0);
            tell(&merged, taking, there);
        }
        for (take, _) in &row.keys.takes {
            merged.take(take);
        }
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
    fn table(&self, table: Table) -> &IndexMap<Arc<str>, Field> {
        match table {
            Table::Args => &self.args,
            Table::Env => &self.env,
            Table::Labels => &self.labels,
            Table::Meta => &self.meta,
        }
    }

    fn table_mut(&mut self, table: Table) -> &mut IndexMap<Arc<str>, Field> {
        match table {
            Table::Args => &mut self.args,
            Table::Env => &mut self.env,
            Table::Labels => &mut self.labels,
            Table::Meta => &mut self.meta,
        }
    }

    fn packages_mut(&mut self, packages: Packages) -> &mut Vec<Field> {
        match packages {
            Packages::Apt => &mut self.apt,
            Packages::Pip => &mut self.pip,
        }
    }

    fn packages(&self, packages: Packages) -> &[Field] {
        match packages {
            Packages::Apt => &self.apt,
            Packages::Pip => &self.pip,
        }
    }

    /// Whether there is anything that this would take away.
    fn holds(&self, take: &Take) -> bool {
        match take {
            Take::Entry(table, name) => self.table(*table).contains_key(name),
            Take::Package(packages, name) => {
                let mut items = self.packages(*packages).iter();
                items.any(|item| packages.takes(name, &item.source))
            }
            Take::Need(image, _) => self.needs.iter().any(|need| need.image == *image),
            Take::Secret(id, _) => self.secrets.iter().any(|secret| secret.id == *id),
            Take::All(List::Packages(packages)) => {
                let has_files = *packages == Packages::Pip && !self.pip_files.is_empty();
                has_files || !self.packages(*packages).is_empty()
            }
            Take::All(List::Needs) => !self.needs.is_empty(),
            Take::All(List::ContextFiles) => !self.context_files.is_empty(),
            Take::All(List::Secrets) => !self.secrets.is_empty(),
            Take::All(List::Test) => !self.test.is_empty(),
        }
    }

    fn take(&mut self, take: &Take) {
        match take {
            Take::Entry(table, name) => {
                self.table_mut(*table).shift_remove(name);
            }
            Take::Package(packages, name) => {
                let items = self.packages_mut(*packages);
                items.retain(|item| !packages.takes(name, &item.source));
            }
            Take::Need(image, _) => self.needs.retain(|need| need.image != *image),
            Take::Secret(id, _) => self.secrets.retain(|secret| secret.id != *id),
            Take::All(List::Packages(packages)) => {
                self.packages_mut(*packages).clear();
                if *packages == Packages::Pip {
                    self.pip_files.clear();
                }
            }
            Take::All(List::Needs) => self.needs.clear(),
            Take::All(List::ContextFiles) => self.context_files.clear(),
            Take::All(List::Secrets) => self.secrets.clear(),
            Take::All(List::Test) => self.test.clear(),
        }
    }

    /// What stands where this would be taken away, by name.
    pub fn beside<'a>(&'a self, take: &Take, config: &'a Config) -> Vec<&'a str> {
        match take {
            Take::Entry(table, _) => self.table(*table).keys().map(|name| &**name).collect(),
            Take::Package(packages, _) => {
                let items = self.packages(*packages).iter();
                items.map(|item| &*item.source).collect()
            }
            Take::Need(..) => {
                let needs = self.needs.iter();
                needs
                    .map(|need| &*config.images[need.image.0].key)
                    .collect()
            }
            Take::Secret(..) => {
                let secrets = self.secrets.iter();
                secrets
                    .map(|secret| config.secrets[secret.id.0].name.as_str())
                    .collect()
            }
            Take::All(_) => Vec::new(),
        }
    }

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
        replace(&mut self.source, &keys.source);
        for (into, from) in [
            (&mut self.args, &keys.args),
            (&mut self.env, &keys.env),
            (&mut self.labels, &keys.labels),
            (&mut self.meta, &keys.meta),
        ] {
            into.extend(from.iter().map(|(k, v)| (k.clone(), v.clone())));
        }
        self.apt.extend(keys.apt.iter().cloned());
        self.pip.extend(keys.pip.iter().cloned());
        self.pip_files.extend(keys.pip_files.iter().cloned());
        replace(&mut self.python, &keys.python);
        replace(&mut self.user, &keys.user);
        replace(&mut self.user_name, &keys.user_name);
        replace(&mut self.arbitrary_user, &keys.arbitrary_user);
        replace(&mut self.init, &keys.init);
        replace(&mut self.entrypoint, &keys.entrypoint);
        replace(&mut self.cmd, &keys.cmd);
        replace(&mut self.ca, &keys.ca);
        replace(&mut self.proxy, &keys.proxy);
        self.secrets.extend(keys.secrets.iter().cloned());
        replace(&mut self.platforms, &keys.platforms);
        replace(&mut self.epoch, &keys.epoch);
        replace(&mut self.template, &keys.template);
        if !keys.test.is_empty() {
            self.test.clone_from(&keys.test);
        }
        replace(&mut self.publish, &keys.publish);
    }

    /// Whether it is given its tag.
    pub fn is_published(&self) -> bool {
        self.publish.as_ref().is_none_or(|publish| publish.value)
    }

    /// The registries it goes to, home first: home alone, where it is not published. Empty when none is declared.
    pub fn registries(&self, config: &Config) -> Vec<RegistryId> {
        let mut ids = match &self.registry {
            Some(ids) => ids.clone(),
            None => (0..config.registries.len()).map(RegistryId).collect(),
        };
        if !self.is_published() {
            ids.truncate(1);
        }
        ids
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
            .chain(&self.source)
            .chain(self.labels.values())
            .chain(&self.apt)
            .chain(&self.pip)
            .chain(self.pip_files.iter().map(|file| &file.path))
            .chain(&self.ca)
            .chain(&self.user)
            .chain(self.user_name.iter().filter_map(|name| match name {
                UserName::Named(field) => Some(field),
                UserName::Unnamed(_) => None,
            }))
            .chain(self.entrypoint.iter().flatten())
            .chain(self.cmd.iter().flatten())
    }
}
