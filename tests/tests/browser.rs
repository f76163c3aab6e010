//! Our demo in real browsers: what a person does, and what becomes of it.

/// Makes a test of each of these functions for every engine.
macro_rules! in_every_engine {
    ($($name:ident),* $(,)?) => {
        in_every_engine!(@ chromium Chromium: $($name),*);
        in_every_engine!(@ firefox Firefox: $($name),*);
        in_every_engine!(@ webkit WebKit: $($name),*);
    };
    (@ $module:ident $engine:ident: $($name:ident),*) => {
        mod $module {
            $(
                #[tokio::test]
                async fn $name() {
                    super::$name(oauth_tests::browser::Engine::$engine).await;
                }
            )*
        }
    };
}

mod accounts;
mod consent;
mod elsewhere;
mod fetch;
mod forms;
mod history;
mod keyboard;
mod looks;
mod other_origins;
mod own_login;
mod person;
mod refusals;
mod tabs;
mod time;
mod week;

use oauth_examples::demo::Demo;
use oauth_runtime::fake::{Endpoint, FakeAccount, FakeGoogle};
use oauth_tests::browser::Engine;
use tokio::task::JoinHandle;

use crate::support::Folder;
use person::Person;

const ADA: &str = "ada@example.com";
const GRACE: &str = "grace@example.com";
const DRIVE: &str = "drive.file";
const CALENDAR: &str = "calendar.events.readonly";

/// The demo, served until it is dropped.
struct Served {
    origin: String,
    fake: FakeGoogle,
    server: JoinHandle<()>,
    _data: Folder,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Served {
    async fn start() -> Self {
        let data = Folder::new();
        let demo = Demo::start(0, None, &data.path("demo")).await.unwrap();
        let (origin, fake) = (demo.origin().to_owned(), demo.fake().unwrap().clone());
        fake.add_account(FakeAccount::new(GRACE, "Grace Example"));
        let server = tokio::spawn(async move { demo.serve(std::future::pending()).await.unwrap() });
        Self { origin, fake, server, _data: data }
    }

    /// How often the provider's pages were asked for anything.
    fn asked(&self) -> usize {
        self.fake.calls(Endpoint::Authorization)
    }

    /// The names of what lies in somebody's Drive, the oldest first.
    fn files_of(&self, email: &str) -> Vec<String> {
        self.fake.drive().files_of(email).into_iter().map(|file| file.name).collect()
    }
}

/// The demo, and somebody in front of a browser who has not opened it yet.
async fn somebody() -> (Served, Person) {
    somebody_at(Engine::Chromium).await
}

async fn somebody_at(engine: Engine) -> (Served, Person) {
    let demo = Served::start().await;
    let person = Person::of(engine, &demo.origin).await;
    (demo, person)
}
