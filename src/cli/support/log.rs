//! The log: what the library says about its work, by the variable `KILN_LOG`.

use super::error::CommandError;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// The variable of the environment that asks for a log, such as `KILN_LOG=debug` or `KILN_LOG=kiln_train=debug`.
const VARIABLE: &str = "KILN_LOG";

/// Writes to standard error what the variable asks for; nothing if it isn't set.
pub fn start() -> Result<(), CommandError> {
    let Some(wanted) = std::env::var_os(VARIABLE).filter(|wanted| !wanted.is_empty()) else { return Ok(()) };
    let wanted = wanted.to_string_lossy();
    let filter: Targets = wanted.parse().map_err(|_| {
        CommandError::usage(format!(
            "{VARIABLE} is {wanted:?}; it must be error, warn, info, debug or trace, or such as kiln_train=debug"
        ))
    })?;
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    tracing_subscriber::registry().with(filter).with(lines).init();
    Ok(())
}
