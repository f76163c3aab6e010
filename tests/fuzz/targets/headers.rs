#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| oauth_runtime::fuzz::headers(input));
