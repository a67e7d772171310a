//! The binary `signet`.

fn main() {
    signet::main();
}
