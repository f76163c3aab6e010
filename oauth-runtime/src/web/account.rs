//! An account outside of any request: for jobs, for signing somebody out everywhere, and for
//! giving back what he granted.

use std::fmt;

use super::asked::Asked;
use super::extract::Token;
use super::grant::Grant;
use super::guard::{self, Pass};
use super::purpose::Purpose;
use crate::error::{Code, Error};
use crate::oauth::{Login, OAuth, SignedIn};
use crate::protocol::AccountId;
use crate::scope::Requirement;
use crate::scope::requirement::Declaration;
use crate::session::Owner;
use crate::tokens::{Disconnection, ProviderId};

/// One account, outside of any request; made by [`OAuth::account`].
///
/// ```no_run
/// use oauth_runtime::{AccountId, Error, OAuth, scope};
///
/// /// Runs every night, for each account that the app wrote down.
/// async fn back_up(oauth: &OAuth, id: &AccountId) -> Result<(), Error> {
///     let token = match oauth.account(id).token::<scope::DriveFile>().await {
///         Ok(token) => token,
///         Err(error) if error.is_consent_required() => {
///             // A link for an e-mail: it works for a week.
///             println!("please allow it again: {:?}", error.authorize_url());
///             return Ok(());
///         }
///         Err(error) => return Err(error),
///     };
///     let client = token.client();
///     let files: serde_json::Value = client.get(&client.url("drive", "/drive/v3/files")).await?;
///     # drop(files);
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct Account {
    oauth: OAuth,
    id: AccountId,
}

impl OAuth {
    /// An account, whether somebody is signed in with it just now or not.
    ///
    /// Its id is that of [`User::account`](crate::User::account), as the app wrote it down.
    pub fn account(&self, id: &AccountId) -> Account {
        Account { oauth: self.clone(), id: id.clone() }
    }

    /// The accounts that a user of an app with a
    /// [login of its own](crate::OAuthBuilder::with_login) has linked.
    ///
    /// # Errors
    /// If the store cannot be asked.
    pub async fn accounts_of(&self, owner: &Owner) -> Result<Vec<AccountId>, Error> {
        let (owner, now) = (self.0.owners.key_of(owner).await?, self.0.clock.now());
        let mut accounts = Vec::new();
        for key in self.0.owners.accounts(&owner, now).await? {
            let account = self.0.accounts.get(&key, now).await?;
            let his = account.filter(|account| account.value.holder == Some(owner));
            accounts.extend(his.map(|account| account.value.id().clone()));
        }
        Ok(accounts)
    }
}

impl Account {
    /// Its id.
    pub fn id(&self) -> &AccountId {
        &self.id
    }

    /// A live token that holds the scopes of `R`, renewed if need be: as a handler gets it, and
    /// good for the same helpers.
    ///
    /// # Errors
    /// If a scope is not granted, or not any longer: the error
    /// [requires consent](Error::is_consent_required), and its
    /// [`authorize_url`](Error::authorize_url) is a whole address that may go into an e-mail. It
    /// works for seven days, names the account and signs nobody in by itself. Also if the
    /// provider or the store cannot be asked now.
    pub async fn token<R: Requirement>(&self) -> Result<Token<R>, Error> {
        let (oauth, declaration) = (&self.oauth, R::DECLARATION);
        let purpose = Purpose::of(declaration);
        let now = oauth.0.clock.now();
        let provider = self.provider_for(declaration)?;
        let key = oauth.0.accounts.key_named(self.id.issuer(), self.id.subject()).await?;
        let Some(account) = oauth.0.accounts.get(&key, now).await? else {
            let text = "nobody has signed in with this account, or it was forgotten";
            let error = Error::new(Code::ConsentRequired, text);
            return Err(Grant::refused_to_job(oauth, (provider, None), purpose, error));
        };
        let who = SignedIn { login: Login::Account, provider, owner: None, key, account };
        let passed = guard::renew(oauth, &who, declaration).await;
        let of = (provider, Some((who.key, who.row())));
        let Pass { oauth, signed_in, tokens } =
            passed.map_err(|error| Grant::refused_to_job(oauth, of, purpose, error))?;
        let asked = Asked::nothing();
        Ok(Token::from_grant(Grant { oauth, signed_in, tokens, purpose, asked }))
    }

    /// The provider of the account, if that is the one whose scopes are wanted.
    fn provider_for(&self, declaration: &Declaration) -> Result<ProviderId, Error> {
        let declared = self.oauth.declared(declaration)?;
        if self.oauth.0.accounts.providers.of_issuer(self.id.issuer()) == Some(declared) {
            return Ok(declared);
        }
        let (id, name) = (&self.id, self.oauth.provider(declared).name());
        let text = format!("the account {id} is none of {name}, whose scopes are wanted");
        Err(Error::new(Code::ConfigOption, text)
            .with_help("name the account's provider: `scope_set!(pub Name(provider = \"…\") = …)`"))
    }

    /// Withdraws what the account granted: its tokens are deleted here, at once and on every
    /// node, and revoked at the provider
    /// ([RFC 7009](https://www.rfc-editor.org/rfc/rfc7009)).
    ///
    /// Google then takes back everything that the person ever granted to the app's project, on
    /// all of its clients. Say so before: the page at `/oauth/disconnect` does, and asks.
    /// Sessions go on; a page that needs a scope asks for it again. An authorization that the user
    /// of a known account began before brings no tokens any more, on no node: what it brings is
    /// revoked too, unless the account was connected again meanwhile, and the user is told so on a
    /// page from which it can be begun again.
    ///
    /// # Errors
    /// If the store cannot be asked. Nothing is lost then, and it can be called again. A provider
    /// that does not answer is no error: see [`Disconnection::Pending`].
    pub async fn disconnect(&self) -> Result<Disconnection, Error> {
        let accounts = &self.oauth.0.accounts;
        accounts.disconnect(accounts.key_named(self.id.issuer(), self.id.subject()).await?).await
    }

    /// Ends every session of this account, in every browser: at once on this node, within a
    /// second on all. What was granted stays granted.
    ///
    /// # Errors
    /// If the app has a login of its own, since its sessions are the app's, and if the store
    /// cannot be asked.
    pub async fn sign_out_everywhere(&self) -> Result<(), Error> {
        let oauth = &self.oauth;
        if oauth.0.login.is_some() {
            let text = "an app with a login of its own has no sessions of the library's";
            return Err(Error::new(Code::ConfigOption, text)
                .with_help("end the app's own sessions; `unlink` takes the account away"));
        }
        let accounts = &oauth.0.accounts;
        if accounts.providers.of_issuer(self.id.issuer()).is_some_and(|id| !id.is_first()) {
            let text = "nobody signs in with this account: it is linked to another";
            return Err(Error::new(Code::ConfigOption, text)
                .with_help("end the sessions of the account that it is linked to"));
        }
        let key = accounts.key_named(self.id.issuer(), self.id.subject()).await?;
        accounts.end_sessions(&key).await
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").field("id", &self.id).finish_non_exhaustive()
    }
}
