//! `kiln devices`: what there is to compute on.

use super::environment::Machine;
use super::failure::Failure;
use super::output;
use kiln::grad::Device;
use serde_json::json;

/// Lists the devices.
pub fn list(as_json: bool) -> Result<(), Failure> {
    let (machine, cpu) = (Machine::this(), Device::cpu());
    let types: Vec<String> = cpu.limits().dtypes.iter().map(ToString::to_string).collect();
    let threads = rayon::current_num_threads();
    let Machine { processor, cores, memory_gib, features } = machine;
    if as_json {
        let memory = (memory_gib * 10.0).round() / 10.0;
        return output::print_json(&json!([{
            "name": cpu.name(), "processor": processor, "cores": cores, "threads": threads,
            "memory_gib": memory, "features": features, "types": types,
        }]));
    }
    output::print(&format!(
        "{}  {processor}\n     {cores} cores, {threads} threads, {memory_gib:.0} GiB of memory\n     \
         instructions {}\n     types {}\n",
        cpu.name(),
        features.join(", "),
        types.join(", "),
    ))
}
