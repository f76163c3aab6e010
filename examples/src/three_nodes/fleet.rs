//! The parent of the nodes: it starts them, and starts again what has died.

use std::io;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use oauth_runtime::{Clock as _, SystemClock};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

use super::node::Settings;
use super::proxy::Nodes;
use crate::demo::Failure;

/// What is between the end of a node and its next start: one that keeps dying keeps nobody busy.
const PAUSE: Duration = Duration::from_millis(500);

/// The processes, which end when it is dropped.
#[derive(Debug)]
pub struct Fleet {
    tasks: JoinSet<()>,
}

impl Fleet {
    /// Starts so many nodes, and waits until each listens.
    ///
    /// # Errors
    /// If one of them cannot start; it has said why.
    pub async fn start(
        settings: &Settings,
        nodes: &Arc<Nodes>,
        count: usize,
    ) -> Result<Self, Failure> {
        let mut tasks = JoinSet::new();
        for node in 0..count {
            let (child, port) = start(settings, node).await?;
            nodes.set(node, Some(port));
            tasks.spawn(keep(settings.clone(), nodes.clone(), node, child));
        }
        Ok(Self { tasks })
    }

    /// Waits as long as the nodes live, which is until it is dropped.
    pub async fn watch(mut self) {
        while self.tasks.join_next().await.is_some() {}
    }
}

fn name(node: usize) -> String {
    format!("node {}", node + 1)
}

/// The same program again, as a node.
async fn start(settings: &Settings, node: usize) -> Result<(Child, u16), Failure> {
    let mut command = Command::new(std::env::current_exe()?);
    settings.give_to(&mut command);
    command.args(["node", &name(node)]).kill_on_drop(true);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let stdout = child.stdout.take().ok_or_else(|| io::Error::other("no output"))?;
    let line = BufReader::new(stdout).lines().next_line().await?;
    let port = line.as_deref().and_then(|line| line.strip_prefix("ready ")?.parse().ok());
    Ok((child, port.ok_or_else(|| format!("{} did not start", name(node)))?))
}

async fn keep(settings: Settings, nodes: Arc<Nodes>, node: usize, mut child: Child) {
    loop {
        // Waiting would close it, which tells the node to end.
        let stdin = child.stdin.take();
        drop(child.wait().await);
        drop(stdin);
        nodes.set(node, None);
        println!("{} has ended, and is started again.", name(node));
        child = loop {
            SystemClock.sleep(PAUSE).await;
            match start(&settings, node).await {
                Ok((child, port)) => {
                    nodes.set(node, Some(port));
                    break child;
                }
                Err(failure) => eprintln!("{failure}"),
            }
        };
    }
}
