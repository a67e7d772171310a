//! The command line.

mod dev;
pub(crate) mod files;
mod key;
mod limits;
mod log;
mod run;
mod serve;
mod store;
mod tools;
pub(crate) mod ui;

use crate::config::{Mode, Settings, load};
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};

#[derive(Parser)]
#[command(name = "signet", version, about = "A multi-tenant identity provider: OAuth 2.0 and OpenID Connect")]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Subcommand)]
enum Command {
    /// Run on this machine with demo data (the default)
    Dev(Dev),
    /// Run in production
    Serve,
    /// Show the demo's URLs, logins and commands
    Card,
    /// Make a new store, or bring one up to date
    Migrate,
    /// Forget what a restored backup brought back: run it after a restore, before any server starts
    ///
    /// Ends all sessions and grants and refuses every token from before, so that none that was rotated, revoked or
    /// signed out since the backup counts again.
    Restored,
    /// Work on tenants
    #[command(subcommand)]
    Tenant(Tenant),
    /// Work on operators
    #[command(subcommand)]
    Operator(Operator),
    /// Work on the demo
    #[command(subcommand)]
    Demo(Demo),
    /// Work on master keys
    #[command(subcommand)]
    Key(Key),
    /// Prove what the limits did
    #[command(subcommand)]
    Limits(Limits),
    /// Show whether the system log was changed behind Signet's back
    #[command(subcommand)]
    Log(Log),
    /// Print the description of the management API
    Openapi,
    /// Print the effective configuration, secrets masked
    Config(Show),
}

#[derive(Args, Default)]
struct Dev {
    /// Delete the embedded store first
    #[arg(long)]
    reset: bool,
}

#[derive(Subcommand)]
enum Tenant {
    /// Create a tenant and print a one-time link for its first administrator
    Create(CreateTenant),
}

#[derive(Args)]
struct CreateTenant {
    /// Short name: lower-case letters, digits and hyphens
    name: String,
    /// Where its users reach it
    #[arg(long)]
    url: String,
    /// The name that people read
    #[arg(long, default_value = "")]
    display_name: String,
    /// The domain that a login without one belongs to [default: the host of the URL]
    #[arg(long)]
    default_domain: Option<String>,
    /// The login to suggest to the first administrator
    #[arg(long)]
    admin_login: Option<String>,
}

#[derive(Subcommand)]
enum Operator {
    /// Create an operator and print the generated password
    Create {
        /// The login, like an e-mail address
        login: String,
    },
}

#[derive(Subcommand)]
enum Demo {
    /// Remove the demo's rows, and no others
    Remove,
}

#[derive(Subcommand)]
enum Limits {
    /// Check an exported system log (standard input: a JSON array of events, or one event a line)
    ///
    /// Tells whether any second holds five admitted password attempts of one user, and whether any refusal was
    /// unjustified. Exit code 1 if so.
    Check {
        /// Allow refusals to name attempts without an event, as a server that was killed in the middle of them leaves
        #[arg(long)]
        killed: bool,
    },
}

#[derive(Subcommand)]
enum Log {
    /// Check every event of all tenants against the chain of seals
    ///
    /// Tells which events were altered, inserted or taken away, and where seals were made anew or are gone. The chain
    /// must go on from the head that this machine's data directory holds, and from those that are passed. Works while
    /// the server runs. Exit code 1 if anything is wrong.
    Verify {
        /// A head that was noted elsewhere: what an earlier run of this command ended with
        #[arg(long = "head", value_name = "NUMBER:EPOCH:CODE")]
        heads: Vec<String>,
    },
}

#[derive(Subcommand)]
enum Key {
    /// Print a new master key
    New,
}

#[derive(Args)]
struct Show {
    /// Which mode to show
    #[arg(value_enum, default_value_t = Shown::Dev)]
    mode: Shown,
}

#[derive(Clone, Copy, ValueEnum)]
enum Shown {
    Dev,
    Serve,
}

/// Runs the command line; gives the exit code.
pub(crate) fn run() -> i32 {
    let cli = Cli::parse();
    let known: Vec<String> = Cli::command()
        .get_arguments()
        .filter_map(|argument| argument.get_env())
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    let done = Settings::check_variables(&known).and_then(|()| dispatch(cli));
    match done {
        Ok(()) => 0,
        Err(sentence) => {
            ui::complain(&sentence);
            1
        }
    }
}

fn dispatch(cli: Cli) -> Result<(), String> {
    let Cli { settings, command } = cli;
    let tool = |settings| load(settings, Mode::Tool);
    match command.unwrap_or(Command::Dev(Dev::default())) {
        Command::Dev(Dev { reset }) => dev::start(load(settings, Mode::Dev)?, reset),
        Command::Serve => serve::start(load(settings, Mode::Serve)?),
        Command::Card => tools::card(&tool(settings)?),
        Command::Migrate => run::block_on(tools::migrate(tool(settings)?)),
        Command::Restored => run::block_on(tools::restored(tool(settings)?)),
        Command::Tenant(Tenant::Create(new)) => run::block_on(tools::create_tenant(tool(settings)?, new)),
        Command::Operator(Operator::Create { login }) => {
            run::block_on(tools::create_operator(tool(settings)?, login))
        }
        Command::Demo(Demo::Remove) => run::block_on(tools::remove_demo(tool(settings)?)),
        Command::Key(Key::New) => ui::say(&key::generate()),
        Command::Limits(Limits::Check { killed }) => limits::check(std::io::stdin().lock(), killed),
        Command::Log(Log::Verify { heads }) => run::block_on(log::verify(tool(settings)?, heads)),
        Command::Openapi => ui::say(crate::api::openapi_json().trim_end()),
        Command::Config(Show { mode }) => {
            let mode = match mode {
                Shown::Dev => Mode::Dev,
                Shown::Serve => Mode::Serve,
            };
            ui::say(load(settings, mode)?.to_toml().trim_end())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn flags_need_no_command() {
        let cli = Cli::try_parse_from(["signet", "--listen", "127.0.0.1:1"]).unwrap();
        assert!(cli.command.is_none());
        let cli = Cli::try_parse_from(["signet", "dev", "--listen", "127.0.0.1:1", "--reset"]).unwrap();
        assert_eq!(cli.settings.listen.as_deref(), Some("127.0.0.1:1"));
    }
}
