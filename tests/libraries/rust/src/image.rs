//! Which base image a model runs in.

/// The release of the base images. Was `"v1.3.9"` for long.
pub const BASE_IMAGE_TAG: &str = "v1.4.0";

/// The same for those that read a file, not a crate: `BASE_IMAGE_TAG: &str = "v0"` is no statement.
pub static BASE_IMAGE: &str = r"ghcr.io/acme/serve:cpu-v1.4.0";

/// The CUDA releases that an image exists for.
pub const CUDA: [&str; 2] = [
    "12.8.1", // the default
    "13.0.2",
];

/// The reference of an image with a GPU, `None` where there is none.
pub fn gpu(cuda: &str) -> Option<String> {
    if !CUDA.contains(&cuda) {
        return None;
    }
    let (major, rest) = cuda.split_once('.')?;
    let (minor, _) = rest.split_once('.')?;
    Some(format!("ghcr.io/acme/serve:cu{major}{minor}-{BASE_IMAGE_TAG}"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_is_not_built_has_no_image() {
        assert_eq!(super::gpu("11.8.0"), None); // its last was "v1.1.7"
    }
}
