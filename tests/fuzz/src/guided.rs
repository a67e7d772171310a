//! One parser under libFuzzer: the one that `SIGNET_FUZZ_TARGET` names. `scripts/fuzz` builds and runs it.
#![no_main]
#![expect(unsafe_code, reason = "libFuzzer finds what it calls by a name for the linker")]

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use signet_fuzz::{Chance, TARGETS, Target, change, corpus};
use std::sync::LazyLock;

static TARGET: LazyLock<&Target> = LazyLock::new(|| {
    let name = std::env::var("SIGNET_FUZZ_TARGET").expect("SIGNET_FUZZ_TARGET names a parser");
    TARGETS
        .iter()
        .find(|target| target.name == name)
        .expect("SIGNET_FUZZ_TARGET names a parser that there is")
});
static CORPUS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| corpus(TARGET.name));

fuzz_target!(|input: &[u8]| (TARGET.survive)(input));

// One change in four is of our own kind: it knows the words of the parser's language.
fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    if seed % 4 == 0 {
        let mut input = data[..size].to_vec();
        change(&mut Chance::new(seed.into()), &mut input, &CORPUS, TARGET.words);
        input.truncate(max_size);
        if !input.is_empty() {
            data[..input.len()].copy_from_slice(&input);
            return input.len();
        }
    }
    fuzzer_mutate(data, size, max_size)
});
