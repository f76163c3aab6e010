//! The people who can sign in.

use aws_lc_rs::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

/// A person with an account at the fake Google.
///
/// ```
/// use oauth_runtime::fake::FakeAccount;
/// let grace = FakeAccount::new("grace@navy.example", "Grace Example")
///     .with_hosted_domain("navy.example");
/// assert_eq!(grace.subject().len(), 21);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FakeAccount {
    email: String,
    name: String,
    subject: String,
    email_verified: bool,
    hosted_domain: Option<String>,
}

impl FakeAccount {
    /// An account with a verified address; its subject follows from the address.
    pub fn new(email: &str, name: &str) -> Self {
        Self {
            email: email.to_owned(),
            name: name.to_owned(),
            subject: subject_of(email),
            email_verified: true,
            hosted_domain: None,
        }
    }

    /// Makes it an account of an organization: its ID tokens carry `hd`.
    pub fn with_hosted_domain(mut self, domain: &str) -> Self {
        self.hosted_domain = Some(domain.to_owned());
        self
    }

    /// Gives it another `sub`.
    ///
    /// ```
    /// use oauth_runtime::fake::FakeAccount;
    ///
    /// let ada = FakeAccount::new("ada@example.com", "Ada").with_subject("42");
    /// assert_eq!(ada.subject(), "42");
    /// ```
    pub fn with_subject(mut self, subject: &str) -> Self {
        subject.clone_into(&mut self.subject);
        self
    }

    /// Makes its ID tokens say `"email_verified": false`.
    pub fn with_unverified_email(mut self) -> Self {
        self.email_verified = false;
        self
    }

    /// The address it signs in with.
    pub fn email(&self) -> &str {
        &self.email
    }

    /// The name that the chooser and the `profile` scope show.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The `sub` of its ID tokens: 21 digits, as Google's are.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    pub(crate) fn email_verified(&self) -> bool {
        self.email_verified
    }

    pub(crate) fn hosted_domain(&self) -> Option<&str> {
        self.hosted_domain.as_deref()
    }

    pub(crate) fn initial(&self) -> char {
        self.name.chars().next().unwrap_or('?')
    }
}

pub(crate) fn subject_of(email: &str) -> String {
    let hash = digest(&SHA256, email.to_ascii_lowercase().as_bytes());
    let digits = hash.as_ref().iter().take(20).map(|byte| char::from(b'0' + byte % 10));
    std::iter::once('1').chain(digits).collect()
}

/// All accounts, in the order of the chooser.
#[derive(Serialize, Deserialize)]
pub(crate) struct Accounts(Vec<FakeAccount>);

impl Accounts {
    pub(crate) fn built_in() -> Self {
        let ada = FakeAccount::new("ada@example.com", "Ada Example");
        Self(vec![ada, FakeAccount::new("bob@example.com", "Bob Example")])
    }

    pub(crate) fn all(&self) -> &[FakeAccount] {
        &self.0
    }

    /// Adds an account, in place of one with the same address.
    pub(crate) fn add(&mut self, account: FakeAccount) {
        match self.0.iter_mut().find(|known| known.email.eq_ignore_ascii_case(&account.email)) {
            Some(known) => *known = account,
            None => self.0.push(account),
        }
    }

    pub(crate) fn find(&self, email: &str) -> Option<&FakeAccount> {
        self.0.iter().find(|account| account.email.eq_ignore_ascii_case(email))
    }

    pub(crate) fn by_subject(&self, subject: &str) -> Option<&FakeAccount> {
        self.0.iter().find(|account| account.subject == subject)
    }

    /// The account of that address, made now if nobody has it.
    pub(crate) fn ensure(&mut self, email: &str) -> FakeAccount {
        if let Some(account) = self.find(email) {
            return account.clone();
        }
        let account = FakeAccount::new(email, &name_of(email));
        self.0.push(account.clone());
        account
    }
}

fn name_of(email: &str) -> String {
    let local = email.split('@').next().unwrap_or_default();
    let mut letters = local.chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_are_21_digits_stable_and_different() {
        let accounts = Accounts::built_in();
        let [ada, bob] = accounts.all() else { panic!("two accounts") };
        for account in [ada, bob] {
            assert_eq!(account.subject.len(), 21);
            assert!(account.subject.bytes().all(|byte| byte.is_ascii_digit()));
        }
        assert_ne!(ada.subject, bob.subject);
        assert_eq!(ada.subject, FakeAccount::new("Ada@example.com", "").subject);
    }

    #[test]
    fn an_unknown_account_is_made_once() {
        let mut accounts = Accounts::built_in();
        let made = accounts.ensure("grace@example.com");
        assert_eq!(made.name(), "Grace");
        assert_eq!(accounts.ensure("GRACE@example.com"), made);
        assert_eq!(accounts.all().len(), 3);
    }

    #[test]
    fn adding_replaces_the_account_of_the_same_address() {
        let mut accounts = Accounts::built_in();
        accounts.add(FakeAccount::new("ada@example.com", "Countess"));
        assert_eq!(accounts.all().len(), 2);
        assert_eq!(accounts.find("ada@example.com").unwrap().name(), "Countess");
    }
}
