//! What a catalogue was made of, in numbers.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::Discovery;
use super::classify::Class;
use super::implications::Implications;

/// How much of everything there is. Its text is a summary of some lines.
#[derive(Debug)]
pub struct Figures {
    apis: usize,
    methods: usize,
    scopes: usize,
    supplement: usize,
    classes: BTreeMap<Class, usize>,
    direct: usize,
    closure: usize,
    aliases: usize,
}

impl Figures {
    pub(super) fn new(
        discovery: &Discovery,
        scopes: &BTreeSet<String>,
        implications: &Implications,
    ) -> Self {
        Self {
            apis: discovery.apis.len(),
            methods: discovery.methods.len(),
            scopes: scopes.len(),
            supplement: scopes.len() - discovery.scopes.len(),
            classes: implications.classes.clone(),
            direct: implications.direct.len(),
            closure: implications.closure.len(),
            aliases: implications.aliases.len() / 2,
        }
    }

    fn class(&self, class: Class) -> usize {
        self.classes.get(&class).copied().unwrap_or_default()
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { apis, methods, scopes, supplement, direct, closure, aliases, .. } = self;
        writeln!(f, "{apis} versions of APIs, {methods} methods")?;
        writeln!(f, "{scopes} scopes, {supplement} of them in no document; {aliases} aliases")?;
        writeln!(
            f,
            "{} pairs that all methods agree on: {} safe, {} curated, {} refused, {} the cloud's, {} unproven",
            self.classes.values().sum::<usize>(),
            self.class(Class::Safe),
            self.class(Class::Curated),
            self.class(Class::Refused),
            self.class(Class::Cloud),
            self.class(Class::Unproven),
        )?;
        writeln!(f, "{direct} direct implications, {closure} with those through others")
    }
}
