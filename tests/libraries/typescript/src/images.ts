/**
 * The base images that models run in, such as `ghcr.io/acme/models:3.12-serve-v3.0.2`.
 */

/** The release they carry. `export const BASE_IMAGE_TAG = 'v2.9.9'` was the last of its line. */
export const BASE_IMAGE_TAG = 'v3.0.2' as const;

/** The Pythons that can be asked for. */
export const PYTHON_VERSIONS = [
  '3.12',
  "3.13", // the default
] as const;

/** What an image is for, and how it is said. */
export const JOBS = { serve: 'Serve', 'batch': 'Run to the end' } as const;

/** The reference of an image. */
export const image = (python, job) => `ghcr.io/acme/models:${python}-${job}-${BASE_IMAGE_TAG}`;
