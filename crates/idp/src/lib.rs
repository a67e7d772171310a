//! Signet's use cases: sign-in, tokens, keys, administration, log.
