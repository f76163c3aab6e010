//! A provider as data, and the client's credentials at it.

mod basics;
mod credentials;
mod differences;
mod git;
mod github;
mod google;
mod json_file;
mod microsoft;
mod oauth2;
mod openid;
mod profile;
mod redirect_uri;
mod refusals;
mod secret_file;
mod service_key;
mod user_api;

pub use credentials::ClientCredentials;
pub(crate) use credentials::ClientKind;
pub(crate) use differences::{
    AbsentScope, AccountChoice, Algorithm, ClientAuthentication, Identification, Increment,
    IssParameter, RevocationAuthentication,
};
pub use profile::Provider;
pub(crate) use redirect_uri::{check_redirect_uri, is_loopback};
pub use refusals::ApiRefusal;
pub(crate) use refusals::{ApiMeaning, ApiPlace, ApiSign};
pub use service_key::ServiceAccountKey;
pub use user_api::UserApi;
