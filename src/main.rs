//! The command `kiln`.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    quieten_drivers();
    cli::main()
}

/// Looking for GPUs on Linux, Mesa asks the window system which one it prefers, and complains on standard error
/// where there is none, as on a server. Kiln chooses among all GPUs by itself, so nothing need be asked.
#[allow(unsafe_code, reason = "variables of the environment can't be set otherwise")]
fn quieten_drivers() {
    const VARIABLE: &str = "NODEVICE_SELECT";
    if cfg!(target_os = "linux") && std::env::var_os(VARIABLE).is_none() {
        // SAFETY: `main` calls this first, when the program has no other thread that could read the environment.
        unsafe { std::env::set_var(VARIABLE, "1") };
    }
}
