//! Passwords: Argon2id with 19 MiB, 2 passes, 1 lane (OWASP's advice; the defaults of `argon2`).

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use skylark_domain::ports::Passwords;
use skylark_domain::{PortError, PortErrorKind};

/// Hashes with Argon2id.
pub struct Argon2Passwords {
    /// The hash of no password anybody has: verified when a user is unknown, so that it takes as long.
    decoy: String,
}

impl Argon2Passwords {
    /// Makes the decoy.
    pub fn new() -> Result<Self, PortError> {
        Ok(Self { decoy: hash("a password nobody has")? })
    }
}

impl Passwords for Argon2Passwords {
    fn hash(&self, password: &str) -> Result<String, PortError> {
        hash(password)
    }

    fn verify(&self, password: &str, known: Option<&str>) -> Result<bool, PortError> {
        let verified = Argon2::default().verify_password(password.as_bytes(), known.unwrap_or(&self.decoy));
        match verified {
            Ok(()) => Ok(known.is_some()),
            Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
            Err(error) => Err(PortError::new("passwords", PortErrorKind::Corrupt, error.to_string())),
        }
    }
}

fn hash(password: &str) -> Result<String, PortError> {
    let hashed = Argon2::default().hash_password(password.as_bytes());
    let hashed = hashed.map_err(|error| PortError::new("passwords", PortErrorKind::Rejected, error.to_string()))?;
    Ok(hashed.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_hashed_password_is_good() {
        let passwords = Argon2Passwords::new().unwrap();
        let hash = passwords.hash("correct horse").unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.verify("correct horse", Some(&hash)).unwrap());
        assert!(!passwords.verify("wrong horse", Some(&hash)).unwrap());
        assert!(!passwords.verify("a password nobody has", None).unwrap());
        assert!(passwords.verify("x", Some("no hash")).is_err());
    }
}
