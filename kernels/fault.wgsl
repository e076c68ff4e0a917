// Telling of an index out of range. The kernel declares the device's words of faults as `fault`.

// The first one is kept; `code` names the kernel.
fn report(code: u32, index: u32, length: u32) {
    if atomicExchange(&fault[0], code) == 0u {
        atomicStore(&fault[1], index);
        atomicStore(&fault[2], length);
    }
}
