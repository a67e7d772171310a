//! Seeded changes to known inputs.

/// No input is longer: requests have at most this much of anything.
const LONGEST: usize = 64 * 1024;

/// Bytes that mean something to one parser or another.
const TELLING: &[u8] = b"\0\t\n\r \"#%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~\x7f\x80\xbf\xc0\xe2\xed\xf0\xff";

/// SplitMix64: small, good enough, and the same everywhere.
#[derive(Debug)]
pub struct Chance(u64);

impl Chance {
    /// The same seed, the same chances.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below this one, or 0.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % (bound.max(1) as u64)).expect("below a usize")
    }

    /// One of these.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

/// An input of the corpus, changed in one to eight ways.
#[must_use]
pub fn mutate(chance: &mut Chance, corpus: &[Vec<u8>], words: &[&str]) -> Vec<u8> {
    let mut input = chance.pick(corpus).clone();
    for _ in 0..=chance.below(8) {
        change(chance, &mut input, corpus, words);
    }
    input.truncate(LONGEST);
    input
}

/// Changes an input in one way.
pub fn change(chance: &mut Chance, input: &mut Vec<u8>, corpus: &[Vec<u8>], words: &[&str]) {
    let at = chance.below(input.len() + 1);
    let end = (at + chance.below(32)).min(input.len());
    match chance.below(10) {
        0 if at < input.len() => input[at] ^= 1 << chance.below(8),
        1 if at < input.len() => input[at] = *chance.pick(TELLING),
        2 => input.insert(at, *chance.pick(TELLING)),
        3 => drop(input.drain(at..end)),
        4 => input.truncate(at),
        5 => {
            let piece = input[at..end].to_vec();
            let to = chance.below(input.len() + 1);
            drop(input.splice(to..to, piece));
        }
        6 => {
            // Mostly short repetitions, sometimes as deep or as long as it gets.
            let piece = input[at..end].to_vec();
            let most = if chance.below(16) == 0 { LONGEST / piece.len().max(1) } else { 40 };
            let many = piece.repeat(chance.below(most));
            drop(input.splice(at..at, many));
        }
        7 => {
            let other = chance.pick(corpus);
            let from = chance.below(other.len() + 1);
            drop(input.splice(at.., other[from..].iter().copied()));
        }
        _ if !words.is_empty() => {
            let word = chance.pick(words).as_bytes().to_vec();
            let end = if chance.below(2) == 0 { at } else { end };
            drop(input.splice(at..end, word));
        }
        _ => input.reverse(),
    }
    input.truncate(LONGEST);
}
