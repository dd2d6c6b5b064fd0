//! Integers as sign and limbs.
#[derive(Clone, Copy)]
/// An integer someone else owns: sign and limbs, little end first.
pub struct BigRef<'a> {
    /** Sign. */
    pub negative: bool,
    /** Limbs. */
    pub limbs: &'a [u64],
}
impl BigRef<'_> {
    /** The value if it fits. */
    pub fn to_i64(&self) -> Option<i64> {
        match self.limbs {
            [] => Some(0),
            [n] => {
                let m = i128::from(*n);
                i64::try_from(if self.negative { -m } else { m }).ok()
            }
            _ => None,
        }
    }
}
