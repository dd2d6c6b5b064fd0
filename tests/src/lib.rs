//! Support for the test corpora: the differential programs and the rules of the house.
#![forbid(unsafe_code)]
